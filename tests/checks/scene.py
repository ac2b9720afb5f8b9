"""A sale on a real database with the sandbox gateway, with a checkout in every state that one can be in."""

from datetime import timedelta

from msgspec.structs import replace

from race_to_purchase.checks import Patience
from race_to_purchase.gateways.sandbox.gateway import SandboxGateway
from race_to_purchase.ports import PaymentRequest
from race_to_purchase.rules.commands import Capture, Command, NextAttempt, Void
from race_to_purchase.rules.decide import KeyUse
from race_to_purchase.rules.drop import Drop, Item
from race_to_purchase.rules.outcomes import Begun, Outcome, RefundStored, Reserved
from race_to_purchase.rules.rows import Attempt, Checkout, Claims, attempt_id
from race_to_purchase.rules.verdicts import ActionRequired, Authorized, NoAnswer, Verdict
from race_to_purchase.store.ledger import PostgresLedger
from race_to_purchase.store.postgres import PostgresStore
from tests.conformance.batches import commit
from tests.rules import aftersale, world
from tests.samples import NOON, a_checkout, a_drop

OPENED = NOON - timedelta(days=365)
METHOD = "pm_approved"

PATIENT = Patience(capture_s=3_600, deadline_s=3_600, task_s=3_600)
"""The sale gets older while the tests run. However slow they are, what it has under way is not stuck by that alone."""


class Sale:
    """`ids` are the checkouts by what became of them."""

    def __init__(self, store: PostgresStore, gateway: SandboxGateway) -> None:
        self.store = store
        self.gateway = gateway
        self.ids: dict[str, str] = {}
        self._keys = 0

    async def ask(self, command: Command, key: KeyUse | None = None) -> Outcome:
        return await commit(self.store, command, key)

    async def open(self, drop: Drop) -> None:
        await self.ask(world.put(drop))

    async def reserve(self, what: str, *lines: tuple[str, int], drop_id: str = "aurora", **wish: str) -> Checkout:
        """A checkout, remembered as `what`, of a buyer of that name."""
        outcome = await self.ask(world.reserve(*lines, buyer=what, drop_id=drop_id, **wish), self._key("reserve"))
        assert isinstance(outcome, Reserved), outcome
        self.ids[what] = outcome.checkout.id
        return outcome.checkout

    async def begin(self, checkout: Checkout, method: str = METHOD) -> Attempt:
        outcome = await self.ask(replace(world.begin(checkout), method=method), self._key("pay"))
        assert isinstance(outcome, Begun), outcome
        return outcome.attempt

    async def authorize(self, attempt: Attempt) -> Verdict:
        """At the gateway alone."""
        reference = attempt_id(attempt.checkout_id, attempt.n)
        request = PaymentRequest(
            attempt.key, attempt.amount, attempt.currency, attempt.method, reference, attempt.began_at
        )
        return await self.gateway.authorize(request, None)

    async def pay(self, checkout: Checkout, method: str = METHOD) -> str:
        """Up to the pivot, or to the decline; the gateway's own id of the payment."""
        attempt = await self.begin(checkout, method)
        await self.ask(world.settle(checkout, await self.authorize(attempt), attempt.n))
        return f"sbx_{attempt.key}"

    async def capture(self, checkout: Checkout, ref: str) -> None:
        verdict = await self.gateway.capture(ref, checkout.quote.total, ref)
        await self.ask(Capture(checkout.drop_id, checkout.id, checkout.claims.pools, 1, verdict, deliver=True))

    async def void(self, checkout: Checkout, ref: str) -> None:
        verdict = await self.gateway.void(ref, ref)
        await self.ask(Void(checkout.drop_id, checkout.id, checkout.claims.pools, 1, verdict))

    async def refund(self, checkout: Checkout, ref: str, amount: int | None, *, restock: bool) -> None:
        stored = await self.ask(aftersale.refund(checkout, amount, restock=restock), self._key("refund"))
        assert isinstance(stored, RefundStored), stored
        verdict = await self.gateway.refund(ref, stored.refund.amount, stored.refund.id)
        await self.ask(aftersale.said(checkout, verdict))

    def _key(self, what: str) -> KeyUse:
        self._keys += 1
        return KeyUse(f"POST {what} shop", f"key-{self._keys}", b"digest")


