"""What is shown once somebody is in: the choice, the reservation and its payment, the receipt."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote as quoted
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import msgspec

from race_to_purchase.edge.pages.markup import el
from race_to_purchase.edge.plain.kept import Wish
from race_to_purchase.edge.plain.parts import Forms, button, field, figures, note, small, title
from race_to_purchase.edge.plain.words import Words
from race_to_purchase.edge.shapes import DropOnSale, ItemOnSale, PlacedOrder, Stock
from race_to_purchase.rules.answers import CheckoutView
from race_to_purchase.rules.rows import Quote

QUANTITY_MAX = 10
PAYING_AGAIN_S = 3

METHODS = {
    "pm_approved": "methodApproved",
    "pm_insufficient_funds": "methodInsufficient",
    "pm_declined": "methodDeclined",
    "pm_action_required": "methodAction",
    "pm_action_fails": "methodActionFails",
    "pm_slow": "methodSlow",
}
"""What the sandbox takes instead of a card."""

_BANDS: dict[Stock, str] = {
    "plenty": "stockPlenty",
    "few": "stockFew",
    "all_reserved": "stockAllReserved",
    "sold_out": "stockSoldOut",
}


class Sale(msgspec.Struct, frozen=True):
    """A drop whose buyer is in. `sandbox`: payments are the sandbox's; `key` is of this page's wish alone.

    `wish` is what they were choosing already; `coded`: a code was sent to them by e-mail, without which they cannot
    reserve.
    """

    drop: DropOnSale
    now: datetime
    key: str
    sandbox: bool
    wish: Wish = Wish()
    coded: bool = False

    def names(self, item: str) -> str:
        """What an item is called."""
        return next((one.title for one in self.drop.items if one.id == item), item)


def choice(sale: Sale, until: datetime | None, forms: Forms, words: Words) -> list[Element | None]:
    """Which one, how many, and where the receipt goes; `until` is how long the buyer's turn lasts."""
    drop = sale.drop
    items = [_item(item, sale, words, only=len(drop.items) == 1) for item in drop.items]
    return [
        title(words.say("chooseTitle")),
        None if until is None else figures((words.say("turnLasts"), words.moment(until, sale.now))),
        forms.to(
            "checkout",
            el("fieldset", el("legend", words.say("itemLabel")), items),
            _quantity(drop, sale.wish, words),
            field(words.say("emailLabel"), "email", "email", "email", sale.wish.email, words.say("emailHint")),
            *_code(sale, words),
            button(words.say("reserve", time=words.lasting(drop.reservation_seconds))),
            key=sale.key,
        ),
        forms.to("address", button(words.say("codeOther"), second=True)) if sale.coded else None,
    ]


def _code(sale: Sale, words: Words) -> tuple[Element, ...]:
    if not sale.coded:
        return ()
    return note(words.say("codeIsSent")), field(words.say("codeLabel"), "code", "text", "one-time-code")


def _item(item: ItemOnSale, sale: Sale, words: Words, *, only: bool) -> Element:
    gone = item.stock == "sold_out"
    # The price that is shown goes along, so that nothing is reserved at another one.
    given = el(
        "input",
        type="radio",
        name="item",
        value=f"{item.id} {item.price}",
        required="required",
        checked="checked" if (only or item.id == sale.wish.item) and not gone else None,
        disabled="disabled" if gone else None,
    )
    price = el("span", words.money(item.price, sale.drop.currency), class_="price")
    band = el("span", words.say(_BANDS[item.stock]), class_="small")
    return el("label", given, el("span", item.title), price, band, class_="choice")


def _quantity(drop: DropOnSale, wish: Wish, words: Words) -> Element | None:
    most = min(QUANTITY_MAX, drop.limit_per_buyer or QUANTITY_MAX)
    if most == 1:
        return small(words.say("limitNote", n=1))
    numbers = [
        el("option", str(n), value=n, selected="selected" if str(n) == wish.quantity else None)
        for n in range(1, most + 1)
    ]
    label = el("label", words.say("quantityLabel"), for_="quantity")
    limit = None if drop.limit_per_buyer is None else small(words.say("limitNote", n=most))
    return el("div", label, el("select", numbers, id="quantity", name="quantity"), limit, class_="field")


