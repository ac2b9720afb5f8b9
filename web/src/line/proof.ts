/** A proof of work after ALTCHA: found by trying, and the same work for every browser. */

import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import type { Challenge } from "../engine/shapes.ts";

/** The number from `from` to below `to` that solves it, or null. */
export function search(challenge: Challenge, from: number, to: number): number | null {
  const salted = sha256.create().update(utf8(challenge.salt));
  for (let n = from; n < to; n += 1) {
    if (bytesToHex(salted.clone().update(utf8(String(n))).digest()) === challenge.challenge) return n;
  }
  return null;
}

/** The solution as the engine wants it. */
export function payload(challenge: Challenge, number: number): string {
  const { algorithm, challenge: wanted, salt, signature } = challenge;
  return btoa(JSON.stringify({ algorithm, challenge: wanted, number, salt, signature }));
}

const encoder = new TextEncoder();

function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}
