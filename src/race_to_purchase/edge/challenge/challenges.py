"""The door itself: notice, weigh, ask, and check what is shown. The line and the reservation ask `require`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.challenge import codes, problems
from race_to_purchase.edge.challenge.codes import EmailCodes
from race_to_purchase.edge.challenge.decision import Became, Decision, Demanded, Passed, Tell
from race_to_purchase.edge.challenge.elsewhere import ThirdParty
from race_to_purchase.edge.challenge.noticing import Notices
from race_to_purchase.edge.challenge.problems import Offer
from race_to_purchase.edge.challenge.proof import ProofOfWork
from race_to_purchase.edge.challenge.score import HARDER, REFUSED, STRONGER, VOUCHED, Tier, tier_of
from race_to_purchase.edge.challenge.wanted import Purpose, Solved, Wanted, Way, Wrong
from race_to_purchase.edge.guard.address import Origin

HEADER = b"race-challenge"
"""Where an answer stands when the body has no place for it."""

LogOnly = Literal["challenges", "refusals"]

ALL_IN_ORDER = frozenset[str]({"expired"})
"""What an honest page sends now and then, and what does not count as a wrong answer."""


class Means(msgspec.Struct, frozen=True):
    """The ways in which somebody can pass; `codes` is None where no mail can be sent."""

    proof: ProofOfWork
    codes: EmailCodes | None = None
    third: Sequence[ThirdParty] = ()


class Challenges:
    """See the module. `log_only`: what is decided but not done, so that it can be watched before it hurts anybody."""

    def __init__(self, means: Means, notices: Notices, log_only: frozenset[LogOnly], tell: Tell) -> None:
        self._means = means
        self._notices = notices
        self._log_only = log_only
        self._tell = tell
        self._third = {f"{one.name}.": one for one in means.third}

    async def require(
        self, call: Call, drop: str, purpose: Purpose, given: str | None = None, signs: tuple[str, ...] = ()
    ) -> Passed | Demanded:
        """Whether this request may go on. Raises TryAgainLater where a third party cannot be asked.

        `given` is what was sent as the answer, else it is looked for in the header; `signs` are those that the asker
        itself has noticed, such as `forged_token` and `honeypot`.
        """
        wanted = Wanted(drop, purpose, holder_of(call))
        noticed = self._notices.of(call, call.origin, wanted, signs)
        tier = self._reachable(tier_of(noticed), wanted, noticed)
        if tier == REFUSED:
            self._note(wanted, "refused", tier, noticed)
            return Demanded(problems.refused(), tier, noticed)
        if "challenges" in self._log_only:
            self._note(wanted, "demanded", tier, noticed, enforced=False)
            return Passed(_unasked(wanted), tier, noticed)
        given = given or call.headers.get(HEADER, b"").decode("latin-1")
        if not given:
            self._note(wanted, "demanded", tier, noticed)
            return Demanded(problems.required(self._offer(wanted, tier)), tier, noticed)
        return self._told(wanted, await self._check(given, wanted, call.origin), tier, noticed)

    def waive(self, call: Call, drop: str, purpose: Purpose) -> Passed:
        """What stands for a request that nothing is asked of: its holder, since there is nothing else."""
        return Passed(_unasked(Wanted(drop, purpose, holder_of(call))), VOUCHED)

    def fetch(self, call: Call, drop: str, purpose: Purpose, signs: tuple[str, ...] = ()) -> Offer | Demanded:
        """What would be asked of this request now, so that it can be shown at once."""
        wanted = Wanted(drop, purpose, holder_of(call))
        noticed = self._notices.of(call, call.origin, wanted, signs)
        tier = self._reachable(tier_of(noticed), wanted, noticed)
        if tier == REFUSED:
            self._note(wanted, "refused", tier, noticed)
            return Demanded(problems.refused(), tier, noticed)
        self._note(wanted, "fetched", tier, noticed)
        return self._offer(wanted, tier)

    def _told(self, wanted: Wanted, outcome: Solved | Wrong, tier: Tier, noticed: tuple[str, ...]) -> Passed | Demanded:
        match outcome:
            case Solved(id=shown, tier=worth, way=way) if worth >= tier:
                self._note(wanted, "passed", tier, noticed, way=way)
                return Passed(shown, worth, noticed)
            case Solved():
                self._note(wanted, "demanded", tier, noticed)
                return Demanded(problems.required(self._offer(wanted, tier)), tier, noticed)
            case Wrong(reason=reason):
                if reason not in ALL_IN_ORDER:
                    self._notices.wrong_answer(wanted)
                self._note(wanted, "failed", tier, noticed, reason=reason)
                return Demanded(problems.failed(reason, self._offer(wanted, tier)), tier, noticed)

    async def _check(self, given: str, wanted: Wanted, origin: Origin | None) -> Solved | Wrong:
        if given.startswith(codes.PREFIX):
            return self._means.codes.check(given, wanted) if self._means.codes is not None else Wrong("malformed")
        for prefix, third in self._third.items():
            if given.startswith(prefix):
                address = origin.address if origin is not None else ""
                return await third.check(given.removeprefix(prefix), address, wanted)
        return self._means.proof.check(given, wanted)

    def _reachable(self, tier: Tier, wanted: Wanted, noticed: tuple[str, ...]) -> Tier:
        """The tier that is really asked: nobody is refused where that is only to be noted, nor asked for a way that
        is not set up.
        """
        if tier == REFUSED and "refusals" in self._log_only:
            self._note(wanted, "refused", tier, noticed, enforced=False)
            tier = STRONGER
        if tier == STRONGER and self._means.codes is None and not self._third:
            return HARDER
        return tier

    def _offer(self, wanted: Wanted, tier: Tier) -> Offer:
        """A code by e-mail is offered to everybody: it is the way of those whose browser cannot compute."""
        challenge = self._means.proof.challenge(wanted, tier) if tier < STRONGER else None
        ways: list[Way] = [] if challenge is None else ["proof_of_work"]
        if self._means.codes is not None:
            ways.append("email_code")
        third = self._means.third if tier >= STRONGER else ()
        ways += [one.name for one in third]
        return Offer(tier, tuple(ways), challenge, {one.name: one.site_key for one in third} or None)

    def _note(
        self,
        wanted: Wanted,
        became: Became,
        tier: Tier,
        signs: tuple[str, ...],
        *,
        way: Way | None = None,
        reason: str = "",
        enforced: bool = True,
    ) -> None:
        self._tell(Decision(wanted.drop, wanted.purpose, became, tier, signs, way, reason, enforced))


def holder_of(call: Call) -> str:
    """Whose answer it has to be: the buyer who asks, or whom a storefront asks for."""
    if call.buyer is not None:
        return call.buyer
    # A line break stands in no buyer's id.
    return "" if call.principal is None else f"\n{call.principal.name}"


def _unasked(wanted: Wanted) -> str:
    return f"holder {wanted.digest()}"
