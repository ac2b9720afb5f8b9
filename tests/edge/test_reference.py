"""The reference says what the API does: paths, codes, examples; and its page runs nothing but its own script."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from starlette.routing import Route

import race_to_purchase
from race_to_purchase.edge.reference import examples
from race_to_purchase.edge.reference.codes import CODES
from race_to_purchase.edge.reference.document import document
from race_to_purchase.edge.reference.operations import OPERATIONS
from tests.edge.shop import Shop
from tests.edge.wire import Client

SOURCE = Path(race_to_purchase.__file__).parent
SERVED = {"/openapi.json", "/docs"}


@pytest.fixture(scope="module")
def written() -> Any:
    """The document, as its readers get it."""
    return msgspec.json.decode(msgspec.json.encode(document()))


def test_every_route_is_described_and_every_description_has_a_route(shop: Shop) -> None:
    routes = [route for route in shop.app().routes if isinstance(route, Route)]
    served = {(verb.lower(), route.path) for route in routes for verb in route.app._verbs}  # type: ignore[attr-defined]
    described = {(operation.method, operation.path) for operation in OPERATIONS}
    assert {(verb, path) for verb, path in served if verb != "head"} == described


def test_every_code_is_described_and_every_description_has_a_code() -> None:
    sources = [SOURCE / "rules" / "answers.py", *(SOURCE / "edge").rglob("*.py")]
    said: set[tuple[str, str]] = set()
    for path in sources:
        text = path.read_text(encoding="utf-8")
        said |= set(re.findall(r"problem\(\s*(\d{3}),\s*\"([a-z_]+)\"", text))
        said |= {("400", code) for code in re.findall(r"bad_header\(\"([a-z_]+)\"", text)}
        said |= {("422", code) for code in re.findall(r"code(?:: str)? ?= ?\"([a-z_]+)\"", text)}
    said |= {("404", f"unknown_{what}") for what in ("drop", "checkout", "order", "gateway", "finding", "asset")}
    said |= {("404", f"unknown_{what}") for what in ("line", "part", "grant", "key")}
    grants = ("invalid", "not_yet", "expired", "revoked", "used", "wrong_identity")
    said |= {("403", f"grant_{why}") for why in grants}
    said |= {("403", f"pass_{why}") for why in ("required", "invalid", "expired", "used")}
    said |= {("422", f"unknown_{what}") for what in ("item", "promo")}
    said |= {("503", code) for code in ("overloaded", "database_unavailable", "unavailable")}
    assert said == {(str(code.status), name) for name, code in CODES.items()}


def test_every_code_belongs_to_an_operation_or_to_all_of_them() -> None:
    used = {name for operation in OPERATIONS for name in operation.problems}
    assert used <= CODES.keys()
    assert CODES.keys() - used == {"method_not_allowed", "malformed_http", "head_too_large"}


def test_the_document_is_openapi(written: Any) -> None:
    assert written["openapi"] == "3.1.0"
    ids = [operation["operationId"] for path in written["paths"].values() for operation in path.values()]
    assert len(set(ids)) == len(ids) == len(OPERATIONS)
    assert r"\Z" not in msgspec.json.encode(written).decode()


def test_every_reference_leads_somewhere(written: Any) -> None:
    for ref in re.findall(r'"\$ref":"#/([^"]+)"', msgspec.json.encode(written).decode()):
        found = written
        for name in ref.split("/"):
            found = found[name]


def test_every_example_is_what_its_schema_says(written: Any) -> None:
    checked = 0
    for path in written["paths"].values():
        for operation in path.values():
            bodies = [operation.get("requestBody"), *operation["responses"].values()]
            for content in (content for body in bodies if body for content in body.get("content", {}).values()):
                if "example" in content:
                    schema = {**content["schema"], "components": written["components"]}
                    jsonschema_rs.validate(schema, content["example"])
                    checked += 1
    assert checked > 50


def test_a_definition_may_leave_its_id_out_and_a_drop_may_not(written: Any) -> None:
    schemas = written["components"]["schemas"]
    assert "id" not in schemas["DropDefinition"]["required"]
    assert "id" in schemas["Drop"]["required"]


def test_the_document_is_served(stranger: Client, written: Any) -> None:
    answer = stranger.ask("GET", "/openapi.json")
    assert (answer.headers["content-type"], answer.json) == ("application/json", written)


class TestThePage:
    def test_is_one_page_that_fetches_nothing_from_elsewhere(self, stranger: Client) -> None:
        page = stranger.ask("GET", "/docs")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        text = page.body.decode().replace("http://www.w3.org/2000/svg", "")
        assert re.findall(r"https?://", text) == []
        assert re.findall(r"\b(?:src|href)=\"(?!openapi\.json|#|data:)[^\"]*\"", text) == []

    def test_runs_and_wears_only_what_its_policy_names(self, stranger: Client) -> None:
        page = stranger.ask("GET", "/docs")
        policy = page.headers["content-security-policy"]
        text = page.body.decode()
        for tag in ("style", "script"):
            (inner,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
            assert f"{tag}-src 'sha256-{b64encode(sha256(inner.encode()).digest()).decode()}'" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert re.findall(r"\s(?:style|on[a-z]+)=", text.partition("<script>")[0]) == []
        assert "innerHTML" not in text

    def test_can_draw_what_is_in_the_document(self, written: Any) -> None:
        """Each path parameter has an example, since the page makes a curl command of it."""
        for parameter in written["components"]["parameters"].values():
            assert parameter["in"] != "path" or "example" in parameter
        assert examples.CHECKOUT_ID in msgspec.json.encode(written).decode()
