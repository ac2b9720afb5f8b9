"""Every error that the API answers, in Stripe's shape: status, type, code, and the sentence.

Codes and types are Stripe's, since programs go by them; the sentences are our own. A refusal is raised before anything
was written, and its answer is stored under the idempotency key only where an operation had begun.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Refused(Exception):
    """A request that is answered by an error. `stored` says whether its idempotency key remembers that."""

    def __init__(self, status: int, error: dict[str, Any], *, stored: bool = False) -> None:
        super().__init__(error["message"])
        self.status = status
        self.error = error
        self.stored = stored

    def body(self) -> bytes:
        """The JSON that is answered."""
        return msgspec.json.encode({"error": self.error})


def invalid(message: str, *, code: str | None = None, param: str | None = None) -> Refused:
    """400 for parameters that no operation can begin with."""
    return Refused(400, _error("invalid_request_error", message, code=code, param=param))


def rejected(message: str, *, code: str | None = None, param: str | None = None, **extra: Any) -> Refused:
    """400 from an operation that had begun: the key remembers it."""
    return Refused(400, _error("invalid_request_error", message, code=code, param=param, **extra), stored=True)


def missing(kind: str, name: str, *, param: str = "id", status: int = 404) -> Refused:
    """An object that is not there; 404 where the address names it, 400 where a parameter does."""
    message = f"No such {kind}: '{name[:80]}'"
    error = _error("invalid_request_error", message, code="resource_missing", param=param)
    return Refused(status, error, stored=True)


def unexpected_state(intent: Any, verb: str, allowed: list[str]) -> Refused:
    """400 for a step that a payment in this state cannot take; the payment comes along."""
    wanted = f"Only a PaymentIntent with one of these statuses can be {verb}: {', '.join(allowed)}."
    message = f"This PaymentIntent could not be {verb} because it has a status of {intent.status}. {wanted}"
    return rejected(message, code="payment_intent_unexpected_state", payment_intent=intent)


def declined(code: str, decline_code: str | None, message: str, **extra: Any) -> Refused:
    """402: the bank said no."""
    error = _error("card_error", message, code=code, decline_code=decline_code, **extra)
    return Refused(402, error, stored=True)


def unauthorized(message: str) -> Refused:
    """401: no key, or not one of ours."""
    return Refused(401, _error("invalid_request_error", message))


def unknown_url(method: str, path: str) -> Refused:
    """404: nothing is served there."""
    message = f"Unrecognized request URL ({method}: {path[:200]}): the simulator speaks only what a checkout needs."
    return Refused(404, _error("invalid_request_error", message))


def too_large() -> Refused:
    """413: a body that no request of this API has."""
    return Refused(413, _error("invalid_request_error", "The body is too large."))


def rate_limited() -> Refused:
    """429 of the limiter, which stands before everything that remembers."""
    return Refused(429, _error("invalid_request_error", "Request rate limit exceeded.", code="rate_limit"))


def locked() -> Refused:
    """429 for an object that somebody else is working on."""
    message = "This object is in use by another request, and waiting for it took too long; try again."
    return Refused(429, _error("invalid_request_error", message, code="lock_timeout"))


def key_reused(key: str, what: str) -> Refused:
    """400 for a key that came before with another request."""
    message = f"An idempotency key belongs to the {what} it was first used with; '{key}' was used with another."
    return Refused(400, _error("idempotency_error", message))


def key_in_use(key: str) -> Refused:
    """409 for a key whose first request is still being worked on."""
    message = f"Another request with the idempotency key '{key}' is still in progress; try again later."
    return Refused(409, _error("invalid_request_error", message, code="idempotency_key_in_use"))


def broken(status: int = 500) -> Refused:
    """5xx: something went wrong in the gateway."""
    return Refused(status, _error("api_error", "Something went wrong in the gateway."), stored=True)


def _error(kind: str, message: str, **rest: Any) -> dict[str, Any]:
    error = {"type": kind, "message": message}
    error.update({name: value for name, value in rest.items() if value is not None})
    return error
