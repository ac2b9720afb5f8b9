"""Stripe behind the gateway port: payments are created unconfirmed, then confirmed, and captured by hand.

It translates and never decides: what Stripe says becomes a verdict, what it fails to say becomes NoAnswer or NotSent.
Every request that changes something goes out under a key made of ours, so that sending it again does nothing twice;
the library's own retries are off. Money can only move on an object whose id was known before.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import stripe

from race_to_purchase.gateways import KeyReused
from race_to_purchase.gateways.stripe.calls import Refusal, Silence, ask, failed_for_good, insist, keys_of, log
from race_to_purchase.gateways.stripe.find import by_reference, pages
from race_to_purchase.gateways.stripe.keys import GatewayKeyRefused, require_fit, shown
from race_to_purchase.gateways.stripe.limits import unpayable
from race_to_purchase.gateways.stripe.objects import Intent, IntentPage, Refund, RefundPage
from race_to_purchase.gateways.stripe.transport import Transport
from race_to_purchase.gateways.stripe.webhook import verify
from race_to_purchase.ports import GatewayPayment, GatewayUnanswered, PaymentRequest
from race_to_purchase.rules.messages import WebhookEvent
from race_to_purchase.rules.verdicts import (
    Absent,
    Authorized,
    Captured,
    CaptureRefused,
    Declined,
    NoAnswer,
    NotSent,
    Prepared,
    Verdict,
    Voided,
)

if TYPE_CHECKING:
    from stripe.params import PaymentIntentConfirmParams, PaymentIntentCreateParams, RefundCreateParams

T = TypeVar("T")

API_VERSION = "2026-10-28.endive"
"""The version of Stripe's API that is spoken, whichever version of the library is installed."""

TIMEOUT_S = 8.0

KEY_LIFE = timedelta(hours=23)
"""How long a key is trusted: Stripe forgets keys once they are 24 hours old, and then a request would be a new one."""

# The library can send a word about every call, and an id that it keeps in the user's home; a shop did not ask for that.
stripe.enable_telemetry = False
# At info it logs each request, and at debug whole bodies, with buyers in them.
logging.getLogger("stripe").setLevel(logging.WARNING)


