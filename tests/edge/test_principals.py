"""Who may do what: keys, their kinds, and the buyer that a storefront speaks for."""

from collections.abc import Iterator, Mapping

import pytest

from race_to_purchase.edge.principals import Needed, Principals
from race_to_purchase.edge.problems import Refused
from race_to_purchase.edge.reference.examples import DROP, NEW_CHECKOUT, NEW_PAYMENT, NEW_REFUND
from tests.edge.conftest import opened
from tests.edge.door import Door
from tests.edge.shop import ADMIN_KEY, STOREFRONT_KEY, Server, Shop
from tests.edge.wire import Client

ID = "019ae3c5-7c00-7000-8000-0123456789ab"

STOREFRONT_PATHS = [
    ("POST", "/v1/checkouts", NEW_CHECKOUT),
    ("GET", f"/v1/checkouts/{ID}", None),
    ("DELETE", f"/v1/checkouts/{ID}", None),
    ("POST", f"/v1/checkouts/{ID}/payment", NEW_PAYMENT),
    ("GET", f"/v1/orders/{ID}", None),
]
MERCHANT_PATHS = [
    ("GET", f"/v1/orders/{ID}/refunds", None),
    ("POST", f"/v1/orders/{ID}/refunds", NEW_REFUND),
]
ADMIN_PATHS = [
    ("GET", f"/v1/orders/{ID}/evidence", None),
    ("GET", "/v1/admin/disputes", None),
    ("GET", "/v1/admin/drops", None),
    ("GET", "/v1/admin/drops/aurora-1", None),
    ("PUT", "/v1/admin/drops/aurora-2", {**DROP, "id": "aurora-2"}),
    ("POST", "/v1/admin/drops/aurora-1/close", None),
]


@pytest.fixture(scope="module")
def shop() -> Shop:
    """One for all: nothing in this file changes it."""
    shop = Shop()
    shop.door = Door(limits="off")  # More wrong keys are shown here than anybody may try.
    return shop


@pytest.fixture(scope="module")
def server(shop: Shop) -> Iterator[Server]:
    """Likewise."""
    with opened(shop) as running:
        yield running


@pytest.mark.parametrize(("method", "path", "body"), STOREFRONT_PATHS + ADMIN_PATHS + MERCHANT_PATHS)
class TestAPathThatNeedsAKey:
    def test_says_so(self, stranger: Client, method: str, path: str, body: object) -> None:
        answer = stranger.ask(method, path, body)
        assert answer.problem == (401, "unauthorized")
        assert answer.headers["www-authenticate"] == 'Bearer realm="race-to-purchase"'

    @pytest.mark.parametrize(
        "given",
        [
            "Bearer wrong-key-wrong-key",
            "Bearer",
            "Bearer ",
            "Basic c2hvcDprZXk=",
            STOREFRONT_KEY,
            f"Basic {STOREFRONT_KEY}",
            f"Bearer {STOREFRONT_KEY[:-1]}",
            f"Bearer {ADMIN_KEY} x",
        ],
    )
    def test_knows_its_keys(self, stranger: Client, method: str, path: str, body: object, given: str) -> None:
        answer = stranger.ask(method, path, body, authorization=given)
        assert answer.problem == (401, "unauthorized")
        assert answer.headers["www-authenticate"].endswith('error="invalid_token"')

    def test_takes_no_key_of_the_other_kind(self, server: Server, method: str, path: str, body: object) -> None:
        if (method, path, body) in MERCHANT_PATHS:
            return
        other = STOREFRONT_KEY if (method, path, body) in ADMIN_PATHS else ADMIN_KEY
        with server.client(other) as client:
            assert client.ask(method, path, body).problem == (403, "forbidden")


def test_the_scheme_is_read_in_any_case(stranger: Client) -> None:
    assert stranger.ask("GET", f"/v1/orders/{ID}", authorization=f"bearer  {STOREFRONT_KEY}").status == 404


@pytest.mark.parametrize("buyer", ["", "x" * 129, "a\tb", "é"])
def test_a_buyer_that_is_none_is_refused(storefront: Client, buyer: str) -> None:
    answer = storefront.ask("GET", f"/v1/orders/{ID}", race_buyer=buyer)
    assert (answer.problem, answer.json["field"]) == ((400, "buyer_invalid"), "Race-Buyer")


@pytest.mark.parametrize(
    ("storefront", "admin"),
    [
        ({"shop": "short"}, {}),
        ({"shop": "the-same-long-key"}, {"ops": "the-same-long-key"}),
        ({"my shop": "a-key-that-is-long"}, {}),
        ({"a/b": "a-key-that-is-long"}, {}),
        ({"": "a-key-that-is-long"}, {}),
        ({}, {"ada/": "a-key-that-is-long"}),
        ({}, {"ada/root": "a-key-that-is-long"}),
        ({}, {"ada/storefront": "a-key-that-is-long"}),
    ],
)
def test_keys_that_cannot_be_told_apart_or_are_too_short_are_not_taken(
    storefront: Mapping[str, str], admin: Mapping[str, str]
) -> None:
    with pytest.raises(ValueError, match="key") as caught:
        Principals(storefront, admin)
    assert not any(key in str(caught.value) for key in (*storefront.values(), *admin.values()))


def test_a_key_of_the_settings_may_name_its_role() -> None:
    labels = {"ops": "admin", "root/admin": "admin", "ada/operator": "operator", "board/viewer": "viewer"}
    keys = Principals({}, {label: f"a-long-key:for/{label}" for label in labels})
    for label, role in labels.items():
        headers = {b"authorization": f"Bearer a-long-key:for/{label}".encode()}
        principal = keys.identify(headers, "viewer", changes=False)
        assert (principal.name, principal.role) == (label.partition("/")[0], role)


@pytest.mark.parametrize(
    ("needed", "headers"),
    [("buyer", {}), ("buyer", {b"authorization": b"Bearer eyJ.eyJ.c2ln"}), ("viewer", {}), ("admin", {})],
    ids=["a cookie", "a token of a customer", "a console", "a console that changes something"],
)
def test_where_there_are_keys_alone_whoever_shows_none_is_told_so(needed: Needed, headers: dict[bytes, bytes]) -> None:
    keys_alone = Principals({"shop": STOREFRONT_KEY}, {"ops": ADMIN_KEY})
    with pytest.raises(Refused) as refused:
        keys_alone.identify(headers, needed, changes=True)
    assert refused.value.answer.status == 401
