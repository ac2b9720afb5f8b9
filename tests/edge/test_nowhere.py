"""What a browser shows where there is no page, and at `/`; a program is told by a problem, as everywhere."""

from __future__ import annotations

import re

import pytest

from tests.edge.wire import Client

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


def test_at_the_front_a_browser_learns_where_sales_are(stranger: Client) -> None:
    page = stranger.ask("GET", "/", accept=BROWSER)
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Each has an address of its own" in page.body.decode()
    assert "script-src" not in page.headers["content-security-policy"]
    german = stranger.ask("GET", "/?lang=de", accept=BROWSER).body.decode()
    assert "Jeder hat eine eigene Adresse" in german


@pytest.mark.parametrize("path", ["/shop", "/favicon.ico", "/shop/aurora-1/nonsense", "/v2/drops"])
def test_where_there_is_nothing_a_browser_is_told_in_its_language(stranger: Client, path: str) -> None:
    page = stranger.ask("GET", path, accept=BROWSER, accept_language="de-AT,de;q=0.9")
    assert (page.status, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "An dieser Adresse ist nichts." in page.body.decode()
    english = stranger.ask("GET", f"{path}?lang=en", accept=BROWSER, accept_language="de")
    assert "There is nothing at this address." in english.body.decode()


@pytest.mark.parametrize("path", ["/", "/shop", "/v2/drops"])
def test_a_program_gets_a_problem(stranger: Client, path: str) -> None:
    for accept in ("application/json", "*/*", None):
        assert stranger.ask("GET", path, accept=accept).problem == (404, "not_found")


@pytest.mark.parametrize("path", ["/", "/shop", "/shop/nothing/plain", "/shop/aurora-1/plain"])
def test_every_part_of_a_page_is_named_by_something_that_is_there(stranger: Client, path: str) -> None:
    text = stranger.ask("GET", path, accept=BROWSER).body.decode()
    assert re.findall(r'aria-labelledby="([^"]*)"', text)
    for named_by in re.findall(r'aria-labelledby="([^"]*)"', text):
        assert f'id="{named_by}"' in text
