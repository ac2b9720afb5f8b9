/** How the pages are built: into the Python package, with a digest in every name but that of the embedded script. */

import { resolve } from "node:path";

import { defineConfig } from "vite";

const here = import.meta.dirname;

export default defineConfig({
  build: {
    outDir: process.env["RACE_WEB_OUT"] ?? resolve(here, "../src/race_to_purchase/web"),
    emptyOutDir: true,
    target: "es2022",
    // Nothing is preloaded by a script of Vite's own, and nothing is inlined: the pages' policy allows neither.
    modulePreload: false,
    assetsInlineLimit: 0,
    manifest: true,
    rolldownOptions: {
      input: { shop: resolve(here, "shop.html"), console: resolve(here, "console.html"), race: resolve(here, "src/embed.ts") },
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
