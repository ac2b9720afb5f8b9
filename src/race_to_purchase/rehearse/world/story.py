"""What happened in a world, in order, and how one purchase is told of when it went wrong."""

from __future__ import annotations

from collections import defaultdict
from zlib import crc32

import msgspec

LINES_MAX = 120


class Moment(msgspec.Struct, frozen=True, gc=False):
    """Something that happened: to a purchase (`subject`, its checkout), or (empty) to a process or the database."""

    at_s: float
    subject: str
    who: str
    what: str
    detail: str


class Story:
    """Everything that happened."""

    def __init__(self) -> None:
        self.moments: list[Moment] = []

    def tell(self, at_s: float, subject: str, who: str, what: str, detail: str = "") -> None:
        """Add a moment."""
        self.moments.append(Moment(at_s, subject, who, what, detail))

    def by_purchase(self) -> dict[str, list[Moment]]:
        """The moments of each checkout, the crashes of the processes that it met among them."""
        met: dict[str, dict[str, None]] = defaultdict(dict)
        found: dict[str, list[Moment]] = defaultdict(list)
        purchases: dict[str, dict[str, None]] = defaultdict(dict)
        for moment in self.moments:
            if moment.subject:
                found[moment.subject].append(moment)
                if moment.who not in met[moment.subject]:
                    met[moment.subject][moment.who] = None
                    purchases[moment.who][moment.subject] = None
            elif moment.what == "CRASH":
                for subject in purchases.get(moment.who, ()):
                    found[subject].append(moment)
        return found

    def digest(self) -> int:
        """A number that is the same for the same story, in every process."""
        crc = 0
        for moment in self.moments:
            crc = crc32(repr(moment).encode(), crc)
        return crc

    def timeline(self, subjects: list[str]) -> list[str]:
        """The purchases of `subjects` as lines to read; everything that befell processes is in it."""
        wanted = {subject.split("/")[0] for subject in subjects}
        met = {moment.who for moment in self.moments if moment.subject in wanted} | {"database", "gateway"}
        moments = [moment for moment in self.moments if moment.subject in wanted or _befell(moment, met)]
        first = next((place for place, moment in enumerate(moments) if moment.subject), 0)
        many = len(wanted) > 1
        lines = [_line(moment, with_subject=many) for moment in moments[first:]]
        left_out = [f"  … {len(lines) - LINES_MAX} lines left out …"] if len(lines) > LINES_MAX else []
        return lines[: LINES_MAX // 2] + left_out + lines[max(LINES_MAX // 2, len(lines) - LINES_MAX // 2) :]


def _befell(moment: Moment, met: set[str]) -> bool:
    """Whether it befell a process of `met`; requests that have no checkout yet befall nobody."""
    return not moment.subject and moment.who in met and not moment.what.startswith(("is asked", "answers"))


def _line(moment: Moment, *, with_subject: bool) -> str:
    subject = f" {moment.subject[-12:]:12}" if with_subject else ""
    return f"  {moment.at_s:10.3f} s  {moment.who:8}{subject} {moment.what} {moment.detail}".rstrip()
