"""`race demo`: a server, a drop, a crowd, and the truth about it afterwards, with one command.

The server and the crowd are processes of their own, and everything between them is real HTTP. What happens in the
sale itself, and how it is judged, is in `sale`.
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from race_to_purchase.app.commands.audit import audit_at
from race_to_purchase.app.commands.results import require_writable, write, write_json
from race_to_purchase.rehearse.demo.audit import NOTHING_YET
from race_to_purchase.rehearse.demo.door import SETTINGS
from race_to_purchase.rehearse.demo.ending import report_of
from race_to_purchase.rehearse.demo.gateway import Simulator, simulated
from race_to_purchase.rehearse.demo.sale import GATEWAY_FAULTS, DemoOptions, opened
from race_to_purchase.rehearse.demo.server import Served, serving
from race_to_purchase.rehearse.ending import ended_like_ctrl_c
from race_to_purchase.rehearse.scorecard import Scorecard
from race_to_purchase.rehearse.scorecard_view import svg, view


def run_demo(options: DemoOptions, console: Console | None = None) -> int:
    """Run it and print the scorecard; 0 if every invariant held, 1 if not. Raises RaceError where it could not run."""
    console = console or Console(highlight=False)
    require_writable(options.json_file, options.svg_file, options.report_file)
    console.print("Starting a server with a database of its own …", style="dim")
    served: Served | None = None
    drop_id = f"aurora-{secrets.token_hex(4)}"
    try:
        with (
            ended_like_ctrl_c(),
            _gateway(options) as gateway,
            serving(
                port=options.port,
                workers=options.workers,
                data_dir=options.data_dir,
                settings={**(SETTINGS if options.door else {}), **({} if gateway is None else gateway.settings)},
            ) as served,
        ):
            _invite(served, console)
            card = asyncio.run(_rehearse(options, drop_id, served, gateway, console))
    except KeyboardInterrupt:
        if served is not None:
            served.discard()
        raise
    except BaseException:
        if served is not None:
            console.print(f"The server's log is kept in {served.log}", style="yellow", soft_wrap=True)
        raise
    return _conclude(card, drop_id, served, options, console)


def _invite(served: Served, console: Console) -> None:
    """Say where the sale can be watched, and how to get in: the key is good for this server alone, and ends with it."""
    console.print(f"Watch the sale at http://{served.host}:{served.port}/console", markup=False, soft_wrap=True)
    console.print(f"   and sign in with {served.admin_key}", style="dim", markup=False, soft_wrap=True)


@contextmanager
def _gateway(options: DemoOptions) -> Iterator[Simulator | None]:
    """The gateway simulator where faults are wanted; else None, for the sandbox within the server."""
    if options.gateway_faults is None:
        yield None
        return
    with (
        tempfile.TemporaryDirectory(prefix="race-demo-gateway-") as folder,
        simulated(Path(folder), options.gateway_faults, options.seed) as gateway,
    ):
        yield gateway


def _conclude(card: Scorecard, drop_id: str, served: Served, options: DemoOptions, console: Console) -> int:
    """Tell the result, and keep what somebody may want to look into; the exit status."""
    console.print(view(card))
    if options.gateway_faults is not None:
        console.print(f"The gateway lost, broke or refused {card.notes.get(GATEWAY_FAULTS, 0):,} answers in the sale.")
    write_json(options.json_file, card.to_json())
    write(options.svg_file, svg(card))
    if options.report_file is not None:
        report_of(card, drop_id, served, options.report_file, console)
    if card.broken:
        console.print(f"The server's log and data are kept in {served.folder}", style="yellow", soft_wrap=True)
        return 1
    served.discard()
    return 0


async def _rehearse(
    options: DemoOptions, drop_id: str, served: Served, gateway: Simulator | None, console: Console
) -> Scorecard:
    """The whole rehearsal on a server that answers."""
    before = NOTHING_YET if options.data_dir is None else await audit_at(served.dsn)
    async with opened(options, drop_id, served, gateway, console) as sale:
        await sale.play()
        return await sale.judge(before)
