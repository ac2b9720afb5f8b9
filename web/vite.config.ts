/** How the pages are built: into the Python package, with a digest in every name but that of the embedded script. */

import { resolve } from "node:path";

import { defineConfig, type Plugin } from "vite";

import * as german from "./src/text/de/all.ts";
import * as english from "./src/text/en/all.ts";

const here = import.meta.dirname;

/** The pages that need no JavaScript are written by the server, in the same words: it reads them from here. */
const wordsForTheServer: Plugin = {
  name: "words",
  generateBundle() {
    for (const [tag, words] of Object.entries({ en: english, de: german })) {
      this.emitFile({ type: "asset", fileName: `words/${tag}.json`, source: JSON.stringify(Object.values(words)) });
    }
  },
};

export default defineConfig({
  plugins: [wordsForTheServer],
  build: {
    outDir: process.env["RACE_WEB_OUT"] ?? resolve(here, "../src/race_to_purchase/web"),
    emptyOutDir: true,
    target: "es2022",
    // A page names all that its script imports, so that nothing is found out one after the other; nothing is preloaded by
    // a script of Vite's own, and nothing is inlined: the pages' policy allows neither.
    modulePreload: { polyfill: false, resolveDependencies: (_file, found, { hostType }) => (hostType === "html" ? found : []) },
    assetsInlineLimit: 0,
    manifest: true,
    rolldownOptions: {
      input: { shop: resolve(here, "shop.html"), console: resolve(here, "console.html"), race: resolve(here, "src/embed.ts"), plain: resolve(here, "src/plain/plain.css") },
      output: {
        // A shop writes this address into its own page, so it stays; all that it imports has a digest.
        entryFileNames: (chunk) => (chunk.name === "race" ? "assets/race.js" : "assets/[name]-[hash].js"),
      },
    },
  },
  experimental: {
    // The pages of a shop import from another origin: what a script refers to is found from the script.
    renderBuiltUrl: (_file, { hostType }) => (hostType === "js" ? { relative: true } : undefined),
  },
});
