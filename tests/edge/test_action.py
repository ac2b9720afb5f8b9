"""3-D Secure over HTTP: sent away to act, back again, and paid."""

import re

import pytest

from race_to_purchase.edge.reference.examples import NEW_CHECKOUT
from tests.edge.test_buying import reserved
from tests.edge.wire import Client

WISH = {"payment_method": "pm_action", "return_url": "https://shop.example/back?checkout=7"}


def test_a_buyer_acts_comes_back_and_has_paid(storefront: Client, stranger: Client) -> None:
    path = f"/v1/checkouts/{storefront.ask('POST', '/v1/checkouts', NEW_CHECKOUT).json['id']}"
    told = storefront.ask("POST", f"{path}/payment", WISH)
    assert (told.status, told.json["state"]) == (202, "paying")
    url = told.json["next_action"]
    shown = storefront.ask("GET", path).json
    assert (shown["state"], shown["next_action"]) == ("paying", url)
    early = storefront.ask("POST", f"{path}/payment/return")
    assert (early.status, early.json["next_action"]) == (202, url)
    page = stranger.ask("GET", url)
    assert (page.status, re.findall(r"<form[^>]*>", page.body.decode())) == (200, ['<form method="post">'])
    assert b"authorized" in stranger.ask("POST", url).body
    back = storefront.ask("POST", f"{path}/payment/return", idempotency_key=None, content_type=None)
    assert (back.status, back.json["state"]) == (200, "paid")
    assert "next_action" not in storefront.ask("GET", path).json


@pytest.mark.parametrize("verb", ["GET", "POST"])
@pytest.mark.parametrize("ref", ["nothing", "sbx_", "sbx_%00", "sbx_" + "k" * 300])
def test_there_is_no_page_for_what_is_no_payment(stranger: Client, verb: str, ref: str) -> None:
    assert stranger.ask(verb, f"/sandbox/actions/{ref}").problem == (404, "not_found")


def test_nothing_is_done_where_nothing_waits(stranger: Client) -> None:
    assert stranger.ask("POST", "/sandbox/actions/sbx_none").problem == (404, "not_found")


def test_another_buyers_checkout_is_not_returned_to(storefront: Client) -> None:
    checkout_id = reserved(storefront, "ada").json["id"]
    path = f"/v1/checkouts/{checkout_id}/payment/return"
    assert storefront.ask("POST", path, race_buyer="bob").problem == (404, "unknown_checkout")
    assert storefront.ask("POST", path, race_buyer="ada").problem == (409, "wrong_state")


@pytest.mark.parametrize("url", ["", "shop.example", "javascript:alert(1)", "https://", "https://a b", "https://é", 7])
def test_a_return_url_that_is_none_is_refused(storefront: Client, url: object) -> None:
    path = f"/v1/checkouts/{reserved(storefront).json['id']}/payment"
    refused = storefront.ask("POST", path, {**WISH, "return_url": url})
    assert refused.problem == (422, "invalid_input")
    assert refused.json["field"] == "return_url"


@pytest.mark.parametrize(
    ("back", "link"),
    [
        (
            "https%3A%2F%2Fshop.example%2Fback%3Fa%3D1%26b%3D%22%3E",
            'href="https://shop.example/back?a=1&amp;b=&quot;&gt;"',
        ),
        ("javascript%3Aalert(1)", None),
        ("%2Fplain%2Faurora-1", 'href="/plain/aurora-1"'),
        ("%2F%2Fevil.example", None),
        ("%2F%5Cevil.example", None),
        ("%2F%09%2Fevil.example", None),
        ("", None),
    ],
)
def test_the_bank_links_back_to_a_shop_and_to_nothing_else(
    storefront: Client, stranger: Client, back: str, link: str | None
) -> None:
    path = f"/v1/checkouts/{storefront.ask('POST', '/v1/checkouts', NEW_CHECKOUT).json['id']}"
    url = storefront.ask("POST", f"{path}/payment", WISH).json["next_action"]
    page = stranger.ask("POST", f"{url}?return={back}").body.decode()
    assert re.findall(r"<a ([^>]*)>", page) == ([] if link is None else [link])
