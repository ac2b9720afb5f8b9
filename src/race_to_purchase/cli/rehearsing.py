"""Rehearse a sale: with a crowd, with a stopwatch, on virtual time, or at a gateway of our own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from race_to_purchase.cli.shell import JsonOption

app = typer.Typer()


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
    door: Annotated[bool, typer.Option(help="Let everybody stand in line; without, all rush to the checkout.")] = True,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the server; 0: any free one.")] = 0,
    data_dir: Annotated[Path | None, typer.Option("--data-dir", help="Keep the database in this folder.")] = None,
    json_file: JsonOption = None,
    svg: Annotated[Path | None, typer.Option(help="Also draw the scorecard into this file.")] = None,
    report: Annotated[
        Path | None, typer.Option(help="Where the report of the sale goes. [race-demo-report.html]")
    ] = None,
) -> None:
    """Let a crowd race for a drop, and print the scorecard.

    Over real HTTP, against a real server; exit 1 if a promise was broken.
    """
    from race_to_purchase.rehearse.demo.demo import run_demo
    from race_to_purchase.rehearse.demo.ending import usual_file
    from race_to_purchase.rehearse.demo.sale import DemoOptions

    if buyers == bots == 0:
        raise typer.BadParameter("a race needs somebody: --buyers, --bots, or both")
    options = DemoOptions(
        buyers=buyers,
        bots=bots,
        stock=stock,
        seed=seed,
        workers=workers,
        arrival_seconds=arrival_seconds,
        reservation_seconds=reservation_seconds,
        gateway_faults=gateway_faults,
        door=door,
        port=port,
        data_dir=data_dir,
        json_file=json_file,
        svg_file=svg,
        report_file=report or usual_file(),
    )
    raise typer.Exit(run_demo(options))


@app.command()
def bench(
    seconds: Annotated[float, typer.Option(min=1, help="Length of one measurement.")] = 10.0,
    rounds: Annotated[int, typer.Option(min=1, help="Measurements of each side, in turn; the median counts.")] = 3,
    suite: Annotated[
        list[str] | None,
        typer.Option(help="Measure only this one, such as door; may be repeated."),
    ] = None,
    json_file: JsonOption = None,
    svg: Annotated[Path | None, typer.Option(help="Also draw the result into this file.")] = None,
) -> None:
    """Measure hot row, reservations, purchases side by side.

    In one run: combined against naive, reservations against an echo, purchases.
    """
    from race_to_purchase.rehearse.bench.bench import BenchOptions, run_bench

    options = BenchOptions(seconds=seconds, rounds=rounds, suites=suite or (), json_file=json_file, svg_file=svg)
    raise typer.Exit(run_bench(options))


@app.command()
def simulate(
    seeds: Annotated[int, typer.Option(min=1, help="Simulated sales.")] = 100,
    seed: Annotated[int, typer.Option(help="The first one's seed; the same seed is the same sale.")] = 1,
    json_file: JsonOption = None,
) -> None:
    """Simulate and check sales with a fault at every step.

    On virtual time; every invariant is checked, exit 1 where one is broken.
    """
    from race_to_purchase.rehearse.simulate import SimulateOptions, run_simulate

    raise typer.Exit(run_simulate(SimulateOptions(seeds=seeds, seed=seed, json_file=json_file)))


@app.command("gateway", hidden=True)  # As it was called before: one letter away from `race gateways`.
@app.command("gateway-simulator")
def gateway_simulator(
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
    """Run a simulated payment gateway, to try against.

    It speaks Stripe's API, with books of its own and faults on demand.
    """
    from race_to_purchase.app.commands.gateway_simulator import GatewayOptions, run_simulator

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
    raise typer.Exit(run_simulator(options))
