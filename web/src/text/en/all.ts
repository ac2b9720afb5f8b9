/** Every table of this language. The first one that knows a key says it. */

export { plain } from "./plain.ts";
export { line } from "./line.ts";
export { checkout } from "./checkout.ts";
