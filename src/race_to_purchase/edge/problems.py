"""What can be wrong with a request before any rule is asked, each told as an RFC 9457 problem with a stable code.

A refusal is raised, since it ends a request from anywhere inside the reading of it. Where the right headers belong to
the refusal (`Allow`, `WWW-Authenticate`), they are part of it.
"""

from __future__ import annotations

from race_to_purchase.edge.reply import Reply
from race_to_purchase.errors import TryAgainLater
from race_to_purchase.ports import Acted
from race_to_purchase.rules.answers import Answer, problem

CHALLENGE = b'Bearer realm="race-to-purchase"'


class Refused(Exception):
    """The request goes no further; `answer` is what its client is told."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


class WrongKey(Refused):
    """The request came with a key that nobody has."""


class KeyOfOthers(Refused):
    """The request came with the key of `holder`, which is not for this path."""

    def __init__(self, answer: Answer, holder: str) -> None:
        super().__init__(answer)
        self.holder = holder


def no_such_page() -> Answer:
    """Nothing lives at this path."""
    return problem(
        404, "not_found", "Not found", "There is nothing at this address; /openapi.json lists what there is."
    )


def nul_in_query() -> Refused:
    """No text of ours holds a NUL, and PostgreSQL cannot even be asked for one."""
    return invalid("query", "It holds a NUL character (%00).")


def pages_not_built() -> Answer:
    """The package was made without its pages."""
    detail = "This installation has no pages: `make setup` or `pip install` builds them from web/. The API works."
    return problem(503, "pages_not_built", "Pages not built", detail)


def no_such(what: str) -> Refused:
    """There is no such drop, checkout or order, or it is somebody else's: nobody is told which."""
    return Refused(problem(404, f"unknown_{what}", f"Unknown {what}", f"There is no such {what}."))


def wrong_method(method: str, allowed: str) -> Refused:
    """The path exists, but does not understand this method."""
    detail = f"{method[:20]} is not possible here; {allowed} is."
    told = problem(405, "method_not_allowed", "Method not allowed", detail)
    return Refused(Reply(told.status, told.body, problem=True, headers=((b"allow", allowed.encode("ascii")),)))


def unauthorized(*, wrong: bool) -> Refused:
    """No key was given, or one that nobody has."""
    detail = "This key is not known." if wrong else "A key is needed: Authorization: Bearer <key>."
    told = problem(401, "unauthorized", "Unauthorized", detail)
    challenge = CHALLENGE + (b', error="invalid_token"' if wrong else b"")
    kind = WrongKey if wrong else Refused
    return kind(Reply(told.status, told.body, problem=True, headers=((b"www-authenticate", challenge),)))


def forbidden(role: str, needed: str, holder: str) -> KeyOfOthers:
    """Who asks is known, but this path is for others."""
    detail = f"This is for {_FOR.get(needed, needed + ' keys')}, not for {role} keys."
    return KeyOfOthers(problem(403, "forbidden", "Forbidden", detail), holder)


_FOR = {
    "buyer": "storefront keys and buyers in person",
    "session": "the session of a browser",
    "merchant": "storefront keys and those of operators and viewers",
    "refunder": "storefront keys and those of operators",
    "operator": "keys of operators and admins",
    "viewer": "keys of viewers, operators and admins",
}


def not_this_buyer() -> Refused:
    """A buyer in person names another one."""
    return Refused(problem(403, "forbidden", "Forbidden", "Race-Buyer names another buyer than the one who asks."))


def no_session() -> Refused:
    """Neither a key nor a session where either would do."""
    detail = "A key is needed (Authorization: Bearer <key>), or the session of a browser (POST /v1/session)."
    told = problem(401, "unauthorized", "Unauthorized", detail)
    return Refused(Reply(told.status, told.body, problem=True, headers=((b"www-authenticate", CHALLENGE),)))


def session_over(*, expired: bool) -> Refused:
    """A cookie that is no session any more, or never was one. Why in detail is counted, and not told."""
    if expired:
        detail = "This session has ended: begin a new one with POST /v1/session."
        told = problem(401, "session_expired", "Session expired", detail)
    else:
        detail = "The cookie race_session is not one of ours: begin a new session with POST /v1/session."
        told = problem(401, "session_invalid", "Session invalid", detail)
    return Refused(Reply(told.status, told.body, problem=True, headers=((b"www-authenticate", CHALLENGE),)))


def console_session_over() -> Refused:
    """An operator's session has ended, or never was one; or its key was taken away. Why is counted, and not told."""
    detail = "Your session at the console is over. Sign in again; nothing of this request was done."
    told = problem(401, "console_session_over", "Signed out", detail)
    return Refused(Reply(told.status, told.body, problem=True, headers=((b"www-authenticate", CHALLENGE),)))


def stale_view(latest: Acted | None) -> Answer:
    """Somebody was faster: what was wanted was wanted of a state that is gone."""
    by = "Somebody" if latest is None else str(latest.data.get("by") or "Somebody")
    detail = f"{by} has changed this since you looked at it. Nothing was done: look again, and decide anew."
    return problem(409, "stale_view", "Changed meanwhile", detail, latest=latest)


def search_too_wide() -> Refused:
    """There is too much to look through."""
    detail = "There are too many purchases to look through in time: ask for fewer hours, or by order or checkout."
    return Refused(problem(503, "search_too_wide", "Search too wide", detail))


