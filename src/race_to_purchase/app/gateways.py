"""The gateways that the settings name: their adapters, each at its pace, and the router over them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from race_to_purchase.errors import ConfigurationError
from race_to_purchase.gateways.sandbox.behaviour import BEHAVIOURS
from race_to_purchase.gateways.sandbox.gateway import SandboxGateway
from race_to_purchase.operate.gatewayfile import GatewayEntry, read_gateway_file
from race_to_purchase.path.paced import PacedGateway
from race_to_purchase.path.route import Router
from race_to_purchase.settings import Settings

if TYPE_CHECKING:
    from race_to_purchase.gateways.stripe.gateway import StripeGateway

SANDBOX = GatewayEntry(name="sandbox", kind="sandbox")

STRIPE_PATIENCE = 0.8
"""Of gateway_timeout_s, what one request to Stripe may take: the adapter itself says what a lost answer means."""


class GatewayOwed(ConfigurationError):
    """Payments or refunds are not finished yet at the gateway {gateway}, which the settings do not name any more.
    Name it again and drain it (`race gateways drain {gateway}`); take it out once nothing is left to be done there."""

    code = "gateway_owed"


class OpenGateways:
    """Every adapter of this process, and the router that chooses between them; made by `open_gateways`."""

    def __init__(self, sandboxes: Sequence[SandboxGateway], stripes: Sequence[StripeGateway], router: Router) -> None:
        self.router = router
        self._sandboxes = sandboxes
        self._stripes = stripes

    @property
    def act(self) -> Callable[[str], Awaitable[str | None]] | None:
        """What a sandbox does when a buyer acts; None where none takes payments. They all have the same books."""
        named = {sandbox.name for sandbox in self._sandboxes}
        return self._sandboxes[0].act if named & set(self.router.names) else None

    async def require_keys(self) -> None:
        """Raise the ConfigurationError for a key that a gateway does not take."""
        for stripe in self._stripes:
            await stripe.require_key()

    async def close(self) -> None:
        """Let go of every gateway."""
        for stripe in self._stripes:
            await stripe.close()
        for sandbox in self._sandboxes:
            await sandbox.close()


def entries_of(settings: Settings) -> tuple[GatewayEntry, ...]:
    """The gateways that take payments; ConfigurationError where what the settings name is wrong."""
    if settings.gateways and settings.stripe_key:
        raise ConfigurationError(detail="RACE_GATEWAYS and RACE_STRIPE_KEY are both set; name Stripe in the file.")
    if settings.gateways:
        return read_gateway_file(Path(settings.gateways))
    if not settings.stripe_key:
        return (SANDBOX,)
    secrets = tuple(part for part in settings.stripe_webhook_secret.replace(" ", "").split(",") if part)
    base_address = settings.stripe_base or None
    stripe = GatewayEntry(
        name="stripe", kind="stripe", api_key=settings.stripe_key, base_address=base_address, webhook_secrets=secrets
    )
    return (stripe,)


def require_named(settings: Settings, owed: Iterable[str]) -> None:
    """Raise GatewayOwed where one of the gateways at which something is `owed` could not be asked any more."""
    named = {SANDBOX.name, *(entry.name for entry in entries_of(settings))}
    for gateway in owed:
        if gateway not in named:
            raise GatewayOwed(gateway=gateway)


async def open_gateways(settings: Settings, dsn: str) -> OpenGateways:
    """Connect to nobody yet, but make the sandbox's books in the database at `dsn`. ConfigurationError.

    What was begun in the sandbox before there were other gateways can always be finished there.
    """
    entries = entries_of(settings)
    ruleless = () if any(entry.name == SANDBOX.name for entry in entries) else (SANDBOX,)
    sandboxes: list[SandboxGateway] = []
    stripes: list[StripeGateway] = []
    paced: list[PacedGateway] = []
    for entry in (*entries, *ruleless):
        gateway: SandboxGateway | StripeGateway
        if entry.kind == "stripe":
            gateway = _stripe(entry, settings.gateway_timeout_s * STRIPE_PATIENCE)
            stripes.append(gateway)
        else:
            gateway = BEHAVIOURS[entry.behaves](dsn, name=entry.name)
            sandboxes.append(gateway)
        paced.append(PacedGateway(gateway, entry.limits(settings.workers)))
    await sandboxes[0].make_books()
    return OpenGateways(sandboxes, stripes, Router(paced, [entry.rule() for entry in entries]))


def _stripe(entry: GatewayEntry, timeout_s: float) -> StripeGateway:
    # Imported here, because Stripe's library takes longer to import than all the rest of the engine.
    from race_to_purchase.gateways.stripe.gateway import StripeGateway

    return StripeGateway(
        entry.name, entry.api_key, entry.webhook_secrets, entry.base_address, timeout_s, entry.currencies or None
    )
