"""A door with the real challenges, whose clocks and post box are in the test's hands."""

from __future__ import annotations

import json
import time
from base64 import b64encode

from altcha.v1 import solve_challenge

from race_to_purchase.edge.challenge.challenges import Challenges, LogOnly, Means
from race_to_purchase.edge.challenge.codes import EmailCodes
from race_to_purchase.edge.challenge.elsewhere import ThirdParty
from race_to_purchase.edge.challenge.handlers import ChallengeHandlers
from race_to_purchase.edge.challenge.networks import Networks
from race_to_purchase.edge.challenge.noticing import Known, Notices
from race_to_purchase.edge.challenge.proof import ProofOfWork
from race_to_purchase.edge.guard.address import Proxies
from race_to_purchase.edge.guard.busiest import Busiest
from race_to_purchase.edge.guard.gate import Gate
from race_to_purchase.edge.guard.limits import LimitsHere, configured
from race_to_purchase.edge.guard.load import Load
from race_to_purchase.observe.events import Event

KEY = b"a key that signs challenges in tests"
SECONDS = 600
NUMBERS = (200, 1000)


class PostBox:
    """Keeps what was sent: address and code."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.failure: Exception | None = None

    async def send(self, address: str, code: str, minutes: int) -> None:
        if self.failure is not None:
            raise self.failure
        assert minutes == SECONDS // 60
        self.sent.append((address, code))

    async def close(self) -> None:
        """Nothing is open."""


class Door:
    """Everything before the sale. `offset_s` moves its clocks, `told` are the events of its challenges."""

    def __init__(
        self,
        *,
        known: Known | None = None,
        log_only: frozenset[str] = frozenset(),
        third: tuple[ThirdParty, ...] = (),
        mail: bool = True,
        reserving: frozenset[str] = frozenset(),
        proxies: Proxies | None = None,
        limits: str = "",
        in_flight_max: int = 8192,
    ) -> None:
        self.offset_s = 0.0
        self.told: list[Event] = []
        self.post = PostBox()
        self.proof = ProofOfWork([KEY], seconds=SECONDS, numbers=NUMBERS, now=self.now)
        self.codes = EmailCodes([KEY], seconds=SECONDS, now=self.now) if mail else None
        self.notices = Notices(known or Known(Networks()), self.now)
        means = Means(self.proof, self.codes, third)
        watched = frozenset[LogOnly](one for one in ("challenges", "refusals") if one in log_only)
        self.challenges = Challenges(means, self.notices, watched, reserving=reserving, tell=self.told.append)
        self.handlers = ChallengeHandlers(self.challenges, self.codes, self.post if mail else None, self.now)
        kept = LimitsHere({} if limits == "off" else configured(limits), self.now)
        self.gate = Gate(
            proxies or Proxies(), kept, Load(in_flight_max), Busiest(self.now), log_only="limits" in log_only
        )

    def now(self) -> float:
        """Seconds since 1970, as far as the door knows."""
        return time.time() + self.offset_s


def solved(challenge: dict[str, object]) -> dict[str, object]:
    """The solution that ALTCHA's own solver finds for what went over the wire."""
    found = solve_challenge(
        str(challenge["challenge"]), str(challenge["salt"]), "SHA-256", int(str(challenge["maxnumber"]))
    )
    assert found is not None
    named = {name: challenge[name] for name in ("algorithm", "challenge", "salt", "signature")}
    return {**named, "number": found.number, "took": 17}


def payload(solution: dict[str, object]) -> str:
    """A solution as it is sent."""
    return b64encode(json.dumps(solution).encode()).decode()
