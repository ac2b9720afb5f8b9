"""Sandboxes that do not do what they should, so that failover can be tried without any other program."""

from __future__ import annotations

from msgspec.structs import replace

from race_to_purchase.gateways.sandbox.gateway import SandboxGateway
from race_to_purchase.ports import PaymentRequest
from race_to_purchase.rules.verdicts import NoAnswer, NotSent, Verdict


class DecliningSandbox(SandboxGateway):
    """Declines every payment, with a code after which another gateway may do."""

    async def authorize(self, request: PaymentRequest, ref: str | None) -> Verdict:
        """See the port."""
        return await super().authorize(replace(request, method="pm_try_again"), ref)


class SilentSandbox(SandboxGateway):
    """Loses every authorization on its way; asked afterwards, it knows of none."""

    async def authorize(self, request: PaymentRequest, ref: str | None) -> Verdict:
        """See the port."""
        return NoAnswer("the request was lost on its way to the gateway")


class UnreachableSandbox(SandboxGateway):
    """Takes no connection at all."""

    async def authorize(self, request: PaymentRequest, ref: str | None) -> Verdict:
        """See the port."""
        return NotSent("connection refused")

    async def look_up(self, request: PaymentRequest, ref: str | None) -> Verdict:
        """See the port."""
        return NoAnswer("connection refused")

    async def capture(self, ref: str, amount: int, key: str) -> Verdict:
        """See the port."""
        return NotSent("connection refused")

    async def void(self, ref: str, key: str) -> Verdict:
        """See the port."""
        return NotSent("connection refused")

    async def refund(self, ref: str, amount: int, key: str) -> Verdict:
        """See the port."""
        return NotSent("connection refused")


BEHAVIOURS: dict[str, type[SandboxGateway]] = {
    "well": SandboxGateway,
    "declines": DecliningSandbox,
    "silent": SilentSandbox,
    "unreachable": UnreachableSandbox,
}
