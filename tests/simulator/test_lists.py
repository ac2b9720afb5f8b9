"""Lists are paged as Stripe pages them, and an id in an answer becomes its object where that is asked for."""

from collections.abc import Iterator

import pytest
import stripe

from tests.simulator.running import Running, running


@pytest.fixture(scope="module")
def stocked() -> Iterator[tuple[Running, list[str]]]:
    """A gateway with 25 payments, the oldest first; five of them at each of five times an hour apart."""
    with running() as gateway:
        names = []
        for group in range(5):
            names += [gateway.paid(1000 + group, metadata={"n": str(n)}).id for n in range(5)]
            gateway.control("/clock", {"advance_s": 3600})
        yield gateway, names


def test_pages_follow_each_other_without_gap_or_repetition(stocked: tuple[Running, list[str]]) -> None:
    gateway, names = stocked
    page = gateway.v1.payment_intents.list({"limit": 10})
    assert ([one.id for one in page.data], page.has_more, page.url) == (names[:-11:-1], True, "/v1/payment_intents")
    assert [one.id for one in page.auto_paging_iter()] == names[::-1]
    end = gateway.v1.payment_intents.list({"limit": 10, "starting_after": names[5]})
    assert ([one.id for one in end.data], end.has_more) == (names[4::-1], False)


def test_a_page_may_be_asked_for_backwards(stocked: tuple[Running, list[str]]) -> None:
    gateway, names = stocked
    page = gateway.v1.payment_intents.list({"limit": 3, "ending_before": names[10]})
    assert ([one.id for one in page.data], page.has_more) == ([names[13], names[12], names[11]], True)
    assert gateway.v1.payment_intents.list({"ending_before": names[-1]}).data == []


def test_a_page_holds_ten_unless_said_otherwise(stocked: tuple[Running, list[str]]) -> None:
    gateway, _ = stocked
    assert len(gateway.v1.payment_intents.list().data) == 10


def test_times_bound_a_list(stocked: tuple[Running, list[str]]) -> None:
    gateway, names = stocked
    made = gateway.v1.payment_intents.retrieve(names[10]).created
    listing = gateway.v1.payment_intents.list
    assert {one.id for one in listing({"created": {"gte": made - 60, "lt": made + 60}}).data} == set(names[10:15])
    assert {one.id for one in listing({"created": {"gt": made + 60}, "limit": 100}).data} == set(names[15:])
    assert names[10] in {one.id for one in listing({"created": made}).data}
    cursor = {"created": {"lte": made + 60}, "limit": 4, "starting_after": names[12]}
    assert [one.id for one in listing(cursor).data] == [names[11], names[10], names[9], names[8]]


def test_lists_are_narrowed_by_what_things_belong_to(stocked: tuple[Running, list[str]]) -> None:
    gateway, names = stocked
    charge = gateway.v1.payment_intents.retrieve(names[3]).latest_charge
    for _ in range(3):
        gateway.v1.refunds.create({"charge": charge, "amount": 10})
    by_payment = [one.id for one in gateway.v1.refunds.list({"payment_intent": names[3]}).data]
    by_charge = gateway.v1.refunds.list({"charge": charge, "limit": 2})
    assert ([one.id for one in by_charge.data], by_charge.has_more) == (by_payment[:2], True)
    assert [
        one.id for one in gateway.v1.refunds.list({"charge": charge, "starting_after": by_payment[1]})
    ] == by_payment[2:]
    assert gateway.v1.refunds.list({"payment_intent": names[4]}).data == []
    assert [one.id for one in gateway.v1.charges.list({"payment_intent": names[3]})] == [charge]
    assert {one.source for one in gateway.v1.balance_transactions.list({"source": charge})} == {charge}
    kinds = {one.type for one in gateway.v1.balance_transactions.list({"type": "refund", "currency": "eur"})}
    assert kinds == {"refund"}
    assert gateway.v1.balance_transactions.list({"currency": "usd"}).data == []


def test_events_are_narrowed_by_type(stocked: tuple[Running, list[str]]) -> None:
    gateway, names = stocked
    one = gateway.v1.events.list({"type": "payment_intent.created", "limit": 100})
    assert [event.data.object["id"] for event in one] == names[::-1]
    two = gateway.v1.events.list({"types": ["payment_intent.created", "charge.succeeded"], "limit": 30})
    assert (len(two.data), two.has_more) == (30, True)
    assert len(list(two.auto_paging_iter())) == 50


@pytest.mark.parametrize(
    "ask",
    [
        {"limit": 0},
        {"limit": 101},
        {"starting_after": "pi_nobody"},
        {"starting_after": "pi_1", "ending_before": "pi_2"},
        {"created": {"since": 5}},
    ],
)
def test_a_list_that_cannot_be_is_refused(gateway: Running, ask: dict[str, object]) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        gateway.v1.payment_intents.list(ask)
    assert refused.value.http_status == 400


class TestExpanding:
    """An object in the place of its id."""

    def test_ids_become_objects_several_levels_deep(self, gateway: Running) -> None:
        intent = gateway.paid(expand=["latest_charge.balance_transaction"])
        assert intent.latest_charge.balance_transaction.object == "balance_transaction"
        refund = gateway.v1.refunds.create({"payment_intent": intent.id, "expand": ["charge", "payment_intent"]})
        assert (refund.charge.object, refund.payment_intent.object) == ("charge", "payment_intent")

    def test_so_they_do_in_lists(self, gateway: Running) -> None:
        gateway.paid()
        page = gateway.v1.payment_intents.list({"limit": 2, "expand": ["data.latest_charge"]})
        assert page.data[0].latest_charge.object == "charge"

    def test_what_is_not_there_stays_away(self, gateway: Running) -> None:
        ask = {"amount": 100, "currency": "eur", "expand": ["latest_charge"]}
        assert gateway.v1.payment_intents.create(ask).latest_charge is None

    @pytest.mark.parametrize("path", ["nothing", "status", "amount.x", "latest_charge.a.b.c.d", ""])
    def test_a_path_that_leads_nowhere_undoes_the_call(self, gateway: Running, path: str) -> None:
        before = gateway.control()["objects"]
        with pytest.raises(stripe.InvalidRequestError):
            gateway.paid(expand=[path])
        assert gateway.control()["objects"] == before