class StripeGateway:
    """See `ports.Gateway`. All methods belong to one event loop.

    `api_key` is a secret (`sk_…`) or restricted (`rk_…`) key; its kind decides between test and live. `webhook_secrets`
    sign the messages of the endpoint: more than one while they are rotated. `base_address` replaces Stripe's own, for
    a simulator. `timeout_s` is for one request. `currencies` narrows what is taken; None: all that Stripe takes.
    Raises GatewayKeyUnfit.
    """

    separate_capture = True
    two_step = True

    def __init__(
        self,
        name: str,
        api_key: str,
        webhook_secrets: Sequence[str],
        base_address: str | None = None,
        timeout_s: float = TIMEOUT_S,
        currencies: Collection[str] | None = None,
    ) -> None:
        require_fit(name, api_key, base_address)
        self.name = name
        self._shown_key = shown(api_key)
        self._webhook_secrets = tuple(webhook_secrets)
        self._currencies = currencies
        self._transport = Transport(timeout_s)
        client = stripe.StripeClient(
            api_key,
            stripe_version=API_VERSION,
            base_addresses={"api": base_address.rstrip("/")} if base_address else {},
            max_network_retries=0,
            http_client=self._transport,
        )
        self._intents = client.v1.payment_intents
        self._refunds = client.v1.refunds

    async def require_key(self) -> None:
        """Ask Stripe for something small, at the start. GatewayKeyRefused where it does not take the key.

        A Stripe that does not answer is no reason not to start, and is only logged.
        """
        try:
            await self._intents.list_async({"limit": 1})
        except (stripe.AuthenticationError, stripe.PermissionError) as error:
            facts = {"key": self._shown_key, "status": error.http_status, "reason": error.user_message}
            raise GatewayKeyRefused(name=self.name, **facts) from None
        except stripe.StripeError as error:
            log.warning("the gateway %s did not answer at the start: %s", self.name, error.user_message)

    async def close(self) -> None:
        """Close every connection."""
        await self._transport.close_async()

    async def prepare(self, request: PaymentRequest) -> Verdict:
        """See the port. Raises KeyReused where the key was sent before with another request."""
        if (refused := unpayable(request, self._currencies)) is not None:
            return refused
        made = await self._create(request)
        match made:
            case Intent():
                return Prepared(made.id)
            case Refusal():
                return self._declined(made)
            case Silence():
                return made.verdict

    async def authorize(self, request: PaymentRequest, ref: str | None) -> Verdict:
        """See the port. Raises KeyReused where the key was sent before with another request."""
        if (refused := unpayable(request, self._currencies)) is not None:
            return refused
        if ref is None:
            prepared = await self.prepare(request)
            if not isinstance(prepared, Prepared):
                return prepared
            ref = prepared.ref
        if _age(request) > KEY_LIFE:
            return _as_authorization(await self._stands(ref))
        key: stripe.RequestOptions = {"idempotency_key": f"{request.key}-confirm"}
        said = await ask(Intent, self._intents.confirm_async(ref, _confirmation(request), key))
        match said:
            case Intent():
                return _as_authorization(said.verdict())
            case Refusal(problem=problem) if problem.code == "payment_intent_unexpected_state":
                return _as_authorization(await self._stands(ref))
            case Refusal() if not _is_unknown(said):
                return self._declined(said)
            case Refusal():
                return self._unknown(ref)
            case Silence(replayed=True):
                return await self._give_up(ref, request)
            case Silence():
                return said.verdict

    async def look_up(self, request: PaymentRequest, ref: str | None) -> Verdict:
        """See the port. Without `ref`, the payment is found by its key, and where that is too old by its reference."""
        if ref is None:
            found = await self._find(request)
            if not isinstance(found, str):
                return found
            ref = found
        return await self._stands(ref)

    async def capture(self, ref: str, amount: int, key: str) -> Verdict:
        """See the port. Raises KeyReused where the key captured another amount."""
        # A payment can be captured only once, under whatever key.
        said = await insist(
            Intent, key, lambda fresh: self._intents.capture_async(ref, {"amount_to_capture": amount}, fresh)
        )
        match said:
            case Intent(status="succeeded"):
                return Captured(ref, said.amount_received)
            case Silence(replayed=False):
                return said.verdict
            case Refusal(problem=problem):
                return await self._uncaptured(ref, amount, problem.decline_code or problem.code or "refused")
        return await self._uncaptured(ref, amount, "gateway_error")

    async def void(self, ref: str, key: str) -> Verdict:
        """See the port."""
        said = await insist(Intent, key, lambda fresh: self._intents.cancel_async(ref, {}, fresh))
        match said:
            case Intent(status="canceled"):
                return Voided(ref)
            case Silence(replayed=False):
                return said.verdict
        stands = await self._stands(ref)
        return stands if isinstance(stands, Captured | Voided) else NoAnswer("the gateway did not void it")

    async def refund(self, ref: str, amount: int, key: str) -> Verdict:
        """See the port. Raises KeyReused where the key paid something else back."""
        said = await self._pay_back(ref, amount, key)
        match said:
            case Refund(status="failed" | "canceled"):
                return Declined(said.failure_reason or "refund_failed", retryable=True)
            case Refund():
                return said.verdict()
            case Refusal() if _is_unknown(said):
                return self._unknown(ref)
            case Refusal(problem=problem):
                return Declined(problem.code or "refund_refused", retryable=problem.code == "balance_insufficient")
            case Silence():
                return said.verdict

    async def look_up_refund(self, ref: str, key: str) -> Verdict:
        """See the port. It is found by its key, which was written on it: Stripe forgets keys, but no refund."""
        found = await self._made(ref, key)
        match found:
            case Refund():
                return found.verdict()
            case None:
                return Absent()
            case Refusal():
                return self._unknown(ref)
            case Silence(verdict=verdict):
                return NoAnswer(verdict.reason)

    async def payments(self, since: datetime, until: datetime) -> AsyncIterator[GatewayPayment]:
        """See the port."""
        found: list[GatewayPayment] = []
        async for page in pages(self._intents, since, until):
            if not isinstance(page, IntentPage):
                raise GatewayUnanswered(f"the list of {self.name} broke off")
            found.extend(intent.listed() for intent in page.data)
        for payment in reversed(found):
            yield payment

    async def reference_of(self, ref: str) -> str | None:
        """See the port."""
        said = await ask(Intent, self._intents.retrieve_async(ref))
        if isinstance(said, Intent) or (isinstance(said, Refusal) and _is_unknown(said)):
            return said.reference if isinstance(said, Intent) else None
        raise GatewayUnanswered(f"{self.name} did not say what {ref} is for")

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """See the port."""
        return verify(self._webhook_secrets, headers, body)

    async def _create(self, request: PaymentRequest) -> Intent | Refusal | Silence:
        """The payment of a request, made or found again; one that nobody confirms moves nothing."""
        asked = _creation(request)
        return await insist(Intent, f"{request.key}-create", lambda fresh: self._intents.create_async(asked, fresh))

    async def _pay_back(self, ref: str, amount: int, key: str) -> Refund | Refusal | Silence:
        """Make a refund, once: where Stripe has failed under the key, it is looked for before another key is used."""
        asked: RefundCreateParams = {"payment_intent": ref, "amount": amount, "metadata": {"key": key}}
        for fresh in keys_of(key):
            said = await ask(Refund, self._refunds.create_async(asked, fresh))
            if not failed_for_good(said):
                return said
            made = await self._made(ref, key)
            if made is not None:
                return made
        return said

    async def _made(self, ref: str, key: str) -> Refund | Refusal | Silence | None:
        """The refund of a payment that bears the key; None where there is none."""
        page = await ask(RefundPage, self._refunds.list_async({"payment_intent": ref, "limit": 100}))
        if not isinstance(page, RefundPage):
            return page
        return next((made for made in page.data if made.metadata.get("key") == key), None)

    async def _give_up(self, ref: str, request: PaymentRequest) -> Verdict:
        """What became of a payment whose confirmation Stripe will answer with the same failure for ever.

        Where the bank was not asked, it is cancelled, which makes sure that it never will be: then it may be paid
        otherwise at once.
        """
        stands = await self._stands(ref)
        if isinstance(stands, Absent):
            stands = await self.void(ref, f"{request.key}-give-up")
        return (
            Declined("gateway_error", True, "other_gateway")
            if isinstance(stands, Voided)
            else _as_authorization(stands)
        )

    async def _stands(self, ref: str) -> Verdict:
        """How the payment `ref` stands now; NoAnswer where Stripe does not say."""
        said = await ask(Intent, self._intents.retrieve_async(ref, {"expand": ["latest_charge"]}))
        match said:
            case Intent():
                return said.verdict()
            case Refusal():
                return self._unknown(ref)
            case Silence(verdict=verdict):
                return NoAnswer(verdict.reason)

    async def _find(self, request: PaymentRequest) -> str | Absent | NoAnswer:
        """The id of a request's payment whose id was never stored."""
        if _age(request) < KEY_LIFE and unpayable(request, self._currencies) is None:
            try:
                made = await self._create(request)
            except KeyReused:
                log.warning("the request of %s is made otherwise than it was: looking for it", request.reference)
            else:
                match made:
                    case Intent():
                        return made.id
                    case Refusal():
                        return Absent()
                    case Silence(verdict=verdict):
                        return NoAnswer(verdict.reason)
        found = await by_reference(self._intents, request)
        return found.id if isinstance(found, Intent) else found

    async def _uncaptured(self, ref: str, amount: int, code: str) -> Verdict:
        """What a refused capture comes to: the payment itself knows whether it was taken, or never can be."""
        stands = await self._stands(ref)
        match stands:
            case Voided() | Declined() | Absent():
                return CaptureRefused(code)
            case Authorized(amount=authorized) if authorized < amount:
                return CaptureRefused(code)
            case Authorized():
                log.error("Stripe does not capture %s, which is still authorized: %s", ref, code)
                return NoAnswer(f"the capture was refused, and the payment still stands: {code}")
        return stands if isinstance(stands, Captured) else NoAnswer(f"the capture was refused: {code}")

    def _declined(self, refusal: Refusal) -> Declined:
        if refusal.status != 402:
            log.warning(
                "Stripe refused a request of %s: %s", self.name, refusal.problem.message or refusal.problem.code
            )
        return refusal.problem.declined()

    def _unknown(self, ref: str) -> NoAnswer:
        """Stripe forgets no payment: one that it does not know was made with the key of another account or mode."""
        log.error("Stripe does not know %s: is %s the key of the account that it was made with?", ref, self._shown_key)
        return NoAnswer("the gateway does not know the payment: is the key that of another account?")


