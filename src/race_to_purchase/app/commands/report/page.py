"""A report as one page: everything is in it, so that it can be sent, printed and kept; `markup` escapes it all."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from xml.etree.ElementTree import Element

from race_to_purchase.app.commands.report import charts
from race_to_purchase.app.commands.report.figures import Draw, Report
from race_to_purchase.app.commands.report.words import (
    amount,
    clock,
    headline,
    measured,
    moment,
    money,
    share,
    span,
    took,
)
from race_to_purchase.edge.pages.markup import Child, document, el

NOTHING_FOREIGN = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What the page may load: nothing."""


def page(report: Report) -> str:
    """The HTML."""
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    sections = (_head, _promises, _time, _funnel, _measures, _latency, _money, _fairness, _budget, _incidents, _foot)
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", **{"http-equiv": "Content-Security-Policy", "content": NOTHING_FOREIGN}),
        el("title", f"{report.sale.title} – sale report"),
        el("style", style),
    )
    return document(el("html", head, el("body", el("main", (section(report) for section in sections))), lang="en"))


def _head(report: Report) -> Element:
    sale, sold = report.sale, sum(shelf.sold for shelf in report.shelves)
    stock = sum(shelf.stock for shelf in report.shelves)
    facts = (
        (f"{sold:,}", f"of {stock:,} pieces sold", share(sold / stock if stock else None, 0)),
        (_gross(report), "taken, tax included", f"{report.money.orders:,} orders"),
        _speed(report),
        (took(_of_purchase(report)), "for a purchase, 95% within it", "what the shop took of it"),
    )
    return el(
        "header",
        el("p", "Sale report", class_="kind"),
        el("h1", sale.title),
        el("p", el("span", sale.id, class_="id"), f" opened {moment(sale.opens_at)}", class_="when"),
        el("div", (_fact(*fact) for fact in facts), class_="facts"),
    )


def _fact(value: str, words: str, note: str) -> Element:
    parts = (el("strong", value), el("span", words), el("span", note, class_="note"))
    return el("div", parts, class_="fact")


def _gross(report: Report) -> str:
    revenue, tax = report.money.revenue, report.money.tax
    return headline({currency: net + tax.get(currency, 0) for currency, net in revenue.items()})


def _speed(report: Report) -> tuple[str, str, str]:
    sold_out = report.sale.sold_out_at_s
    most = max((step.orders for step in report.over_time), default=0)
    busiest = f"{most:,} orders in the busiest {span(report.step_s)}"
    if sold_out is not None:
        return span(sold_out), "from the opening to the sell-out", busiest
    return ("ended" if report.sale.ended_at else "on sale"), "with stock left", busiest


def _of_purchase(report: Report) -> float | None:
    return next((latency.p95_ms for latency in report.latency if latency.key == "purchase"), None)


def _promises(report: Report) -> Element:
    broken = sum(promise.broken != 0 for promise in report.promises)
    verdict = "Every promise was kept." if not broken else f"{broken} of {len(report.promises)} promises do not hold."
    items = (
        el(
            "li",
            el("span", promise.name),
            el("span", promise.found, class_="note"),
            class_="broken" if promise.broken else "kept",
        )
        for promise in report.promises
    )
    return el(
        "section",
        el("h2", verdict),
        el("ul", items, class_="promises"),
        class_="verdict broken" if broken else "verdict",
    )


def _time(report: Report) -> Element:
    if not report.over_time:
        return _section("Stock over time", _nothing("Nobody has reserved anything."))
    total = sum(shelf.stock for shelf in report.shelves)
    shelves = _table(
        ("Item", "Stock", "Sold", "Held", "Left"),
        [
            (
                shelf.title,
                f"{shelf.stock:,}",
                f"{shelf.sold:,}",
                f"{shelf.held:,}",
                f"{shelf.stock - shelf.sold - shelf.held:,}",
            )
            for shelf in report.shelves
        ],
    )
    legend = el(
        "p", el("i", class_="key sold-key"), "sold", el("i", class_="key held-key"), "reserved", class_="legend"
    )
    return _section(
        "Stock over time",
        legend,
        charts.stock(report.over_time, total),
        el("h3", f"Orders placed, by {span(report.step_s)}"),
        charts.orders(report.over_time, report.step_s),
        shelves,
    )


def _funnel(report: Report) -> Element:
    parts: list[Child] = [charts.funnel(report.funnel)]
    if report.refusals:
        parts += [el("h3", "Refused, by reason"), charts.refusals(report.refusals)]
        parts.append(_note("One visitor may be counted several times: whoever tries again is refused again."))
    return _section("The way of a purchase", *parts)


def _measures(report: Report) -> Element:
    marks = {True: ("✓", "kept"), False: ("✗", "missed"), None: ("–", "none")}
    rows = el("tbody")
    for measure in report.measures:
        mark, class_ = marks[measure.met]
        cells = (measure.id, measure.name, measured(measure), measure.target)
        row = el("tr", (el("td", cell) for cell in cells), el("td", mark, class_=f"mark {class_}"))
        row[2].set("class", "number")
        rows.append(row)
    names = ("", "Measure", "Measured", "Target", "")
    head = el("thead", el("tr", (el("th", name, class_="number" if name == "Measured" else None) for name in names)))
    return _section(
        "Measures",
        el("table", head, rows, class_="measures"),
        _note(
            "Requests and calls of gateways belong to no drop: those of all drops on sale at the same time are counted."
        ),
    )


