"""Another company's system: a payment gateway that speaks Stripe's HTTP API, fails on demand, and moves no money.

It runs as a process of its own, with books of its own, and imports nothing of the engine but its errors and its
arithmetic of money: whoever tests against it tests against a stranger.
"""

from race_to_purchase.gateways.simulator.options import GatewayOptions
from race_to_purchase.gateways.simulator.server import Listening, run_gateway

__all__ = ["GatewayOptions", "Listening", "run_gateway"]
