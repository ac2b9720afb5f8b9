"""The command `race`. Each subcommand reads its options, calls one function, and says how it went."""

from __future__ import annotations

import io
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from race_to_purchase import __version__
from race_to_purchase.app.admin import AdminClient
from race_to_purchase.app.serve import Reachable
from race_to_purchase.app.serve import serve as run_serve
from race_to_purchase.errors import RaceError
from race_to_purchase.observe import logs
from race_to_purchase.operate.dropfile import read_drop_file
from race_to_purchase.settings import load, with_development_keys

app = typer.Typer(
    help="A self-hosted checkout engine for the moment when more people want to buy than there is stock.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
drop_app = typer.Typer(help="Make, look at, change and close drops of a running engine.", no_args_is_help=True)
app.add_typer(drop_app, name="drop")
gateways_app = typer.Typer(help="Watch the payment gateways of a running engine, and drain one.", no_args_is_help=True)
app.add_typer(gateways_app, name="gateways")
ledger_app = typer.Typer(help="Balances, export and proof of the journal.", no_args_is_help=True)
app.add_typer(ledger_app, name="ledger")

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

JsonOption = Annotated[Path | None, typer.Option("--json", help="Also write the result to this file, as JSON.")]
DataDirOption = Annotated[
    str | None, typer.Option("--data-dir", help="Folder of the embedded PostgreSQL. [RACE_DATA_DIR]")
]
UrlOption = Annotated[
    str | None, typer.Option("--url", help="A running engine; else the one of the data folder. [RACE_URL]")
]
KeyOption = Annotated[str | None, typer.Option("--admin-key", help="Its admin key. [RACE_ADMIN_KEY]")]


def main() -> NoReturn:
    """Entry of the command; an error of ours is one sentence on standard error, never a traceback."""
    try:
        app()
    except RaceError as error:
        err.print(f"race: {error}", markup=False)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(0)


def _version(wanted: bool) -> None:
    if wanted:
        out.print(f"race-to-purchase {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which version this is.")
    ] = False,
) -> None:
    """Options of `race` itself."""


@app.command()
def serve(
    drop: Annotated[list[Path] | None, typer.Option("--drop", help="A drop file; may be given several times.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on. [RACE_HOST]")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on. [RACE_PORT]")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes on that port. [RACE_WORKERS]")] = None,
    data_dir: DataDirOption = None,
) -> None:
    """Serve the API: with an embedded PostgreSQL, or on the one that RACE_DATABASE_URL names."""
    settings = load(host=host, port=port, workers=workers, data_dir=data_dir)
    logs.set_up(settings.log, settings.log_level)
    drops = [read_drop_file(file) for file in drop or []]
    keys_made = not (settings.storefront_keys and settings.admin_keys)

    def started(reachable: Reachable) -> None:
        _greet(reachable, keys_made)

    run_serve(with_development_keys(settings), drops, started)


def _greet(reachable: Reachable, keys_made: bool) -> None:
    out.print(f"Race to Purchase {__version__} serves at {reachable.url}", style="bold")
    out.print(f"  reference    {reachable.url}/docs")
    if keys_made:
        out.print(f"  storefront   {reachable.storefront_key}", markup=False)
        out.print(f"  admin        {reachable.admin_key}", markup=False)
        out.print("  These keys were made for this run; for production set RACE_STOREFRONT_KEYS and RACE_ADMIN_KEYS.")
    out.print("  Ctrl-C stops it.")


@app.command()
def demo(
    buyers: Annotated[int, typer.Option(min=0, help="Simulated people.")] = 2000,
    bots: Annotated[int, typer.Option(min=0, help="Simulated bots.")] = 1000,
    stock: Annotated[int, typer.Option(min=1, help="Pairs of shoes.")] = 500,
    seed: Annotated[int, typer.Option(help="The same seed makes the same crowd.")] = 1,
    workers: Annotated[int, typer.Option(min=1, help="Server processes.")] = 1,
    arrival_seconds: Annotated[float, typer.Option(min=0.1, help="How long people keep arriving.")] = 6.0,
    reservation_seconds: Annotated[int, typer.Option(min=2, help="How long a reservation is held.")] = 5,
    gateway_faults: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Pay at a gateway simulator, of whose answers this share is lost or broken."),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the server; 0: any free one.")] = 0,
    data_dir: Annotated[Path | None, typer.Option("--data-dir", help="Keep the database in this folder.")] = None,
    json_file: JsonOption = None,
    svg: Annotated[Path | None, typer.Option(help="Also draw the scorecard into this file.")] = None,
) -> None:
    """Let a crowd race over real HTTP against a real server, and print the scorecard."""
    from race_to_purchase.rehearse.demo.demo import DemoOptions, run_demo

    options = DemoOptions(
        buyers=buyers,
        bots=bots,
        stock=stock,
        seed=seed,
        workers=workers,
        arrival_seconds=arrival_seconds,
        reservation_seconds=reservation_seconds,
        gateway_faults=gateway_faults,
        port=port,
        data_dir=data_dir,
        json_file=json_file,
        svg_file=svg,
    )
    raise typer.Exit(run_demo(options))


