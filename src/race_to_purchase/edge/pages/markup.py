"""HTML and SVG as a tree, so that nothing that is shown can ever become markup: text is escaped when it is written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from xml.etree.ElementTree import Element, tostring

Child = Element | str | None
Drawn = float | int | str


def el(tag: str, *children: Child | Iterable[Child], **attributes: Drawn | None) -> Element:
    """An element; `class_` is class, `stroke_width` is stroke-width, an attribute that is None is left out."""
    made = Element(tag, {_name(name): _value(value) for name, value in attributes.items() if value is not None})
    for child in children:
        for one in [child] if child is None or isinstance(child, (str, Element)) else child:
            _append(made, one)
    return made


def _append(made: Element, child: Child) -> None:
    if isinstance(child, Element):
        made.append(child)
    elif child and len(made):
        made[-1].tail = (made[-1].tail or "") + child
    elif child:
        made.text = (made.text or "") + child


def document(root: Element) -> str:
    """The whole page. Nothing but the style sheet, which is ours, is written as it is."""
    return "<!doctype html>\n" + tostring(root, encoding="unicode", method="html") + "\n"


def _name(name: str) -> str:
    return "viewBox" if name == "viewBox" else name.rstrip("_").replace("_", "-")


def _value(value: Any) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
