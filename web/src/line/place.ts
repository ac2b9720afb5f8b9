/** Where a ticket stands. The engine computes the same in `rules/line/draw.py`, and anybody can check it. */

import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { hexToBytes } from "@noble/hashes/utils.js";

import type { Ticket } from "./ticket.ts";

/** From 0: `⌊u × registered⌋` with `u = HMAC-SHA256(seed, tid) ÷ 2⁶⁴` in the draw, behind all of it for late ones. */
export function placeOf(ticket: Ticket, seed: string, registered: number): number {
  if (ticket.granted === true) return -1;
  if (ticket.late !== null) return registered + ticket.late;
  const digest = hmac(sha256, hexToBytes(seed), ticket.tid);
  const lot = new DataView(digest.buffer, digest.byteOffset).getBigUint64(0);
  return Number((lot * BigInt(registered)) >> 64n);
}
