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

test("a wrong address is another thing than a wrong form", () => {
  const wrong = (field?: string): string => new Problem(422, { code: "invalid_input", ...(field === undefined ? {} : { field }) }).topic;
  assert.equal(wrong("email"), "invalid_email");
  assert.equal(wrong("buyer.email"), "invalid_email");
  assert.equal(wrong("lines[0].item"), "invalid_input");
  assert.equal(wrong(), "invalid_input");
});
