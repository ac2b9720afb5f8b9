/** English for who comes in by a lane of their own; fetched where somebody does, or says so. */

export const access = {
  messages: {
    "granted.title": "You have access",
    "granted.body": "You stand in no line: you are let in when the sale opens.",
    lane: "You come in by the lane “{lane}”.",
    accessLabel: "Access code",
    accessUse: "Use it",
  },
  troubles: {
    grant_invalid: { what: "This is no access code for this sale.", next: "Check it, or join the line without one." },
    grant_not_yet: { what: "This access code does not count yet.", next: "Open its link again when its time has come, or join the line now." },
    grant_expired: { what: "This access code has expired.", next: "Join the line without it, or ask whoever sent it." },
    grant_revoked: { what: "The shop has taken this access code back.", next: "Join the line without it, or ask whoever sent it." },
    grant_used: { what: "This access code was used already.", next: "It counts once. Join the line, if you want more." },
    grant_wrong_identity: { what: "This access code is somebody else's, or you are not signed in.", next: "Sign in to the shop as the one who got it, and open its link again. Or join the line without it." },
  },
} as const;
