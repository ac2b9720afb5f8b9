/** The languages: complete, with plural forms that the language has, and no parameter lost in translation. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Texts } from "../src/text/catalogue.ts";
import { access as accessDe } from "../src/text/de/access.ts";
import { check as checkDe } from "../src/text/de/check.ts";
import { checkout as checkoutDe } from "../src/text/de/checkout.ts";
import { line as lineDe } from "../src/text/de/line.ts";
import { plain as plainDe } from "../src/text/de/plain.ts";
import { access as accessEn } from "../src/text/en/access.ts";
import { check as checkEn } from "../src/text/en/check.ts";
import { checkout as checkoutEn } from "../src/text/en/checkout.ts";
import { line as lineEn } from "../src/text/en/line.ts";
import { plain as plainEn } from "../src/text/en/plain.ts";

const PARTS = [
  ["line", lineEn, lineDe], ["checkout", checkoutEn, checkoutDe], ["access", accessEn, accessDe], ["check", checkEn, checkDe],
  ["plain", plainEn, plainDe],
] as const;

type Table = Readonly<Record<string, unknown>>;

const parameters = (message: unknown): string[] => [...new Set(JSON.stringify(message).match(/\{\w+\}/g) ?? [])].sort();

for (const [part, english, german] of PARTS) {
  describe(part, () => {
    test("both languages say the same things", () => {
      for (const table of ["messages", "troubles"] as const) {
        assert.deepEqual(Object.keys(german[table]).sort(), Object.keys(english[table]).sort());
      }
    });

    test("with the same parameters", () => {
      for (const [key, message] of Object.entries(english.messages)) {
        assert.deepEqual(parameters((german.messages as Table)[key]), parameters(message), key);
      }
    });

    test("and nothing was left in English", () => {
      const same = Object.entries(english.messages).filter(([key, message]) => (german.messages as Table)[key] === message);
      assert.deepEqual(same.map(([key]) => key).filter((key) => !["codeLabel", "promoLabel"].includes(key)), []);
    });
  });
}

describe("a text", () => {
  const texts = new Texts("de", [lineDe, checkoutDe]);

  test("takes the form of its number, and writes numbers as its language does", () => {
    assert.equal(texts.say("ahead", { n: 1 }), "Person ist vor Ihnen");
    assert.equal(texts.say("queued", { n: 1_234 }), "Ihre Zahlung ist Nummer 1.234 in der Reihe");
  });

  test("writes money by the currency's own digits", () => {
    assert.equal(texts.money(15_900, "EUR"), "159,00\u00a0€");
    assert.equal(texts.money(15_900, "JPY"), "15.900\u00a0¥");
    assert.match(texts.money(15_900, "KWD"), /15,900/);
  });

  test("knows what to say of a code that is in no table, even one that every object has", () => {
    assert.equal(texts.trouble("something_new").what, lineDe.troubles.unexpected.what);
    assert.equal(texts.trouble("constructor").what, lineDe.troubles.unexpected.what);
    assert.equal(texts.decline("toString"), checkoutDe.declines.generic_decline);
  });
});
