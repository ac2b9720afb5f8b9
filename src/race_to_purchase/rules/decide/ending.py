"""How a checkout ends without an order: its deadline passes, or its buyer gives it up."""

from __future__ import annotations

from race_to_purchase.rules.checkout import ENDS, EXPIRING, move
from race_to_purchase.rules.commands import Cancel, Expire
from race_to_purchase.rules.decide.decision import Decision, release, tell, with_state
from race_to_purchase.rules.decide.queueing import never_sent
from race_to_purchase.rules.outcomes import Cancelled, Done, Ignored, Unknown, WrongState
from race_to_purchase.rules.snapshot import Snapshot


def expire(snapshot: Snapshot, command: Expire) -> Decision:
    """Give the stock back once the deadline has passed; a payment under way only loses its claims."""
    checkout = snapshot.checkouts.get(command.checkout_id)
    if checkout is None or checkout.state not in EXPIRING:
        return Decision(Ignored("the checkout has ended, or was never stored"))
    if snapshot.now < checkout.deadline:
        return Decision(Ignored("the deadline is still ahead"))
    live = snapshot.attempts.get((checkout.id, checkout.live_n))
    if checkout.state == "paying" and live is not None and live.state == "prepared":
        decision = never_sent(snapshot, checkout, live)
        return Decision(Done("expire"), decision.rows)
    event = "lapse" if checkout.state == "paying" else "expire"
    state = move(checkout.state, "lapse" if checkout.state == "paying" else "expire")
    # An open checkout of a payment-first drop holds nothing yet.
    held = [] if checkout.state == "open" else release(snapshot, checkout)
    ended = with_state(checkout, state, fence=1)
    return Decision(Done(event), (ended, *held, tell(checkout.id, state, snapshot.now)))


def cancel(snapshot: Snapshot, command: Cancel) -> Decision:
    """Release at once; not while a payment is being decided, and not twice."""
    checkout = snapshot.checkouts.get(command.checkout_id)
    if checkout is None or (command.buyer is not None and command.buyer != checkout.buyer):
        return Decision(Unknown("checkout", command.checkout_id))
    if checkout.state == "cancelled":
        return Decision(Cancelled(checkout))
    if checkout.state not in ("open", "reserved"):
        wish = "be cancelled again" if checkout.state in ENDS else "be cancelled"
        return Decision(WrongState(checkout.id, checkout.state, wish))
    held = [] if checkout.state == "open" else release(snapshot, checkout)
    ended = with_state(checkout, move(checkout.state, "cancel"), fence=1)
    return Decision(Cancelled(ended), (ended, *held, tell(checkout.id, "cancelled", snapshot.now)))
