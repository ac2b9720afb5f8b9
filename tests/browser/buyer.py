"""A buyer before their browser: what they see, what they do, and what their browser asks of the engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, expect

PICTURES = Path(__file__).parent / "screenshots"
PHONE = {"width": 360, "height": 740}
LOOKED_AFTER_MS = 20_000

expect.set_options(timeout=LOOKED_AFTER_MS)


class Buyer:
    """One person with a browser of their own; `errors` is what broke in its pages."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.url = url
        self.context = browser.new_context(**{"viewport": PHONE, "locale": "en-GB", **options})
        self.context.set_default_timeout(LOOKED_AFTER_MS)
        self.errors: list[str] = []
        self.sent: list[Request] = []
        self.page = self.tab()

    def tab(self) -> Page:
        """Another tab of the same browser."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._heard)
        page.on("request", self._asked)
        return page

    def _asked(self, request: Request) -> None:
        self.sent.append(request)

    def _heard(self, message: ConsoleMessage) -> None:
        # What the engine refuses is an error in the console too, and no mistake of the page.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)

    def visit(self, drop: str, below: str = "", page: Page | None = None) -> None:
        """Go to the shop."""
        (page or self.page).goto(f"{self.url}/shop/{drop}{below}")

    def sees(self, title: str, page: Page | None = None) -> None:
        """The component says this, as the title of what it shows."""
        expect((page or self.page).get_by_role("heading", level=2, name=title, exact=True)).to_be_visible()

    def told(self, text: str) -> Locator:
        """A notice that says this, once it is there."""
        notice = self.page.get_by_role("alert").filter(has_text=text)
        expect(notice).to_be_visible()
        return notice

    def press(self, name: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=name).click()

    def chooses(self, email: str = "ada@example.com") -> None:
        """Fill in the form."""
        self.sees("Choose yours")
        self.page.get_by_label("E-mail").fill(email)

    def reserves(self, email: str = "ada@example.com") -> None:
        """From the form to a reservation."""
        self.chooses(email)
        self.press("Reserve for")
        self.sees("Reserved for you")

    def pays(self, method: str = "A card that works") -> None:
        """Choose a way to pay, and pay."""
        self.page.get_by_label(method).check()
        self.press("Pay €")

    def asked(self, method: str, ending: str) -> list[Request]:
        """The requests to the engine of this method, whose path ends like this."""
        return [one for one in self.sent if one.method == method and one.url.split("?")[0].endswith(ending)]

    def picture(self, name: str, page: Page | None = None) -> None:
        """Keep what is to be seen, as an output of the build."""
        PICTURES.mkdir(exist_ok=True)
        (page or self.page).screenshot(path=PICTURES / f"{name}.png", full_page=True, animations="disabled")

    def leave(self) -> None:
        """Close the browser."""
        self.context.close()
