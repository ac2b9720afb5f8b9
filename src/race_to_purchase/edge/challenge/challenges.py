"""The door itself: notice, weigh, ask, and check what is shown. The line and the reservation ask `require`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.challenge import codes, problems
from race_to_purchase.edge.challenge.codes import EmailCodes
from race_to_purchase.edge.challenge.elsewhere import Name, ThirdParty
from race_to_purchase.edge.challenge.noticing import Notices
from race_to_purchase.edge.challenge.outcome import Demanded, Passed
from race_to_purchase.edge.challenge.problems import Offer
from race_to_purchase.edge.challenge.proof import ProofOfWork
from race_to_purchase.edge.challenge.score import HARDER, REFUSED, STRONGER, VOUCHED, Tier, tier_of
from race_to_purchase.edge.challenge.wanted import Purpose, Solved, Wanted, Way, Wrong
from race_to_purchase.edge.guard.address import Origin
from race_to_purchase.observe.events import Event, emit
from race_to_purchase.observe.events import guard as events

HEADER = b"race-challenge"
"""Where an answer stands when the body has no place for it."""

LogOnly = Literal["challenges", "refusals"]

IN_ORDER = frozenset({"expired"})
"""What an honest page sends now and then, so that it does not count as a wrong answer."""

PASSED_MAX = 65_536
"""Answers that are remembered, so that each is counted once."""

Tell = Callable[[Event], None]


class Means(msgspec.Struct, frozen=True):
    """The ways in which somebody can pass; `codes` is None where no mail can be sent."""

    proof: ProofOfWork
    codes: EmailCodes | None = None
    third: Sequence[ThirdParty] = ()


class Challenges:
    """See the module. `log_only`: what is decided but not done, so that it can be watched before it hurts anybody.

    `reserving` are the drops that ask for something when somebody reserves.
    """

    def __init__(
        self,
        means: Means,
        notices: Notices,
        log_only: frozenset[LogOnly],
        *,
        reserving: frozenset[str] = frozenset(),
        tell: Tell = emit,
    ) -> None:
        self._means = means
        self._notices = notices
        self._log_only = log_only
        self._reserving = reserving
        self._tell = tell
        self._third = {f"{one.name}.": one for one in means.third}
        self._passed: OrderedDict[str, None] = OrderedDict()

    @property
    def third(self) -> tuple[Name, ...]:
        """The third parties that are set up."""
        return tuple(one.name for one in self._means.third)

    def guards(self, drop: str) -> bool:
        """Whether whoever reserves in this drop is asked for something, as an operator has said."""
        return drop in self._reserving

    async def require(
        self,
        call: Call,
        drop: str,
        purpose: Purpose,
        given: str | None = None,
        signs: tuple[str, ...] = (),
        holder: str | None = None,
    ) -> Passed | Demanded:
        """Whether this request may go on. Raises TryAgainLater where a third party cannot be asked.

        `given` is what was sent as the answer, else it is looked for in the header; `signs` are those that the asker
        itself has noticed, such as `honeypot`. `holder` is the buyer, where the body names them.
        """
        wanted = Wanted(drop, purpose, holder_of(call) if holder is None else holder)
        noticed, tier = self._weighed(call, wanted, signs)
        if tier == REFUSED:
            return Demanded(problems.refused(), tier, noticed)
        if "challenges" in self._log_only:
            self._tell(_asked(wanted, tier, noticed, enforced=False))
            return Passed(_unasked(wanted), tier, noticed)
        given = given or call.headers.get(HEADER, b"").decode("latin-1")
        if not given:
            return self._demand(wanted, tier, noticed)
        match await self._check(given, wanted, call.origin):
            case Solved(id=shown, tier=worth, way=way) if worth >= tier:
                if self._is_new(shown):
                    self._tell(events.ChallengePassed(drop, purpose, worth, " ".join(noticed), way))
                return Passed(shown, worth, noticed)
            case Solved():
                return self._demand(wanted, tier, noticed)
            case Wrong(reason=reason):
                if reason not in IN_ORDER:
                    self._notices.wrong_answer(wanted)
                self._tell(events.ChallengeFailed(drop, purpose, tier, " ".join(noticed), reason))
                # A page sends what it was given, so a signature that is none was written by a program.
                if reason == "forged" and self._refuses(wanted, (*noticed, "forged_token")):
                    return Demanded(problems.refused(), REFUSED, (*noticed, "forged_token"))
                return Demanded(problems.failed(reason, self._offer(wanted, tier)), tier, noticed)

    def _is_new(self, shown: str) -> bool:
        """Whether this answer has not been told of: a reload shows the same again, and M8 counts it once."""
        if shown in self._passed:
            return False
        self._passed[shown] = None
        if len(self._passed) > PASSED_MAX:
            self._passed.popitem(last=False)
        return True

    def waive(self, call: Call, drop: str, purpose: Purpose) -> Passed:
        """What stands for a request that nothing is asked of: its holder, since there is nothing else."""
        return Passed(_unasked(Wanted(drop, purpose, holder_of(call))), VOUCHED)

    def fetch(self, call: Call, drop: str, purpose: Purpose, signs: tuple[str, ...] = ()) -> Offer | Demanded:
        """What would be asked of this request now, so that it can be shown at once."""
        wanted = Wanted(drop, purpose, holder_of(call))
        noticed, tier = self._weighed(call, wanted, signs)
        if tier == REFUSED:
            return Demanded(problems.refused(), tier, noticed)
        self._tell(_asked(wanted, tier, noticed, ahead=True))
        return self._offer(wanted, tier)

    def _weighed(self, call: Call, wanted: Wanted, signs: tuple[str, ...]) -> tuple[tuple[str, ...], Tier]:
        """What was noticed, and the tier that is really asked: nobody is refused where that is only to be noted, nor
        asked for a way that is not set up.
        """
        noticed = self._notices.of(call, call.origin, wanted, signs)
        tier = tier_of(noticed)
        for sign in noticed:
            self._tell(events.SignNoticed(wanted.drop, sign, tier))
        if tier == REFUSED:
            if self._refuses(wanted, noticed):
                return noticed, tier
            tier = STRONGER
        if tier == STRONGER and self._means.codes is None and not self._third:
            tier = HARDER
        return noticed, tier

    def _refuses(self, wanted: Wanted, noticed: tuple[str, ...]) -> bool:
        """Whether somebody with a sign that refuses really is refused; told of either way."""
        enforced = self._log_only.isdisjoint(("refusals", "challenges"))
        self._tell(events.VisitorRefused(wanted.drop, wanted.purpose, " ".join(noticed), enforced))
        return enforced

    def _demand(self, wanted: Wanted, tier: Tier, noticed: tuple[str, ...]) -> Demanded:
        self._tell(_asked(wanted, tier, noticed))
        return Demanded(problems.required(self._offer(wanted, tier)), tier, noticed)

    async def _check(self, given: str, wanted: Wanted, origin: Origin | None) -> Solved | Wrong:
        if given.startswith(codes.PREFIX):
            return self._means.codes.check(given, wanted) if self._means.codes is not None else Wrong("malformed")
        for prefix, third in self._third.items():
            if given.startswith(prefix):
                address = origin.address if origin is not None else ""
                return await third.check(given.removeprefix(prefix), address, wanted)
        return self._means.proof.check(given, wanted)

    def _offer(self, wanted: Wanted, tier: Tier) -> Offer:
        """A code by e-mail is offered to everybody: it is the way of those whose browser cannot compute."""
        challenge = self._means.proof.challenge(wanted, tier) if tier < STRONGER else None
        ways: list[Way] = [] if challenge is None else ["proof_of_work"]
        if self._means.codes is not None:
            ways.append("email_code")
        third = self._means.third if tier >= STRONGER else ()
        ways += [one.name for one in third]
        return Offer(tier, tuple(ways), challenge, {one.name: one.site_key for one in third} or None)


def holder_of(call: Call) -> str:
    """Whose answer it has to be: the buyer who asks, or whom a storefront asks for."""
    if call.buyer is not None:
        return call.buyer
    # A line break stands in no buyer's id.
    return "" if call.principal is None else f"\n{call.principal.name}"


def _unasked(wanted: Wanted) -> str:
    return f"holder {wanted.digest()}"


def _asked(
    wanted: Wanted, tier: Tier, noticed: tuple[str, ...], *, ahead: bool = False, enforced: bool = True
) -> events.ChallengeAsked:
    return events.ChallengeAsked(wanted.drop, wanted.purpose, tier, " ".join(noticed), ahead, enforced)
