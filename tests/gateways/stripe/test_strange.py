"""Answers that no documentation promises: each is a verdict, and none an exception."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from race_to_purchase.gateways.stripe.calls import KEYS_MAX, WRONG_KEY_AGAIN_S
from race_to_purchase.gateways.stripe.gateway import StripeGateway
from race_to_purchase.gateways.stripe.keys import GatewayKeyRefused, GatewayKeyUnfit
from race_to_purchase.ports import GatewayUnanswered
from race_to_purchase.rules.verdicts import Declined, NoAnswer, NotSent, Verdict
from tests.gateways.contract import new_key, request_of
from tests.gateways.stripe.conftest import KEY, SECRETS
from tests.gateways.stripe.scripted import Scripted
from tests.simulator.running import Process


def error(code: str, kind: str = "invalid_request_error", **more: Any) -> dict[str, Any]:
    return {"error": {"type": kind, "code": code, "message": f"about {code}", **more}}


NO_ANSWERS: dict[str, tuple[int, Any]] = {
    "a list": (200, []),
    "a string": (200, "ok"),
    "null": (200, None),
    "another object": (200, {"id": "cus_1", "object": "customer"}),
    "an object without its fields": (200, {"id": "pi_1", "object": "payment_intent"}),
    "an amount that is a text": (200, {"id": "pi_1", "object": "payment_intent", "amount": "15900"}),
    "bytes that are no text": (200, b"\xff\xfe\x00"),
    "a redirect": (302, b""),
    "a gateway's own error page": (502, b"<html>Bad Gateway</html>"),
    "a wall's error page": (404, b"<html>Not here</html>"),
    "an error without a word": (400, {}),
    "an error that is a text": (400, {"error": "no"}),
    "an error of another kind": (500, {"error": {"message": None}}),
    "the key is in use": (409, error("idempotency_key_in_use", "idempotency_error")),
}


async def every_method(adapter: StripeGateway) -> dict[str, Verdict]:
    """What each says to a new request."""
    request = request_of("pm_card_visa")
    return {
        "prepare": await adapter.prepare(request),
        "authorize": await adapter.authorize(request, "pi_1"),
        "authorize at once": await adapter.authorize(request, None),
        "look_up": await adapter.look_up(request, "pi_1"),
        "look_up by key": await adapter.look_up(request, None),
        "capture": await adapter.capture("pi_1", 100, new_key()),
        "void": await adapter.void("pi_1", new_key()),
        "refund": await adapter.refund("pi_1", 100, new_key()),
    }


@pytest.mark.parametrize("what", NO_ANSWERS)
async def test_what_is_no_answer_is_told_as_none(adapter: StripeGateway, scripted: Scripted, what: str) -> None:
    scripted.says(*NO_ANSWERS[what])
    for method, verdict in (await every_method(adapter)).items():
        assert isinstance(verdict, NoAnswer), (method, verdict)
    now = datetime.now(UTC)
    with pytest.raises(GatewayUnanswered):
        [one async for one in adapter.payments(now - timedelta(hours=1), now)]


@pytest.mark.parametrize(("header", "wait_s"), [("7", 7.0), ("0", 0.1), ("99999", 300.0), ("soon", 1.0)])
async def test_too_fast_says_when_to_come_again(
    adapter: StripeGateway, scripted: Scripted, header: str, wait_s: float
) -> None:
    scripted.says(429, error("rate_limit"), Retry_After=header)
    for method, verdict in (await every_method(adapter)).items():
        if method.startswith("look_up"):
            assert isinstance(verdict, NoAnswer)
        else:
            assert isinstance(verdict, NotSent), method
            assert verdict.retry_after_s == wait_s


@pytest.mark.parametrize("status", [401, 403])
async def test_a_key_that_is_not_taken_waits_and_says_so_in_the_log(
    adapter: StripeGateway, scripted: Scripted, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    scripted.says(status, {"error": {"type": "invalid_request_error", "message": "Invalid API Key provided"}})
    for method, verdict in (await every_method(adapter)).items():
        if not method.startswith("look_up"):
            assert verdict == NotSent(f"the gateway does not take our key (HTTP {status})", WRONG_KEY_AGAIN_S), method
    assert "Stripe does not take our key" in caplog.text
    with pytest.raises(GatewayKeyRefused, match=rf"sk_test_….*'stripe' \(HTTP {status}: Invalid API Key"):
        await adapter.require_key()
    assert KEY not in caplog.text


async def test_a_key_that_is_not_ours_is_found_at_the_start(bank: Process) -> None:
    opened = StripeGateway("stripe", "sk_test_of_another_shop", SECRETS, bank.url)
    with pytest.raises(GatewayKeyRefused, match=r"sk_test_…shop"):
        await opened.require_key()
    await opened.close()


@pytest.mark.parametrize(
    ("key", "address", "why"),
    [
        ("pk_test_of_the_shop", None, "publishable"),
        ("", None, "sk_ or rk_"),
        ("whsec_of_the_endpoint", None, "sk_ or rk_"),
        ("sk_test_with a space", None, "sk_ or rk_"),
        ("sk_test_with_a_line_end\n", None, "sk_ or rk_"),
        ("sk_live_of_the_shop", "http://127.0.0.1:8200", "live key"),
        ("rk_live_of_the_shop", "127.0.0.1:8200", "live key"),
    ],
)
def test_a_key_that_cannot_be_one_is_refused_before_it_is_sent(key: str, address: str | None, why: str) -> None:
    with pytest.raises(GatewayKeyUnfit, match=f"'stripe' cannot be used: .*{why}") as refused:
        StripeGateway("stripe", key, SECRETS, address)
    assert not key or key not in str(refused.value)


@pytest.mark.parametrize("key", ["sk_live_of_the_shop", "rk_test_of_the_shop", "sk_org_live_of_the_shop"])
def test_other_keys_are_for_stripe_to_judge(key: str) -> None:
    StripeGateway("stripe", key, SECRETS, "https://proxy.example")


async def test_a_key_that_is_taken_passes(gateway: StripeGateway) -> None:
    await gateway.require_key()


async def test_a_gateway_that_is_silent_at_the_start_keeps_nobody_from_starting(
    adapter: StripeGateway, scripted: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    scripted.says(500, error("api_error"))
    await adapter.require_key()
    assert "did not answer at the start" in caplog.text


async def test_a_payment_that_stripe_does_not_know_is_never_taken_for_absent(
    adapter: StripeGateway, scripted: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    """It was there when its id was stored, and Stripe forgets none: the key is that of another account."""
    scripted.says(404, error("resource_missing", param="intent"))
    request = request_of("pm_card_visa")
    assert isinstance(await adapter.look_up(request, "pi_1"), NoAnswer)
    assert isinstance(await adapter.authorize(request, "pi_1"), NoAnswer)
    assert isinstance(await adapter.void("pi_1", new_key()), NoAnswer)
    assert "the key of the account" in caplog.text


async def test_an_error_of_the_request_is_a_decline_and_logged(
    adapter: StripeGateway, scripted: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    scripted.says(400, error("parameter_unknown", param="colour"))
    verdict = await adapter.prepare(request_of("pm_card_visa"))
    assert verdict == Declined("parameter_unknown", retryable=True, advice="other_gateway")
    assert "about parameter_unknown" in caplog.text


async def test_a_refused_capture_of_what_still_stands_is_no_refusal_for_good(
    gateway: StripeGateway, bank: Process
) -> None:
    """An order must not be cancelled because of a word that nobody foresaw."""
    ref = bank.held(1500).id
    assert isinstance(await gateway.capture(ref, 0, new_key()), NoAnswer)


async def test_a_failure_for_ever_uses_up_a_few_keys_and_no_more(adapter: StripeGateway, scripted: Scripted) -> None:
    scripted.says(500, error("api_error", "api_error"), Idempotent_Replayed="true")
    assert isinstance(await adapter.prepare(request_of("pm_card_visa")), NoAnswer)
    assert len(scripted.asked) == KEYS_MAX
