"""Gateways as operators see them: how each is doing, and taking one out of use and back."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from race_to_purchase.commit.committer import Committer
from race_to_purchase.path.counted import Counted
from race_to_purchase.path.route import Router
from race_to_purchase.ports import Reads
from race_to_purchase.rules.commands import DrainGateway
from race_to_purchase.rules.outcomes import Outcome, Unknown
from race_to_purchase.rules.rows import GatewayStatus


class GatewaySeen(msgspec.Struct, frozen=True):
    """A gateway, what an operator said of it last, and what this process counted."""

    status: GatewayStatus
    counted: Counted


class Gateways:
    """The gateways of this engine."""

    def __init__(self, committer: Committer, reads: Reads, router: Router) -> None:
        self._committer = committer
        self._reads = reads
        self._router = router

    async def all(self) -> Sequence[GatewaySeen]:
        """Every gateway of the configuration, in its order."""
        statuses = await self.follow()
        return [
            GatewaySeen(statuses.get(name) or GatewayStatus(name, None, "", ""), self._router.gateway(name).counted())
            for name in self._router.names
        ]

    async def drain(self, name: str, why: str, by: str) -> Outcome:
        """Begin nothing new there, in any process, from about a second on; what was begun is finished."""
        return await self._put(DrainGateway(name, True, why, by))

    async def resume(self, name: str, why: str, by: str) -> Outcome:
        """Use it again."""
        return await self._put(DrainGateway(name, False, why, by))

    async def _put(self, command: DrainGateway) -> Outcome:
        if command.name not in self._router.names:
            return Unknown("gateway", command.name)
        outcome = await self._committer.submit(command)
        await self.follow()
        return outcome

    async def follow(self) -> dict[str, GatewayStatus]:
        """Have this process' router do as the rows say; what they say, by name."""
        statuses = {status.name: status for status in await self._reads.gateways()}
        self._router.drain([name for name, status in statuses.items() if status.drained_at is not None])
        return statuses