def _latency(report: Report) -> Element:
    rows = [
        (one.name, f"{one.number:,}", took(one.p50_ms), took(one.p95_ms), took(one.p99_ms)) for one in report.latency
    ]
    parts: list[Child] = []
    purchase = next((one for one in report.latency if one.key == "purchase"), None)
    if purchase is not None:
        parts += [charts.spread(purchase), _note("Purchases by how long the shop took for them.")]
    names = ("", "Number", "p50", "p95", "p99")
    parts.append(_table(names, rows) if rows else _nothing("Nothing was counted in the time of this sale."))
    if report.rehearsed is not None:
        intended = [
            (kind.capitalize(), *(took(found.get(f"p{percent}")) for percent in (50, 95, 99)))
            for kind, found in report.rehearsed.latencies_ms.items()
        ]
        parts += [
            el("h3", "As the crowd met it"),
            _table(("", "p50", "p95", "p99"), intended),
            _note("From the moment a request was due, so that a slow shop cannot hide how slow it was."),
        ]
    return _section("Latency", *parts)


def _money(report: Report) -> Element:
    books = report.money
    sellers = [
        (one.seller, *(amount(value, one.currency) for value in (one.revenue, one.tax, one.refunds, one.disputes)))
        for one in books.sellers
    ]
    parts: list[Child] = [
        _table(("Seller", "Revenue", "Tax", "Refunds", "Disputes"), sellers)
        if sellers
        else _nothing("Nothing was booked.")
    ]
    after = [
        (one.what.capitalize(), one.state, f"{one.number:,}", amount(one.amount, one.currency))
        for one in books.aftersale
    ]
    if after:
        parts += [el("h3", "Refunds and disputes"), _table(("", "State", "Number", "Amount"), after)]
    parts.append(
        el("p", f"Fees booked: {money(books.fees)}. Balance of all postings: {money(books.imbalance)}; zero is right.")
    )
    return _section("Money", *parts)


def _fairness(report: Report) -> Element:
    found = report.fairness
    parts: list[Child] = []
    if found.bot_share is not None and report.rehearsed is not None:
        people = share(1 - found.bot_share, 0)
        parts.append(
            el("p", f"People got {people} of what was sold, bots {share(found.bot_share, 0)}. {report.rehearsed.crowd}")
        )
    if found.draw is None:
        parts.append(el("p", "There was no line before this sale: first come, first served."))
    else:
        parts += _draw(found.draw, report.sale.id)
    counts = (
        (found.challenges_asked, "challenges asked"),
        (found.challenges_passed, "challenges passed"),
        (found.visitors_refused, "visitors refused"),
        (found.limit_reached, "orders beyond one buyer's limit refused"),
    )
    told = ", ".join(f"{number:,} {words}" for number, words in counts if number)
    if told:
        parts.append(el("p", f"At the door: {told}."))
    if found.signs:
        rows = [(sign.replace("_", " "), f"{number:,}") for sign, number in found.signs.items()]
        parts += [el("h3", "Signs of bots"), _table(("Sign", "Visitors"), rows)]
    return _section("Fairness", *parts)


def _draw(draw: Draw, drop: str) -> list[Child]:
    registered = "not published yet" if draw.registered is None else f"{draw.registered:,}"
    rows = [("Registered before the draw", registered), ("Came after it", f"{draw.late:,}")]
    rows += [("Places called", f"{draw.called:,}"), ("Commitment", draw.commitment)]
    rows += [
        (name, text)
        for name, text in (("Root of the list", draw.root), ("Beacon", draw.beacon), ("Seed", draw.seed))
        if text
    ]
    return [
        el("table", el("tbody", (el("tr", el("td", name), el("td", el("code", text))) for name, text in rows))),
        el("p", "Anybody can check this draw: ", el("code", f"race verify-draw {drop}")),
    ]


def _budget(report: Report) -> Element:
    budget = report.budget
    if not budget.over_time:
        counted = any(latency.number for latency in report.latency)
        said = "What is watched of it while a sale goes on was not touched." if counted else "It was not watched."
        return _section("Error budget", _nothing(said))
    last = report.over_time[-1].at_s if report.over_time else 0.0
    taken = ", ".join(f"{number:,} × {step}" for step, number in budget.steps.items())
    said = f"Done about it: {taken}." if taken else "Nothing had to be done about it."
    return _section("Error budget", charts.burn(budget.over_time, last), el("p", said))


def _incidents(report: Report) -> Element:
    if not report.incidents:
        return _section("What happened", _nothing("Nothing that anybody had to know."))
    items = (
        el("li", el("time", clock(one.at_s), title=moment(one.at)), el("span", one.sentence), class_=one.tone)
        for one in report.incidents
    )
    return _section("What happened", el("ol", items, class_="incidents"))


def _foot(report: Report) -> Element:
    sale = report.sale
    return el("footer", f"Race to Purchase {sale.version} · made {moment(sale.made_at)} · {sale.id}")


def _section(title: str, *parts: Child) -> Element:
    return el("section", el("h2", title), parts)


def _nothing(words: str) -> Element:
    return el("p", words, class_="nothing")


def _note(words: str) -> Element:
    return el("p", words, class_="note")


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Element:
    """The first column is text, the others are numbers."""
    head = el("tr", (el("th", name, class_="number" if place else None) for place, name in enumerate(names)))
    body = (
        el("tr", (el("td", cell, class_="number" if place else None) for place, cell in enumerate(row))) for row in rows
    )
    return el("table", el("thead", head), el("tbody", body))
