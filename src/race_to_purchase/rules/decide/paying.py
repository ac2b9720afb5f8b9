"""Begin a payment, and decide what the gateway's answer makes of it: the pivot of every purchase.

An authorization ends in exactly one of two ways. It is committed, and the checkout is an order; or its attempt is
doomed, in the same transaction with the task that voids it, and can never be committed afterwards.
"""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from race_to_purchase.rules import answers, ledger, pools
from race_to_purchase.rules.attempt import OPEN
from race_to_purchase.rules.attempt import move as move_attempt
from race_to_purchase.rules.checkout import SOLD
from race_to_purchase.rules.checkout import move as move_checkout
from race_to_purchase.rules.commands import Authorization, BeginPayment
from race_to_purchase.rules.decide.decision import (
    Decision,
    all_or_nothing,
    already,
    each,
    release,
    tell,
    tell_attempt,
    with_state,
)
from race_to_purchase.rules.decide.failing_over import tried_next, try_next
from race_to_purchase.rules.decide.reserving import limit_pool, refusal
from race_to_purchase.rules.decide.waiting import (
    NEVER_RECEIVED_AFTER,
    action_required,
    extended,
    lost,
    pays,
    unheard_of,
)
from race_to_purchase.rules.outcomes import (
    Answered,
    Begun,
    InFlight,
    Lapsed,
    NoGateway,
    Outcome,
    StillPaying,
    Unknown,
    WrongState,
)
from race_to_purchase.rules.rows import (
    Attempt,
    Checkout,
    Order,
    Pool,
    Row,
    Task,
    TaskDone,
    TaskTurned,
    task_id,
)
from race_to_purchase.rules.snapshot import Snapshot, Stale
from race_to_purchase.rules.verdicts import (
    Absent,
    ActionRequired,
    Authorized,
    Captured,
    Declined,
    NoAnswer,
    NotSent,
    Prepared,
    Verdict,
)


def begin_payment(snapshot: Snapshot, command: BeginPayment) -> Decision:
    """Begun, or the end of an attempt that went before, or the reason why nothing can be paid."""
    checkout = snapshot.checkouts.get(command.checkout_id)
    if checkout is None or (command.buyer is not None and command.buyer != checkout.buyer):
        return Decision(Unknown("checkout", command.checkout_id))
    if checkout.live_n:
        live = snapshot.attempt(checkout.id, checkout.live_n)
        if live.key == command.gateway_key and live.state in OPEN:
            return Decision(Begun(live))
        if checkout.state == "paying" and live.next_action is not None:
            return Decision(StillPaying(checkout.id, live.n, live.next_action))
        if checkout.state == "paying" or live.state in OPEN:
            # Also of what has lapsed nobody may say yet that nothing was charged: it may be taken again.
            return Decision(InFlight(checkout.id, checkout.live_n))
        if checkout.state in SOLD and live.answer is not None and live.answer_status is not None:
            return Decision(Answered(live.answer_status, live.answer, "paid", live.n))
    if checkout.state not in ("open", "reserved", "lapsed", "expired"):
        return Decision(WrongState(checkout.id, checkout.state, "be paid"))
    if checkout.state in ("lapsed", "expired") or snapshot.now >= checkout.deadline:
        return Decision(Lapsed(checkout.id))
    if command.gateway is None:
        return Decision(NoGateway(checkout.id, command.wait_s))
    held = _hold_for_payment(snapshot, checkout)
    if not isinstance(held, list):
        return Decision(held)
    return _begun(snapshot, command, checkout, held)