def _age(request: PaymentRequest) -> timedelta:
    return datetime.now(UTC) - request.began_at


def _creation(request: PaymentRequest) -> PaymentIntentCreateParams:
    """Made of the request alone, so that it is the same under the same key whoever sends it."""
    checkout = request.reference.partition("/")[0]
    return {
        "amount": request.amount,
        "currency": request.currency.lower(),
        "capture_method": "manual",
        "allowed_payment_method_types": ["card"],
        "metadata": {"reference": request.reference, "checkout": checkout},
    }


def _confirmation(request: PaymentRequest) -> PaymentIntentConfirmParams:
    """As `_creation`. A buyer who cannot be sent anywhere is declined instead of being waited for."""
    ask_for: PaymentIntentConfirmParams = {"payment_method": request.method, "expand": ["latest_charge"]}
    if request.return_url is None:
        ask_for["error_on_requires_action"] = True
    else:
        ask_for["return_url"] = request.return_url
    return ask_for


def _is_unknown(refusal: Refusal) -> bool:
    """Whether it is the payment itself that Stripe does not know."""
    problem = refusal.problem
    return problem.code == "resource_missing" and problem.param in ("intent", "payment_intent")


def _as_authorization(stands: Verdict) -> Verdict:
    """A payment's state as the answer to an authorization."""
    match stands:
        case Voided():
            return Declined("voided_at_gateway", True, "other_gateway")
        case Absent():
            return NoAnswer("the payment was not confirmed")
        case NotSent(reason=reason):
            return NoAnswer(reason)
    return stands
