"""The books of the payment gateways of a simulation, and the messages in which they tell of them.

They keep to what real gateways promise: a key makes one payment however often it is sent, what is voided cannot
be captured, and what they did stays done, whoever asked for it and whether or not they ever heard of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from race_to_purchase.ports import GatewayPayment, PaymentRequest
from race_to_purchase.rehearse.world.parts import World
from race_to_purchase.rehearse.world.payments import Objection, Payment, State
from race_to_purchase.rules.messages import WebhookEvent, WebhookKind
from race_to_purchase.rules.verdicts import (
    Absent,
    ActionRequired,
    Authorized,
    Captured,
    CaptureRefused,
    Declined,
    Prepared,
    Refunded,
    RefundFailed,
    Verdict,
    Voided,
)

FEE = 1500
"""What a gateway keeps of every dispute, in minor units."""

SLIPPERY = "pm_partial"
"""Payments by this method, as strays, may be captured by somebody at the gateway just before they are voided."""

PRUNED_S = 24 * 3600.0
"""Gateways forget keys after a day: a request that is sent again later would make a second payment."""

LISTED: dict[State, Literal["open", "authorized", "captured", "voided", "declined"]] = {
    "open": "open",
    "action_required": "open",
    "authorized": "authorized",
    "captured": "captured",
    "voided": "voided",
    "declined": "declined",
    "refused": "declined",
}


class Books:
    """What the gateways have done, by key. Every method is one moment; none of them can fail."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.payments: dict[str, Payment] = {}
        self.objections: dict[str, Objection] = {}
        self.strays: dict[str, Literal["ours", "stranger"]] = {}
        """Keys of payments that no process of ours has made: of our attempts all the same, or of somebody else who
        uses the same account."""
        self.hidden: dict[str, bool] = {}
        """Keys of payments that the list leaves out for now; True where the gateway does not find them at all."""
        self.sent_back: set[str] = set()
        """Keys of refunds that a bank has sent back."""
        self.failed: set[str] = set()
        """Keys whose authorization was answered with an error that is given again each time, and changed nothing."""

    def prepare(self, name: str, request: PaymentRequest) -> Verdict:
        """The payment exists, and nothing is authorized yet."""
        payment = self._known(name, request) or self._new(name, request)
        return Prepared(payment.ref)

    def _known(self, name: str, request: PaymentRequest) -> Payment | None:
        payment = self.payments.get(request.key)
        if payment is not None and (payment.request != request or payment.gateway != name):
            self._world.violated("gateway_key_reused", request.reference, "its key came with another request")
        return payment

    def _new(self, name: str, request: PaymentRequest) -> Payment:
        now = self._world.database.now()
        payment = Payment(f"pay_{request.key}", name, request, now)
        if (now - request.began_at).total_seconds() > PRUNED_S:
            self._world.violated("sent_after_pruning", request.reference, "its key may be forgotten by now")
        self.payments[request.key] = payment
        self._world.did_at_gateway("prepare", payment)
        return payment

    def authorize(self, name: str, request: PaymentRequest, ref: str | None) -> Verdict:
        """The payment of that key, authorized now or before."""
        payment = self._known(name, request) or self._new(name, request)
        if ref is not None and payment.ref != ref:
            self._world.violated("another_payment", request.reference, f"{ref} is not {payment.ref}")
        if payment.state == "open" and request.key in self.failed:
            return self._give_up(payment)
        if payment.state == "open":
            self._decide(payment)
            self._world.did_at_gateway("authorize", payment)
        elif payment.state == "voided" and not payment.authorized:
            return Declined("payment_canceled", retryable=False)
        return self._first_answer(payment)

    def _give_up(self, payment: Payment) -> Verdict:
        """What its adapter does where it gets the remembered error again: no other key, since that could charge twice.

        It has looked: the bank was not asked. So it cancels the payment, and only then says that another may be tried.
        """
        payment.state = "voided"
        self._world.did_at_gateway("cancel", payment)
        return Declined("error_remembered", retryable=True)

    def _decide(self, payment: Payment) -> None:
        world, request = self._world, payment.request
        if request.method == "pm_declined" or world.chance.random() < world.plan.decline_rate:
            payment.state = "declined"
            payment.decline_code = world.pick(("card_declined", "insufficient_funds", "try_again_later"))
            return
        lapses_in_s = world.between(20, 400) if request.method == "pm_short" else 7 * 86_400
        payment.lapses_at_s = world.loop.now_s + lapses_in_s
        payment.authorized = request.amount // 2 if request.method == "pm_partial" else request.amount
        payment.state = "authorized"
        if request.method == "pm_3ds":
            payment.state = "action_required"
            payment.acts_at_s = world.loop.now_s + world.between(1, 60)

    def _first_answer(self, payment: Payment) -> Verdict:
        if payment.state == "declined":
            return _declined(payment)
        if payment.state == "action_required":
            return ActionRequired(payment.ref, f"https://bank.example/{payment.ref}")
        return self._authorized(payment)

    def _authorized(self, payment: Payment) -> Verdict:
        left = timedelta(seconds=payment.lapses_at_s - self._world.loop.now_s)
        return Authorized(payment.ref, payment.authorized, self._world.database.now() + left)

    def look_up(self, key: str) -> Verdict:
        """How the payment of that key stands."""
        payment = self.payments.get(key)
        if payment is None or payment.state == "open" or self.hidden.get(key):
            return Absent()
        self._act(payment)
        match payment.state:
            case "captured":
                return Captured(payment.ref, payment.captured)
            case "voided":
                return Voided(payment.ref)
            case _:
                return self._first_answer(payment)

    def _act(self, payment: Payment) -> None:
        """The buyer did what their bank wanted, or did not."""
        if payment.state == "action_required" and self._world.loop.now_s >= payment.acts_at_s:
            acted = self._world.chance.random() < 0.7
            payment.state = "authorized" if acted else "declined"
            payment.decline_code = "" if acted else "authentication_failed"
            self._world.did_at_gateway("acted", payment)

    def capture(self, ref: str, amount: int) -> Verdict:
        """Take the money of an authorization, once."""
        payment = self.payments.get(ref.removeprefix("pay_"))
        if payment is None:
            return CaptureRefused("unknown_payment")
        if payment.state == "captured":
            return Captured(ref, payment.captured)
        if payment.state == "authorized" and self._world.loop.now_s >= payment.lapses_at_s:
            payment.state = "refused"
            return CaptureRefused("authorization_expired")
        if payment.state == "authorized" and payment.request.method == "pm_uncapturable":
            payment.state = "refused"
            return CaptureRefused("refused_by_bank")
        if payment.state != "authorized" or amount > payment.authorized:
            return CaptureRefused(f"payment_{payment.state}")
        payment.state = "captured"
        payment.captured = amount
        self._world.did_at_gateway("capture", payment)
        return Captured(ref, amount)

    def void(self, ref: str) -> Verdict:
        """Let an authorization go."""
        payment = self.payments.get(ref.removeprefix("pay_"))
        if payment is None:
            return Absent()
        slippery = payment.request.method == SLIPPERY or payment.request.key in self.strays
        if payment.state == "authorized" and slippery and self._world.chance.random() < 0.4:
            payment.state, payment.captured = "captured", payment.authorized
            self._world.did_at_gateway("slip", payment)
        if payment.state == "captured":
            return Captured(ref, payment.captured)
        if payment.state != "voided":
            payment.state = "voided"
            self._world.did_at_gateway("void", payment)
        return Voided(ref)

    def refund(self, ref: str, amount: int, key: str) -> Verdict:
        """Give money back, once a key, and never more than was taken."""
        payment = self.payments.get(ref.removeprefix("pay_"))
        if payment is None or payment.state != "captured":
            return Declined("not_captured", retryable=False)
        if key not in payment.refunds:
            if payment.refunded + amount > payment.captured:
                return Declined("more_than_captured", retryable=False)
            payment.refunds[key] = amount
            self._world.did_at_gateway("refund", payment)
        return Refunded(ref, payment.refunds[key])

    def look_up_refund(self, ref: str, key: str) -> Verdict:
        """How the refund of that key stands."""
        payment = self.payments.get(ref.removeprefix("pay_"))
        if key in self.sent_back:
            return RefundFailed(ref, "sent_back")
        if payment is None or key not in payment.refunds:
            return Absent()
        return Refunded(ref, payment.refunds[key])

    def listed(self, name: str, since: datetime, until: datetime) -> list[GatewayPayment]:
        """The gateway's own list of that time."""
        return [
            _listed(payment)
            for payment in self.payments.values()
            if payment.gateway == name
            and since <= payment.created_at < until
            and payment.request.key not in self.hidden
        ]

    def object(self, payment: Payment, amount: int, status: str) -> Objection:
        """A buyer objects at their bank; with `warning…` the bank only asks, and takes nothing yet."""
        objection = Objection(f"dp_{len(self.objections) + 1}", payment, amount, status)
        objection.fee = 0 if status.startswith("warning") else FEE
        self.objections[objection.id] = objection
        self._world.objected("opened", objection)
        return objection

    def hear_evidence(self, objection: Objection) -> None:
        """The shop has said what it has to say."""
        objection.evidence = True
        objection.status = "warning_under_review" if objection.status.startswith("warning") else "under_review"
        self._world.objected("updated", objection)

    def judge(self, objection: Objection, *, won: bool) -> None:
        """The bank decides; an inquiry is only closed. Without evidence nothing is won."""
        if objection.status.startswith("warning"):
            objection.status = "warning_closed"
        else:
            objection.status = "won" if won and objection.evidence else "lost"
        self._world.objected("closed", objection)


