"""`race verify-draw`: check a draw from what is public of it, with nothing of the engine but what it publishes.

What is computed here is written down anew from docs/fairness.md, with the standard library alone, so that a mistake
in the rules cannot hide in their check. It may be read, copied and run by anybody.
"""

from __future__ import annotations

import hmac
import json
import urllib.error
import urllib.request
from base64 import urlsafe_b64decode
from collections.abc import Sequence
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.console import Console

from race_to_purchase.app.commands.results import write_json
from race_to_purchase.errors import ConfigurationError, RaceError

TIMEOUT_S = 30.0
TID_BYTES = 16
LATE = slice(27, 35)
NOT_LATE = 2**64 - 1


class DrawUnreadable(RaceError):
    """What {url} publishes of the draw cannot be read: {reason}."""

    code = "draw_unreadable"


class NoTicket(ConfigurationError):
    """{ticket} is no ticket: it has 51 bytes, written as base64url."""

    code = "no_ticket"


def run_verify_draw(url: str, drop: str, tickets: Sequence[str], out: Console, json_file: Path | None) -> int:
    """Download, check, tell; 0 where the draw holds, 1 where it does not, or has not been made yet."""
    draw, listed = published(url, drop)
    found = check(draw, listed)
    places = {ticket: place_of(draw, listed, ticket) for ticket in tickets} if draw["seed"] else {}
    for name, ok, detail in found:
        mark = "[green]✓[/green]" if ok else "[red]✗[/red]"
        out.print(f"{mark} {name}" + ("" if ok else f": {detail}"))
    for ticket, place in places.items():
        out.print(f"{ticket[:24]}… {place}", markup=False)
    if draw["beacon"] is None:
        out.print("no beacon took part: the shop could have tried secrets before it committed to one", style="dim")
    holds = all(ok for _, ok, _ in found)
    verdict = "the draw holds" if holds else "the draw does not hold" if draw["seed"] else "nothing to check yet"
    out.print(f"{draw['registered'] or 0:,} registered: {verdict}")
    document = {"holds": holds, "checks": {name: ok for name, ok, _ in found}, "places": places, "draw": draw}
    write_json(json_file, document)
    return 0 if holds else 1


def published(url: str, drop: str) -> tuple[dict[str, Any], bytes]:
    """All that is public of a draw: what was said of it, and the list. Raises DrawUnreadable."""
    base = f"{url.rstrip('/')}/v1/drops/{quote(drop)}/line"
    draw: dict[str, Any] = json.loads(_get(f"{base}/draw"))
    return draw, b"".join(_get(f"{base}/tickets/{number}") for number in range(draw["parts"]))


def check(draw: dict[str, Any], listed: bytes) -> list[tuple[str, bool, str]]:
    """Each thing that must hold: its name, whether it does, and what was found instead; before the draw, that alone."""
    made = ("the draw has been made", bool(draw["seed"]), "no seed is published yet")
    if not draw["seed"]:
        return [made]
    tids = tids_of(listed)
    secret, value = (bytes.fromhex(draw[name] or "") for name in ("secret", "beacon_value"))
    committed = sha256(secret).hexdigest()
    seed = sha256(b"seed" + secret + value).hexdigest()
    root = root_of(tids).hex()
    return [
        made,
        ("the secret is the one committed to", committed == draw["commitment"], f"its SHA-256 is {committed}"),
        ("a beacon took part if one was named", (draw["beacon"] is None) == (not value), "its value is missing"),
        ("the seed is made of secret and beacon", seed == draw["seed"], f"they make {seed}"),
        ("the list has as many tickets as registered", len(tids) == draw["registered"], f"it has {len(tids)}"),
        ("the list has each ticket once, sorted", tids == sorted(set(tids)), "some stand twice, or out of order"),
        ("the list has the published root", root == draw["root"], f"its root is {root}"),
    ]


def tids_of(listed: bytes) -> list[bytes]:
    """The tickets of a list, in its order."""
    return [listed[at : at + TID_BYTES] for at in range(0, len(listed), TID_BYTES)]


def root_of(tids: list[bytes]) -> bytes:
    """The Merkle tree hash of RFC 9162, section 2.1.1, by an explicit stack of finished subtrees."""
    stack: list[tuple[int, bytes]] = []
    for tid in tids:
        size, node = 1, sha256(b"\x00" + tid).digest()
        while stack and stack[-1][0] == size:
            node = sha256(b"\x01" + stack.pop()[1] + node).digest()
            size *= 2
        stack.append((size, node))
    if not stack:
        return sha256().digest()
    node = stack.pop()[1]
    while stack:
        node = sha256(b"\x01" + stack.pop()[1] + node).digest()
    return node


def place_of(draw: dict[str, Any], listed: bytes, ticket: str) -> str:
    """Where a ticket stands, in words."""
    try:
        raw = urlsafe_b64decode(ticket + "=" * (-len(ticket) % 4))
    except ValueError:
        raise NoTicket(ticket=ticket[:40]) from None
    if len(raw) != 51:
        raise NoTicket(ticket=ticket[:40])
    tid, late = raw[3 : 3 + TID_BYTES], int.from_bytes(raw[LATE], "big")
    if late != NOT_LATE:
        return f"stands at {draw['registered'] + late}: {late} came late before it"
    if tid not in tids_of(listed):
        return "is not on the list"
    return f"stands at {place_in_draw(draw, tid)}"


def place_in_draw(draw: dict[str, Any], tid: bytes) -> int:
    """Where a ticket of the list stands, from 0."""
    lot = int.from_bytes(hmac.digest(bytes.fromhex(draw["seed"]), tid, "sha256")[:8], "big")
    place: int = lot * draw["registered"] >> 64
    return place


def _get(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as response:
            body: bytes = response.read()
            return body
    except urllib.error.HTTPError as error:
        raise DrawUnreadable(url=url, reason=_told(error)) from None
    except (OSError, ValueError, HTTPException) as error:
        raise DrawUnreadable(url=url, reason=getattr(error, "reason", error)) from None


def _told(refusal: urllib.error.HTTPError) -> str:
    """The engine's own words, where it has any."""
    try:
        return str(json.loads(refusal.read())["detail"]).rstrip(".")
    except (ValueError, KeyError, TypeError):
        return f"HTTP {refusal.code}"
