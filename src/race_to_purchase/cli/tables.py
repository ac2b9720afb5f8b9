"""Answers of the admin API as tables on a terminal."""

from __future__ import annotations

from typing import Any

from rich.markup import escape
from rich.table import Table

from race_to_purchase.rules.money import display


def drops(told: Any) -> Table:
    """A row a drop."""
    table = Table("drop", "title", "opens at", "flow", "items", "closed", box=None, pad_edge=False)
    for stored in told["drops"]:
        drop = stored["definition"]
        closed = "closed" if stored.get("closed_at") else ""
        table.add_row(drop["id"], drop["title"], drop["opens_at"], drop["flow"], str(len(drop["items"])), closed)
    return table


def drop(told: Any) -> Table:
    """A row a pool."""
    definition = told["definition"]
    prices = {f"{definition['id']}/item/{item['id']}": item["price"] for item in definition["items"]}
    table = Table("pool", "price", "capacity", "held", "sold", "free", box=None, pad_edge=False)
    table.title, table.title_justify, table.title_style = f"{definition['title']} ({definition['id']})", "left", "bold"
    for pool in told["pools"]:
        price = display(prices[pool["id"]], definition["currency"]) if pool["id"] in prices else ""
        free = pool["capacity"] - pool["held"] - pool["sold"]
        counts = (str(pool[name]) for name in ("capacity", "held", "sold"))
        table.add_row(pool["id"], price, *counts, str(free))
    return table


def gateways(told: Any) -> Table:
    """A row a gateway; below, what operators said of them."""
    columns = ("gateway", "in use", "breaker", "queue", "authorized", "declined", "no answer", "p95 ms")
    table = Table(*columns, box=None, pad_edge=False, caption_justify="left", caption_style="")
    said: list[str] = []
    for seen in told["gateways"]:
        in_use = "drained" if seen["drained"] else "yes"
        ended = seen["authorizations"]
        lost = ended.get("no_answer", 0) + ended.get("not_sent", 0)
        counts = (seen["waiting"], ended.get("authorized", 0), ended.get("declined", 0), lost)
        table.add_row(seen["name"], in_use, seen["breaker"], *map(str, counts), f"{seen['latency']['p95_ms']:.1f}")
        if seen["by"]:
            what = f"drained since {seen['drained_at']}" if seen["drained"] else "in use again"
            said.append(f"{seen['name']}: {what}: {seen['why']} ({seen['by']})")
    table.caption = escape("\n".join(said)) if said else None
    return table


def line(told: Any) -> Table:
    """A row a figure."""
    status = told["status"]
    table = Table(show_header=False, box=None, pad_edge=False)
    figures = {
        "phase": status["phase"],
        "paused": f"since {told['paused_at']}" if told["paused_at"] else "no",
        "registered": "not known yet" if status["registered"] is None else f"{status['registered']:,}",
        "came late": f"{told['late']:,}",
        "called": f"{status['cursor']:,}, bounded by {told['bound'] or 'nothing yet'}",
        "rate": f"{status['rate_per_s']:g} a second at most, {told['rate_now_per_s']:.1f} now",
        "passes out": f"{told['passes_out']:,} of {told['passes_max']:,}",
        "no-shows": f"{told['no_shows']:.0%}",
        "stock": status["stock"],
        "message": status["message"] or "",
        "commitment": status["commitment"],
        "root": status["root"] or "",
        "seed": status["seed"] or "",
    }
    for name, value in figures.items():
        table.add_row(name, value)
    return table


def grants(told: Any) -> Table:
    """A row a grant."""
    table = Table("grant", "lane", "valid from", "until", "issued by", "", box=None, pad_edge=False)
    for row in told["grants"]:
        state = "used" if row["used_at"] else "revoked" if row["revoked_at"] else ""
        table.add_row(row["id"], row["lane"], row["valid_from"], row["valid_until"], row["issued_by"], state)
    return table


def keys(told: Any) -> Table:
    """A row a key."""
    table = Table("name", "role", "issued", "expires", "last used", "", "id", box=None, pad_edge=False)
    for key in told["keys"]:
        issued = f"{key['created_at']} by {key['created_by']}"
        state = f"revoked {key['revoked_at']} by {key['revoked_by']}" if key["revoked_at"] else ""
        expires, used = key["expires_at"] or "never", key["last_used_at"] or "never"
        table.add_row(key["name"], key["role"], issued, expires, used, state, key["id"])
    return table
