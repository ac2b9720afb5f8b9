"""The suites of the benchmark, a module each, in the order in which they run: this table is where a new one is added.

A suite gets a `Bench`, measures what belongs together, in turn, round by round, so that whatever else the machine is
doing falls on all sides alike, and gives a `figures.Result` of its own kind.
"""

from __future__ import annotations

from collections.abc import Mapping

from race_to_purchase.rehearse.bench.suites.door import DOOR
from race_to_purchase.rehearse.bench.suites.gateway import GATEWAY
from race_to_purchase.rehearse.bench.suites.hot_row import HOT_ROW
from race_to_purchase.rehearse.bench.suites.http import HTTP
from race_to_purchase.rehearse.bench.suites.observe import OBSERVE
from race_to_purchase.rehearse.bench.suites.purchases import PURCHASES
from race_to_purchase.rehearse.bench.suites.suite import Suite

SUITES: Mapping[str, Suite] = {suite.name: suite for suite in (HOT_ROW, HTTP, PURCHASES, GATEWAY, OBSERVE, DOOR)}
