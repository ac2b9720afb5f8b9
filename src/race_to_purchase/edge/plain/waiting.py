"""What is shown of a line: before it moves, while it moves, and at its end."""

from __future__ import annotations

from datetime import datetime
from xml.etree.ElementTree import Element

import msgspec

from race_to_purchase.edge.challenge.wanted import Purpose
from race_to_purchase.edge.line.shapes import LineStatus
from race_to_purchase.edge.pages.markup import el
from race_to_purchase.edge.plain.kept import ASKED
from race_to_purchase.edge.plain.parts import Forms, button, field, figures, lure, note, small, title
from race_to_purchase.edge.plain.standing import (
    LOOKING,
    Standing,
    View,
    look_again_s,
    wait_in_words,
    warning_of,
)
from race_to_purchase.edge.plain.words import Words
from race_to_purchase.rules.line.door import Door

_MOMENTS: dict[View, tuple[str, str]] = {
    "announced": ("registrationIn", "registration_opens_at"),
    "registration": ("registrationCloses", "registration_closes_at"),
    "registered": ("drawIn", "registration_closes_at"),
    "drawn": ("opensIn", "opens_at"),
    "granted": ("opensIn", "opens_at"),
}
_KEPT: frozenset[View] = frozenset({"registered", "drawn", "granted", "waiting", "paused"})
_ASKABLE: frozenset[View] = frozenset({"registration", "registered", "drawn", "join", "waiting"})
"""Views of those who may have a code that lets them in."""


class Line(msgspec.Struct, frozen=True):
    """A line as one browser sees it; `code` is what it keeps of a code by e-mail, `still`: the page is not to move.

    `access`: somebody types in the code of a grant.
    """

    status: LineStatus
    door: Door
    standing: Standing
    code: str
    still: bool
    access: bool


def line_page(line: Line, forms: Forms, words: Words) -> tuple[list[Element | None], int]:
    """What is shown, and after how many seconds the page looks again by itself."""
    view = line.standing.view
    again_s = (
        look_again_s(line.status, line.standing.ahead) if view in LOOKING and not (line.still or line.access) else 0
    )
    lead = "" if view in ("admitted", "code", "called") else words.say(f"{view}.body")
    told = line.status.message
    return [
        _code(line, forms, words) if view == "code" else title(words.say(f"{view}.title"), lead),
        _moment(line.status, view, words),
        _place(line, words) if view in ("waiting", "drawn") and line.standing.ahead is not None else None,
        _action(line, forms, words),
        _access(line, forms, words),
        None if told is None else note(words.say("shopNote"), told),
        small(words.say("placeKept")) if view in _KEPT else None,
        _looking(view, again_s, forms, words),
    ], again_s


def _moment(status: LineStatus, view: View, words: Words) -> Element | None:
    if view not in _MOMENTS:
        return None
    label, name = _MOMENTS[view]
    moment: datetime = getattr(status, name)
    return figures((words.say(label), words.moment(moment, status.now)))


def _place(line: Line, words: Words) -> Element:
    status, ahead = line.status, max(0, line.standing.ahead or 0)
    waits = line.standing.view == "waiting"
    warning = warning_of(status, ahead) if waits else None
    rate_per_s = 0.0 if status.stock == "none" else status.rate_per_s  # Nobody is called while all is spoken for.
    return el(
        "div",
        figures(
            (words.say("place"), words.number(ahead) if ahead else words.say("nextUp")),
            (words.say("waitLabel"), wait_in_words(ahead, rate_per_s, words)) if waits else None,
        ),
        el("p", words.say(warning), class_="warn") if warning else None,
        class_="stack",
    )


def _action(line: Line, forms: Forms, words: Words) -> Element | None:
    match line.standing.view:
        case "registration":
            return forms.to("join", lure(words), button(words.say("register")))
        case "join":
            return forms.to("join", lure(words), button(words.say("join")))
        case "called":
            lasting = small(words.say("enterBody", time=words.lasting(line.door.pass_seconds)))
            return forms.to("pass", lasting, button(words.say("enter")))
        case "lapsed":
            return forms.to("pass", button(words.say("retry")))
        case _:
            return None


def _access(line: Line, forms: Forms, words: Words) -> Element | None:
    """A field for the code of a grant, or the way to it, where some of the places are kept for holders of grants."""
    if line.standing.view not in _ASKABLE or not line.door.reserved_share:
        return None
    if not line.access:
        return el("p", forms.link(words.say("accessAsk"), "access"), class_="links")
    return forms.to(
        "join", field(words.say("accessLabel"), "access", "text", "off"), button(words.say("accessUse"), second=True)
    )


def _code(line: Line, forms: Forms, words: Words) -> Element:
    """Two forms, one after the other: to which address, and which code has come."""
    if line.code == ASKED:
        return code_asked("line", forms, words)
    return el(
        "div",
        title(words.say("code.title"), words.say("codeIsSent")),
        forms.to(
            "join",
            field(words.say("codeLabel"), "code", "text", "one-time-code"),
            button(words.say("codeConfirm")),
        ),
        forms.to("address", button(words.say("codeOther"), second=True)),
        class_="stack",
    )


def code_asked(purpose: Purpose, forms: Forms, words: Words, email: str = "") -> Element:
    """To which address a code is to be sent; to `email`, unless they say another one."""
    return el(
        "div",
        title(words.say("code.title"), words.say("code.body")),
        forms.to(
            "code",
            field(words.say("emailLabel"), "email", "email", "email", email),
            lure(words),
            button(words.say("codeSend")),
            purpose=purpose,
        ),
        class_="stack",
    )


def _looking(view: View, again_s: int, forms: Forms, words: Words) -> Element | None:
    """A page that moves by itself can be told to stand still, and one that stands still can be made to look."""
    if view not in LOOKING:
        return None
    if not again_s:
        return el(
            "p", forms.link(words.say("lookAgain"), "still"), forms.link(words.say("lookByItself")), class_="links"
        )
    stop = forms.link(words.say("doNotLook"), "still")
    return el("p", words.say("looksAgain", n=again_s), " ", stop, class_="small")
