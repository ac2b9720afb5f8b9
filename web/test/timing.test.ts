/** Polling, waiting and the clock: bounded, spread, and by the engine's time. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Clock } from "../src/engine/clock.ts";
import type { LineStatus } from "../src/engine/shapes.ts";
import { backoffMs, pause } from "../src/engine/wait.ts";
import { pollMs } from "../src/line/poll.ts";

const NOW = Date.parse("2026-12-01T18:00:00Z");

function status(changes: Partial<LineStatus> = {}): LineStatus {
  return {
    drop: "aurora-1", phase: "open", now: "2026-12-01T18:00:00Z", opens_at: "2026-12-01T18:00:00Z",
    registration_opens_at: "2026-12-01T17:00:00Z", registration_closes_at: "2026-12-01T17:50:00Z", seed: null,
    registered: null, cursor: 0, rate_per_s: 10, stock: "plenty", poll_s: [5, 30], message: null, slim_from: null, ...changes,
  };
}

describe("polling", () => {
  test("never sooner than asked for, never much later", () => {
    for (const ahead of [null, 0, 10, 1_000, 1_000_000]) {
      for (const random of [0, 0.5, 0.999]) {
        const ms = pollMs(status(), ahead, NOW, () => random);
        assert.ok(ms >= 5_000 && ms <= 36_000, `${ahead}: ${ms}`);
      }
    }
  });

  test("those who are next look more often than those far behind", () => {
    const at = (ahead: number): number => pollMs(status(), ahead, NOW, () => 0);
    assert.equal(at(1), 5_000);
    assert.ok(at(400) > 5_000 && at(400) < 30_000);
    assert.equal(at(100_000), 30_000);
  });

  test("a moment that is near is not slept through", () => {
    const opens_at = "2026-12-01T18:00:12Z";
    for (const soon of [
      status({ phase: "announced", registration_opens_at: opens_at }),
      status({ phase: "registration", registration_closes_at: opens_at }),
      status({ phase: "draw", seed: "5e", opens_at }),
    ]) assert.equal(pollMs(soon, null, NOW, () => 0), 12_000);
  });

  test("a status that is told to be over by its own moments is looked up again at once", () => {
    const later = { registration_closes_at: "2026-12-01T19:00:00Z", opens_at: "2026-12-01T20:00:00Z" };
    assert.equal(pollMs(status({ ...later, phase: "announced" }), null, NOW, () => 0), 5_000);
    assert.equal(pollMs(status({ phase: "registration", opens_at: later.opens_at }), null, NOW, () => 0), 5_000);
  });

  test("a draw that is under way may be done at any time", () => {
    assert.equal(pollMs(status({ phase: "draw", opens_at: "2026-12-01T20:00:00Z" }), null, NOW, () => 0), 5_000);
  });

  test("browsers that came together do not come together again", () => {
    const drawn = new Set([0, 0.2, 0.4, 0.6, 0.8].map((random) => pollMs(status(), 100_000, NOW, () => random)));
    assert.equal(drawn.size, 5);
  });
});

describe("waiting before the next try", () => {
  test("grows, and is bounded", () => {
    const waits = [1, 2, 3, 4, 5, 6, 20].map((n) => backoffMs(n, null, () => 1));
    assert.deepEqual(waits, [400, 800, 1600, 3200, 6400, 8000, 8000]);
  });

  test("is at least what the engine asks for", () => {
    assert.ok(backoffMs(1, 5_000, () => 0) >= 5_000);
  });

  test("ends at once when nobody waits for it any more", async () => {
    const stop = new AbortController();
    const waiting = pause(60_000, stop.signal);
    stop.abort();
    await waiting;
    await pause(60_000, stop.signal);
  });
});

describe("the clock", () => {
  test("a phone that goes wrong by an hour still counts down to the engine's moment", () => {
    const clock = new Clock(() => NOW - 3_600_000);
    clock.heard(NOW, NOW - 3_600_000 - 50, NOW - 3_600_000 + 50);
    assert.equal(clock.until("2026-12-01T18:05:00Z"), 300_000);
  });

  test("a slow answer does not spoil what a quick one has told", () => {
    const clock = new Clock(() => NOW);
    clock.heard(NOW, NOW - 10, NOW + 10);
    clock.heard(NOW - 4_000, NOW - 5_000, NOW + 5_000);
    assert.equal(clock.now(), NOW);
  });

  test("what is no time is not believed", () => {
    const clock = new Clock(() => NOW);
    clock.heard(Number.NaN, NOW, NOW);
    assert.equal(clock.now(), NOW);
  });
});
