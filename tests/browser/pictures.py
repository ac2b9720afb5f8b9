"""Makes the pictures of the README: `make pictures`, or `python -m tests.browser.pictures console` for one of them.

They are no drawings: a real engine, a crowd that registered for a real draw, and a buyer before a real browser; and
the console in the middle of a demo.
"""

from __future__ import annotations

import json
import sys
import tempfile
import urllib.request
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.buyer import Buyer
from tests.browser.console_pictures import console_shots
from tests.browser.sales import Sales
from tests.journeys.engine import STOREFRONT_KEY, Engine
from tests.programs import require_program
from tests.project.tree import ROOT

CROWD = 600
IMAGES = ROOT / "docs" / "images"
WIDTH, HEIGHT = 1270, 716
FRAME = """<!doctype html><style>
body {{ margin: 0; width: 1270px; height: 716px; background: #e9edf1; }}
img {{ position: absolute; border-radius: 14px; box-shadow: 0 16px 44px rgb(20 30 50 / 0.26); }}
</style>
<img src="{desk}" style="left: 40px; top: 84px; width: 876px">
<img src="{phone}" style="right: 40px; top: 40px; width: 274px">"""


def main(wanted: Sequence[str]) -> None:
    """Take those that are wanted, or all."""
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=str(require_program("chromium")), args=["--no-sandbox"])
        for name, shots in (("buyers-page", buyers_shots), ("console", console_shots)):
            if not wanted or name in wanted:
                together(browser, shots(browser)).screenshot(path=IMAGES / f"{name}.png")
        browser.close()


def together(browser: Browser, shots: Mapping[str, bytes]) -> Page:
    """A desk and a phone side by side."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    page.set_content(FRAME.format(**{name: data_url(shot) for name, shot in shots.items()}))
    page.wait_for_timeout(500)
    return page


def buyers_shots(browser: Browser) -> dict[str, bytes]:
    """The pages that buyers see."""
    with tempfile.TemporaryDirectory(prefix="race-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        engine = Engine(Path(folder), RACE_GUARD_LOG_ONLY="limits,challenges")
        engine.start()
        try:
            return {"desk": waiting(browser, engine), "phone": reserved(browser, engine)}
        finally:
            engine.end()


def waiting(browser: Browser, engine: Engine) -> bytes:
    """A buyer in the dark, in a line behind a crowd."""
    sales = Sales(engine.url)
    drop = sales.with_door(closes_s=45, opens_s=46, door={"rate_per_s": 0.9, "challenge": "none"}, stock=500)
    buyer = Buyer(browser, engine.url, viewport={"width": 1280, "height": 800}, color_scheme="dark")
    buyer.visit(drop)
    buyer.press("Take a place")
    buyer.sees("You are in the draw")
    for number in range(CROWD):
        register(engine.url, drop, f"buyer-{number}")
    expect(buyer.page.get_by_role("heading", level=2)).to_have_text("You are in the line", timeout=90_000)
    buyer.page.wait_for_timeout(25_000)
    return buyer.page.screenshot()


def reserved(browser: Browser, engine: Engine) -> bytes:
    """Another one on a phone, who has reserved."""
    sizes = [(41, 40), (42, 120), (43, 3), (44, 0)]
    items = [{"id": f"eu-{n}", "title": f"EU {n}", "price": 15900, "stock": left} for n, left in sizes]
    buyer = Buyer(browser, engine.url, viewport={"width": 360, "height": 836}, device_scale_factor=1.5)
    buyer.visit(Sales(engine.url).opened(items=items, tax_percent=19, limit_per_buyer=1))
    buyer.chooses()
    buyer.page.get_by_text("EU 42").click()
    buyer.press("Reserve for")
    buyer.sees("Reserved for you")
    buyer.page.evaluate("scrollTo(0, 0)")
    buyer.page.wait_for_timeout(1_000)
    return buyer.page.screenshot()


def register(url: str, drop: str, buyer: str) -> None:
    """One more in the draw, whom a storefront vouches for."""
    headers = {
        "Authorization": f"Bearer {STOREFRONT_KEY}", "Race-Buyer": buyer, "Content-Type": "application/json",
    }  # fmt: skip
    request = urllib.request.Request(f"{url}/v1/drops/{drop}/line", json.dumps({}).encode(), headers)
    with urllib.request.urlopen(request, timeout=20) as response:
        assert response.status == 201


def data_url(picture: bytes) -> str:
    return "data:image/png;base64," + b64encode(picture).decode("ascii")


if __name__ == "__main__":
    main(sys.argv[1:])
