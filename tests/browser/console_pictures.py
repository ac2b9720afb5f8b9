"""The picture of the console in the README: a demo that runs, watched on the wall and by whoever is on call."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from race_to_purchase.app.reachable import Reachable, read

CROWD = ("--buyers", "1500", "--bots", "300", "--stock", "500", "--arrival-seconds", "25")
SOLD = 430


def console_shots(browser: Browser) -> dict[str, bytes]:
    """A wall at a desk, and somebody on call with a phone, in the middle of a sale."""
    with demo() as told:
        wall = watching(browser, told, "executive", viewport={"width": 1280, "height": 800})
        phone = {"width": 360, "height": 836}
        on_call = watching(browser, told, "on-call", viewport=phone, device_scale_factor=1.5)
        while int(wall.locator(".sold .huge race-number").inner_text().replace(",", "")) < SOLD:
            wall.wait_for_timeout(200)
        expect(on_call.get_by_role("img", name=re.compile("Latency"))).to_be_attached()
        return {"desk": wall.screenshot(), "phone": on_call.screenshot()}


@contextmanager
def demo() -> Iterator[Reachable]:
    """`race demo`, from where it can be reached until it has ended."""
    with tempfile.TemporaryDirectory(prefix="race-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        data = Path(folder) / "data"
        command = [sys.executable, "-m", "race_to_purchase.cli", "demo", *CROWD, "--data-dir", str(data)]
        running = subprocess.Popen([*command, "--report", f"{folder}/report.html"], stdout=subprocess.DEVNULL)
        try:
            while (told := read(data)) is None:
                assert running.poll() is None, "the demo did not start"
                time.sleep(0.1)
            yield told
        finally:
            running.terminate()
            running.wait(60)


def watching(browser: Browser, told: Reachable, view: str, **window: Any) -> Page:
    """The console in a window of its own, signed in."""
    page = browser.new_page(**window)
    page.goto(f"{told.url}/console#//{view}")
    page.get_by_label("Admin key").fill(told.admin_key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator(".title h1, .nothing h1")).to_be_visible(timeout=60_000)
    while page.locator(".nothing").is_visible():
        page.reload()
        page.wait_for_timeout(500)
    page.goto(f"{told.url}/console#/{page.get_by_label('Drop').input_value()}/{view}")
    return page
