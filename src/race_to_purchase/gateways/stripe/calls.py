"""One call of Stripe's API by its own library, and what came back: an object, a refusal, or silence.

A refusal is Stripe's definite word that it did not do what was asked. Silence is everything that leaves that open, and
what provably never arrived; its verdict says which. Only a key that was used for two different requests is raised.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import msgspec
import stripe

from race_to_purchase.gateways import KeyReused
from race_to_purchase.gateways.stripe.objects import Problem
from race_to_purchase.gateways.stripe.transport import Unsent
from race_to_purchase.rules.verdicts import NoAnswer, NotSent

log = logging.getLogger("race.gateway.stripe")

WRONG_KEY_AGAIN_S = 60.0
"""A key that Stripe does not take is mended by people: asking more often only fills the log."""

RETRY_AFTER_S_MAX = 300.0

KEYS_MAX = 5
"""How many keys one step may use up that Stripe has failed under, since it answers such a key so for ever."""

T = TypeVar("T")


class Refusal(msgspec.Struct, frozen=True):
    """Stripe said no, with this HTTP status."""

    status: int
    problem: Problem


class Silence(msgspec.Struct, frozen=True):
    """Stripe said nothing about the payment. `replayed`: it said the same before, and will again under this key."""

    verdict: NoAnswer | NotSent
    replayed: bool = False


async def ask(kind: type[T], call: Awaitable[stripe.StripeObject]) -> T | Refusal | Silence:
    """The answer to `call`, read as `kind`. Raises KeyReused."""
    try:
        answer = await call
        response = getattr(answer, "last_response", None)
        return msgspec.json.decode(response.body if response else b"", type=kind)
    except stripe.StripeError as error:
        return _understood(error)
    except msgspec.MsgspecError as error:
        log.warning("an answer of Stripe's cannot be read: %s", error)
        return Silence(NoAnswer(f"the answer cannot be read: {error}"))
    except Exception as error:
        # What the library makes of JSON that is no object of Stripe's is not in its documentation.
        log.exception("an answer of Stripe's could not be understood by its library")
        return Silence(NoAnswer(f"the answer cannot be understood: {type(error).__name__}"))


async def insist(
    kind: type[T], key: str, call: Callable[[stripe.RequestOptions], Awaitable[stripe.StripeObject]]
) -> T | Refusal | Silence:
    """Call under the key, and where Stripe has failed under it, under the next: only where a second one is harmless."""
    for fresh in keys_of(key):
        said = await ask(kind, call(fresh))
        if not failed_for_good(said):
            break
    return said


def keys_of(key: str) -> list[stripe.RequestOptions]:
    """A key and those made of it, the same for everybody who has the first."""
    return [{"idempotency_key": key if n == 1 else f"{key}-{n}"} for n in range(1, KEYS_MAX + 1)]


def failed_for_good(said: object) -> bool:
    """Whether Stripe will say the same under this key, however often it is asked."""
    return isinstance(said, Silence) and said.replayed


def _understood(error: stripe.StripeError) -> Refusal | Silence:
    match error:
        case Unsent():
            return Silence(NotSent(str(error.user_message)))
        case stripe.APIConnectionError():
            return Silence(NoAnswer(str(error.user_message)))
        case stripe.RateLimitError():
            return Silence(NotSent(_reason(error), _retry_after_s(error.headers), limited=True))
        case stripe.AuthenticationError() | stripe.PermissionError():
            log.error("Stripe does not take our key or does not let it do this; payments wait: %s", error.user_message)
            return Silence(NotSent(f"the gateway does not take our key (HTTP {error.http_status})", WRONG_KEY_AGAIN_S))
        case stripe.IdempotencyError():
            raise KeyReused(str(error.user_message)) from error
        case stripe.CardError() | stripe.InvalidRequestError():
            return Refusal(error.http_status or 400, _problem(error))
    replayed = str((error.headers or {}).get("Idempotent-Replayed", "")).lower() == "true"
    return Silence(NoAnswer(_reason(error)), replayed)


def _problem(error: stripe.StripeError) -> Problem:
    body = error.json_body if isinstance(error.json_body, dict) else {}
    try:
        return msgspec.convert(body.get("error"), Problem)
    except msgspec.ValidationError:
        return Problem(code=error.code, message=str(error.user_message))


def _reason(error: stripe.StripeError) -> str:
    return f"HTTP {error.http_status}: {error.code or type(error).__name__}"


def _retry_after_s(headers: Mapping[str, str] | None) -> float:
    try:
        wanted_s = float((headers or {}).get("Retry-After", "1"))
    except ValueError:
        return 1.0
    return min(max(0.1, wanted_s), RETRY_AFTER_S_MAX)  # In this order, NaN is the least.
