"""A problem as a page: what a person reads where there is nothing else to show, and a browser asked for a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from race_to_purchase.edge.plain.frame import BRAND, Frame, Shown
from race_to_purchase.edge.plain.parts import note, title
from race_to_purchase.edge.plain.words import Languages, Words
from race_to_purchase.edge.reply import Reply
from race_to_purchase.rules.answers import Answer


class ProblemPages:
    """Makes such pages; where the pages of the shop were never built, problems stay what they are."""

    def __init__(self) -> None:
        self.languages = Languages()
        self.frame = Frame(self.languages.tags)
        self._alone: dict[tuple[str, str], Reply] = {}

    def shows(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether there are pages, and it is one that is asked for."""
        return bool(self.languages.tags) and b"text/html" in headers.get(b"accept", b"")

    def alone(self, told: Answer, headers: Mapping[bytes, bytes], query: bytes = b"") -> Answer:
        """A problem that is all there is to say: a page for a browser, made once a language; a problem for others."""
        if not self.shows(headers):
            return told
        words = self.languages.of(query, headers)
        code = str(_problem(told)["code"])
        if (words.tag, code) not in self._alone:
            found = words.trouble(code)
            page = self.frame.page(Shown(BRAND, [title(found.what, found.next)]), words, status=told.status)
            self._alone[words.tag, code] = page
        return self._alone[words.tag, code]

    def refused(self, told: Answer, headers: Mapping[bytes, bytes]) -> Answer:
        """What a person reads who was refused before there was a page."""
        if not self.languages.tags:
            return told
        words = self.languages.of(b"", headers)
        page = self.frame.page(Shown(words.say("retry"), [trouble(told, words)]), words, status=told.status)
        return replace(page, retry_after_s=told.retry_after_s)


def trouble(told: Answer, words: Words) -> Any:
    """What went wrong, in plain words, and what to do next."""
    problem = _problem(told)
    code = str(problem["code"])
    if code == "payment_declined":
        kept = words.say("declinedKept") if problem.get("reserved_until") else ""
        why = words.decline(str(problem.get("decline_code", "")))
        return note(words.say("declinedTitle"), f"{why} {kept}".strip(), bad=True)
    found = words.trouble(_topic(code, problem))
    return note(found.what, found.next, bad=True)


def _topic(code: str, problem: Mapping[str, Any]) -> str:
    """By what it is explained: less than was wanted is no sign that there is nothing, a wrong address no wrong form."""
    if code == "invalid_input" and str(problem.get("field", "")).endswith("email"):
        return "invalid_email"
    return "fewer_left" if code in ("sold_out", "all_reserved") and problem.get("left") else code


def _problem(told: Answer) -> Mapping[str, Any]:
    problem: Mapping[str, Any] = msgspec.json.decode(told.body)
    return problem
