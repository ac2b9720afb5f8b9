"""One engine and one browser for each module of journeys; each test has a drop of its own, and buyers of their own.

Playwright's synchronous interface keeps an event loop running in this thread, and no other test could run one of its
own meanwhile: what it needs must not live longer than the module.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.buyer import Buyer
from tests.browser.other_shop import OtherShop
from tests.browser.sales import Sales
from tests.edge.login import ISSUER, Login
from tests.journeys.engine import Engine
from tests.programs import require_program

FAILED = pytest.StashKey[bool]()

GATEWAYS = """\
[[gateway]]
name = "sandbox"
kind = "sandbox"
currencies = ["EUR"]

[[gateway]]
name = "unhurried"
kind = "sandbox"
currencies = ["SEK"]
per_operation = 0.3
"""
"""Who pays in crowns waits for a turn, where others came before."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; whatever it does to reach the network would wait for nothing here."""
    program = require_program("chromium")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(program), args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def other_shop() -> Iterator[OtherShop]:
    """Another origin, whose pages the engine lets ask."""
    shop = OtherShop()
    yield shop
    shop.close()


@pytest.fixture(scope="module")
def login() -> Login:
    """The shop's own login, whose customers the engine believes."""
    return Login()


@pytest.fixture(scope="module")
def engine(other_shop: OtherShop, login: Login) -> Iterator[Engine]:
    """`race serve` with its pages, as a shop runs it."""
    with tempfile.TemporaryDirectory(prefix="race-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        keys = Path(folder) / "login.json"
        keys.write_bytes(login.jwks())
        keys.chmod(0o644)
        gateways = Path(folder) / "gateways.toml"
        gateways.write_text(GATEWAYS, encoding="utf-8")
        gateways.chmod(0o644)
        # No two buyers of a test come from one household: all of them share this machine's address.
        running = Engine(
            Path(folder),
            RACE_EXPIRE_EVERY_S="0.1",
            RACE_GUARD_LOG_ONLY="limits",
            RACE_CORS_ORIGINS=other_shop.origin,
            RACE_CUSTOMERS_ISSUER=ISSUER,
            RACE_CUSTOMERS_KEY=str(keys),
            RACE_GATEWAYS=str(gateways),
            RACE_MAIL_URL="console",
            # Chromium without a screen is asked for the harder proof; a busy machine shall not need a minute for it.
            RACE_CHALLENGE_RESERVE="guarded",
            RACE_CHALLENGE_NUMBERS="20000",
            RACE_CHALLENGE_NUMBERS_HARDER="20000",
        )
        running.start()
        yield running
        running.end()


@pytest.fixture
def sales(engine: Engine) -> Sales:
    """Opens drops."""
    return Sales(engine.url)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember that a test has failed, for the picture that is taken then."""
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture
def a_buyer(browser: Browser, engine: Engine, request: pytest.FixtureRequest) -> Iterator[Callable[..., Buyer]]:
    """Makes buyers, each on a phone of their own; a page that breaks fails the test."""
    made: list[Buyer] = []

    def make(**options: Any) -> Buyer:
        made.append(Buyer(browser, engine.url, **options))
        return made[-1]

    yield make
    if request.node.stash.get(FAILED, False):
        for number, buyer in enumerate(made):
            buyer.picture(f"failed-{request.node.name}-{number}")
    broken = [error for buyer in made for error in buyer.errors]
    for buyer in made:
        buyer.leave()
    assert broken == []


@pytest.fixture
def buyer(a_buyer: Callable[..., Buyer]) -> Buyer:
    """Somebody with a phone of 360 pixels."""
    return a_buyer()
