/** What a problem is explained by. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Problem } from "../src/engine/problem.ts";

const topic = (code: string, left?: number): string => new Problem(409, { code, ...(left === undefined ? {} : { left }) }).topic;

test("less than was wanted is another thing than nothing", () => {
  for (const code of ["sold_out", "all_reserved"]) {
    assert.equal(topic(code, 2), "fewer_left");
    assert.equal(topic(code), code);
    assert.equal(topic(code, 0), code);
  }
  assert.equal(topic("limit_reached", 1), "limit_reached");
});
