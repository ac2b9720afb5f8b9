"""Every code that a problem can have, with its HTTP status, what it means and what a client does about it."""

from __future__ import annotations

import msgspec


class Code(msgspec.Struct, frozen=True):
    """`retryable`: the same request, sent again unchanged and later, may succeed."""

    status: int
    meaning: str
    retryable: bool = False


CODES: dict[str, Code] = {
    "malformed_http": Code(400, "The bytes are no HTTP request."),
    "malformed_json": Code(400, "The body is not JSON; `position` is the byte at which it stops being so."),
    "idempotency_key_missing": Code(400, "This request changes something and needs an `Idempotency-Key`."),
    "idempotency_key_invalid": Code(400, "The `Idempotency-Key` is empty, over 255 characters or not printable."),
    "buyer_invalid": Code(400, "`Race-Buyer` is not the id of a buyer."),
    "buyer_required": Code(400, "A storefront key speaks for all buyers: `Race-Buyer` has to say for whom."),
    "if_match_invalid": Code(400, "`If-Match` is no ETag of a cart, or `version` says another one."),
    "duplicate_header": Code(400, "A header that decides something was sent twice."),
    "webhook_invalid": Code(400, "The message is malformed, or not signed with the secret that its gateway has here."),
    "webhook_too_old": Code(400, "The message was signed more than five minutes ago, or is from the future."),
    "unauthorized": Code(401, "No key and no session was given, or a key that is not known."),
    "session_invalid": Code(401, "The cookie `race_session` is not one of ours; begin a new session."),
    "session_expired": Code(401, "The session has ended; begin a new one."),
    "console_session_over": Code(401, "The operator's session at the console has ended, or its key was taken away."),
    "token_invalid": Code(401, "A customer's token is not the shop's, not for this service, or malformed."),
    "token_expired": Code(401, "A customer's token has expired; the shop has to make a new one."),
    "payment_declined": Code(
        402,
        "The gateway refused; `decline_code` says why. While `reserved_until` lies ahead, another method may be tried, "
        "with a new `Idempotency-Key`.",
    ),
    "challenge_required": Code(
        403, "Something has to be shown first: one of `ways`, such as the answer to `challenge`; see docs/guard.md."
    ),
    "challenge_failed": Code(
        403, "What was shown is no answer to a challenge for this drop and buyer; a new one is in `challenge`."
    ),
    "challenge_expired": Code(403, "The challenge has expired; a new one is in `challenge`."),
    "refused_by_guard": Code(403, "Too much about the request cannot come from a person's browser."),
    "pass_required": Code(403, "The drop has a line: claim a pass with a ticket, and send it as `Race-Pass`."),
    "pass_invalid": Code(403, "The pass is not of this drop, or for another browser, or was replaced by a newer one."),
    "pass_expired": Code(403, "The time of the pass is up; claim another one with the same ticket."),
    "pass_used": Code(
        403, "The ticket's pass was used for a reservation, which has not ended without an order, or not three times."
    ),
    "grant_invalid": Code(403, "It is no grant of this drop."),
    "grant_not_yet": Code(403, "The time of the grant has not come yet."),
    "grant_expired": Code(403, "The time of the grant is over."),
    "grant_revoked": Code(403, "The grant was taken back."),
    "grant_used": Code(403, "The grant was used for a reservation, or for a ticket when it is to be taken back."),
    "grant_wrong_identity": Code(403, "The grant was issued to another customer, or whoever shows it is unknown."),
    "ticket_invalid": Code(403, "The ticket is not one of this drop; join again, the same visitor has the same place."),
    "forbidden": Code(403, "The key is of the wrong kind, or its role does not reach, for this path."),
    "cross_site": Code(403, "A page of another site, that is not configured as the shop's, made the browser ask."),
    "csrf_invalid": Code(403, "`Race-Csrf` is missing, or is not that of this session."),
    "not_found": Code(404, "There is nothing at this path."),
    "no_customers": Code(404, "The configuration has no shop whose customers' tokens are believed."),
    "unknown_drop": Code(404, "There is no such drop."),
    "unknown_line": Code(404, "There is no such drop, or it has no line."),
    "unknown_grant": Code(404, "There is no such grant."),
    "unknown_part": Code(404, "The list of tickets is not published yet, or has no such part."),
    "unknown_checkout": Code(404, "There is no such checkout, or it is another buyer's."),
    "unknown_order": Code(404, "There is no such order, or it is another buyer's."),
    "unknown_gateway": Code(404, "The configuration has no gateway of this name."),
    "unknown_finding": Code(404, "There is no such finding."),
    "unknown_key": Code(404, "There is no such key."),
    "metrics_off": Code(404, "This process counts nothing: `RACE_METRICS` is false."),
    "metrics_elsewhere": Code(404, "Several processes answer on this port; `addresses` says where each tells its own."),
    "unknown_asset": Code(404, "The pages have no such script or style; one of an older version may be gone."),
    "method_not_allowed": Code(405, "The path exists, but not with this method; `Allow` lists those that do."),
    "body_too_slow": Code(408, "The body did not arrive within ten seconds.", retryable=True),
    "sold_out": Code(
        409, "Every piece of `item`, or of the drop, is sold; with `left`, so many can be had, and more were wanted."
    ),
    "all_reserved": Code(
        409,
        "Every piece of `item` is sold or in somebody's hands, but `left`; some may come back, not before `retry_at`.",
        retryable=True,
    ),
    "limit_reached": Code(409, "The buyer would have more than `limit`; `left` are left for them."),
    "promo_used_up": Code(409, "The code has no redemptions left."),
    "price_changed": Code(409, "A piece of `item` costs `price` now, and the buyer has seen `was`: show it first."),
    "cart_changed": Code(409, "The cart is at `version` by now: look at it again."),
    "drop_not_open": Code(409, "The drop opens at `opens_at`.", retryable=True),
    "registration_not_open": Code(409, "Registration for the line opens at `opens_at`.", retryable=True),
    "draw_under_way": Code(409, "Registration is closed and the list is being published.", retryable=True),
    "not_called": Code(409, "The place of the ticket is not below `cursor` yet.", retryable=True),
    "no_pass_free": Code(409, "Everybody there is room or stock for is inside; ask at `retry_at`.", retryable=True),
    "line_paused": Code(409, "The operator lets nobody in for the moment; places are kept.", retryable=True),
    "secret_wrong": Code(409, "The draw cannot be made: the signing key of its secret is gone or has changed."),
    "draw_not_possible": Code(409, "The draw cannot be made now, or not with this value; `detail` says why."),
    "drop_closed": Code(409, "The drop has ended."),
    "reservation_expired": Code(409, "The reservation ended before it was paid. Nothing was charged; reserve again."),
    "gateway_gone": Code(
        409, "The order was paid at a `gateway` that is not in the settings any more; put it back, or give back there."
    ),
    "order_not_captured": Code(409, "The order's money is not taken yet; it will be in a moment.", retryable=True),
    "order_disputed": Code(409, "A dispute about the order is open: its bank decides whether the money goes back."),
    "nothing_to_refund": Code(409, "All of the order was refunded, is being refunded, or was lost in a dispute."),
    "payment_in_flight": Code(409, "A payment for this checkout is being decided.", retryable=True),
    "wrong_state": Code(409, "The checkout is in a state (`state`) in which this is not possible any more."),
    "key_name_taken": Code(409, "A key of this name is not revoked yet, or stands in the settings."),
    "no_email_codes": Code(409, "Codes by e-mail are not set up here."),
    "idempotency_in_flight": Code(409, "The first request with this key is still being answered.", retryable=True),
    "stale_view": Code(
        409, "Somebody else has changed it since it was looked at; nothing was done. `latest` says what."
    ),
    "stock_below_use": Code(409, "The stock cannot shrink below what is `held` and `sold`."),
    "field_is_fixed": Code(409, "`field` of a drop cannot change once the drop exists."),
    "body_too_large": Code(
        413, "The body has more than `limit` bytes: 65,536, or a mebibyte for a drop or a gateway's message."
    ),
    "unsupported_media_type": Code(415, "The body is not said to be `application/json`."),
    "invalid_input": Code(422, "The body is not what it has to be; `field` names where, as in `lines[0].quantity`."),
    "cart_empty": Code(422, "There is nothing in the cart."),
    "cart_full": Code(422, "A cart has `limit` lines at most."),
    "duplicate_line": Code(422, "An item stands in two lines; put its quantities together."),
    "unknown_item": Code(422, "The drop has no such item."),
    "unknown_promo": Code(422, "The drop has no such promo code."),
    "amount_too_large": Code(
        422, "The total is more than one payment may be, or the refund more than is `left` of its order."
    ),
    "restock_needs_whole": Code(422, "Goods go back on sale only with the refund of all that is `left`."),
    "idempotency_key_reused": Code(422, "This key was used for another request; take a new one for a new wish."),
    "rate_limited": Code(
        429,
        "More was asked than `rate_limit` allows; nothing was done. `RateLimit` and `Retry-After` say more.",
        retryable=True,
    ),
    "version_required": Code(428, "What is replaced as a whole has to say which version it replaces."),
    "head_too_large": Code(431, "Request line and headers have more than 32,768 bytes."),
    "internal_error": Code(500, "A mistake of ours; quote the `request_id`."),
    "overloaded": Code(
        503, "More requests are waiting than can be served in time; nothing was changed.", retryable=True
    ),
    "database_unavailable": Code(
        503,
        "It is not known whether the request took effect: send it again with the same `Idempotency-Key`.",
        retryable=True,
    ),
    "no_gateway": Code(503, "No payment gateway takes this payment now; nothing was changed.", retryable=True),
    "stopping": Code(
        503,
        "The service is restarting, so it is not known whether the request took effect: send it again with the same "
        "`Idempotency-Key`.",
        retryable=True,
    ),
    "search_too_wide": Code(503, "There is too much to look through in time; ask for fewer hours."),
    "too_many_viewers": Code(503, "So many watch the console at this process that nobody else can.", retryable=True),
    "pages_not_built": Code(503, "This installation was made without its pages; the API works."),
    "unavailable": Code(503, "The request cannot be served at the moment; nothing was changed.", retryable=True),
}
