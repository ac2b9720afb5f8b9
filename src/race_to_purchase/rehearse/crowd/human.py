"""A human buyer: waits for stock, thinks, clicks twice, loses an answer, opens a second tab, tries another card.

What a patient person accepts (sold out, all reserved, limit reached) sends them to the next size or home, and is no
failure of the shop.
"""

from __future__ import annotations

from collections.abc import Generator

from race_to_purchase.rehearse.crowd.entering import Entry, come_back, come_in
from race_to_purchase.rehearse.crowd.person import (
    Held,
    Person,
    empty_handed,
    held,
    keep,
    pay,
    reception,
    reserve,
    unpaid_end,
)
from race_to_purchase.rehearse.crowd.plan import Human, comes_s
from race_to_purchase.rehearse.crowd.steps import (
    Answer,
    Answers,
    Cancel,
    Pay,
    Reserve,
    Send,
    Settled,
    Wait,
    Walk,
    persist,
)

GLANCE_S = (0.5, 2.0)
"""Between two looks at the shop window, and after the moment at which stock may be back: nobody hits it."""
IMPATIENCE = 0.1
"""How likely it is at each look that somebody presses the button although nothing seems to be free."""
NEXT_SIZE_S = (0.3, 0.8)

LONG_WAIT = 2.0
"""Whoever has waited for so many lives of a reservation does not walk away from what they got in the end."""


def human(me: Human, person: Person) -> Walk:
    """The whole visit of one buyer."""
    line, came_s = person.sale.line, me.arrives_s
    if line is None:
        yield Wait(me.arrives_s)
        basket = yield from _find(me, person, me.arrives_s)
    else:
        yield Wait(comes_s(me.arrives_s, person.sale))
        entry = yield from come_in(me, person, line)
        if entry is None:
            return
        came_s = entry.at_s
        basket = yield from _find(me, person, came_s, entry)
    if basket is None:
        return
    if me.abandons != "no" and basket.at_s - came_s < LONG_WAIT * person.sale.reservation_s:
        yield from _walk_away(me, person, basket)
        return
    if me.second_tab == "checkout":
        yield from _take_more(person, basket)
    yield from _check_out(me, person, basket)


def _find(
    me: Human, person: Person, at_s: float, entry: Entry | None = None
) -> Generator[Send | Wait, Answers, Held | None]:
    """Reserve something that fits; None once everything is gone, or patience is."""
    wishes = [(item, quantity) for item in me.wishes for quantity in range(me.quantity, 0, -1)]
    patience, first = me.patience, True
    while wishes:
        if person.window.get(wishes[0][0]) == "sold_out":
            wishes.pop(0)
            continue
        token = "" if entry is None else entry.token
        ask = Reserve(person.key(), person.name, *wishes[0], admitted=token, by=person.by)
        settled = yield from _press_reserve(me, person, ask, at_s, first)
        first = False
        match reception(settled):
            case "accepted":
                return held(ask, settled)
            case "sold_out":
                wishes.pop(0)
                at_s = settled.answer.at_s + person.chance.uniform(*NEXT_SIZE_S)
            case "all_reserved" | "drop_not_open" if patience > 0:
                patience -= 1
                at_s = yield from _wait_for_stock(person, ask.item, settled.answer)
            case "no_pass" if entry is not None and settled.answer.body.code == "pass_expired":
                entry = yield from come_back(person, entry, settled.answer.at_s)
                if entry is None:
                    person.end("not_called")
                    return None
                at_s = entry.at_s
            case received:
                person.end(empty_handed(received))
                return None
    person.end("sold_out")
    return None


def _press_reserve(
    me: Human, person: Person, ask: Reserve, at_s: float, first: bool
) -> Generator[Send, Answers, Settled]:
    """One wish. The first press is the hasty one: some click twice, and some lose the connection over it."""
    twice = first and me.double_click
    lost = first and me.lost_answer == "reserve"
    _note(person, twice, lost)
    return (yield from reserve(person, ask, at_s, twice=twice, hang_up_s=me.hang_up_s if lost else None))


def _note(person: Person, twice: bool, lost: bool) -> None:
    if twice:
        person.note("double_click")
    if lost:
        person.note("lost_answer")


def _wait_for_stock(person: Person, item: str, answer: Answer) -> Generator[Wait, Answers, float]:
    """Glance at the shop window until something may be back, or is gone for good; gives the moment of that glance."""
    person.note("waited_for_stock")
    at_s, back_s = answer.at_s, answer.at_s + max(0.0, answer.retry_in_s or 0.0)
    while True:
        at_s += person.chance.uniform(*GLANCE_S)
        yield Wait(at_s)
        seen = person.window.get(item)
        if seen == "sold_out":
            return at_s
        if at_s >= back_s and (seen != "all_reserved" or person.chance.random() < IMPATIENCE):
            return at_s


def _walk_away(me: Human, person: Person, basket: Held) -> Walk:
    """Hold stock, and do not buy it: press cancel after a thought, or simply close the page."""
    person.note("abandoned")
    if me.abandons == "cancels":
        yield Send((Cancel(basket.checkout, by=person.by),), basket.at_s + me.think_s)
    person.end("abandoned")


def _take_more(person: Person, basket: Held) -> Walk:
    """A second tab wants another full basket under the same name; the buyer's limit is what should stop it."""
    person.note("second_tab_checkout")
    ask = Reserve(person.key(), person.name, basket.item, basket.quantity, by=person.by)
    settled = yield from reserve(person, ask, basket.at_s)
    # In a shop so slow that the first basket may have lapsed meanwhile, a second one is no more than the limit.
    both_live = settled.answer.at_s < basket.begun_s + person.sale.reservation_s
    if reception(settled) == "accepted" and both_live and 2 * basket.quantity > person.sale.limit_per_buyer:
        person.note("limit_evaded")


def _check_out(me: Human, person: Person, basket: Held) -> Walk:
    """Pay with one card after the other, until one is approved or none is left."""
    at_s, waited_s = basket.at_s + me.think_s, 0.0
    for place, card in enumerate(me.cards):
        if place > 0:
            person.note("other_card")
        settled = yield from _press_pay(
            me, person, Pay(person.key(), basket.checkout, card, by=person.by), at_s, place == 0
        )
        waited_s += settled.waited_s
        if settled.answer.status == 200:
            keep(person, basket, settled, waited_s)
            return
        if settled.answer.status != 402:
            break
        at_s = settled.answer.at_s + me.other_card_s
    person.end(unpaid_end(settled))


def _press_pay(me: Human, person: Person, ask: Pay, at_s: float, first: bool) -> Generator[Send, Answers, Settled]:
    if first and me.second_tab == "payment":
        return (yield from _pay_in_two_tabs(person, ask, at_s))
    twice = first and me.double_click
    lost = first and me.lost_answer == "pay"
    _note(person, twice, lost)
    beside = (ask,) if twice else ()
    return (yield from pay(person, ask, at_s, beside=beside, hang_up_s=me.hang_up_s if lost else None))


def _pay_in_two_tabs(person: Person, ask: Pay, at_s: float) -> Generator[Send, Answers, Settled]:
    """Press pay in both tabs at once, each with a key of its own: whichever comes first, both see the same order."""
    person.note("second_tab_payment")
    other = Pay(person.key(), ask.checkout, ask.method, by=person.by)
    settled = yield from pay(person, ask, at_s, beside=(other,))
    if settled.answer.status == 200:
        for tab in (ask, other):
            seen = yield from persist(tab, settled.answer.at_s)
            if seen.answer.body.order != settled.answer.body.order:
                person.note("tabs_disagree")
    return settled