async def whole_sale(store: PostgresStore, gateway: SandboxGateway) -> Sale:
    """Everything that can be in the rows of an engine that works."""
    sale = Sale(store, gateway)
    await sale.open(a_drop(opens_at=OPENED, items=(Item("shoe", "Shoe", 15_900, 50), Item("lace", "Lace", 500, 50))))
    await sale.open(a_drop("prepaid", opens_at=OPENED, flow="payment_first"))
    await sale.open(a_drop("brief", opens_at=OPENED, items=(Item("shoe", "Shoe", 100, 6),)))
    await before_the_pivot(sale)
    await behind_the_pivot(sale)
    # Two blocks of what was booked so far; what follows is unsealed when the checks look.
    ledger = PostgresLedger(store.pool)
    while await ledger.seal(4):
        pass
    await out_of_time(sale)
    await after_the_order(sale)
    return sale


async def before_the_pivot(sale: Sale) -> None:
    await sale.reserve("reserved", ("shoe", 1), ("lace", 1), promo="TEN")
    await sale.ask(world.cancel(await sale.reserve("cancelled")))
    await sale.reserve("open", drop_id="prepaid")
    await sale.begin(await sale.reserve("paying"))
    silent = await sale.reserve("unknown")
    await sale.authorize(await sale.begin(silent))
    await sale.ask(world.settle(silent, NoAnswer("time-out")))
    await sale.pay(await sale.reserve("declined"), "pm_insufficient_funds")
    await sale.begin(await sale.reserve("prepaying", drop_id="prepaid"))
    over = await sale.reserve("failed over")
    await sale.begin(over)
    then = NextAttempt("backup", "key at the backup", 15.0)
    await sale.ask(replace(world.settle(over, NoAnswer("time-out")), then=then))
    acting = await sale.reserve("acting")
    await sale.begin(acting)
    await sale.ask(world.settle(acting, ActionRequired("ref", "https://bank.example")))
    await sale.ask(replace(world.begin(await sale.reserve("queued")), wait_s=60.0))


async def behind_the_pivot(sale: Sale) -> None:
    await sale.pay(await sale.reserve("committed"))
    for what, drop_id in (("captured", "aurora"), ("prepaid", "prepaid"), ("delivered", "aurora")):
        checkout = await sale.reserve(what, ("shoe", 2), drop_id=drop_id, promo="TEN")
        await sale.capture(checkout, await sale.pay(checkout))
        if what == "delivered":
            await sale.ask(world.delivered(checkout))
    undone = await sale.reserve("undone")
    await sale.capture(undone, await sale.pay(undone, "pm_capture_refused"))
    second = await sale.reserve("second try", ("lace", 1))
    await sale.pay(second, "pm_declined")
    await sale.pay(second)


async def after_the_order(sale: Sale) -> None:
    """Orders paid back in part, in full, with their goods; refunds under way; disputes of every kind."""
    for what in ("part refunded", "refunded", "returned", "refunding", "unrefundable", "disputed", "won", "lost"):
        method = {"refunding": "pm_refund_pending", "unrefundable": "pm_refund_refused"}.get(what, METHOD)
        checkout = await sale.reserve(what, ("lace", 1))
        ref = await sale.pay(checkout, method)
        await sale.capture(checkout, ref)
        await sale.ask(world.delivered(checkout))
        if "ref" in what or what == "returned":
            amount = 200 if what == "part refunded" else None
            await sale.refund(checkout, ref, amount, restock=what == "returned")
        else:
            await sale.ask(aftersale.told(checkout, "opened", aftersale.news(amount=500, fee=15, id=what)))
    for what in ("won", "lost"):
        await sale.ask(aftersale.told(checkout_of(sale, what), "closed", aftersale.news(what, 500, 0, id=what), at_s=9))


def checkout_of(sale: Sale, what: str) -> Checkout:
    """What a command has to know of it."""
    return replace(a_checkout(sale.ids[what]), claims=Claims({"aurora/item/lace": 1}))


async def out_of_time(sale: Sale) -> None:
    """Reservations whose time passes while they are paid: reclaimed, doomed, voided, still unknown, or just gone."""
    late = {what: await sale.reserve(what, drop_id="brief") for what in ("gone", "back", "doomed", "voided", "lapsed")}
    attempts = {what: await sale.begin(late[what]) for what in ("back", "doomed", "voided", "lapsed")}
    await sale.store.pool.execute("UPDATE checkout SET deadline = clock_timestamp() WHERE drop_id = 'brief'")
    for checkout in late.values():
        await sale.ask(world.expire(checkout))
    for what in ("back", "doomed", "voided"):
        verdict = await sale.authorize(attempts[what])
        assert isinstance(verdict, Authorized)
        if what == "doomed":  # The others take all that is left, and there is nothing to come back to.
            await sale.reserve("fast", ("shoe", 2), drop_id="brief")
            await sale.reserve("faster", ("shoe", 2), drop_id="brief")
            await sale.reserve("fastest", ("shoe", 1), drop_id="brief")
        await sale.ask(world.settle(late[what], verdict))
    await sale.void(late["voided"], verdict.ref)
