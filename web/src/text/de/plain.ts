/** Deutsch für die Seiten, die kein JavaScript brauchen. */

import type { PlainWords } from "../words.ts";

export const plain: PlainWords = {
  messages: {
    lookAgain: "Noch einmal nachsehen",
    looksAgain: { one: "Diese Seite sieht jede Sekunde selbst nach.", other: "Diese Seite sieht alle {n} Sekunden selbst nach." },
    lookByItself: "Diese Seite selbst nachsehen lassen",
    doNotLook: "Nicht mehr selbst nachsehen",
    enter: "Eintreten",
    enterBody: "Treten Sie ein, wenn Sie auswählen möchten: Von da an haben Sie {time} Zeit.",
    place: "Vor Ihnen",
    placeOf: "{ahead} von {all}",
    moment: "{time} (um {clock} UTC)",
    back: "Zurück zum Verkauf",
    payElsewhere: "Die Felder des Zahlungsanbieters brauchen JavaScript. Schalten Sie es für diesen Shop ein und machen Sie hier weiter: Ihre Reservierung bleibt.",
    goOn: "Mit JavaScript weiter",
    codeIsSent: "Wir haben einen Code an diese Adresse gesendet. Es kann eine Minute dauern.",
    website: "Bitte leer lassen",
    outcomeAsk: "Ich bin zurück von der Bank",
    "front.title": "Hier finden Verkäufe statt",
    "front.body": "Jeder hat eine eigene Adresse: Öffnen Sie den Link, den Sie vom Shop bekommen haben.",
    frontConsole: "Die Konsole des Shops",
    frontReference: "Für die Technik: die Referenz der API",
  },
  troubles: {
    not_found: { what: "An dieser Adresse ist nichts.", next: "Prüfen Sie sie, oder öffnen Sie noch einmal den Link, den Sie vom Shop bekommen haben." },
    head_too_large: { what: "Ihr Browser schickt mehr mit, als dieser Shop annimmt.", next: "Löschen Sie die Cookies dieses Shops, und öffnen Sie die Seite noch einmal." },
    challenge_required: { what: "Dieser Verkauf verlangt eine Prüfung, und die braucht JavaScript.", next: "Schalten Sie es für diese Seite ein, oder öffnen Sie sie in einem anderen Browser." },
  },
};
