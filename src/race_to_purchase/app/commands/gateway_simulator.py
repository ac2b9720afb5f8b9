"""The gateway simulator, for the command line: a process of its own, that knows nothing of the engine."""

from race_to_purchase.app.collector import calm_collector
from race_to_purchase.gateways.simulator import GatewayOptions, run_gateway

__all__ = ["GatewayOptions", "run_simulator"]


def run_simulator(options: GatewayOptions) -> int:
    """Serve until SIGTERM or SIGINT. Returns 0. Raises ConfigurationError where it cannot start."""
    calm_collector()
    return run_gateway(options)
