"""Every request that the adapter makes is one that Stripe takes, and our simulator answers each as Stripe would.

The requests are recorded while the adapter goes through everything that it can do against the simulator, and sent once
more, byte for byte, to stripe-mock, which knows Stripe's API from Stripe's own description.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import requests
import stripe
from msgspec.structs import replace

from race_to_purchase.gateways.stripe.gateway import StripeGateway
from race_to_purchase.gateways.stripe.objects import Charge, Intent, Refund
from race_to_purchase.gateways.stripe.transport import Transport
from race_to_purchase.rules.verdicts import ActionRequired, NoAnswer
from tests.gateways.contract import AMOUNT, authorized, captured, new_key, request_of, send
from tests.gateways.stripe.conftest import KEY
from tests.simulator.running import Process
from tests.stripe_mock import stripe_mock

VISA = "pm_card_visa"
WANTED = {
    "POST /v1/payment_intents",
    "POST /v1/payment_intents/{id}/confirm",
    "POST /v1/payment_intents/{id}/capture",
    "POST /v1/payment_intents/{id}/cancel",
    "GET /v1/payment_intents/{id}",
    "GET /v1/payment_intents",
    "POST /v1/refunds",
    "GET /v1/refunds",
}


class Sent(msgspec.Struct, frozen=True):
    """A request as it went out, and the simulator's answer."""

    method: str
    path: str
    headers: dict[str, str]
    body: str | None
    status: int
    answer: dict[str, Any]

    @property
    def operation(self) -> str:
        """The request without what is different each time."""
        parts = self.path.partition("?")[0].split("/")
        return f"{self.method.upper()} " + "/".join("{id}" if part.startswith("pi_") else part for part in parts)


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    """The address of stripe-mock."""
    with stripe_mock() as url:
        yield url


