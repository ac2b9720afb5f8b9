"""How many calls a second the simulator answers: `python -m tests.simulator.measure [SECONDS]`.

Each caller creates a payment, confirms and captures it, over a connection of its own, each call with a key of its own.
The gateway runs as a process beside this one; the messages go to a merchant in a third.
"""

import asyncio
import multiprocessing
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlencode

import psutil

from tests.simulator.merchant import SECRET, merchant
from tests.simulator.running import Process, launched

CALLERS = (1, 16, 64, 128)
FORM = {"amount": 1500, "currency": "eur", "capture_method": "manual"}
REQUEST = (
    "POST {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer sk_test_measure\r\nIdempotency-Key: {key}\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
)


class Caller:
    """One connection that buys again and again; `latencies_s` has an entry for each call."""

    def __init__(self, port: int, name: str) -> None:
        self._port, self._name = port, name
        self.latencies_s: list[float] = []

    async def buy(self, until: float) -> None:
        """Payments until a time of the monotonic clock."""
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        n = 0
        while time.monotonic() < until:
            n += 1
            key = f"{self._name}-{n}"
            made = await self._call("/v1/payment_intents", {**FORM, "metadata[checkout]": key}, f"{key}-create")
            path = "/v1/payment_intents/" + made.partition(b'"id":"')[2].partition(b'"')[0].decode()
            await self._call(f"{path}/confirm", {"payment_method": "pm_card_visa"}, f"{key}-confirm")
            await self._call(f"{path}/capture", {"amount_to_capture": 1500}, f"{key}-capture")
        self._writer.close()

    async def _call(self, path: str, form: dict[str, object], key: str) -> bytes:
        body = urlencode(form)
        started = time.perf_counter()
        self._writer.write(REQUEST.format(path=path, key=key, length=len(body), body=body).encode())
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        answer = await self._reader.readexactly(length)
        self.latencies_s.append(time.perf_counter() - started)
        if b" 200 " not in head.partition(b"\r\n")[0]:
            raise RuntimeError(answer.decode())
        return answer


async def load(gateway: Process, callers: int, seconds: float) -> str:
    """One line about what so many callers got."""
    crowd = [Caller(gateway.port, f"{callers}-{n}-{time.time_ns()}") for n in range(callers)]
    process = psutil.Process(gateway.child.pid)
    before = process.cpu_times()
    until = time.monotonic() + seconds
    await asyncio.gather(*(one.buy(until) for one in crowd))
    after = process.cpu_times()
    latencies_s = sorted(latency for one in crowd for latency in one.latencies_s)
    p50, p99 = (latencies_s[int(len(latencies_s) * share)] * 1000 for share in (0.5, 0.99))
    cpu_ms = (after.user + after.system - before.user - before.system) * 1000 / len(latencies_s)
    rate = f"{callers:4} callers: {len(latencies_s) / seconds:6.0f} calls/s, p50 {p50:5.1f} ms, p99 {p99:5.1f} ms"
    return f"{rate}, {cpu_ms:.2f} ms of CPU a call"


def take(tell: Connection) -> None:
    """A merchant, as a process, until it is told to stop; it says how many messages it took."""
    with merchant() as one:
        tell.send(one.url)
        tell.recv()
        tell.send(len(one.bodies))


def main(seconds: float) -> None:
    """Measure without and with messages to a merchant."""
    with tempfile.TemporaryDirectory() as folder:
        with launched(Path(folder, "quiet.db")) as gateway:
            for callers in CALLERS:
                sys.stdout.write(asyncio.run(load(gateway, callers, seconds)) + "\n")
        here, there = multiprocessing.Pipe()
        shop = multiprocessing.Process(target=take, args=(there,))
        shop.start()
        with launched(Path(folder, "told.db"), webhook_url=here.recv(), webhook_secret=SECRET) as gateway:
            line = asyncio.run(load(gateway, 64, seconds))
            here.send("stop")
            sys.stdout.write(f"{line}, with {here.recv() / seconds:.0f} messages/s sent meanwhile\n")
        shop.join()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0)
