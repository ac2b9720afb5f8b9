/** Proofs of work: one that ALTCHA's own library made is found, and sent as the engine reads it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { payload, search } from "../src/line/proof.ts";

const CHALLENGE = {
  algorithm: "SHA-256",
  challenge: "bea05bc7b12ad697fb3a812900b11fc153db98e14455495e88b63edec2039b4c",
  salt: "8600e32e4592f825149aed7b&",
  signature: "1c595844483dd469a3a04b774f799d6702483178ca9bf9872be11b021191f592",
  maxnumber: 60_000,
};

test("the number is found, wherever the search begins before it", () => {
  assert.equal(search(CHALLENGE, 49_000, 60_001), 50_000);
});

test("a search that ends before it finds nothing", () => {
  assert.equal(search(CHALLENGE, 49_000, 50_000), null);
});

test("the solution says what was asked, and the number, and nothing about how long it took", () => {
  const { maxnumber: _, ...asked } = CHALLENGE;
  assert.deepEqual(JSON.parse(atob(payload(CHALLENGE, 50_000))), { ...asked, number: 50_000 });
});
