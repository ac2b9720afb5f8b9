/** English for the pages that need no JavaScript; what they have in common with the others is in the other tables. */

export const plain = {
  messages: {
    lookAgain: "Look again",
    looksAgain: { one: "This page looks again by itself every second.", other: "This page looks again by itself every {n} seconds." },
    lookByItself: "Let this page look again by itself",
    doNotLook: "Do not look again by itself",
    enter: "Go in",
    enterBody: "Go in when you are ready to choose: your turn lasts {time} from then on.",
    place: "Ahead of you",
    placeOf: "{ahead} of {all}",
    moment: "{time} ({clock} UTC)",
    back: "Go back to the sale",
    payElsewhere: "The payment company's own fields need JavaScript. Switch it on for this shop and go on from here: your reservation is kept.",
    goOn: "Go on with JavaScript",
    codeIsSent: "We have sent a code to that address. It may take a minute.",
    website: "Leave this empty",
    outcomeAsk: "I am back from the bank",
    "front.title": "Sales are held here",
    "front.body": "Each has an address of its own: open the link that the shop has given you.",
    frontConsole: "The shop's console",
    frontReference: "For engineers: the reference of the API",
  },
  troubles: {
    not_found: { what: "There is nothing at this address.", next: "Check it, or open the link that the shop has given you again." },
    head_too_large: { what: "Your browser sends more along than this shop takes.", next: "Delete the cookies of this shop, then open the page again." },
    challenge_required: { what: "This sale asks for a check, and the one that it asks for needs JavaScript.", next: "Switch it on for this page, or open it in another browser." },
  },
} as const;
