"""What the plain pages are put together from: forms, fields, notices, figures."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element

import msgspec

from race_to_purchase.edge.pages.markup import Child, el
from race_to_purchase.edge.plain.words import Words


class Forms(msgspec.Struct, frozen=True):
    """Makes the forms of one visit: each carries the session's `csrf`, and keeps the language that was asked for."""

    path: str
    csrf: str | None
    query: str = ""

    def to(self, step: str, *children: Child | Iterable[Child], **hidden: str) -> Element:
        """A form that goes to the page's own `step`."""
        carried = {**({} if self.csrf is None else {"csrf": self.csrf}), **hidden}
        fields = [el("input", type="hidden", name=name, value=value) for name, value in carried.items()]
        return el("form", fields, *children, method="post", action=f"{self.path}/{step}{self.query}", class_="stack")

    def link(self, text: str, query: str = "") -> Element:
        """A link to the page itself, with something more in its query."""
        asked = "&".join(filter(None, (self.query.removeprefix("?"), query)))
        return el("a", text, href=f"{self.path}?{asked}" if asked else self.path)


def button(text: str, *, second: bool = False) -> Element:
    """What sends its form."""
    return el("button", text, class_="second" if second else None)


def title(text: str, lead: str = "") -> Element:
    """What the page says first."""
    return el("div", el("h2", text, id="title"), el("p", lead, class_="lead") if lead else None, class_="field")


def field(label: str, name: str, type_: str, autocomplete: str, value: str = "", hint: str = "") -> Element:
    """A field with its label."""
    given = el(
        "input",
        id=name,
        name=name,
        type=type_,
        autocomplete=autocomplete,
        value=value or None,
        required="required",
        inputmode="numeric" if autocomplete == "one-time-code" else None,
    )
    return el("div", el("label", label, for_=name), given, _small(hint), class_="field")


def lure(words: Words) -> Element:
    """A field that people do not see: whoever fills it in is a program."""
    empty = el("input", id="website", name="website", type="text", tabindex=-1, autocomplete="off")
    return el("div", el("label", words.say("website"), for_="website"), empty, class_="unseen", aria_hidden="true")


def figures(*pairs: tuple[str, str] | None) -> Element:
    """Facts with their names."""
    shown = [el("div", el("dt", pair[0]), el("dd", pair[1])) for pair in pairs if pair is not None]
    return el("dl", shown, class_="figures")


def note(what: str, more: str = "", *, bad: bool = False) -> Element:
    """A notice."""
    text = el("p", more) if more else None
    return el("div", el("strong", what), text, class_="note bad" if bad else "note", role="alert" if bad else None)


def _small(text: str) -> Element | None:
    return el("p", text, class_="small") if text else None


def small(text: str) -> Element:
    """Lesser text."""
    return el("p", text, class_="small")
