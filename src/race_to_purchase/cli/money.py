"""Money after the sale: audit, reconciliation, settlement files, refunds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from race_to_purchase.app.admin import AdminClient
from race_to_purchase.app.commands.results import write_json
from race_to_purchase.cli.shell import DataDirOption, JsonOption, on_engine, out
from race_to_purchase.rules.money import display
from race_to_purchase.settings import load

app = typer.Typer()


@app.command()
def audit(
    gateways: Annotated[bool, typer.Option("--gateways", help="Ask the gateways for their own lists, too.")] = False,
    json_file: JsonOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Check every invariant on the database.

    On the configured one; exit 1 and show the rows if one is broken.
    """
    from race_to_purchase.app.commands.audit import run_audit

    raise typer.Exit(run_audit(load(data_dir=data_dir), out, json_file, gateways=gateways))


@app.command()
def reconcile(
    once: Annotated[bool, typer.Option("--once", help="One whole pass; `race serve` does it all the time.")] = False,
    json_file: JsonOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Compare with the gateways, and repair what can be.

    And with itself: what has one right answer is repaired; exit 1 where findings are open.
    """
    from race_to_purchase.app.commands.reconcile import run_reconcile

    if not once:
        raise typer.BadParameter("say --once; `race serve` reconciles all the time by itself")
    raise typer.Exit(run_reconcile(load(data_dir=data_dir), out, json_file))


@app.command()
def settle(
    file: Annotated[Path, typer.Argument(help="A balance or payout report of the gateway, as CSV.")],
    gateway: Annotated[str, typer.Option("--gateway", help="Name of the gateway, as in the settings.")],
    json_file: JsonOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Match a settlement file with the orders.

    And book its fees and payouts; exit 1 where it differs.
    """
    from race_to_purchase.app.commands.settle import run_settle

    raise typer.Exit(run_settle(load(data_dir=data_dir), file, gateway, out, json_file))


@app.command()
@on_engine
def refund(
    engine: AdminClient,
    order: Annotated[str, typer.Argument(help="Id of the order.")],
    amount: Annotated[int | None, typer.Option(min=1, help="Minor units; without it, all that is left.")] = None,
    reason: Annotated[str, typer.Option(help="Kept with the refund.")] = "",
    restock: Annotated[bool, typer.Option("--restock", help="Put the goods on sale again.")] = False,
    json_file: JsonOption = None,
) -> None:
    """Pay an order back, in whole or in part."""
    told = engine.refund(order, amount, reason, restock=restock)
    failure = f" ({told['failure']})" if "failure" in told else ""
    out.print(f"{told['id']}: {display(told['amount'], told['currency'])} {told['state']}{failure}", markup=False)
    write_json(json_file, told)
