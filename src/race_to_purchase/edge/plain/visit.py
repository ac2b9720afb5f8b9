"""One request to the plain pages: which drop, whose browser, in which language; and what it gets to see."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from secrets import token_hex
from xml.etree.ElementTree import Element

import msgspec
from msgspec.structs import replace

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.checkouts import Checkouts
from race_to_purchase.edge.drops import DropsOnSale
from race_to_purchase.edge.line.handlers import status_of
from race_to_purchase.edge.line.visitor import browser_for
from race_to_purchase.edge.plain.asking import asked_as
from race_to_purchase.edge.plain.frame import Shown
from race_to_purchase.edge.plain.kept import ASKED, Kept, Wish, path_of
from race_to_purchase.edge.plain.parts import Forms, note, title
from race_to_purchase.edge.plain.selling import Sale, checkout_page, choice, receipt
from race_to_purchase.edge.plain.standing import Turn, standing
from race_to_purchase.edge.plain.waiting import Line, code_asked, line_page
from race_to_purchase.edge.plain.words import Words
from race_to_purchase.edge.principals import Principal
from race_to_purchase.edge.problems import Refused
from race_to_purchase.edge.shapes import DropOnSale, PlacedOrder
from race_to_purchase.path.line import Line as LineDesk
from race_to_purchase.ports import LineSeen
from race_to_purchase.rules.answers import CheckoutView
from race_to_purchase.rules.line.tickets import Pass, Ticket, read_pass, read_ticket
from race_to_purchase.rules.signing import Keyring, WrongToken

_DROP = msgspec.json.Decoder(DropOnSale)
_CHECKOUT = msgspec.json.Decoder(CheckoutView)
_ORDER = msgspec.json.Decoder(PlacedOrder)

PLAIN_AGAIN_S = 15
SOLD = frozenset({"paid", "fulfilled", "refunded", "returned"})

Page = tuple[list[Element | None], int]


class Visit(msgspec.Struct, frozen=True):
    """See the module. `principal` and `csrf` are None for a browser without a session."""

    call: Call
    drop: DropOnSale
    words: Words
    kept: Kept
    principal: Principal | None
    csrf: str | None
    query: Mapping[str, str]
    wish: Wish = Wish()

    @property
    def forms(self) -> Forms:
        """What its forms are made by."""
        lang = self.query.get("lang", "")
        return Forms(path_of(self.drop.id), self.csrf, f"?lang={self.words.tag}" if lang else "")


class Views:
    """What there is to see of a drop, from where a page with a script is answered."""

    def __init__(
        self, drops: DropsOnSale, line: LineDesk, keys: Keyring, checkouts: Checkouts, *, sandbox: bool
    ) -> None:
        self._drops = drops
        self._line = line
        self._keys = keys
        self._checkouts = checkouts
        self._sandbox = sandbox

    async def drop(self, call: Call) -> DropOnSale:
        """The drop in the path; refused as unknown where there is none."""
        found = await self._drops.show(call)
        if found.problem:
            raise Refused(found)
        return _DROP.decode(found.body)

    async def of(self, visit: Visit) -> Shown:
        """What this browser sees now."""
        body, again_s = await self._page(visit)
        return Shown(visit.drop.title, body, again_s, visit.forms.path + visit.forms.query)

    async def _page(self, visit: Visit) -> Page:
        if visit.kept.checkout and visit.principal is not None:
            found = await self._bought(visit, visit.principal)
            if found is not None:
                return found
        seen = await self._line.seen(visit.drop.id)
        return self._without_line(visit) if seen is None else self._in_line(visit, seen)

    async def _bought(self, visit: Visit, principal: Principal) -> Page | None:
        """The checkout that this browser has begun, if it is its buyer's."""
        call = asked_as(visit.call, principal)
        call.path = {"drop": visit.drop.id, "id": visit.kept.checkout}
        try:
            checkout = _CHECKOUT.decode((await self._checkouts.show(call)).body)
            if checkout.drop != visit.drop.id:
                return None
            if checkout.state in SOLD:
                order = _ORDER.decode((await self._checkouts.order(call)).body)
                return receipt(order, self._sale(visit), visit.words, visit.forms), 0
        except Refused:
            return None
        script = f"/shop/{visit.drop.id}/checkout/{checkout.id}"
        return checkout_page(checkout, self._sale(visit), visit.forms, visit.words, script)

    def _without_line(self, visit: Visit) -> Page:
        """A drop without a door: whoever is there may buy as soon as it opens."""
        words, drop = visit.words, visit.drop
        if drop.phase == "open":
            return _choosing(visit, self._sale(visit), None), 0
        if drop.phase == "announced":
            when = note(words.say("opensIn"), words.moment(drop.opens_at, datetime.now(UTC)))
            said = title(words.say("plain_announced.title"), words.say("plain_announced.body"))
            return [said, when, visit.forms.link(words.say("lookAgain"))], PLAIN_AGAIN_S
        return [title(words.say(f"{drop.phase}.title"), words.say(f"{drop.phase}.body"))], 0

    def _in_line(self, visit: Visit, seen: LineSeen) -> Page:
        status, door = status_of(seen), seen.row.definition.door
        assert door is not None
        turn, admission = self._turn(visit, seen.now)
        found = standing(status, self._ticket(visit), turn, asked=bool(visit.kept.code))
        if found.view == "admitted" and admission is not None:
            until = datetime.fromtimestamp(admission.expires_at_s, UTC)
            return _choosing(visit, replace(self._sale(visit), now=seen.now), until), 0
        line = Line(status, door, found, visit.kept.code, still="still" in visit.query, access="access" in visit.query)
        return line_page(line, visit.forms, visit.words)

    def _ticket(self, visit: Visit) -> Ticket | None:
        try:
            return read_ticket(self._keys, visit.drop.id, visit.kept.ticket)
        except WrongToken:
            return None

    def _turn(self, visit: Visit, now: datetime) -> tuple[Turn, Pass | None]:
        try:
            found = read_pass(self._keys, visit.drop.id, visit.kept.admission)
        except WrongToken:
            return "none", None
        if visit.principal is None or found.browser != browser_for(asked_as(visit.call, visit.principal), None):
            return "none", None
        return ("on", found) if found.expires_at_s > now.timestamp() else ("over", None)

    def _sale(self, visit: Visit) -> Sale:
        coded = visit.kept.code not in ("", ASKED)
        return Sale(visit.drop, datetime.now(UTC), token_hex(16), self._sandbox, visit.wish, coded)


def _choosing(visit: Visit, sale: Sale, until: datetime | None) -> list[Element | None]:
    """The choice; before it a code by e-mail, where that is asked for."""
    if visit.kept.code == ASKED:
        return [code_asked("reserve", visit.forms, visit.words, visit.wish.email)]
    return choice(sale, until, visit.forms, visit.words)
