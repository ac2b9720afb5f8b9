/** Deutsch für alle, die über einen eigenen Zugang hereinkommen. */

import type { AccessWords } from "../words.ts";

export const access: AccessWords = {
  messages: {
    "granted.title": "Sie haben Zugang",
    "granted.body": "Sie stehen in keiner Schlange: Sie werden eingelassen, wenn der Verkauf beginnt.",
    lane: "Sie kommen über den Zugang „{lane}“ herein.",
    accessLabel: "Zugangscode",
    accessUse: "Einlösen",
  },
  troubles: {
    grant_invalid: { what: "Das ist kein Zugangscode für diesen Verkauf.", next: "Prüfen Sie ihn, oder stellen Sie sich ohne an." },
    grant_not_yet: { what: "Dieser Zugangscode gilt noch nicht.", next: "Öffnen Sie den Link wieder, wenn es so weit ist, oder stellen Sie sich jetzt an." },
    grant_expired: { what: "Dieser Zugangscode ist abgelaufen.", next: "Stellen Sie sich ohne ihn an, oder fragen Sie, wer ihn geschickt hat." },
    grant_revoked: { what: "Der Shop hat diesen Zugangscode zurückgenommen.", next: "Stellen Sie sich ohne ihn an, oder fragen Sie, wer ihn geschickt hat." },
    grant_used: { what: "Dieser Zugangscode wurde schon benutzt.", next: "Er gilt einmal. Stellen Sie sich an, wenn Sie mehr möchten." },
    grant_wrong_identity: { what: "Dieser Zugangscode gehört jemand anderem, oder Sie sind nicht angemeldet.", next: "Melden Sie sich im Shop als der an, der ihn bekommen hat, und öffnen Sie den Link noch einmal. Oder stellen Sie sich ohne ihn an." },
  },
};
