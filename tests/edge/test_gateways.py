"""The operator's requests about gateways: how they are doing, draining one, and using it again."""

from tests.edge.shop import STOREFRONT_KEY, Server, Shop
from tests.edge.test_buying import pay, reserved
from tests.edge.wire import Client

PATH = "/v1/admin/gateways/bank"


def test_gateways_are_listed_with_what_they_answered(admin: Client, storefront: Client) -> None:
    assert pay(storefront, reserved(storefront).json["id"]).status == 200
    (bank,) = admin.ask("GET", "/v1/admin/gateways").json["gateways"]
    assert (bank["name"], bank["drained"], bank["breaker"]) == ("bank", False, "closed")
    assert bank["authorizations"] == {"authorized": 1}
    assert bank["latency"]["count"] == 1


def test_draining_and_resuming_tell_who_and_why_and_are_part_of_the_history(admin: Client, shop: Shop) -> None:
    drained = admin.ask("PUT", PATH, {"drained": True, "why": "maintenance"}).json
    assert (drained["drained"], drained["why"], drained["by"]) == (True, "maintenance", "ops")
    again = admin.ask("PUT", PATH, {"drained": True, "why": "still"}).json
    assert (again["drained_at"], again["why"]) == (drained["drained_at"], "still")
    resumed = admin.ask("PUT", PATH, {"drained": False}).json
    assert (resumed["drained"], resumed["drained_at"]) == (False, None)
    events = [(event.stream, event.kind) for event in shop.store.rows.events if event.stream == "gateway/bank"]
    assert events == [
        ("gateway/bank", "gateway_drained"),
        ("gateway/bank", "gateway_drained"),
        ("gateway/bank", "gateway_resumed"),
    ]


def test_a_gateway_that_is_not_configured_is_unknown(admin: Client) -> None:
    for name in ("adyen", "%00", "a" * 2000):
        assert admin.ask("PUT", f"/v1/admin/gateways/{name}", {"drained": True}).problem == (404, "unknown_gateway")


def test_what_is_wrong_is_named(admin: Client) -> None:
    for body, field in (({}, "drained"), ({"drained": "yes"}, "drained"), ({"drained": True, "why": "x" * 201}, "why")):
        answer = admin.ask("PUT", PATH, body)
        assert (answer.problem, answer.json["field"]) == ((422, "invalid_input"), field)


def test_storefronts_may_not(server: Server) -> None:
    with server.client(STOREFRONT_KEY) as storefront:
        assert storefront.ask("GET", "/v1/admin/gateways").problem == (403, "forbidden")
        assert storefront.ask("PUT", PATH, {"drained": True}).problem == (403, "forbidden")


def test_a_payment_may_say_the_buyer_s_country(storefront: Client) -> None:
    path = f"/v1/checkouts/{reserved(storefront).json['id']}/payment"
    for wrong in ("de", "DEU", "", 5):
        answer = storefront.ask("POST", path, {"payment_method": "pm_approved", "country": wrong})
        assert (answer.problem, answer.json["field"]) == ((422, "invalid_input"), "country")
    assert storefront.ask("POST", path, {"payment_method": "pm_approved", "country": "DE"}).status == 200
