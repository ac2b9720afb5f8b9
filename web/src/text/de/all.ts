/** Every table of this language. The first one that knows a key says it. */

export { access } from "./access.ts";
export { check } from "./check.ts";
export { plain } from "./plain.ts";
export { line } from "./line.ts";
export { checkout } from "./checkout.ts";
