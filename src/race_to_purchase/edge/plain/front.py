"""What is shown at `/`: that sales have addresses of their own, and where those who run one go on."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from race_to_purchase.edge.pages.markup import el
from race_to_purchase.edge.plain.parts import title
from race_to_purchase.edge.plain.words import Words


def front_page(words: Words) -> list[Element | None]:
    """The same for everybody; which sales there are is not told to who does not know of one."""
    return [
        title(words.say("front.title"), words.say("front.body")),
        el(
            "p",
            el("a", words.say("frontConsole"), href="/console"),
            el("a", words.say("frontReference"), href="/docs"),
            class_="links",
        ),
    ]
