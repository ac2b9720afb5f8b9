/** Where a buyer stands, by the state of their checkout. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { stepOf } from "../src/checkout/step.ts";
import type { Checkout } from "../src/engine/shapes.ts";

const at = (state: string, more = {}) => stepOf({ state, ...more } as Checkout);

test("whose reservation has ended under a payment is not told that nothing was charged", () => {
  assert.equal(at("lapsed"), "paying");
  assert.equal(at("expired"), "expired");
});

test("a payment that waits for its buyer is at the bank", () => {
  assert.equal(at("paying"), "paying");
  assert.equal(at("paying", { next_action: "https://bank.example" }), "bank");
});
