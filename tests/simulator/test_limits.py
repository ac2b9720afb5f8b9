"""The limiter refuses whoever is too fast before anything is remembered, over all and for each operation."""

from race_to_purchase.gateways.simulator.limits import Limiter, Limits
from tests.simulator.running import Running, running

ASK = {"amount": "1000", "currency": "eur"}


class Watch:
    """A clock that stands still unless it is moved."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_so_many_a_second_and_no_more() -> None:
    watch = Watch()
    limiter = Limiter(Limits(per_second=25), watch)
    assert [limiter.refuse("any") for _ in range(26)] == [None] * 25 + ["global-rate"]
    watch.now_s += 0.2
    assert [limiter.refuse("any") for _ in range(6)] == [None] * 5 + ["global-rate"]
    watch.now_s += 60
    assert [limiter.refuse("any") for _ in range(26)].count(None) == 25, "a pause earns one second's worth"


def test_each_operation_has_a_limit_of_its_own() -> None:
    limiter = Limiter(Limits(operations={"refunds.create": 2}), Watch())
    assert [limiter.refuse("refunds.create") for _ in range(3)] == [None, None, "endpoint-rate"]
    assert limiter.refuse("payment_intents.create") is None


def test_whoever_is_refused_uses_nothing_up() -> None:
    watch = Watch()
    limiter = Limiter(Limits(per_second=3, operations={"slow": 1}), watch)
    assert [limiter.refuse("slow") for _ in range(5)].count(None) == 1
    assert [limiter.refuse("fast") for _ in range(3)] == [None, None, "global-rate"]


def test_less_than_one_a_second_still_lets_one_through() -> None:
    watch = Watch()
    limiter = Limiter(Limits(per_second=0.5), watch)
    assert [limiter.refuse("any") for _ in range(2)] == [None, "global-rate"]
    watch.now_s += 2
    assert limiter.refuse("any") is None


def test_a_429_is_not_remembered_and_says_why(gateway: Running) -> None:
    gateway.control("/limits", {"operations": {"payment_intents.create": 0.001}}, "PUT")
    assert gateway.post("/v1/payment_intents", ASK).status_code == 200
    limited = gateway.post("/v1/payment_intents", ASK, Idempotency_Key="limited")
    assert (limited.status_code, limited.json()["error"]["code"]) == (429, "rate_limit")
    assert limited.headers["Stripe-Rate-Limited-Reason"] == "endpoint-rate"
    gateway.control("/limits", {}, "PUT")
    again = gateway.post("/v1/payment_intents", ASK, Idempotency_Key="limited")
    assert (again.status_code, "Idempotent-Replayed" in again.headers) == (200, False)


def test_a_wrong_limit_is_refused(gateway: Running) -> None:
    assert gateway.ask_control("/limits", {"per_second": 0}, "PUT").status_code == 400
    assert gateway.ask_control("/limits", {"per_minute": 5}, "PUT").status_code == 400


def test_a_limit_may_be_there_from_the_start() -> None:
    with running(per_second=0.001) as gateway:
        assert [gateway.get("/v1/events").status_code for _ in range(2)] == [200, 429]
        assert gateway.control()["rate_limited"] == {"global-rate": 1}