def _hold_for_payment(snapshot: Snapshot, checkout: Checkout) -> list[Pool] | Outcome:
    """Payment first holds its place now; it is not begun at all where the stock is already gone."""
    if checkout.state == "reserved":
        return []
    drop = snapshot.drops[checkout.drop_id].definition
    after: list[Pool] = []
    for pool_id, quantity in checkout.claims.hold.items():
        pool = limit_pool(snapshot, drop, pool_id, checkout.buyer, quantity)
        held = pools.hold(pool, quantity)
        if held is None:
            return refusal(pool, quantity)
        after.append(held)
    stock = all_or_nothing(snapshot, checkout.claims.commit, pools.sell)
    if isinstance(stock, Pool):
        return refusal(stock, checkout.claims.commit[stock.id])
    return after


def _begun(snapshot: Snapshot, command: BeginPayment, checkout: Checkout, held: list[Pool]) -> Decision:
    gateway = command.gateway
    assert gateway is not None, "nothing begins nowhere"
    n = checkout.live_n + 1
    queued = command.wait_s > 0
    attempt = Attempt(
        checkout_id=checkout.id,
        n=n,
        gateway=gateway,
        state="prepared" if queued else "sent",
        key=command.gateway_key,
        method=command.method,
        amount=checkout.quote.total,
        currency=checkout.quote.currency,
        fence=checkout.fence,
        began_at=snapshot.now,
        return_url=command.return_url,
        country=command.country,
    )
    # What comes after the wait needs its time, too.
    wait_s = command.wait_s + command.takeover_s
    due_at = snapshot.now + timedelta(seconds=wait_s)
    deadline = extended(snapshot, checkout, wait_s, command.extension_max_s) if queued else None
    paying = with_state(checkout, move_checkout(checkout.state, "begin"), live_n=n, deadline=deadline)
    task = Task(task_id(checkout.id, n), "resolve", checkout.drop_id, checkout.id, n, due_at)
    told = tell_attempt(checkout.id, n, attempt.state, snapshot.now, gateway, command.traceparent)
    return Decision(Begun(attempt), (paying, attempt, task, *held, told))


def authorization(snapshot: Snapshot, command: Authorization) -> Decision:
    """What the gateway's word makes of attempt `n`. News of an attempt that has ended changes nothing."""
    checkout = snapshot.checkouts.get(command.checkout_id)
    if checkout is None:
        raise Stale(f"checkout {command.checkout_id}")
    attempt = snapshot.attempt(command.checkout_id, command.n)
    if attempt.state not in OPEN:
        late = _late(snapshot, checkout, attempt, command.verdict)
        followed = tried_next(snapshot, command, attempt)
        if followed is None:
            return late
        found = isinstance(followed, Answered) and bool(late.rows)
        return Decision(replace(followed, void=True) if found else followed, late.rows)
    following = None if command.then is None else try_next(snapshot, command, checkout, attempt)
    if following is not None:
        return following
    match command.verdict:
        case Authorized() as authorized:
            return _authorized(snapshot, checkout, attempt, authorized)
        case Captured(ref=ref, amount=amount):
            # Taken already, by whomever: what is not committed is voided, which pays it back.
            return _authorized(snapshot, checkout, attempt, Authorized(ref, amount))
        case Declined(code=code, same_method=same_method):
            return _declined(snapshot, checkout, attempt, code, same_method)
        case Prepared(ref=ref):
            return _prepared(snapshot, checkout, attempt, ref)
        case _:
            return _undecided(snapshot, command, checkout, attempt)


def _undecided(snapshot: Snapshot, command: Authorization, checkout: Checkout, attempt: Attempt) -> Decision:
    """The gateway has not decided, or has not said so."""
    match command.verdict:
        case ActionRequired() as wanted if pays(checkout, attempt):
            return action_required(snapshot, command, checkout, attempt, wanted)
        case ActionRequired(ref=ref):
            return _abandoned(snapshot, checkout, attempt, ref)
        case NotSent(reason=reason, retry_after_s=pause_s):
            return lost(snapshot, replace(command, again_s=max(command.again_s, pause_s)), checkout, attempt, reason)
        case NoAnswer(reason=reason):
            return lost(snapshot, command, checkout, attempt, reason)
        case Absent() if unheard_of(snapshot, checkout, attempt, NEVER_RECEIVED_AFTER):
            return _never_received(snapshot, checkout, attempt)
        case Absent():
            return lost(snapshot, command, checkout, attempt, "the gateway does not know it yet")
        case verdict:
            raise TypeError(f"{type(verdict).__name__} is no answer to an authorization")


