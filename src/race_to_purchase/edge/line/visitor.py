"""Who joins a line, and for which browser a pass is made."""

from __future__ import annotations

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.challenge.challenges import Challenges
from race_to_purchase.edge.challenge.outcome import Demanded
from race_to_purchase.edge.problems import Refused
from race_to_purchase.path.line import Who
from race_to_purchase.rules.line.tickets import browser_of


async def who_joins(
    call: Call, challenges: Challenges, drop_id: str, *, asked: bool, shown: str | None, signs: tuple[str, ...] = ()
) -> Who:
    """Whose place it is: a customer's, whom the shop has vouched for, or that of whoever has shown something.

    `asked`: whether unknown visitors have to show something; refused with 403 where it is missing. `signs` are those
    that were noticed in the body.
    """
    identity = identity_of(call)
    if identity is not None:
        return Who(identity)
    if not asked:
        return Who(None, challenges.waive(call, drop_id, "line").id)
    found = await challenges.require(call, drop_id, "line", shown, signs)
    if isinstance(found, Demanded):
        raise Refused(found.problem)
    return Who(None, found.id)


def identity_of(call: Call) -> str | None:
    """A verified identity: the buyer whom a storefront names, or a customer who signed in; None for a guest."""
    principal = call.principal
    assert principal is not None
    if principal.buyer is None:
        return call.the_buyer()
    return principal.buyer if principal.guest is not None else None


def browser_for(call: Call, buyer: str | None) -> bytes:
    """What a pass is bound to: the browser's session, or, as a storefront has its own, the `buyer` whom it names."""
    principal = call.principal
    assert principal is not None
    if principal.browser is not None:
        return browser_of(f"session {principal.browser}")
    return browser_of(f"buyer {call.the_buyer() if buyer is None else buyer}")