def _listed(payment: Payment) -> GatewayPayment:
    return GatewayPayment(
        payment.ref,
        payment.request.reference,
        LISTED[payment.state],
        payment.request.amount,
        payment.request.currency,
        payment.captured,
        payment.refunded,
        payment.created_at,
    )


def _declined(payment: Payment) -> Verdict:
    return Declined(payment.decline_code, retryable=payment.decline_code != "card_declined")


def message(payment: Payment, number: int) -> WebhookEvent:
    """What a gateway tells of a payment when something has become of it."""
    kind: Literal["refund", "payment"] = "refund" if payment.refunds else "payment"
    said = {"state": LISTED[payment.state]}
    return WebhookEvent(f"evt-{number}", kind, payment.ref, payment.request.reference, payment.created_at, said)


TOLD: dict[str, WebhookKind] = {"opened": "dispute_opened", "updated": "dispute_updated", "closed": "dispute_closed"}


def message_of(objection: Objection, what: str, number: int, now: datetime) -> WebhookEvent:
    """What a gateway tells of a dispute: all that it knows, and not always which payment of ours it is about."""
    payment = objection.payment
    said = {
        "dispute": objection.id,
        "amount": objection.amount,
        "currency": payment.request.currency.lower(),
        "status": objection.status,
        "reason": "fraudulent",
        "fee": objection.fee,
        "due_at": now + timedelta(days=7),
    }
    reference = None if number % 3 == 0 else payment.request.reference
    return WebhookEvent(f"evt-{number}", TOLD[what], payment.ref, reference, now, said)