def _late(snapshot: Snapshot, checkout: Checkout, attempt: Attempt, verdict: Verdict) -> Decision:
    """News of an attempt that has ended; of one that is to be voided, it may be the first that says where."""
    known = already(attempt)
    if attempt.state != "doomed" or attempt.gateway_ref is not None:
        return Decision(known)
    if not isinstance(verdict, Prepared | Authorized | ActionRequired | Captured):
        return Decision(known)
    told = tell_attempt(checkout.id, attempt.n, "found", snapshot.now, verdict.ref)
    if isinstance(known, Answered):
        known = replace(known, void=True)
    return Decision(known, (replace(attempt, gateway_ref=verdict.ref), told))


def _prepared(snapshot: Snapshot, checkout: Checkout, attempt: Attempt, ref: str) -> Decision:
    """Where it is to be found is stored before anything is authorized; what is not wanted any more goes no further."""
    if not pays(checkout, attempt) or snapshot.now >= checkout.deadline:
        return _abandoned(snapshot, checkout, attempt, ref)
    if attempt.gateway_ref == ref:
        return Decision(Begun(attempt))
    changed = replace(attempt, gateway_ref=ref)
    return Decision(Begun(changed), (changed, tell_attempt(checkout.id, attempt.n, "made", snapshot.now, ref)))


def _abandoned(snapshot: Snapshot, checkout: Checkout, attempt: Attempt, ref: str) -> Decision:
    """Its checkout pays no more: it is voided although nothing is authorized, so that nothing ever will be."""
    rows = _ended(snapshot, checkout, attempt)
    return _doom(snapshot, checkout, replace(attempt, gateway_ref=ref, decline_code="abandoned"), rows)


def _never_received(snapshot: Snapshot, checkout: Checkout, attempt: Attempt) -> Decision:
    """Given up, but not left alone: should it arrive after all, the task of its void finds it."""
    rows = _ended(snapshot, checkout, attempt)
    return _doom(snapshot, checkout, replace(attempt, decline_code="never_received"), rows)


def _ended(snapshot: Snapshot, checkout: Checkout, attempt: Attempt) -> list[Row]:
    live = checkout.live_n == attempt.n and checkout.state in ("paying", "lapsed")
    return _given_up(snapshot, checkout) if live else []


def _declined(snapshot: Snapshot, checkout: Checkout, attempt: Attempt, code: str, same_method: bool) -> Decision:
    """The gateway took nothing. A live reservation goes on; one that has lapsed meanwhile ends here."""
    rows: list[Row] = [TaskDone(task_id(checkout.id, attempt.n))]
    live = checkout.live_n == attempt.n
    reserved_until = None
    if live and checkout.state == "paying" and snapshot.now < checkout.deadline:
        reserved_until = checkout.deadline
        rows += _reopened(snapshot, checkout)
    else:
        rows += _ended(snapshot, checkout, attempt)
    status, body = answers.declined(attempt, code, same_method, reserved_until)
    changed = replace(
        attempt,
        state=move_attempt(attempt.state, "decline"),
        decline_code=code,
        answer_status=status,
        answer=body,
    )
    rows += [changed, tell_attempt(checkout.id, attempt.n, "declined", snapshot.now, code)]
    return Decision(Answered(status, body, "declined", attempt.n), tuple(rows))


def _reopened(snapshot: Snapshot, checkout: Checkout) -> list[Row]:
    if checkout.claims.commit:
        return [with_state(checkout, move_checkout(checkout.state, "reopen")), *release(snapshot, checkout)]
    return [with_state(checkout, move_checkout(checkout.state, "decline"))]


