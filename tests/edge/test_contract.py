"""Schemathesis makes requests of the OpenAPI document, good and bad ones, and holds the real server to its word."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import SchemathesisConfig

from race_to_purchase.edge.reference.document import document
from race_to_purchase.rules.session import Session, sign_session
from tests.edge.conftest import opened
from tests.edge.door import Door
from tests.edge.shop import ADMIN_KEY, SESSION_KEYS, STOREFRONT_KEY, Server, Shop

ADA = Session(b"a" * 16, 2_000_000_000)
RULES = {
    "auth": {
        "openapi": {
            "storefront": {"bearer": STOREFRONT_KEY},
            "admin": {"bearer": ADMIN_KEY},
            "session": {"api_key": sign_session(SESSION_KEYS, ADA)},
        }
    },
    # A body of the right form may still be wrong in sense, such as one item in two lines; that is a 422 as well. And
    # codes are sent to one address a few times only.
    "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "404", "409", "422", "429"]}},
    # What only a browser can ask needs the one `Race-Csrf` that belongs to its cookie, which no schema can say.
    "operations": [
        {
            "include-path": "/v1/session",
            "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "403"]}},
        },
        {
            "include-path": "/v1/session/sign-in",
            "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "403"]}},
        },
        # Neither which admin keys were issued, nor which sessions of the console are open.
        {
            "include-path": "/v1/admin/session",
            "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "401", "403"]}},
        },
        # A storefront has to name the buyer, whom the schema leaves open for buyers in person; and an ETag has quotes
        # around it, which are lost where headers are made of a schema.
        {
            "include-path": "/v1/carts/{drop}",
            "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "400", "404", "409", "422", "428"]}},
        },
        {
            "include-path": "/v1/drops/{drop}/line/pass",
            "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "400", "404", "409"]}},
        },
        # No schema can say which passes were given.
        {
            "include-path": "/v1/checkouts",
            "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "403", "404", "409", "422"]}},
        },
    ],
}

everything = schemathesis.openapi.from_dict(document(), config=SchemathesisConfig.from_dict(RULES))
# The console looks into PostgreSQL, and this shop lives in memory: `tests/console` asks it on a real one.
# Forms belong to the one session that their page was made for: `test_plain` fills them in.
schema = everything.exclude(path_regex="^/v1/admin/console/").exclude(path_regex="/plain/")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One for all."""
    shop = Shop()
    shop.door = Door(limits="off")
    with opened(shop) as running:
        yield running


@schema.parametrize()
@settings(
    max_examples=25,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_server_keeps_to_its_document(case: Any, server: Server) -> None:
    case.call_and_validate(base_url=f"http://127.0.0.1:{server.port}", timeout=20)
