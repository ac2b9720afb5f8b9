"""The requests about challenges themselves: fetch one ahead, and ask for a code by e-mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs

import msgspec

from race_to_purchase.edge.body import ill_formed
from race_to_purchase.edge.call import Call
from race_to_purchase.edge.challenge.challenges import Challenges, holder_of
from race_to_purchase.edge.challenge.codes import PREFIX, EmailCodes
from race_to_purchase.edge.challenge.mail import Mailer, is_deliverable
from race_to_purchase.edge.challenge.outcome import Demanded
from race_to_purchase.edge.challenge.problems import no_codes
from race_to_purchase.edge.challenge.wanted import Purpose, Wanted
from race_to_purchase.edge.guard.gcra import Rate
from race_to_purchase.edge.guard.problems import limited
from race_to_purchase.edge.guard.sketch import Sketch
from race_to_purchase.edge.problems import invalid
from race_to_purchase.edge.shapes import Email
from race_to_purchase.observe.events import emit
from race_to_purchase.observe.events import guard as events
from race_to_purchase.rules.answers import Answer
from race_to_purchase.rules.drop import Slug

CODES_OF_ADDRESS = Rate(3, 600.0)
"""So that nobody can fill somebody else's inbox."""
CODES_OF_HOLDER = Rate(5, 600.0)
CODES_OF_NETWORK = Rate(60, 600.0)
CODES_OF_ALL = Rate(2_000, 60.0)
"""What one process sends at most, whatever happens: the mail server's good name is worth something."""


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a challenge is wanted for."""

    drop: Slug
    purpose: Purpose = "line"


class NewCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a code is sent to. `website` is a field that people do not see: whoever fills it in is a program."""

    drop: Slug
    email: Email
    purpose: Purpose = "line"
    website: str = ""


class CodeSent(msgspec.Struct, frozen=True):
    """A code is on its way. Send `answer` followed by the code as the answer to a challenge, until `expires_at`."""

    answer: str
    expires_at: datetime


_NEW_CODE = msgspec.json.Decoder(NewCode)
_encode = msgspec.json.Encoder().encode


class ChallengeHandlers:
    """Handlers of `/v1/challenges`. `codes` and `mailer` are None where no mail can be sent."""

    def __init__(
        self, challenges: Challenges, codes: EmailCodes | None, mailer: Mailer | None, now: Callable[[], float]
    ) -> None:
        self._challenges = challenges
        self._codes = codes
        self._mailer = mailer
        self._limits = [
            (name, Sketch(rate, now, cell_bits=12))
            for name, rate in (
                ("code_address", CODES_OF_ADDRESS),
                ("code_holder", CODES_OF_HOLDER),
                ("code_network", CODES_OF_NETWORK),
                ("code_all", CODES_OF_ALL),
            )
        ]

    async def fetch(self, call: Call) -> Answer:
        """GET /v1/challenges?drop=&purpose=: what would be asked at the door, so that it can be solved before."""
        query = parse_qs(call.query.decode("latin-1"), keep_blank_values=True)
        asked = {name: values[-1] for name, values in query.items()}
        known = {name: asked[name] for name in ("drop", "purpose") if name in asked}
        try:
            question = msgspec.convert(known, Question)
        except msgspec.ValidationError as error:
            raise ill_formed(error, Question) from None
        found = self._challenges.fetch(call, question.drop, question.purpose)
        return found.problem if isinstance(found, Demanded) else Answer(200, _encode(found))

    async def send_code(self, call: Call) -> Answer:
        """POST /v1/challenges/code: send a code to an address, and give the token that goes with it."""
        wish = call.decoded(_NEW_CODE)
        if self._codes is None or self._mailer is None:
            return no_codes()
        if not is_deliverable(wish.email):
            raise invalid("email", "This is not an address that mail can be sent to.")
        if wish.website:
            refused = self._challenges.fetch(call, wish.drop, wish.purpose, ("honeypot",))
            if isinstance(refused, Demanded):
                return refused.problem
        wanted = Wanted(wish.drop, wish.purpose, holder_of(call))
        self._limit(wish.email.lower(), wanted.holder, call.origin.network if call.origin is not None else "")
        issued = self._codes.issue(wanted, wish.email)
        await self._mailer.send(wish.email, issued.code, self._codes.seconds // 60)
        emit(events.CodeSent(wish.drop, wish.purpose))
        expires = datetime.fromtimestamp(issued.expires_s, UTC)
        return Answer(202, _encode(CodeSent(f"{PREFIX}{issued.token}.", expires)))

    def _limit(self, *keys: str) -> None:
        """Refuse with 429 what is too much, before anything is sent; the limits are looked at before any is used."""
        limits = list(zip(self._limits, (*keys, ""), strict=True))
        for (name, sketch), key in limits:
            refusal = sketch.look(key)
            if refusal is not None:
                raise limited(name, sketch.rate, refusal)
        for (_, sketch), key in limits:
            sketch.take(key)