@app.command()
def bench(
    seconds: Annotated[float, typer.Option(min=1, help="Length of one measurement.")] = 10.0,
    rounds: Annotated[int, typer.Option(min=1, help="Measurements of each side, in turn; the median counts.")] = 3,
    json_file: JsonOption = None,
    svg: Annotated[Path | None, typer.Option(help="Also draw the result into this file.")] = None,
) -> None:
    """Measure side by side, in one run: combined against naive, reservations against an echo, purchases."""
    from race_to_purchase.rehearse.bench.bench import BenchOptions, run_bench

    raise typer.Exit(run_bench(BenchOptions(seconds=seconds, rounds=rounds, json_file=json_file, svg_file=svg)))


@app.command()
def simulate(
    seeds: Annotated[int, typer.Option(min=1, help="Simulated sales.")] = 100,
    seed: Annotated[int, typer.Option(help="The first one's seed; the same seed is the same sale.")] = 1,
    json_file: JsonOption = None,
) -> None:
    """Simulate sales on virtual time, with a fault at every step, and check every invariant."""
    from race_to_purchase.rehearse.simulate import SimulateOptions, run_simulate

    raise typer.Exit(run_simulate(SimulateOptions(seeds=seeds, seed=seed, json_file=json_file)))


@app.command()
def gateway(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0: any free one.")] = 8200,
    control_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Another port for the control API alone; 0: any free one.")
    ] = None,
    store: Annotated[Path | None, typer.Option(help="File of its books; else they end with the process.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same ids and the same faults.")] = 1,
    webhook_url: Annotated[str | None, typer.Option(help="Where its webhooks go.")] = None,
    webhook_secret: Annotated[str | None, typer.Option(help="What signs them, as whsec_….")] = None,
    webhook_events: Annotated[
        list[str] | None, typer.Option(help="Which of them, as a pattern; may be given several times. [*]")
    ] = None,
    per_second: Annotated[float | None, typer.Option(help="Requests a second over all; 429 beyond it.")] = None,
    rules: Annotated[Path | None, typer.Option(help="Fault rules in JSON, as the control API takes them.")] = None,
) -> None:
    """Run a simulated payment gateway that speaks Stripe's API, with books of its own and faults on demand."""
    from race_to_purchase.app.gateway import GatewayOptions, run_gateway

    options = GatewayOptions(
        host=host,
        port=port,
        control_port=control_port,
        store=store,
        seed=seed,
        webhook_url=webhook_url,
        webhook_secret=webhook_secret,
        webhook_events=tuple(webhook_events or ["*"]),
        per_second=per_second,
        rules_file=rules,
    )
    raise typer.Exit(run_gateway(options))


