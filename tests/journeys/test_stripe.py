"""A shop that sells through Stripe: `race serve` as a process, and the gateway simulator as another, over real HTTP."""

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.journeys.engine import Engine, storefront
from tests.samples import PRICE
from tests.simulator.running import Process, launched

KEY = "sk_test_simulator"
SECRET = "whsec_of_the_journeys"
LACE = 500


@pytest.fixture(scope="module")
def stripe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """The simulator."""
    with launched(tmp_path_factory.mktemp("stripe") / "books.db", api_key=KEY) as one:
        yield one


@pytest.fixture(scope="module")
def shop(used_folder: Path, stripe: Process) -> Iterator[Engine]:
    """A shop that is told where Stripe is, and nothing else."""
    with tempfile.TemporaryDirectory(prefix="race-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        engine = Engine(
            Path(folder), RACE_STRIPE_KEY=KEY, RACE_STRIPE_BASE=stripe.url, RACE_STRIPE_WEBHOOK_SECRET=SECRET
        )
        subprocess.run(["cp", "-a", str(used_folder), str(engine.data)], check=True)
        engine.start()
        engine.put()
        endpoint = {"url": f"{engine.url}/v1/webhooks/stripe", "secret": SECRET, "events": ["*"]}
        stripe.control("/webhooks", {"endpoint": endpoint}, "PUT")
        yield engine
        stripe.control("/webhooks", {"endpoint": None}, "PUT")
        engine.end()


class Buyer:
    """Somebody with a browser."""

    def __init__(self, shop: Engine, name: str, item: str = "shoe") -> None:
        self.shop = shop
        self.name = name
        self.paid_with = 0
        body = {
            "drop": "aurora",
            "lines": [{"item": item, "quantity": 1}],
            "buyer": {"id": name, "email": f"{name}@example.org"},
        }
        self.checkout = str(self.post("/v1/checkouts", body, f"{name}-reserves").json()["id"])

    def post(self, path: str, body: dict[str, Any], key: str) -> requests.Response:
        return requests.post(f"{self.shop.url}{path}", json=body, headers=storefront(key), timeout=30)

    def pays(self, card: str, **more: Any) -> requests.Response:
        """The answer to a payment with this card."""
        self.paid_with += 1
        path = f"/v1/checkouts/{self.checkout}/payment"
        return self.post(path, {"payment_method": card, **more}, f"{self.name}-pays-{self.paid_with}")

    def state(self) -> str:
        return str(
            requests.get(f"{self.shop.url}/v1/checkouts/{self.checkout}", headers=storefront(), timeout=30).json()[
                "state"
            ]
        )


def book_of(stripe: Process, checkout: str, attempt: int = 1) -> dict[str, Any]:
    """The money of one attempt in the simulator's books."""
    found: list[dict[str, Any]] = stripe.control(f"/books?reference={checkout}/{attempt}")["books"]
    return found[0] if found else {}


def test_a_purchase_is_paid_and_captured(shop: Engine, stripe: Process) -> None:
    ada = Buyer(shop, "ada")
    answer = ada.pays("pm_card_visa")
    assert (answer.status_code, answer.json()["state"]) == (200, "paid")
    shop.until(lambda: book_of(stripe, ada.checkout)["captured"] == PRICE)
    book = book_of(stripe, ada.checkout)
    assert (book["payments"], book["authorized"], book["held"]) == (1, PRICE, 0)
    assert stripe.violations() == []


def test_a_declined_card_may_be_followed_by_another(shop: Engine, stripe: Process) -> None:
    bob = Buyer(shop, "bob")
    answer = bob.pays("pm_card_chargeDeclinedInsufficientFunds")
    assert (answer.status_code, answer.json()["decline_code"]) == (402, "insufficient_funds")
    assert book_of(stripe, bob.checkout)["authorized"] == 0
    assert bob.pays("pm_card_visa").json()["state"] == "paid"
    shop.until(lambda: book_of(stripe, bob.checkout, 2)["captured"] == PRICE)


def test_what_fails_on_the_way_is_found_out(shop: Engine, stripe: Process) -> None:
    """The answer to the confirmation is lost: the engine asks Stripe, and never charges twice."""
    eve = Buyer(shop, "eve")
    stripe.faults({"fault": "cut_after", "on": "payment_intents.confirm", "times": 1})
    assert eve.pays("pm_card_visa").status_code in (200, 202)
    shop.until(lambda: eve.state() in ("paid", "fulfilled"))
    shop.until(lambda: book_of(stripe, eve.checkout)["captured"] == PRICE)
    assert book_of(stripe, eve.checkout)["authorized"] == PRICE
    stripe.faults()


