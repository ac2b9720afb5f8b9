/** Deutsch für alle, von denen mehr verlangt wird, als ihr Browser von selbst kann. */

import type { CheckWords } from "../words.ts";

export const check: CheckWords = {
  messages: {
    "code.title": "Ein Code per E-Mail",
    "code.body": "Wir senden Ihnen einmal einen Code, um zu wissen, dass Sie ein Mensch sind.",
    codeSend: "Code senden",
    codeSent: "Wir haben einen Code an {email} gesendet. Es kann eine Minute dauern.",
    codeLabel: "Code",
    codeConfirm: "Bestätigen",
    codeOther: "Andere Adresse verwenden",
    codeInstead: "Stattdessen ein Code per E-Mail",
    backToChoice: "Zurück zur Auswahl",
    "widget.title": "Noch eine Prüfung",
    "widget.body": "{name} sieht nach, ob Sie ein Mensch sind. Was dabei über Ihren Browser zu erfahren ist, geht an {name}.",
    widgetComes: "Die Prüfung wird geladen…",
    widgetFailed: "Die Prüfung konnte nicht geladen werden, oder sie geht in diesem Browser nicht.",
  },
  troubles: {
    no_email_codes: { what: "Codes per E-Mail sind hier nicht möglich.", next: "Versuchen Sie es in einem anderen Browser, oder fragen Sie den Shop." },
  },
};