@app.command()
def audit(
    gateways: Annotated[bool, typer.Option("--gateways", help="Ask the gateways for their own lists, too.")] = False,
    json_file: JsonOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Check every invariant on the configured database; exit 1 and show the rows if one is broken."""
    from race_to_purchase.app.audit import run_audit

    raise typer.Exit(run_audit(load(data_dir=data_dir), out, json_file, gateways=gateways))


def _moment(text: str) -> datetime:
    """A time of an option, as RFC 3339 writes it; a date is its midnight in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time such as 2026-12-01T18:00:00Z, nor a date") from None
    if moment.tzinfo is None and len(text) > len("2026-12-01"):
        raise typer.BadParameter(f"{text!r} needs a time zone, such as 2026-12-01T18:00:00Z")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _noted(text: str) -> tuple[int, str]:
    """A block's number and hash, as `race ledger verify` prints them."""
    number, _, digits = text.partition(":")
    if not (number.isdecimal() and len(number) < 19 and re.fullmatch("[0-9a-f]{64}", digits)):
        raise typer.BadParameter(f"{text!r} is no block such as 41:9f86d081… with 64 hexadecimal digits")
    return int(number), digits


@ledger_app.command("balance")
def ledger_balance(
    account: Annotated[str, typer.Option(help="Only accounts whose name begins so, such as revenue:.")] = "",
    currency: Annotated[str | None, typer.Option(help="Only this currency.")] = None,
    at: Annotated[datetime | None, typer.Option(parser=_moment, metavar="TIME", help="As of the end of TIME.")] = None,
    json_file: JsonOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Show what every account has; exit 1 if debits and credits are not the same."""
    from race_to_purchase.app.ledger import Shown, run_balance

    raise typer.Exit(run_balance(load(data_dir=data_dir), out, Shown(account, currency, at), json_file))


@ledger_app.command("export")
def ledger_export(
    since: Annotated[datetime | None, typer.Option("--from", parser=_moment, metavar="TIME", help="From then.")] = None,
    until: Annotated[datetime | None, typer.Option("--to", parser=_moment, metavar="TIME", help="To before.")] = None,
    drop: Annotated[str | None, typer.Option(help="Only what belongs to this drop.")] = None,
    seller: Annotated[str | None, typer.Option(help="Only accounts of this seller.")] = None,
    data_dir: DataDirOption = None,
) -> None:
    """Write every posting as CSV to standard output, for an accountant or a spreadsheet."""
    from race_to_purchase.app.ledger import run_export

    stream = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=False)
    try:
        which = {"since": since, "until": until, "drop_id": drop, "seller": seller}
        raise typer.Exit(run_export(load(data_dir=data_dir), stream, **which))
    except BrokenPipeError:  # Whoever read it has had enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    finally:
        stream.detach()


@ledger_app.command("verify")
def ledger_verify(
    noted: Annotated[
        str | None, typer.Option(metavar="NUMBER:HASH", help="A block that you noted: it must still be the same.")
    ] = None,
    json_file: JsonOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Compare the journal with its seals; exit 1 and name block and order if anything was changed."""
    from race_to_purchase.app.ledger import run_verify

    raise typer.Exit(run_verify(load(data_dir=data_dir), out, _noted(noted) if noted else None, json_file))


@app.command()
def reconcile(
    once: Annotated[bool, typer.Option("--once", help="One whole pass; `race serve` does it all the time.")] = False,
    json_file: JsonOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Compare with the gateways and with itself, repair what has one right answer; exit 1 where findings are open."""
    from race_to_purchase.app.reconcile import run_reconcile

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
    """Match a settlement file with the orders, book its fees and payouts; exit 1 where it differs."""
    from race_to_purchase.app.settle import run_settle

    raise typer.Exit(run_settle(load(data_dir=data_dir), file, gateway, out, json_file))


@app.command()
def refund(
    order: Annotated[str, typer.Argument(help="Id of the order.")],
    amount: Annotated[int | None, typer.Option(min=1, help="Minor units; without it, all that is left.")] = None,
    reason: Annotated[str, typer.Option(help="Kept with the refund.")] = "",
    restock: Annotated[bool, typer.Option("--restock", help="Put the goods on sale again.")] = False,
    url: UrlOption = None,
    admin_key: KeyOption = None,
) -> None:
    """Pay an order back, in whole or in part."""
    out.print(_admin(url, admin_key, None).refund(order, amount, reason, restock=restock), markup=False)


@drop_app.command("apply")
def drop_apply(
    files: Annotated[list[Path], typer.Argument(help="Drop files.")],
    url: UrlOption = None,
    admin_key: KeyOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Create or change drops from their files."""
    admin = _admin(url, admin_key, data_dir)
    for definition in [read_drop_file(file) for file in files]:
        created = admin.put(definition)
        out.print(f"{definition.id}: {'created' if created else 'up to date'}", markup=False)


@drop_app.command("list")
def drop_list(url: UrlOption = None, admin_key: KeyOption = None, data_dir: DataDirOption = None) -> None:
    """List every drop."""
    out.print(_admin(url, admin_key, data_dir).table())


@drop_app.command("show")
def drop_show(drop: str, url: UrlOption = None, admin_key: KeyOption = None, data_dir: DataDirOption = None) -> None:
    """Show one drop with its stock."""
    out.print(_admin(url, admin_key, data_dir).details(drop))


@drop_app.command("close")
def drop_close(drop: str, url: UrlOption = None, admin_key: KeyOption = None, data_dir: DataDirOption = None) -> None:
    """Let no new checkout begin; running ones may finish."""
    _admin(url, admin_key, data_dir).close(drop)
    out.print(f"{drop}: closed", markup=False)


@gateways_app.command("list")
def gateways_list(url: UrlOption = None, admin_key: KeyOption = None, data_dir: DataDirOption = None) -> None:
    """List every payment gateway with what one process has seen of it."""
    out.print(_admin(url, admin_key, data_dir).gateways())


@gateways_app.command("drain")
def gateways_drain(
    gateway: str,
    why: Annotated[str, typer.Option(help="For whoever looks later.")] = "",
    url: UrlOption = None,
    admin_key: KeyOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Begin no new payment with a gateway; what was begun there is finished."""
    _admin(url, admin_key, data_dir).drain(gateway, drained=True, why=why)
    out.print(f"{gateway}: drained", markup=False)


@gateways_app.command("resume")
def gateways_resume(
    gateway: str,
    why: Annotated[str, typer.Option(help="For whoever looks later.")] = "",
    url: UrlOption = None,
    admin_key: KeyOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Use a drained gateway again."""
    _admin(url, admin_key, data_dir).drain(gateway, drained=False, why=why)
    out.print(f"{gateway}: in use", markup=False)


def _admin(url: str | None, admin_key: str | None, data_dir: str | None) -> AdminClient:
    """The engine that the options, the environment or the data folder name."""
    return AdminClient.find(load(data_dir=data_dir), url or os.environ.get("RACE_URL"), admin_key)


if __name__ == "__main__":
    main()
