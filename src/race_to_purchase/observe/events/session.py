"""Who buyers are: their sessions, what the shop says of them, and what was not believed."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from race_to_purchase.observe.events.event import Counter, Event, Gauge, Log

SessionFault = Literal["malformed", "unknown_key", "forged", "expired", "twice"]
TokenFault = Literal[
    "malformed",
    "algorithm",
    "unknown_key",
    "signature",
    "issuer",
    "audience",
    "expired",
    "not_yet",
    "subject",
]
Fence = Literal["origin", "csrf"]


class SessionBegun(Event, frozen=True):
    """A browser that had no session got one, as a guest."""

    metrics = (Counter("race_sessions_begun_total", "Sessions that were begun."),)


class SessionEnded(Event, frozen=True):
    """A browser gave its session back."""

    metrics = (Counter("race_sessions_ended_total", "Sessions that were given back."),)


class SessionRefused(Event, frozen=True):
    """A cookie came that is no session of ours, or no longer."""

    log = Log("debug", "session refused")
    metrics = (Counter("race_sessions_refused_total", "Cookies that were not believed, by why.", by=("fault",)),)

    fault: Annotated[
        SessionFault,
        Meta(
            description="What is wrong with a cookie: `malformed`, nobody here wrote it; `unknown_key`, its signing "
            "key is gone; `forged`, its signature is none of ours; `expired`; `twice`, there were two."
        ),
    ]


class RequestNotMeant(Event, frozen=True):
    """A browser was made to send something that its buyer may not have meant; it was refused."""

    log = Log("info", "request not meant")
    metrics = (Counter("race_requests_not_meant_total", "Requests refused as another site's, by fence.", ("fence",)),)

    fence: Annotated[
        Fence,
        Meta(description="What stopped it: `origin`, it came from another site's page; `csrf`, its token was wrong."),
    ]


class CustomerSignedIn(Event, frozen=True):
    """The shop said who a browser is."""

    log = Log("debug", "customer signed in")
    metrics = (Counter("race_sign_ins_total", "Guests who became customers."),)


class CustomerRefused(Event, frozen=True):
    """A token came that does not say who somebody is, or that is not the shop's."""

    log = Log("info", "customer refused")
    metrics = (Counter("race_customers_refused_total", "Customers' tokens not believed, by why.", by=("token_fault",)),)

    token_fault: Annotated[
        TokenFault,
        Meta(
            description="What is wrong with a customer's token: its form, its algorithm, a key that is not the shop's, "
            "its signature, for whom or by whom it was made, its times, or whom it names."
        ),
    ]


class CustomerKeysFetched(Event, frozen=True):
    """The shop's public keys were fetched."""

    log = Log("debug", "customer keys fetched")
    metrics = (Gauge("race_customer_keys", "Public keys of the shop that count.", "keys"),)

    keys: Annotated[int, Meta(description="How many there are.")]


class CustomerKeysUnanswered(Event, frozen=True):
    """The shop's public keys could not be fetched. Those that were fetched before go on counting."""

    log = Log("warning", "customer keys unanswered")
    metrics = (Counter("race_customer_keys_unanswered_total", "Times that the shop's keys could not be fetched."),)

    reason: Annotated[str, Meta(description="What came instead, in words.")]
