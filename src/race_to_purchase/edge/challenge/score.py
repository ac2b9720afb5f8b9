"""What is noticed about a request, what it weighs, and the tier that follows: tables, and the arithmetic over them.

Nothing here is a verdict about a person. Weights are such that one weak sign makes the proof of work harder, several
together ask for a code by e-mail, and only what no honest page can send is refused.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import msgspec

Tier = Literal[0, 1, 2, 3, 4]

VOUCHED: Tier = 0
"""Nothing is asked: somebody who may has vouched for them, or nothing is to be asked."""
USUAL: Tier = 1
"""A proof of work in the background, a fraction of a second on a phone."""
HARDER: Tier = 2
"""A longer proof of work."""
STRONGER: Tier = 3
"""A code by e-mail, or a third party's challenge."""
REFUSED: Tier = 4
"""Nothing that could be shown."""


class Sign(msgspec.Struct, frozen=True):
    """`weight` is added to the score; `refuses`: enough by itself to be refused."""

    weight: int
    meaning: str
    refuses: bool = False


SIGNS: dict[str, Sign] = {
    "agent_missing": Sign(2, "No User-Agent, which every browser sends."),
    "agent_script": Sign(4, "A User-Agent that says itself that it is a program."),
    "agent_headless": Sign(4, "A User-Agent or client hint that says itself that nobody looks at this browser."),
    "headers_inconsistent": Sign(2, "Headers that the browser named in User-Agent always sends are missing."),
    "hints_mismatch": Sign(3, "The client hints name another browser, version or system than User-Agent does."),
    "hints_malformed": Sign(2, "The client hints are none that a browser writes."),
    "network_datacentre": Sign(2, "The address belongs to a network of the configured list of data centres."),
    "velocity_network": Sign(2, "Many requests of this kind came from this network lately. Many people may share it."),
    "velocity_holder": Sign(2, "The same buyer asked unusually often lately."),
    "failed_before": Sign(2, "The same buyer gave several wrong answers lately."),
    "ja4_mismatch": Sign(3, "A trusted proxy tells of a TLS handshake that is not that of the browser named."),
    "ja4_listed": Sign(3, "A trusted proxy tells of a TLS handshake that is on the configured list."),
    "honeypot": Sign(0, "A field that nobody sees was filled in.", refuses=True),
    "forged_token": Sign(0, "A token came along that was never made here.", refuses=True),
}

HARDER_FROM = 2
STRONGER_FROM = 5


@lru_cache
def tier_of(signs: tuple[str, ...]) -> Tier:
    """What somebody with these signs is asked for; most people have none."""
    if any(SIGNS[name].refuses for name in signs):
        return REFUSED
    score = sum(SIGNS[name].weight for name in signs)
    if score >= STRONGER_FROM:
        return STRONGER
    return HARDER if score >= HARDER_FROM else USUAL
