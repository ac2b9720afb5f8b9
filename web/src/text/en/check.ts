/** English for whoever is asked for more than their browser can do by itself; fetched where that happens. */

export const check = {
  messages: {
    "code.title": "A code by e-mail",
    "code.body": "We send you a code once, to know that you are a person.",
    codeSend: "Send the code",
    codeSent: "We have sent a code to {email}. It may take a minute.",
    codeLabel: "Code",
    codeConfirm: "Confirm",
    codeOther: "Use another address",
    codeInstead: "Have a code sent by e-mail instead",
    backToChoice: "Back to the choice",
    "widget.title": "One more check",
    "widget.body": "{name} looks whether you are a person. What it learns of your browser meanwhile goes to {name}.",
    widgetComes: "The check is being loaded…",
    widgetFailed: "The check could not be loaded, or does not work in this browser.",
  },
  troubles: {
    no_email_codes: { what: "Codes by e-mail are not possible here.", next: "Try again in another browser, or ask the shop." },
  },
} as const;
