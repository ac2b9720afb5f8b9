/** Places and tickets: the same vectors as `tests/rules/line/test_shared_vectors.py` reads. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

import { placeOf } from "../src/line/place.ts";
import { readTicket } from "../src/line/ticket.ts";
import vectors from "./vectors.json" with { type: "json" };

for (const { seed, tid, registered, late, place } of vectors.places) {
  test(`place ${place} of ${registered}${late === null ? "" : ", late"}`, () => {
    assert.equal(placeOf({ tid: hexToBytes(tid), late }, seed, registered), place);
  });
}

for (const { token, tid, late } of vectors.tickets) {
  test(`a ticket that is ${late === null ? "in the draw" : `late by ${late}`}`, () => {
    const ticket = readTicket(token);
    assert.deepEqual({ tid: bytesToHex(ticket!.tid), late: ticket!.late }, { tid, late });
  });
}

const token = vectors.tickets[0]!.token;

for (const wrong of ["", "x", token.slice(1), `${token}A`, token.replace(/^./, "B"), "<script>", "é".repeat(68)]) {
  test(`no ticket: ${JSON.stringify(wrong.slice(0, 12))}`, () => {
    assert.equal(readTicket(wrong), null);
  });
}
