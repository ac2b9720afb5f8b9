"""The components in another shop's own page, on another origin, under a policy as strict as docs/embed.md says; and how
much a page of the line weighs."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.buyer import Buyer
from tests.browser.other_shop import OtherShop
from tests.browser.sales import Sales
from tests.journeys.engine import Engine
from tests.project.tree import PACKAGE, ROOT

LINE_BYTES_MAX = 30_000
ROOM_BYTES = 2_000
"""What is to stay free of it, so that the next small thing needs no diet before it."""
BUILT = PACKAGE / "web"
LANGUAGES = sorted(folder.name for folder in (ROOT / "web/src/text").iterdir() if folder.is_dir())


@pytest.fixture
def embedded(buyer: Buyer, engine: Engine, other_shop: OtherShop) -> Callable[[str], Page]:
    """Shows a page of another shop with these elements in it."""

    def show(elements: str) -> Page:
        other_shop.sell(engine.url, elements)
        buyer.page.add_init_script(
            "window.heard = []; for (const name of ['race-admitted', 'race-reserved', 'race-paid', 'race-order'])"
            " addEventListener(name, ({detail}) => window.heard.push([name, detail]))"
        )
        buyer.page.goto(other_shop.origin)
        return buyer.page

    return show


def test_a_line_works_in_another_shops_page(embedded: Callable[[str], Page], buyer: Buyer, sales: Sales) -> None:
    drop = sales.with_door(closes_s=60, opens_s=90)
    embedded(f'<race-line drop="{drop}"></race-line>')
    buyer.press("Take a place")
    buyer.sees("You are in the draw")
    buyer.picture("embedded-line")


def test_a_checkout_and_its_receipt_work_there_and_tell_the_page(
    embedded: Callable[[str], Page], buyer: Buyer, sales: Sales
) -> None:
    drop = sales.opened()
    page = embedded(f'<race-checkout drop="{drop}" email="ada@example.com"></race-checkout>')
    # As the shop's own payment fields do: the token is all that the component sees.
    page.evaluate(
        "addEventListener('race-payment-method', ({detail}) => detail.supply(Promise.resolve('pm_approved')))"
    )
    buyer.press("Reserve for")
    buyer.sees("Reserved for you")
    buyer.press("Pay €")
    buyer.sees("It is yours")
    heard = dict(page.evaluate("window.heard"))
    assert heard["race-reserved"]["checkout"] == heard["race-paid"]["order"]
    page.evaluate(
        "(order) => document.body.append(Object.assign(document.createElement('race-order'), {order}))",
        heard["race-paid"]["order"],
    )
    buyer.sees("Thank you")


def test_a_shop_without_payment_fields_cannot_charge(
    embedded: Callable[[str], Page], buyer: Buyer, sales: Sales
) -> None:
    embedded(f'<race-checkout drop="{sales.opened()}" email="ada@example.com"></race-checkout>')
    buyer.press("Reserve for")
    buyer.sees("Reserved for you")
    expect(buyer.page.get_by_text("A card that works")).to_have_count(0)
    buyer.press("Pay €")
    buyer.sees("Reserved for you")
    assert buyer.asked("POST", "/payment") == []


def test_a_shop_themes_the_components_by_custom_properties(
    embedded: Callable[[str], Page], buyer: Buyer, sales: Sales
) -> None:
    page = embedded(f'<race-checkout drop="{sales.opened()}"></race-checkout>')
    buyer.sees("Choose yours")
    page.evaluate("document.body.style.setProperty('--race-accent', 'rgb(255, 0, 90)')")
    expect(page.get_by_role("button", name="Reserve for")).to_have_css("background-color", "rgb(255, 0, 90)")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_the_line_is_light(language: str) -> None:
    """Everything that a browser loads to wait in the demo shop's line, packed as it is sent."""
    sizes = {name: packed(BUILT / name) for name in loaded(language)}
    assert sum(sizes.values()) < LINE_BYTES_MAX - ROOM_BYTES, json.dumps(sizes, indent=2)


def test_a_page_fetches_the_words_of_its_own_language_alone(a_buyer: Callable[..., Buyer], sales: Sales) -> None:
    buyer = a_buyer(locale="de-DE")
    buyer.visit(sales.with_door(closes_s=60, opens_s=90))
    buyer.sees("Die Anmeldung läuft")
    fetched = {request.url.rpartition("/")[2] for request in buyer.sent}
    german, english = ({name_of(f"src/text/{tag}/{part}.ts") for part in ("line", "checkout")} for tag in ("de", "en"))
    assert german & fetched
    assert not english & fetched


def loaded(language: str) -> set[str]:
    """The page, its style, its scripts and what these import, and the words of the language."""
    entries, files, seen = ["shop.html", f"src/text/{language}/line.ts"], {"shop.html"}, set()
    while entries:
        name = entries.pop()
        if name not in seen:
            seen.add(name)
            files |= {manifest()[name]["file"], *manifest()[name].get("css", [])}
            entries += manifest()[name].get("imports", [])
    return files


def name_of(source: str) -> str:
    """The name of the file that was built from this one."""
    return str(manifest()[source]["file"]).rpartition("/")[2]


@cache
def manifest() -> dict[str, Any]:
    """What was built from what, and what imports what."""
    found: dict[str, Any] = json.loads((BUILT / ".vite" / "manifest.json").read_text(encoding="utf-8"))
    return found


def packed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9))