@pytest.fixture
async def sent(gateway: StripeGateway, bank: Process, monkeypatch: pytest.MonkeyPatch) -> list[Sent]:
    """Every request of an adapter that goes through all that it can do, with what the simulator said."""
    seen: list[Sent] = []
    true = Transport.request_async

    async def recorded(
        self: Transport, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        body, status, answered = await true(self, method, url, headers, post_data)
        path = url.removeprefix(bank.url)
        seen.append(Sent(method, path, dict(headers), post_data, status, msgspec.json.decode(body)))
        return body, status, answered

    monkeypatch.setattr(Transport, "request_async", recorded)
    await everything(gateway, bank)
    return seen


async def everything(gateway: StripeGateway, bank: Process) -> None:
    """All of the adapter's requests."""
    await gateway.require_key()
    ref = await captured(gateway, VISA)
    await gateway.refund(ref, 900, new_key())
    await gateway.void(await authorized(gateway, VISA), new_key())
    asking = replace(request_of("pm_card_threeDSecure2Required"), return_url="https://shop.example/back?checkout=1")
    assert isinstance(await send(gateway, asking), ActionRequired)
    await gateway.look_up(asking, None)
    old = replace(request_of(VISA), began_at=datetime.now(UTC) - timedelta(days=2))
    await gateway.look_up(old, None)
    [one async for one in gateway.payments(datetime.now(UTC) - timedelta(hours=1), datetime.now(UTC))]
    bank.faults({"fault": "error_after", "on": "refunds.create", "status": 500, "times": 1})
    key = new_key()
    assert isinstance(await gateway.refund(ref, AMOUNT - 900, key), NoAnswer)
    await gateway.refund(ref, AMOUNT - 900, key)


def ask(mock: str, one: Sent, **changed: Any) -> requests.Response:
    """The same request, at stripe-mock."""
    body = changed.get("body", one.body)
    return requests.request(
        one.method, mock + changed.get("path", one.path), headers=one.headers, data=body, timeout=20
    )


async def test_stripe_takes_every_request_of_the_adapter(sent: list[Sent], mock: str) -> None:
    assert {one.operation for one in sent} == WANTED
    for one in sent:
        answer = ask(mock, one)
        assert answer.status_code == 200, (one.operation, one.path, one.body, answer.text)


async def test_stripe_would_not_take_others(sent: list[Sent], mock: str) -> None:
    """Otherwise the test above proves nothing; and the simulator refuses the same."""
    for one in {one.operation: one for one in sent if one.status == 200}.values():
        if one.method == "post":
            changed = {"body": f"{one.body or ''}&colour=red"}
        else:
            changed = {"path": one.path + ("&" if "?" in one.path else "?") + "colour=red"}
        assert ask(mock, one, **changed).status_code == 400, one.operation


async def test_what_we_read_has_the_same_type_at_stripe_and_in_the_simulator(sent: list[Sent], mock: str) -> None:
    kinds = {"payment_intent": (Intent, stripe.PaymentIntent), "refund": (Refund, stripe.Refund)}
    compared = set()
    for one in sent:
        if one.status != 200:
            continue
        theirs = ask(mock, one).json()
        pairs = [(one.answer, theirs)]
        if one.answer["object"] == "list":
            assert {"data", "has_more"} <= theirs.keys() & one.answer.keys()
            pairs = [(mine, theirs["data"][0]) for mine in one.answer["data"]]
        for mine, other in pairs:
            assert mine["object"] == other["object"]
            read, declared = kinds[mine["object"]]
            for name in read.__struct_fields__:
                assert name in other or name in declared.__annotations__, name
                assert fits(mine.get(name), other.get(name)), (one.operation, name, mine.get(name), other.get(name))
            msgspec.convert(other, read)
            compared.add(mine["object"])
    assert compared == {"payment_intent", "refund"}


def test_an_expanded_charge_is_a_charge_at_stripe_too(mock: str) -> None:
    answer = requests.get(f"{mock}/v1/charges/ch_1", auth=(KEY, ""), timeout=20).json()
    assert set(Charge.__struct_fields__) <= answer.keys()
    msgspec.convert(answer, Charge)


def fits(mine: Any, theirs: Any) -> bool:
    """Whether two values of JSON are of one type; null and an id in the place of an object are of any."""
    if mine is None or theirs is None or (isinstance(mine, dict) and isinstance(theirs, str)):
        return True
    return type(mine) is type(theirs)


OTHERS = [
    ("GET", "/v1/charges?limit=3", None, 200),
    ("GET", "/v1/disputes?limit=3", None, 200),
    ("GET", "/v1/balance_transactions?limit=3", None, 200),
    ("GET", "/v1/events?limit=3", None, 200),
    ("POST", "/v1/payment_intents", "currency=eur", 400),
    ("POST", "/v1/payment_intents", "amount=many&currency=eur", 400),
    ("POST", "/v1/payment_intents", "amount=900&currency=eur&capture_method=by_hand", 400),
    ("POST", "/v1/payment_intents", "amount=900&currency=eur&metadata=plain", 400),
    ("POST", "/v1/refunds", "amount=900&reason=mood&payment_intent=pi_1", 400),
    ("GET", "/v1/payment_intents?limit=many", None, 400),
    ("GET", "/v1/no_such_thing", None, 404),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), OTHERS)
def test_the_simulator_refuses_what_stripe_refuses(
    bank: Process, mock: str, method: str, path: str, body: str | None, status: int
) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    answers = [
        requests.request(method, base + path, data=body, headers=form, auth=(KEY, ""), timeout=20)
        for base in (bank.url, mock)
    ]
    assert [answer.status_code for answer in answers] == [status, status], [answer.text for answer in answers]
    if status != 200:
        mine, theirs = (answer.json()["error"] for answer in answers)
        assert mine["type"] == theirs["type"]


def test_without_a_key_both_refuse(bank: Process, mock: str) -> None:
    for base in (bank.url, mock):
        answer = requests.get(f"{base}/v1/payment_intents", timeout=20)
        assert (answer.status_code, answer.json()["error"]["type"]) == (401, "invalid_request_error")


LISTS = ["charges", "disputes", "refunds", "events", "balance_transactions", "payment_intents"]


@pytest.mark.parametrize("path", LISTS)
def test_the_simulators_objects_have_the_fields_of_stripes(bank: Process, mock: str, path: str) -> None:
    bank.paid(card="pm_card_createDispute")
    bank.v1.refunds.create({"payment_intent": bank.paid().id})
    mine, theirs = (
        requests.get(f"{base}/v1/{path}?limit=1", auth=(KEY, ""), timeout=20).json()["data"][0]
        for base in (bank.url, mock)
    )
    wrong = {name: (value, theirs.get(name)) for name, value in mine.items() if not fits(value, theirs.get(name))}
    assert wrong == {}
    assert mine.keys() - theirs.keys() == set()
