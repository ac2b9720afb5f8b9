/** The honest wait: a range, rounded as people speak, and silence where nobody can know. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { estimate, sighted, type Sighting, speedSeen, spoken } from "../src/line/estimate.ts";

const steady = (perS: number, seconds: number): readonly Sighting[] =>
  Array.from({ length: seconds / 10 + 1 }, (_, i) => ({ atMs: i * 10_000, cursor: i * 10 * perS }));

describe("what was seen", () => {
  test("a line that moves as announced gives a range that holds it", () => {
    const range = estimate(600, 10, steady(10, 60))!;
    assert.ok(range.fromS <= 60 && 60 <= range.toS);
  });

  test("a line that is slower than announced makes the range wide, not wrong", () => {
    const range = estimate(600, 10, steady(2, 60))!;
    assert.ok(range.fromS <= 60 && range.toS >= 300);
  });

  test("a line that stands still says nothing, whatever was announced", () => {
    assert.equal(estimate(600, 10, steady(0, 60)), null);
  });

  test("before anything was seen, the announcement counts", () => {
    assert.deepEqual(estimate(600, 10, []), { fromS: 60, toS: 80 });
  });

  test("without an announcement and without a sighting nobody knows", () => {
    assert.equal(estimate(600, 0, []), null);
  });

  test("more than a day away is not an estimate", () => {
    assert.equal(estimate(10_000_000, 1, []), null);
  });

  test("too short a look gives no speed", () => {
    assert.equal(speedSeen(steady(10, 10)), null);
  });

  test("sightings grow old, and a cursor that went back starts anew", () => {
    const old = sighted(steady(10, 60), 400_000, 9_000);
    assert.deepEqual(old, [{ atMs: 400_000, cursor: 9_000 }]);
    assert.deepEqual(sighted([{ atMs: 0, cursor: 50 }], 10_000, 10), [{ atMs: 10_000, cursor: 10 }]);
  });
});

describe("how it is said", () => {
  const cases: [number, number, unknown][] = [
    [0, 60, { unit: "soon" }],
    [30, 61, { unit: "minutes", from: 1, to: 2 }],
    [240, 420, { unit: "minutes", from: 4, to: 7 }],
    [700, 1300, { unit: "minutes", from: 10, to: 25 }],
    [7200, 10800, { unit: "hours", from: 2, to: 3 }],
    [100, 5401, { unit: "hours", from: 0.5, to: 2 }],
  ];
  for (const [fromS, toS, said] of cases) {
    test(`${fromS} to ${toS} seconds`, () => assert.deepEqual(spoken({ fromS, toS }), said));
  }
});