def _given_up(snapshot: Snapshot, checkout: Checkout) -> list[Row]:
    """The checkout ends without an order; what it still holds goes back."""
    told = tell(checkout.id, "expired", snapshot.now)
    if checkout.state == "lapsed":
        return [with_state(checkout, move_checkout(checkout.state, "expire")), told]
    ended = with_state(checkout, move_checkout(checkout.state, "refuse"), fence=1)
    return [ended, *release(snapshot, checkout), told]


def _authorized(snapshot: Snapshot, checkout: Checkout, attempt: Attempt, verdict: Authorized) -> Decision:
    live = checkout.live_n == attempt.n and checkout.fence == attempt.fence + (checkout.state == "lapsed")
    found = replace(attempt, gateway_ref=verdict.ref, capture_before=verdict.capture_before)
    if not live or checkout.state not in ("paying", "lapsed"):
        return _doom(snapshot, checkout, found, [])
    if verdict.amount != attempt.amount:
        return _doom(snapshot, checkout, found, _given_up(snapshot, checkout))
    if checkout.state == "paying":
        stock = all_or_nothing(snapshot, checkout.claims.commit, pools.sell)
        if isinstance(stock, Pool):
            return _doom(snapshot, checkout, found, _given_up(snapshot, checkout), sold_out=True)
        kept = each(snapshot, checkout.claims.hold, pools.keep)
        return _commit(snapshot, checkout, attempt, verdict, [*kept, *stock], "commit")
    reclaimed = all_or_nothing(snapshot, {**checkout.claims.hold, **checkout.claims.commit}, pools.sell)
    if isinstance(reclaimed, Pool):
        return _doom(snapshot, checkout, found, _given_up(snapshot, checkout))
    return _commit(snapshot, checkout, attempt, verdict, reclaimed, "reclaim")


def _commit(
    snapshot: Snapshot,
    checkout: Checkout,
    attempt: Attempt,
    verdict: Authorized,
    claimed: list[Pool],
    event: str,
) -> Decision:
    order = Order(
        checkout.id,
        checkout.drop_id,
        checkout.buyer,
        attempt.amount,
        attempt.currency,
        attempt.gateway,
        verdict.ref,
        attempt.n,
        snapshot.now,
    )
    status, body = answers.paid(order)
    authorized = move_attempt(attempt.state, "authorize")
    committed = replace(
        attempt,
        state=move_attempt(authorized, "commit"),
        gateway_ref=verdict.ref,
        capture_before=verdict.capture_before,
        answer_status=status,
        answer=body,
    )
    paid = with_state(checkout, move_checkout(checkout.state, "reclaim" if event == "reclaim" else "commit"))
    task = TaskTurned(task_id(checkout.id, attempt.n), "capture")
    told = (
        tell(checkout.id, "paid", snapshot.now, event),
        tell_attempt(checkout.id, attempt.n, "committed", snapshot.now, verdict.ref),
    )
    rows: tuple[Row, ...] = (paid, committed, order, ledger.sale(order, checkout.quote), task, *claimed, *told)
    return Decision(Answered(status, body, "paid", attempt.n), rows)


def _doom(
    snapshot: Snapshot, checkout: Checkout, attempt: Attempt, rows: list[Row], *, sold_out: bool = False
) -> Decision:
    """Irrevocable, and stored with the task of its void."""
    status, body = answers.too_late(checkout.id, sold_out=sold_out)
    doomed = replace(attempt, state=move_attempt(attempt.state, "doom"), answer_status=status, answer=body)
    task = TaskTurned(task_id(checkout.id, attempt.n), "void")
    why = attempt.decline_code or attempt.gateway_ref or ""
    told = tell_attempt(checkout.id, attempt.n, "doomed", snapshot.now, why)
    end = "sold_out" if sold_out else "expired"
    return Decision(Answered(status, body, end, attempt.n, void=True), (*rows, doomed, task, told))
