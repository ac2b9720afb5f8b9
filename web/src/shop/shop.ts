/** The demo shop. */

import "../embed.ts";
