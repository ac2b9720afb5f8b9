/** What is asked of a buyer beyond what their browser does by itself. */

import type { SiteKeys } from "../engine/shapes.ts";

/** `answer` is what a code is appended to once it was sent; with `keys` a widget is shown, and `mail` would do as well. */
export interface Asked {
  readonly answer: string | null;
  readonly email: string;
  readonly mail?: boolean;
  readonly keys?: SiteKeys | undefined;
}
