"""What a bot does: no thinking, many names, a fresh key for every strike."""

from msgspec.structs import replace

from race_to_purchase.rehearse.crowd.bot import bot
from race_to_purchase.rehearse.crowd.diary import Diary, Page
from race_to_purchase.rehearse.crowd.plan import Bot
from race_to_purchase.rehearse.crowd.steps import Ask, Body, Pay, Reserve
from tests.rehearse.shop import BOT, LATENCY_S, Shop, Special, live, person


def test_a_scalper_pays_the_moment_it_holds_and_goes_on_under_another_name() -> None:
    shop, page = hunt()
    assert [type(ask) for ask in shop.asks] == [Reserve, Pay, Reserve, Pay]
    assert [send.at_s for send in shop.sends[1:]] == [send.at_s + LATENCY_S for send in shop.sends[:-1]]
    assert {purchase.buyer for purchase in page.purchases} == {"bot-0-0", "bot-0-1"}


def test_a_hoarder_holds_and_never_pays() -> None:
    shop, page = hunt(kind="hoarder")
    assert [type(ask) for ask in shop.asks] == [Reserve, Reserve]
    assert page.counts["end/bot/abandoned"] == 2


def test_a_carder_tries_cards_that_nobody_approves() -> None:
    shop, page = hunt(kind="carder", identities=1)
    assert [ask.method for ask in shop.asks if isinstance(ask, Pay)].count("pm_approved") == 0
    assert (page.counts["pay/declined"], page.counts["end/bot/declined"], page.purchases) == (2, 1, [])


def test_strikes_are_planned_by_pace_and_not_by_the_answers() -> None:
    shop, page = hunt(lambda ask, _: (409, Body(code="all_reserved")))
    starts = [send.at_s for send in shop.sends]
    assert starts == [BOT.strikes_s + BOT.pace_s * n for n in range(BOT.tries)]
    assert len({ask.key for ask in shop.asks if isinstance(ask, Reserve)}) == BOT.tries
    assert page.counts["end/bot/all_reserved"] == 1


def test_a_request_that_was_turned_away_is_not_repeated_under_its_key() -> None:
    shop, page = hunt(lambda ask, _: (503, Body(code="overloaded")))
    assert len({ask.key for ask in shop.asks if isinstance(ask, Reserve)}) == len(shop.asks) == BOT.tries
    assert page.counts["reserve/busy"] == BOT.tries


def test_it_ends_when_every_size_is_sold_out() -> None:
    shop, page = hunt(stock=0, tries=30, quantity=2)
    wanted = [(ask.item, ask.quantity) for ask in shop.asks if isinstance(ask, Reserve)]
    assert [quantity for _, quantity in wanted] == [2, 1, 1, 1]
    assert {item for item, _ in wanted} == set(BOT.wishes)
    assert page.counts["end/bot/sold_out"] == 1


def test_a_payment_that_a_shop_failed_is_no_purchase() -> None:
    def broken(ask: Ask, _: Shop) -> tuple[int, Body] | None:
        return (409, Body(code="reservation_expired")) if isinstance(ask, Pay) else None

    _, page = hunt(broken, identities=1)
    assert (page.counts["end/bot/expired"], page.purchases) == (1, [])


def hunt(special: Special | None = None, *, stock: int = 10, **changes: object) -> tuple[Shop, Page]:
    """The strikes of a bot that is like BOT but for `changes`."""
    me: Bot = replace(BOT, **changes)
    shop, diary = Shop(stock, special), Diary()
    return shop, live(bot(me, person(me.name, diary)), shop, diary)
