"""The gateway simulator, for the command line: a process of its own, that knows nothing of the engine."""

from race_to_purchase.gateways.simulator import GatewayOptions, run_gateway

__all__ = ["GatewayOptions", "run_gateway"]
