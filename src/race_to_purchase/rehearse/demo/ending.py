"""How a demo ends: with a report of its sale, made of the database that its server leaves behind."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from rich.console import Console

from race_to_purchase.app.commands.report.figures import Rehearsed
from race_to_purchase.app.commands.report.report import report_of_folder, write
from race_to_purchase.errors import RaceError
from race_to_purchase.rehearse.demo.server import Served
from race_to_purchase.rehearse.scorecard import Scorecard

NAME = "race-demo-report.html"


def usual_file() -> Path:
    """Where the report goes if nobody says: here, or where temporary files go if nothing can be written here."""
    return Path(NAME) if os.access(os.curdir, os.W_OK) else Path(tempfile.gettempdir(), NAME)


def report_of(card: Scorecard, drop_id: str, served: Served, file: Path, console: Console) -> None:
    """Write the report to `file`, and say where it is, or why there is none.

    The server must have stopped: only then has it written down all that it counted.
    """
    asked = card.rehearsal
    crowd = f"It was a rehearsal with {asked.buyers:,} people and {asked.bots:,} bots, seed {asked.seed}."
    try:
        write(report_of_folder(served.data_dir, drop_id, Rehearsed(card.latencies_ms, card.bot_share, crowd)), file)
    except RaceError as error:
        console.print(f"There is no report: {error}", style="yellow", markup=False, soft_wrap=True)
    else:
        console.print(f"The report of the sale is {file.absolute()}", markup=False, soft_wrap=True)
