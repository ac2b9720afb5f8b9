"""The lines of one metric as Prometheus reads them: written by the library once, and from then on only their numbers.

Names and labels of a series, and whatever in them has to be escaped, stay as they are; of a thousand lines a second
changes some hundred numbers. So what the library writes of a series of zeros is kept without its zeros, and what was
written of a series is kept until one of its numbers changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import prometheus_client
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import CollectorRegistry
from prometheus_client.samples import Exemplar
from prometheus_client.utils import floatToGoString as _in_go

TEXT = b"text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = b"application/openmetrics-text; version=1.0.0; charset=utf-8"

END = b"# EOF\n"
"""The last line of OpenMetrics."""

number_text: Callable[[float], str] = _in_go
"""As Go writes numbers."""

Labels = tuple[str, ...]
Exemplars = Mapping[int, Exemplar]
"""By the places of their lines."""


class Source(Protocol):
    """A metric whose series are lists of whatever it counts."""

    def empty(self, *labels: Labels) -> Family:
        """Its family, with a series of zeros for each of these labels."""
        ...

    def numbers(self, series: list[Any]) -> tuple[list[float], Exemplars]:
        """What the lines of a series say now, in the library's order, and what is added to them."""
        ...


class Text:
    """A metric's `lines` in one form, TEXT or OPENMETRICS, which alone has exemplars.

    `state` is for whoever tells it: what they want to remember of the last time.
    """

    def __init__(self, source: Source, form: bytes) -> None:
        self._source = source
        self._form = form
        self._head = written(source.empty(), form).decode()
        self._series: dict[Labels, _Lines] = {}
        self.lines = self._head.encode()
        self.state: Any = None

    def tell(self, series: Sequence[tuple[Labels, list[Any]]]) -> None:
        """What is counted now; series are never taken away."""
        changed = False
        for labels, counts in series:
            lines = self._series.get(labels) or self._begin(labels)
            numbers, exemplars = self._source.numbers(counts)
            changed |= lines.tell(numbers, exemplars if self._form == OPENMETRICS else {})
        if changed:
            self.lines = "".join([self._head, *(lines.text for lines in self._series.values())]).encode()

    def _begin(self, labels: Labels) -> _Lines:
        zeros = written(self._source.empty(labels), self._form).decode().removeprefix(self._head)
        made = self._series[labels] = _Lines([line.removesuffix("0.0") for line in zeros.split("\n")[:-1]])
        return made


class _Lines:
    """The lines of one series: what stands before each number, and what was told last."""

    def __init__(self, before: Sequence[str]) -> None:
        self.text = ""
        self._before = before
        self._told: Any = None

    def tell(self, numbers: list[float], exemplars: Exemplars) -> bool:
        """Whether that is news; then the text says it."""
        told = (numbers, exemplars)
        if told == self._told:
            return False
        self._told = told
        lines = [before + number_text(number) for before, number in zip(self._before, numbers, strict=True)]
        for place, exemplar in exemplars.items():
            lines[place] += _added(exemplar)
        self.text = "\n".join([*lines, ""])
        return True


def _added(exemplar: Exemplar) -> str:
    labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in exemplar.labels.items())
    return f" # {{{labels}}} {number_text(exemplar.value)} {exemplar.timestamp}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def written(family: Family, form: bytes) -> bytes:
    """What the library writes of a family alone, without the last line."""
    write: Callable[[CollectorRegistry], bytes]
    write = openmetrics.generate_latest if form == OPENMETRICS else prometheus_client.generate_latest
    alone = CollectorRegistry()
    alone.register(_One(family))
    return write(alone).removesuffix(END)


class _One:
    """A collector of a single family."""

    def __init__(self, family: Family) -> None:
        self._family = family

    def collect(self) -> Sequence[Family]:
        """That family."""
        return [self._family]