def checkout_page(
    checkout: CheckoutView, sale: Sale, forms: Forms, words: Words, script: str
) -> tuple[list[Element | None], int]:
    """What is shown of a checkout, and after how many seconds the page looks again; `script` is its page with one."""
    match checkout.state:
        case "reserved" | "open":
            return _pay(checkout, sale, forms, words, script), 0
        case "paying" if checkout.next_action is not None:
            return _bank(checkout, checkout.next_action, sale, forms, words), 0
        case "paying" | "lapsed" | "review":
            queued = None if checkout.queued is None else words.say("queued", n=checkout.queued)
            said = note(queued or words.say("paying"), words.say("payingBody"))
            return [title(words.say("reservedTitle")), _sum(checkout.quote, "total", sale, words), said], PAYING_AGAIN_S
        case "cancelled":
            return [title(words.say("givenBack")), _again(forms, words)], 0
        case _:
            return [title(words.say("expiredTitle"), words.say("expiredBody")), _again(forms, words)], 0


def _pay(checkout: CheckoutView, sale: Sale, forms: Forms, words: Words, script: str) -> list[Element | None]:
    until = checkout.reserved_until
    amount = words.money(checkout.quote.total, checkout.quote.currency)
    return [
        title(words.say("reservedTitle")),
        None if until is None else figures((words.say("reservedFor"), words.moment(until, sale.now))),
        _sum(checkout.quote, "total", sale, words),
        _methods(sale, amount, forms, words) if sale.sandbox else small(words.say("payElsewhere")),
        None if sale.sandbox else el("a", words.say("goOn"), href=script, class_="button"),
        forms.to("cancel", button(words.say("giveBack"), second=True)),
    ]


def _methods(sale: Sale, amount: str, forms: Forms, words: Words) -> Element:
    shown = [
        el(
            "label",
            el("input", type="radio", name="method", value=token, checked="checked" if not n else None),
            el("span", words.say(key)),
            class_="choice",
        )
        for n, (token, key) in enumerate(METHODS.items())
    ]
    return forms.to(
        "payment",
        el("fieldset", el("legend", words.say("payTitle")), shown, small(words.say("sandboxNote"))),
        button(words.say("pay", amount=amount)),
        key=sale.key,
    )


def _bank(checkout: CheckoutView, address: str, sale: Sale, forms: Forms, words: Words) -> list[Element | None]:
    until = checkout.reserved_until
    return [
        title(words.say("bankTitle"), words.say("bankBody")),
        None if until is None else figures((words.say("reservedFor"), words.moment(until, sale.now))),
        el("a", words.say("bankGo"), href=_bank_href(address, forms.path + forms.query), class_="button"),
        forms.to("return", button(words.say("outcomeAsk"), second=True)),
    ]


def _bank_href(address: str, back: str) -> str:
    """A bank's address, never a script: what a gateway gives is put into a link. The sandbox's is told the way back."""
    parts = urlsplit(address)
    if parts.scheme not in ("", "http", "https"):
        return "about:blank"
    if parts.path.startswith("/sandbox/actions/"):
        return f"{address}{'&' if parts.query else '?'}return={quoted(back, safe='')}"
    return address


def _again(forms: Forms, words: Words) -> Element:
    return forms.to("again", button(words.say("startAgain")))


def receipt(order: PlacedOrder, sale: Sale, words: Words, forms: Forms) -> list[Element | None]:
    """What was bought."""
    news = {"refunded": "orderRefunded", "returned": "orderReturned", "fulfilled": "orderOnItsWay"}.get(order.state)
    return [
        title(words.say("receiptTitle"), words.say("receiptBody")),
        None if news is None else note(words.say(news)),
        _sum(order.quote, "paidTotal", sale, words),
        figures((words.say("placedAt"), words.date(order.placed_at)), (words.say("orderNumber"), order.id)),
        forms.to("again", button(words.say("back"), second=True)),
    ]


def _sum(quote: Quote, total: str, sale: Sale, words: Words) -> Element:
    def money(minor: int) -> str:
        return words.money(minor, quote.currency)

    lines = [(f"{line.quantity} × {sale.names(line.item)}", money(line.total)) for line in quote.lines]
    discount = (words.say("discount"), money(-quote.discount)) if quote.discount else None
    tax = (words.say("taxIncluded"), money(quote.tax)) if quote.tax else None
    return figures(*lines, discount, (words.say(total), money(quote.total)), tax)