def too_many_viewers() -> Refused:
    """Nobody who watches may be felt by those who buy."""
    detail = "So many watch the console at this process that no further one can. Try again later."
    return Refused(problem(503, "too_many_viewers", "Too many viewers", detail, retryable=True, retry_after_s=5))


def token_refused(*, expired: bool) -> Refused:
    """A customer's token that is not believed. Why in detail is counted, and not told."""
    if expired:
        detail = "This token has expired: ask the shop for a new one."
        told = problem(401, "token_expired", "Token expired", detail)
    else:
        detail = "This token does not say who its bearer is: it is not the shop's, not for this service, or malformed."
        told = problem(401, "token_invalid", "Token invalid", detail)
    challenge = CHALLENGE + b', error="invalid_token"'
    return Refused(Reply(told.status, told.body, problem=True, headers=((b"www-authenticate", challenge),)))


def no_customers() -> Refused:
    """Nobody can sign in, since no shop's tokens are believed."""
    detail = "This service takes no customers' tokens: RACE_CUSTOMERS_ISSUER is not set."
    return Refused(problem(404, "no_customers", "No customers", detail))


def cross_site() -> Refused:
    """The page of another site has made the browser send this."""
    detail = "This came from a page of another site, which RACE_CORS_ORIGINS does not name."
    return Refused(problem(403, "cross_site", "Cross-site request", detail))


def bad_csrf() -> Refused:
    """The cookie came along, but not what only our own pages know."""
    detail = "Race-Csrf is missing, or is not that of this session: it is in the answer to POST /v1/session."
    return Refused(problem(403, "csrf_invalid", "Not from our page", detail))


def key_name_taken() -> Refused:
    """Two keys of one name could not be told apart in what they did."""
    detail = "A key of this name is not revoked yet, or stands in the settings: revoke it, or take another name."
    return Refused(problem(409, "key_name_taken", "Name taken", detail))


def not_for_buyers() -> Refused:
    """A buyer's wish for a refund is the merchant's to grant."""
    detail = "A refund is asked for by the storefront or an operator themselves: leave Race-Buyer out."
    return Refused(problem(403, "forbidden", "Forbidden", detail))


def bad_header(code: str, header: str, detail: str) -> Refused:
    """A header is missing or is not what it has to be."""
    return Refused(problem(400, code, "Bad header", detail, field=header))


def version_required() -> Refused:
    """What is replaced as a whole has to be what its buyer has seen."""
    detail = "Say which version of the cart this replaces: If-Match with its ETag, or version in the body."
    return Refused(problem(428, "version_required", "Version required", detail))


def malformed(detail: str, position: int) -> Refused:
    """The body is not JSON; `position` is the byte at which it stops being so."""
    return Refused(problem(400, "malformed_json", "Malformed JSON", detail, position=position))


def invalid(field: str | None, detail: str, code: str = "invalid_input") -> Refused:
    """The body is JSON, but `field` (as in `lines[0].quantity`) is not what it has to be."""
    return Refused(problem(422, code, "Invalid input", detail, field=field or "body"))


def webhook_refused(*, too_old: bool) -> Refused:
    """A gateway's message is not believed. Why in detail is for the log: a forger need not learn what to do better."""
    if too_old:
        detail = "It was signed too long ago, or in the future."
        return Refused(problem(400, "webhook_too_old", "Message refused", detail))
    detail = "It is malformed, or not signed with the secret that this gateway has here."
    return Refused(problem(400, "webhook_invalid", "Message refused", detail))


def wrong_media_type(given: str) -> Refused:
    """The body is said to be something other than JSON."""
    detail = (
        f"The body must be application/json, not {given[:100]!r}." if given else "Say content-type: application/json."
    )
    return Refused(problem(415, "unsupported_media_type", "Unsupported media type", detail))


def too_large(limit: int) -> Refused:
    """The body is larger than is read here. The rest of it is not read, so the connection ends."""
    return _last(problem(413, "body_too_large", "Body too large", f"This body may have {limit} bytes.", limit=limit))


def too_slow() -> Refused:
    """The body did not arrive in time. What is still under way is not waited for, so the connection ends."""
    return _last(problem(408, "body_too_slow", "Body too slow", "The body did not arrive in time.", retryable=True))


def _last(told: Answer) -> Refused:
    return Refused(Reply(told.status, told.body, problem=True, headers=((b"connection", b"close"),)))


_UNAVAILABLE = {
    "overloaded": ("Overloaded", "More requests are waiting than can be served in time. Nothing was changed."),
    "database_unavailable": (
        "Temporarily unavailable",
        "The service cannot reach its database at the moment, so it is not known whether this request took effect. "
        "Send it again unchanged, with the same Idempotency-Key.",
    ),
}


def unavailable(error: TryAgainLater) -> Answer:
    """The service cannot answer now. The error's own words are for the log: they may name hosts."""
    title, detail = _UNAVAILABLE.get(error.code, ("Temporarily unavailable", "Try again later."))
    return problem(
        error.http_status,
        error.code,
        title,
        detail,
        retryable=error.retryable,
        retry_after_s=error.retry_after_s,
    )


def stopping() -> Answer:
    """This process ends before the request could. What it began is finished elsewhere, from the rows."""
    detail = "The service is restarting. Send the request again unchanged, with the same Idempotency-Key."
    return problem(503, "stopping", "Restarting", detail, retryable=True, retry_after_s=1)


def broken(request_id: str) -> Answer:
    """A mistake of ours. Its traceback is in the log, under the same request id."""
    detail = "Something went wrong here. It was logged under this request_id."
    return problem(500, "internal_error", "Internal error", detail, request_id=request_id)
