"""What the page for merchants says is so: its examples run, and believe exactly what we sign."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from race_to_purchase.gateways.webhook.publisher import TIMEOUT_S, WebhookPublisher
from race_to_purchase.gateways.webhook.secret import BYTES_MAX, BYTES_MIN, new_secret
from race_to_purchase.rules.backoff import RETRY_AFTER_S
from race_to_purchase.rules.notices import order_paid
from tests.gateways.receiver import receiving
from tests.project.tree import ROOT
from tests.samples import a_checkout, an_order

PAGE = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")
UNITS_S = {"s": 1, "min": 60, "h": 3600}
SECRET = new_secret()

Judge = Callable[[str, dict[str, str], bytes], bool]


def example(language: str) -> str:
    """The page's one code block in that language."""
    [code] = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return str(code)


@pytest.fixture(params=["python", "node"])
def is_genuine(request: pytest.FixtureRequest, require_program: Callable[[str], Path]) -> Judge:
    """The example of the page, in either language."""
    if request.param == "python":
        names: dict[str, Any] = {}
        exec(example("python"), names)
        return names["is_genuine"]  # type: ignore[no-any-return]
    node = require_program("node")

    def asked(secret: str, headers: dict[str, str], body: bytes) -> bool:
        given = f"{json.dumps(secret)}, {json.dumps(headers)}, Buffer.from({json.dumps(body.hex())}, 'hex')"
        script = f"{example('js')}\nconsole.log(isGenuine({given}));"
        told = subprocess.run([node, "-e", script], capture_output=True, text=True, timeout=60, check=True)
        return {"true\n": True, "false\n": False}[told.stdout]

    return asked


async def delivered() -> tuple[dict[str, str], bytes]:
    """Headers and body of a message as a merchant gets it."""
    checkout = a_checkout()
    async with receiving() as receiver:
        publisher = WebhookPublisher(receiver.url, SECRET, allow_private=True)
        await publisher.deliver("order-paid-1", "order.paid", order_paid(an_order(checkout), checkout))
        await publisher.close()
    return receiver.received[0].headers, receiver.received[0].body


async def test_the_example_believes_what_we_send(is_genuine: Judge) -> None:
    assert is_genuine(SECRET, *await delivered())


async def test_the_example_believes_nothing_else(is_genuine: Judge) -> None:
    headers, body = await delivered()
    old = str(int(headers["webhook-timestamp"]) - 600)
    assert not is_genuine(new_secret(), headers, body)
    assert not is_genuine(SECRET, headers, body + b" ")
    assert not is_genuine(SECRET, {**headers, "webhook-id": "order-paid-2"}, body)
    assert not is_genuine(SECRET, {**headers, "webhook-timestamp": old}, body)
    assert not is_genuine(SECRET, {**headers, "webhook-timestamp": "soon"}, body)
    assert not is_genuine(SECRET, {**headers, "webhook-signature": "v1,"}, body)
    assert not is_genuine(SECRET, {}, body)


def test_the_message_on_the_page_has_our_shape() -> None:
    checkout = a_checkout()
    ours = json.loads(order_paid(an_order(checkout), checkout))
    assert shape(json.loads(example("json"))) == shape(ours) | {"data.quote.promo"}


@pytest.mark.parametrize("page", ["webhooks.md", "webhooks-in.md"])
def test_the_waits_on_the_page_are_ours(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    listed = re.search(r"<!-- waits -->\n(.*?)\n<!--", text, re.DOTALL)
    assert listed is not None
    waits = [wait.split() for wait in listed[1].split(", ")]
    assert [int(number) * UNITS_S[unit] for number, unit in waits] == list(RETRY_AFTER_S)


def test_the_bounds_on_the_page_are_ours() -> None:
    assert f"{BYTES_MIN} to {BYTES_MAX} random bytes" in PAGE
    assert f"within {TIMEOUT_S:g} seconds" in PAGE


def shape(value: Any, name: str = "") -> set[str]:
    """The names of all fields, with dots between, whatever stands in them."""
    if isinstance(value, list):
        return set().union(*(shape(each, name) for each in value))
    if not isinstance(value, dict):
        return {name}
    return set().union(*(shape(each, f"{name}.{key}".strip(".")) for key, each in value.items()))