@pytest.mark.parametrize(("says", "status", "captured"), [("succeeded", 200, PRICE), ("failed", 402, 0)])
def test_a_buyer_whose_bank_asks_for_him(shop: Engine, stripe: Process, says: str, status: int, captured: int) -> None:
    """3-D Secure: to the bank's page, back to the shop, and only then is anything charged."""
    fay = Buyer(shop, f"fay-{says}")
    sent_away = fay.pays("pm_card_threeDSecure2Required", return_url="https://shop.example/back")
    assert (sent_away.status_code, fay.state()) == (202, "paying")
    assert book_of(stripe, fay.checkout)["authorized"] == 0
    bank = requests.post(sent_away.json()["next_action"], data={"outcome": says}, timeout=30, allow_redirects=False)
    assert bank.headers["Location"].startswith("https://shop.example/back?payment_intent=")
    back = requests.post(f"{shop.url}/v1/checkouts/{fay.checkout}/payment/return", headers=storefront(), timeout=30)
    assert back.status_code == status, back.text
    shop.until(lambda: book_of(stripe, fay.checkout)["captured"] == captured)


def test_a_buyer_who_does_not_come_back_has_paid_all_the_same(shop: Engine, stripe: Process) -> None:
    hal = Buyer(shop, "hal")
    page = hal.pays("pm_card_threeDSecure2Required", return_url="https://shop.example/back").json()["next_action"]
    requests.post(page, data={"outcome": "succeeded"}, timeout=30, allow_redirects=False)
    shop.until(lambda: hal.state() in ("paid", "fulfilled"))
    shop.until(lambda: book_of(stripe, hal.checkout)["captured"] == PRICE)


def test_every_message_of_stripes_is_taken_in(shop: Engine, stripe: Process) -> None:
    """Those of all the payments above, and a forgery of each: these alone are refused, and not sent again."""
    stripe.faults({"fault": "webhook_forged", "form": "wrong_secret"}, {"fault": "webhook_twice"})
    assert Buyer(shop, "ivy", item="lace").pays("pm_card_visa").json()["state"] == "paid"
    stripe.faults()
    shop.until(lambda: stripe.control("/webhooks")["waiting"] == 0)
    told = stripe.control("/webhooks?limit=100")["deliveries"]
    answers = {(one["form"], one["status"] // 100) for one in told}
    assert answers == {("true", 2), ("wrong_secret", 4)}


def test_what_was_paid_is_paid_back(shop: Engine, stripe: Process) -> None:
    gil = Buyer(shop, "gil")
    assert gil.pays("pm_card_visa").json()["state"] == "paid"
    shop.until(lambda: book_of(stripe, gil.checkout)["captured"] == PRICE)
    answer = gil.post(f"/v1/orders/{gil.checkout}/refunds", {"amount": 900}, "gil-refund")
    assert answer.status_code in (200, 201, 202), answer.text
    shop.until(lambda: book_of(stripe, gil.checkout)["refunded"] == 900)


BAD_DAY = [
    {"fault": "cut_before", "rate": 0.05},
    {"fault": "cut_after", "rate": 0.05},
    {"fault": "error_after", "status": 500, "rate": 0.05},
    {"fault": "error_before", "status": 500, "stored": True, "rate": 0.03},
    {"fault": "garbage", "form": "half", "rate": 0.05},
    {"fault": "rate_limit", "rate": 0.05},
    {"fault": "decline", "card": "pm_card_visa", "decline_code": "do_not_honor", "rate": 0.1},
]


def test_on_a_bad_day_the_shop_and_stripe_agree_to_the_cent(shop: Engine, stripe: Process) -> None:
    """Faults of every kind at every request; once they are over, everything comes to rest and nobody paid twice."""

    def buys(number: int) -> Buyer:
        buyer = Buyer(shop, f"buyer-{number}", item="lace")
        assert buyer.pays("pm_card_visa").status_code in (200, 202, 402, 409)
        return buyer

    stripe.faults(*BAD_DAY)
    with ThreadPoolExecutor(8) as crowd:
        buyers = list(crowd.map(buys, range(24)))
    stripe.faults()
    shop.until(lambda: all(buyer.state() != "paying" for buyer in buyers))
    paid = {buyer.checkout: buyer.state() in ("paid", "fulfilled") for buyer in buyers}
    for checkout, bought in paid.items():
        shop.until(partial(agreed, stripe, checkout, LACE if bought else 0))
    assert sum(paid.values()) >= 12
    assert stripe.violations() == []


def agreed(stripe: Process, checkout: str, amount: int) -> bool:
    """Whether so much was captured for a checkout, over all attempts, and nothing is held any more."""
    books = [book_of(stripe, checkout, n) for n in (1, 2, 3)]
    captured, held = (sum(book.get(name, 0) for book in books) for name in ("captured", "held"))
    return (captured, held) == (amount, 0)


def test_a_key_that_is_not_taken_is_named_at_the_start(an_engine: Callable[..., Engine], stripe: Process) -> None:
    engine = an_engine(RACE_STRIPE_KEY="sk_test_of_another_shop", RACE_STRIPE_BASE=stripe.url)
    status, said = engine.refused()
    assert status == 2
    assert "Stripe does not take the key sk_test_…shop" in said
    assert "sk_test_of_another_shop" not in said
