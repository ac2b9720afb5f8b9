"""The executive's dashboard: is the sale going well, in money and in people?"""

from race_to_purchase.app.commands.dashboards.panel import DROP, Board, Panel, Query, Section, grown, quantile, rate

_ORDERS = f"({grown('race_orders_total', where=DROP)})"
_GRANTED = grown("race_reservations_total", where=DROP)
_FAILED = grown("race_checkouts_ended_total", where=f'{DROP},step="paying",checkout_end="expired"')
_PASSED = grown("race_challenges_passed_total", where=DROP)
_ASKED = grown("race_challenges_asked_total", where=DROP)

BOARD = Board(
    "race-executive",
    "Race to Purchase: executive",
    refresh="5s",
    span="now-1h",
    sections=(
        Section(
            "Now",
            (
                Panel(
                    "Checkout success rate",
                    "M1: orders of all purchases that ended in an order or by the shop's fault. Target 99%.",
                    (Query(f"{_ORDERS} / clamp_min({_ORDERS} + ({_FAILED}), 1)"),),
                    "number",
                    "share",
                    4,
                    "error-budget-burning",
                ),
                Panel(
                    "Sold",
                    "Pieces in orders since the processes started.",
                    (Query(f"sum(race_sold_pieces_total{{{DROP}}}) or vector(0)"),),
                    "number",
                    width=4,
                ),
                Panel(
                    "Revenue a minute",
                    "What orders came to, tax included, in minor units of their currency.",
                    (
                        Query(
                            rate("race_order_amount_minor_total", "currency", DROP) + " * 60",
                            "{{currency}}",
                        ),
                    ),
                    "number",
                    "money",
                    4,
                ),
                Panel(
                    "Conversion",
                    "Orders of all reservations granted.",
                    (Query(f"{_ORDERS} / clamp_min({_GRANTED}, 1)"),),
                    "number",
                    "share",
                    4,
                ),
                Panel(
                    "Human share",
                    "Of the visitors who were asked for something, those who showed it.",
                    (Query(f"({_PASSED}) / clamp_min({_ASKED}, 1)"),),
                    "number",
                    "share",
                    4,
                    "bot-flood",
                ),
                Panel(
                    "Burn of the drop's budget",
                    "M15: 1 is as planned; at 4 the line is slowed, at 8 paused.",
                    (Query(f"max(race_drop_burn_rate{{{DROP}}}) or vector(0)"),),
                    "number",
                    width=4,
                    runbook="error-budget-burning",
                ),
            ),
        ),
        Section(
            "Over time",
            (
                Panel(
                    "Orders a second",
                    "M13.",
                    (Query(rate("race_orders_total", "drop", DROP), "{{drop}}"),),
                    unit="per_second",
                ),
                Panel(
                    "Stock",
                    "What is sold and what is held, of what there is.",
                    (
                        Query(f"max by (pool) (race_stock_sold{{{DROP}}})", "{{pool}} sold"),
                        Query(f"max by (pool) (race_stock_held{{{DROP}}})", "{{pool}} held"),
                    ),
                ),
                Panel(
                    "What buyers wait for",
                    "M2: the 95th percentile of what the shop took for a purchase. Target below 2 s.",
                    (Query(quantile(0.95, "race_checkout_seconds", where=DROP), "p95"),),
                    unit="seconds",
                ),
                Panel(
                    "Why buyers went without",
                    "Outcomes and failures, by reason.",
                    (
                        Query(grown("race_reservations_refused_total", "why", DROP), "{{why}}"),
                        Query(
                            grown("race_payments_ended_total", "payment_end", DROP),
                            "{{payment_end}}",
                        ),
                    ),
                    "bars",
                    width=12,
                ),
                Panel(
                    "Refused and disputed",
                    "Visitors refused at the door; orders that a bank took back (M14).",
                    (
                        Query(rate("race_visitors_refused_total", where=DROP), "refused a second"),
                        Query("max(race_orders_disputed_recent) or vector(0)", "disputed in 120 days"),
                    ),
                    width=12,
                    runbook="bot-flood",
                ),
            ),
        ),
    ),
)
