"""The catalogue of events: everything that a running engine tells of itself, one module an area.

To add an event, define it in the module of its area, and emit it where what it tells of has become durable:

    class PassGiven(Event, frozen=True):
        \"\"\"Somebody whose turn had come got a pass.\"\"\"      what happened, in a sentence: the reference shows it

        log = Log("info", "pass given")                      a line of the log; left out where there is none
        metrics = (Counter("race_passes_total", "Passes given.", by=("drop", "lane")),)

        drop: DropId                                         a word of `attributes`, which describes it
        lane: Annotated[Literal["draw", "late", "grant"], Meta(description="How it was come by.")]

    emit(PassGiven("aurora-1", "draw"))

The request and the trace behind it are noted by themselves. Each module here is an area. `docs/events.md`
is made from what stands here (`python -m race_to_purchase.observe.reference > docs/events.md`); a test fails where
something is not described, where a label is not of a closed set, and where the page is stale.
"""

from race_to_purchase.observe.events.event import Counter, Event, Gauge, Histogram, Log, Span
from race_to_purchase.observe.events.feed import FEED, emit, subscribe, wanted

__all__ = ["FEED", "Counter", "Event", "Gauge", "Histogram", "Log", "Span", "emit", "subscribe", "wanted"]
