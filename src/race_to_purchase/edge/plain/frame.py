"""The page around what is shown: the shop's own frame and styles, in the reader's language, without any script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.abc import Traversable
from importlib.resources import files
from typing import Any
from xml.etree.ElementTree import Element

import msgspec

from race_to_purchase.edge.pages.markup import document, el
from race_to_purchase.edge.pages.policy import PLAIN_HEADERS
from race_to_purchase.edge.plain.words import Words
from race_to_purchase.edge.reply import Header, Reply

HTML = b"text/html; charset=utf-8"
BRAND = "Race to Purchase"
STYLED_BY = ("shop.html", "src/plain/plain.css")
"""Whose styles it wears, by the names in the manifest of the build."""


class Shown(msgspec.Struct, frozen=True):
    """A page, as its views say it. `again_s`: look again by itself after so many seconds, at `address`; 0 for never."""

    title: str
    body: Sequence[Element | None]
    again_s: int = 0
    address: str = ""


class Frame:
    """Makes pages of what is shown."""

    def __init__(self, languages: Sequence[str]) -> None:
        self._styles = _styles(files("race_to_purchase").joinpath("web", ".vite", "manifest.json"))
        self._languages = languages

    def page(self, shown: Shown, words: Words, facts: Sequence[str] = (), status: int = 200) -> Reply:
        """The whole page; `facts` stand below the title."""
        head = el(
            "head",
            el("meta", charset="utf-8"),
            el("meta", name="viewport", content="width=device-width, initial-scale=1"),
            el("meta", name="color-scheme", content="light dark"),
            el("title", shown.title),
            el("link", rel="icon", href="data:,"),
            [el("link", rel="stylesheet", href=f"/{style}") for style in self._styles],
        )
        named_by = "title" if any(_holds_title(part) for part in shown.body) else "name"
        main = el("main", el("div", el("section", shown.body, class_="stack", aria_labelledby=named_by), id="stage"))
        body = el("body", self._art(shown.title, words, facts), main)
        text = document(el("html", head, body, lang=words.tag, class_="dressed"))
        headers: tuple[Header, ...] = PLAIN_HEADERS
        if shown.again_s:
            headers = (*headers, (b"refresh", f"{shown.again_s}; url={shown.address}".encode("ascii")))
        return Reply(status, text.encode(), media_type=HTML, headers=headers)

    def _art(self, title: str, words: Words, facts: Sequence[str]) -> Element:
        links = [
            el("a", tag.upper(), href=f"?lang={tag}", hreflang=tag, lang=tag, aria_current=_current(tag, words))
            for tag in self._languages
        ]
        return el(
            "div",
            el("div", class_="sky", aria_hidden="true"),
            el("header", el("span", BRAND, class_="brand"), el("nav", links, aria_label="Language")),
            el(
                "section",
                el("h1", title, id="name"),
                el("p", [el("span", fact) for fact in facts], class_="facts"),
                class_="title",
                aria_labelledby="name",
            ),
            class_="art",
        )


def _holds_title(part: Element | None) -> bool:
    """Whether what the page says first stands in here; a page of a problem alone has only its name."""
    return part is not None and part.find(".//*[@id='title']") is not None


def _current(tag: str, words: Words) -> str | None:
    return "true" if tag == words.tag else None


def _styles(manifest: Traversable) -> tuple[str, ...]:
    if not manifest.is_file():
        return ()
    built: Mapping[str, Any] = msgspec.json.decode(manifest.read_bytes())
    found: list[str] = []
    for name in STYLED_BY:
        entry = built.get(name, {})
        found += entry.get("css", [entry["file"]] if entry else [])
    return tuple(found)
