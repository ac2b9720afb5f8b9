"""Spans as OpenTelemetry's protocol writes them in JSON, which every collector reads.

Its own library builds a tree of protobuf objects in Python, and a span of its own before that: 75 µs a span. These are
structs that are made and written in C.

Form: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from race_to_purchase.observe.traces.gather import Piece

_KINDS = {"internal": 1, "server": 2, "client": 3}
_encode = msgspec.json.Encoder().encode


class _Wire(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, rename="camel"):
    """Names are written as the protocol spells them, and what is as usual is left out."""


class _Text(_Wire, frozen=True):
    string_value: str


class _Truth(_Wire, frozen=True):
    bool_value: bool


class _Whole(_Wire, frozen=True):
    int_value: str
    """JSON's numbers end at 2**53."""


class _Fraction(_Wire, frozen=True):
    double_value: float


class _Attribute(_Wire, frozen=True):
    key: str
    value: _Text | _Truth | _Whole | _Fraction


class _Status(_Wire, frozen=True):
    code: int = 0


class _Span(_Wire, frozen=True):
    trace_id: str
    span_id: str
    name: str
    kind: int
    start_time_unix_nano: str
    end_time_unix_nano: str
    attributes: list[_Attribute]
    status: _Status
    parent_span_id: str = ""


_FINE, _FAILED = _Status(), _Status(2)
_WORDS: dict[type, Callable[[Any], Any]] = {
    str: _Text,
    bool: _Truth,
    int: lambda value: _Whole(str(value)),
    float: _Fraction,
}


def encoded(pieces: Iterable[Piece], resource: Mapping[str, Any]) -> bytes:
    """An ExportTraceServiceRequest with these spans, all of one resource."""
    about = {"attributes": [_Attribute(name, _WORDS[type(value)](value)) for name, value in resource.items()]}
    scope = {"scope": {"name": "race-to-purchase"}, "spans": [_span(piece) for piece in pieces]}
    return _encode({"resourceSpans": [{"resource": about, "scopeSpans": [scope]}]})


def _span(piece: Piece) -> _Span:
    words = _WORDS
    attributes = [
        _Attribute(f"race.{name}", words[type(value)](value)) for name, value in piece.attributes.items() if value != ""
    ]
    if "checkout" in piece.attributes:
        attributes.append(_Attribute("race.reservation", _Text(piece.attributes["checkout"])))
    return _Span(
        piece.trace,
        piece.id,
        piece.name,
        _KINDS[piece.kind],
        str(piece.start_ns),
        str(piece.end_ns),
        attributes,
        _FAILED if piece.failed else _FINE,
        piece.parent,
    )
