"""The objectives file `slo.toml`. What is wrong with it is told with the file, the line, the field and the reason."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from race_to_purchase.errors import ConfigurationError
from race_to_purchase.observe.series import bounds_of
from race_to_purchase.observe.slo.objectives import ROUNDED, Slo
from race_to_purchase.observe.slo.slis import SLIS
from race_to_purchase.operate.lines import breach, places
from race_to_purchase.operate.misfit import misfit

_KEY = re.compile(r"[A-Za-z0-9_-]+(?:\[\d+\])?")


class UnreadableSloFile(ConfigurationError):
    """The objectives file {file} cannot be read: {reason}."""

    code = "slo_file_unreadable"


class WrongSloFile(ConfigurationError):
    """{file}, line {line}: {field}: {reason}. See docs/slo.md."""

    code = "slo_file_wrong"


def read_slo_file(file: Path) -> Slo:
    """The objectives in `file`, with the usual ones where it says nothing; UnreadableSloFile, WrongSloFile."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableSloFile(file=file, reason=getattr(error, "strerror", None) or error) from None
    return parse_slo(text, str(file))


def parse_slo(text: str, file: str = "slo.toml") -> Slo:
    """The same from the text of a file; `file` is what errors name."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line, field, reason = breach(str(error), text)
        raise WrongSloFile(file=file, line=line, field=field, reason=reason) from None
    try:
        slo = msgspec.convert(document, Slo)
    except msgspec.ValidationError as error:
        found = misfit(error, Slo)
        line = _line(text, found.field)
        raise WrongSloFile(file=file, line=line, field=found.field or "the file", reason=found.reason) from None
    for field, reason in (*_unmeasured(slo), *_never(slo)):
        raise WrongSloFile(file=file, line=_line(text, field), field=field, reason=reason)
    return slo


def _unmeasured(slo: Slo) -> Iterator[tuple[str, str]]:
    """Latencies that no bucket of their metric ends at, so that nothing could tell what is slower."""
    for sli in SLIS:
        if sli.histogram:
            bounds, below_s = bounds_of(sli.histogram), getattr(slo.objectives, sli.objective).below_s
            if below_s not in bounds:
                nearest = sorted(sorted(bounds, key=lambda bound: abs(bound - below_s))[:2])
                found = " and ".join(f"{bound:g}" for bound in nearest)
                yield (
                    f"objectives.{sli.objective}.below_s",
                    f"{sli.histogram} is counted up to {found}, not to {below_s:g}",
                )


def _never(slo: Slo) -> Iterator[tuple[str, str]]:
    """Burns that no budget can reach, and objectives whose budget reaches none: nobody would ever be told."""
    budgets = {sli.objective: getattr(slo.objectives, sli.objective).budget for sli in SLIS}
    for number, burn in enumerate(slo.burn):
        if not any(burn.can_come(budget) for budget in budgets.values()):
            yield f"burn[{number}].rate", f"no objective burns more than {1 / min(budgets.values()):g} times too fast"
    for objective, budget in budgets.items():
        if slo.burn and not any(burn.can_come(budget) for burn in slo.burn):
            yield (
                f"objectives.{objective}.target",
                f"it burns {1 / budget:g} times too fast at most, below any burn",
            )
    most = 1 / budgets["checkout_success"]
    for number, step in enumerate(slo.drop.steps):
        if step.burn > most + ROUNDED:
            yield f"drop.steps[{number}].burn", f"a drop burns {most:g} times too fast at most"


def _line(text: str, field: str) -> int:
    """Where the field stands, or else the table that should have it; 1 where there is neither."""
    at = places(text)
    parts = _KEY.findall(field)
    for length in range(len(parts), 0, -1):
        for whole in (".".join(parts[:length]), ".".join(parts[:length]).rpartition("[")[0]):
            if whole in at:
                return at[whole]
    return 1
