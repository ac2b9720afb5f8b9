"""A process that has enough to do refuses before it has done anything, and first what begins something."""

from race_to_purchase.edge.guard.load import Load
from race_to_purchase.observe.events import subscribe
from race_to_purchase.observe.events.guard import RequestShed
from tests.edge.conftest import opened
from tests.edge.door import Door
from tests.edge.shop import STOREFRONT_KEY, Shop

ORDER = "/v1/orders/019ae3c5-7c00-7000-8000-0123456789ab"


def test_what_begins_something_is_refused_first_and_health_never() -> None:
    load = Load(10)
    load.in_flight = 11
    assert [load.has_room(route) for route in ("reserve", "drop", "pay", "order", "healthz")] == [False] * 2 + [
        True
    ] * 3
    load.in_flight = 21
    assert [load.has_room(route) for route in ("reserve", "pay", "healthz")] == [False, False, True]
    load.in_flight = 10
    assert load.has_room("reserve")


def test_a_full_process_says_so_before_it_looks_at_the_request() -> None:
    shop = Shop()
    shop.door = Door(in_flight_max=2)
    shed: list[RequestShed] = []
    ends = subscribe(shed.append, RequestShed)
    try:
        with opened(shop) as server:
            shop.door.gate.load.in_flight = 2
            with server.client("wrong-key-wrong-key-wrong") as client:
                answer = client.ask("POST", "/v1/checkouts", {"not": "looked at"})
                assert answer.problem == (503, "overloaded")
                assert 1 <= int(answer.headers["retry-after"]) <= 4
                assert client.ask("GET", "/healthz").status == 200
            with server.client(STOREFRONT_KEY) as client:
                assert client.ask("GET", ORDER).status == 404
            assert shop.catalogue.looks == 0
    finally:
        ends()
    assert [event.route for event in shed] == ["reserve"]


def test_the_count_of_requests_comes_back_to_nothing_whatever_became_of_them() -> None:
    shop = Shop()
    with opened(shop) as server, server.client() as client:
        for path in ("/v1/drops/aurora-1", "/v1/drops/none", "/healthz", ORDER):
            client.ask("GET", path)
            client.ask("DELETE", path)
        shop.failure = RuntimeError("a mistake of ours")
        assert client.ask("GET", "/readyz").status == 500
        server.do(lambda: None)
        assert shop.door.gate.load.in_flight == 0
