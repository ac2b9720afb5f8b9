"""Everything that is noticed about one request, together: its headers, its network, its pace, and what came before."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.challenge.networks import Networks
from race_to_purchase.edge.challenge.signals import of_handshake, of_headers
from race_to_purchase.edge.challenge.wanted import Wanted
from race_to_purchase.edge.guard.address import Origin
from race_to_purchase.edge.guard.gcra import Rate
from race_to_purchase.edge.guard.sketch import Sketch

USUAL_OF_NETWORK = Rate(120, 60.0)
"""Past it a network is noticed. Loose: thousands of people share one address behind their provider's translation."""
USUAL_OF_HOLDER = Rate(10, 60.0)
"""Past it a buyer is noticed; a page that is reloaded again and again stays below."""
WRONG_ANSWERS = Rate(3, 600.0)
"""Past it a buyer is noticed. A challenge that has merely expired is no wrong answer."""


class Known(msgspec.Struct, frozen=True):
    """Lists that an operator keeps: networks of data centres, and JA4 fingerprints of known programs."""

    datacentres: Networks
    ja4_header: bytes = b""
    ja4_listed: frozenset[str] = frozenset()


class Notices:
    """See the module. What it counts is bounded, and forgotten within minutes."""

    def __init__(self, known: Known, now: Callable[[], float]) -> None:
        self._known = known
        self._network = Sketch(USUAL_OF_NETWORK, now)
        self._holder = Sketch(USUAL_OF_HOLDER, now)
        self._wrong = Sketch(WRONG_ANSWERS, now)

    def of(self, call: Call, origin: Origin | None, wanted: Wanted, more: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The signs of this request, which counts as one more of its network and its holder.

        A storefront's servers ask in the name of many people, so that their own headers and network say nothing.
        """
        found = list(more)
        in_person = call.principal is None or call.principal.role != "storefront"
        if in_person:
            found += of_headers(call.headers)
            if origin is not None:
                found += self._of_origin(call, origin)
        if in_person or call.buyer is not None:
            who = _who(wanted)
            if self._holder.take(who) is not None:
                found.append("velocity_holder")
            if self._wrong.look(who) is not None:
                found.append("failed_before")
        return tuple(found)

    def wrong_answer(self, wanted: Wanted) -> None:
        """Somebody gave an answer that was never one."""
        self._wrong.take(_who(wanted))

    def _of_origin(self, call: Call, origin: Origin) -> list[str]:
        found: list[str] = []
        if self._known.datacentres.holds(origin.address):
            found.append("network_datacentre")
        if self._network.take(origin.network) is not None:
            found.append("velocity_network")
        if origin.proxied and self._known.ja4_header:
            handshake = call.headers.get(self._known.ja4_header)
            found += of_handshake(handshake, call.headers.get(b"user-agent", b""), self._known.ja4_listed)
        return found


def _who(wanted: Wanted) -> str:
    return f"{wanted.drop} {wanted.holder}"
