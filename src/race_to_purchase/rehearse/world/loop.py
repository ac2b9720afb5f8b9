"""An event loop without a clock: time stands still while anything is ready, then jumps to the next timer.

What is ready runs in an order that the seed decides. Every callback belongs to an owner, a simulated process, found in
its context: what a dead owner had scheduled never runs, and what a frozen one has waits until it thaws. There is no
I/O, no thread and no real sleep, so a second of the simulation costs nothing, and a seed always gives the same run.
"""

from __future__ import annotations

import asyncio
import types
import warnings
from asyncio import events
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from functools import partial
from heapq import heapify, heappop, heappush
from math import inf, nextafter
from random import Random
from typing import Any, TypeVar, TypeVarTuple, Unpack
from weakref import WeakSet

import msgspec

S = TypeVar("S")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")

STEPS_MAX = 500_000
"""A simulation that takes more callbacks than this spins."""


class Spinning(Exception):
    """The simulation takes callback after callback without coming to an end."""


class Stuck(Exception):
    """Nothing is ready, no timer is set, and somebody still waits: a deadlock."""


def _nothing() -> None:
    """What a fuse does that nobody lit."""


class Owner:
    """Whose callbacks they are: a simulated process, or the world itself. `ahead_s` is how far its clock is ahead.

    After `fuse` callbacks more, `burn` is called: so a process is struck between any two of its steps, however short.
    `watch` is called with every callback that has run.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.dead = False
        self.ahead_s = 0.0
        self.parked: list[Handle] | None = None
        self.fuse = 0
        self.burn: Callable[[], None] = _nothing
        self.watch: Callable[[object], None] | None = None
        self.tasks: list[asyncio.Task[Any]] = []
        self.tasks_max = 64
        """With more of them it is worth a look which have ended."""

    def living_tasks(self) -> list[asyncio.Task[Any]]:
        """Its tasks that have not ended, the oldest first."""
        return [task for task in self.tasks if not task.done()]

    def tidy(self) -> None:
        """Forget the tasks that have ended."""
        self.tasks = self.living_tasks()
        self.tasks_max = max(64, 2 * len(self.tasks))


class Pause:
    """`await` it to let `delay_s` pass, at half the cost of `asyncio.sleep`: the timer itself wakes the task.

    To the task it is a future that is done when the timer fires, or was cancelled.
    """

    __slots__ = ("_asyncio_future_blocking", "_cancelled", "_delay_s", "_loop", "_timer")

    def __init__(self, loop: VirtualLoop, delay_s: float) -> None:
        self._loop = loop
        self._delay_s = delay_s
        self._cancelled = False

    def __await__(self) -> Generator[Pause, None, None]:
        self._asyncio_future_blocking = True
        yield self

    def add_done_callback(self, callback: Callable[..., object], *, context: Context) -> None:
        """Called by the task that waits: what it wants to be woken by."""
        self._timer = Handle(callback, (self,), context)
        self._loop.set_timer(self._delay_s, self._timer)

    def cancel(self, msg: object = None) -> bool:
        """As of a future: the task is woken, and finds the cancellation."""
        if self._cancelled:
            return False
        self._cancelled = True
        self._timer.cancel()
        self._loop.call_soon(self._timer.callback, self, context=self._timer.context)
        return True

    def result(self) -> None:
        """Asked by the task when it is woken."""
        del self._timer  # It hangs together in a ring with it, and would wait for the garbage collector.
        if self._cancelled:
            raise asyncio.CancelledError


WORLD = Owner("world")
OWNER: ContextVar[Owner] = ContextVar("owner", default=WORLD)


class Handle(msgspec.Struct):
    """One callback to come. (A Struct since so many are made.)"""

    callback: Callable[..., Any]
    args: tuple[Any, ...]
    context: Context
    dropped: bool = False

    @property
    def owner(self) -> Owner:
        """Whose it is."""
        return self.context.get(OWNER, WORLD)

    def cancel(self) -> None:
        """Never run it."""
        self.dropped = True

    def cancelled(self) -> bool:
        """Whether it will never run."""
        return self.dropped


@contextmanager
def unlisted() -> Iterator[None]:
    """Meanwhile asyncio lists no task that is made: nobody asks for the list, and it costs two microseconds a task."""
    listed: Any = getattr(asyncio.tasks, "_all_tasks", None)
    if not isinstance(listed, WeakSet):  # Another version of Python keeps it in another way.
        yield
        return
    vars(listed)["add"] = _nothing_of
    try:
        yield
    finally:
        del vars(listed)["add"]


def _nothing_of(_task: object) -> None:
    """What becomes of a task that is not listed."""


class VirtualLoop(asyncio.BaseEventLoop):
    """See the module. `now_s` is the time of the world; `time` that of the process that asks."""

    def __init__(self, chance: Random) -> None:
        # Nothing of the inherited loop is used, nor set up: it would open a selector.
        self._chance = chance.random
        self.now_s = 0.0
        self.steps = 0
        self.halted = False
        self.errors: list[BaseException] = []
        self._ready: list[Handle] = []
        self._timers: list[tuple[float, int, Handle]] = []
        self._sequence = 0
        # Made without a call of ours in between: there are dozens a purchase.
        self.create_future = partial(asyncio.Future, loop=self)  # type: ignore[method-assign]

    def run(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Run until `work` has ended, or (None) `halted` is set. Raises what it raises, Stuck or Spinning."""
        with self.entered():
            return self._run(work)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Meanwhile it is the running loop, to those, too, who end while nothing runs."""
        events._set_running_loop(self)
        try:
            with unlisted():
                yield
        finally:
            events._set_running_loop(None)

    def _run(self, work: Coroutine[Any, Any, T]) -> T | None:
        task = self.create_task(work)
        while not task.done() and not self.halted:
            self._turn()
            if not task.done() and not self.halted:
                self._advance()
        return task.result() if task.done() else None

    def _turn(self) -> None:
        """Everything that is ready, and what that makes ready."""
        ready, chance = self._ready, self._chance
        while ready and not self.halted:
            self.steps += 1
            if self.steps > STEPS_MAX:
                raise Spinning(f"{self.steps} callbacks by {self.now_s:.3f} s")
            # The one that is taken is replaced by the last, so that taking costs the same however many there are.
            handle = ready.pop()
            if ready:
                place = int(chance() * (len(ready) + 1))
                if place < len(ready):
                    handle, ready[place] = ready[place], handle
            owner = handle.context.get(OWNER, WORLD)
            if handle.dropped or owner.dead:
                continue
            if owner.parked is not None:
                owner.parked.append(handle)
                continue
            try:
                handle.context.run(handle.callback, *handle.args)
            except Exception as error:
                self.errors.append(error)
            if owner.watch is not None:
                owner.watch(handle.callback)
            if owner.fuse:
                owner.fuse -= 1
                if not owner.fuse:
                    owner.burn()

    def _advance(self) -> None:
        timers, ready = self._timers, self._ready
        while timers:
            self.now_s, _, handle = heappop(timers)
            if not (handle.dropped or handle.context.get(OWNER, WORLD).dead):
                break
        else:
            raise Stuck(f"nothing will ever happen again after {self.now_s:.3f} s")
        ready.append(handle)
        while timers and timers[0][0] <= self.now_s:
            ready.append(heappop(timers)[2])

    def freeze(self, owner: Owner) -> None:
        """Let nothing of `owner` run, as when its machine is paused."""
        if owner.parked is None:
            owner.parked = []

    def thaw(self, owner: Owner) -> None:
        """Let it go on; everything that has fallen due meanwhile is ready at once."""
        parked, owner.parked = owner.parked, None
        self._ready += parked or []

    def jump(self, owner: Owner, ahead_s: float) -> None:
        """Put the clock of `owner` forward: its timers fall due earlier."""
        owner.ahead_s += ahead_s
        self._timers = [
            (max(self.now_s, when_s - ahead_s) if handle.owner is owner else when_s, number, handle)
            for when_s, number, handle in self._timers
        ]
        heapify(self._timers)

    def time(self) -> float:
        """Seconds, by the clock of the process that asks."""
        return self.now_s + OWNER.get().ahead_s

    def call_soon(self, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None) -> Any:
        """See `asyncio`, here and below."""
        handle = Handle(callback, args, copy_context() if context is None else context)
        self._ready.append(handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> Any:
        handle = Handle(callback, args, copy_context() if context is None else context)
        self.set_timer(delay, handle)
        return handle

    def set_timer(self, delay_s: float, handle: Handle) -> None:
        """Let `handle` be ready after a while."""
        self._sequence += 1
        heappush(self._timers, (self.now_s + delay_s if delay_s > 0 else self.now_s, self._sequence, handle))

    def call_at(
        self, when: float, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> Any:
        context = copy_context() if context is None else context
        handle = Handle(callback, args, context)
        ahead_s = handle.owner.ahead_s
        at_s = when - ahead_s
        if at_s + ahead_s < when:  # Rounding must not let it fire too early, to be set again for ever.
            at_s = nextafter(when, inf) - ahead_s
        self._sequence += 1
        heappush(self._timers, (max(self.now_s, at_s), self._sequence, handle))
        return handle

    def create_task(self, coro: Any, *, name: object = None, context: Context | None = None) -> asyncio.Task[Any]:
        owner = OWNER.get() if context is None else context.get(OWNER, WORLD)
        # Nobody asks for its name, and to make one up costs more.
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=self, name="task", context=context)
        owner.tasks.append(task)
        if len(owner.tasks) > owner.tasks_max:
            owner.tidy()
        return task

    get_debug = staticmethod(bool)
    """False. Asked by every future that is made, and in this way not at the cost of a call."""

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Nobody is told of exceptions that nobody asked for: their time of being found is the garbage collector's."""


def end(owner: Owner) -> None:
    """Let everything of a dead owner go: its coroutines are closed where they stand, and nothing of it runs again."""
    assert owner.dead
    context = copy_context()
    context.run(OWNER.set, owner)
    with warnings.catch_warnings():
        # What a dead process had only just begun was never awaited: that is the point.
        warnings.simplefilter("ignore", RuntimeWarning)
        for task in owner.living_tasks():
            task._log_destroy_pending = False  # type: ignore[attr-defined]  # it is pending for ever, and that is meant
            coroutine = task.get_coro()
            if coroutine is not None:
                context.run(coroutine.close)
    owner.tasks.clear()


@types.coroutine
def rest_of(work: Coroutine[Any, Any, T], awaited: object) -> Generator[object, None, T]:
    """What is left of a coroutine that has been sent on its way, and waits for `awaited`."""
    try:
        while True:
            try:
                yield awaited
            except asyncio.CancelledError as cancelled:
                awaited = work.throw(cancelled)
            else:
                awaited = work.send(None)
    except StopIteration as done:
        value: T = done.value
        return value


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine that never waits."""
    try:
        work.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    raise AssertionError("it waits")
