"""The settings themselves: one frozen struct, whose descriptions are their documentation, and their relations."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from race_to_purchase.settings.values import YEAR_S, drops_of, keys_of, log_only_of, pauses_of, signing_keys_of

Positive = Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=YEAR_S)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All of them; each field's description is its documentation."""

    database_url: Annotated[str, msgspec.Meta(description="PostgreSQL 15 or later; empty: the embedded one.")] = ""
    data_dir: Annotated[str, msgspec.Meta(description="Folder of the embedded PostgreSQL; empty: the user's own.")] = ""
    host: Annotated[str, msgspec.Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535, description="Port to listen on; 0: any free one.")] = 8000
    workers: Annotated[int, msgspec.Meta(ge=1, le=64, description="Processes on that port, on one database.")] = 1
    storefront_keys: Annotated[
        str, msgspec.Meta(description="`name:key` pairs, comma-separated; empty: a development key is made.")
    ] = ""
    admin_keys: Annotated[
        str,
        msgspec.Meta(
            description="`name:key` of admins, or `name/role:key` of viewers, operators and admins, comma-separated; "
            "see docs/keys.md. Empty: a development key is made."
        ),
    ] = ""
    session_keys: Annotated[
        str,
        msgspec.Meta(
            description="`number:secret` pairs that sign buyers' sessions, comma-separated: the first signs, all "
            "count; see docs/sessions.md. Empty: one is made once and kept in the database."
        ),
    ] = ""
    session_days: Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=400,
            description="How long a buyer's session lasts: a guest's from their last visit, a customer's from "
            "signing in.",
        ),
    ] = 30
    cart_days: Annotated[
        int, msgspec.Meta(ge=1, le=400, description="How long a cart is kept that nobody changes.")
    ] = 30
    console_idle_minutes: Annotated[
        int, msgspec.Meta(ge=1, le=720, description="Idle time after which the console signs out.")
    ] = 30
    line_keys: Annotated[
        str,
        msgspec.Meta(
            description="`number:secret` pairs that sign tickets and passes, comma-separated: the first signs, all "
            "count; see docs/line.md. Empty: one is made once and kept in the database."
        ),
    ] = ""
    customers_issuer: Annotated[
        str,
        msgspec.Meta(
            description="`iss` of the tokens (JWT) by which the shop says who its customers are, see docs/sessions.md; "
            "empty: none are taken."
        ),
    ] = ""
    customers_audience: Annotated[
        str, msgspec.Meta(description="`aud` of those tokens: what the shop calls this service.")
    ] = "race-to-purchase"
    customers_jwks: Annotated[
        str, msgspec.Meta(description="Where the shop publishes the public keys of those tokens (JWKS); https.")
    ] = ""
    customers_key: Annotated[
        str, msgspec.Meta(description="Instead of that, a file with its public keys: PEM, a JWK, or a JWK set.")
    ] = ""
    customers_algorithms: Annotated[
        str,
        msgspec.Meta(
            description="Signature algorithms accepted of those tokens, comma-separated; asymmetric ones only."
        ),
    ] = "RS256,ES256,EdDSA"
    customers_leeway_s: Annotated[
        int, msgspec.Meta(ge=0, le=600, description="How far the shop's clock may be from ours.")
    ] = 60
    cors_origins: Annotated[
        str,
        msgspec.Meta(
            description="The shop's own origins whose pages may ask for buyers, such as `https://www.example.com`, "
            "comma-separated; empty: only pages that this service serves itself."
        ),
    ] = ""
    webhook_url: Annotated[
        str, msgspec.Meta(description="Where paid orders are delivered to; empty: nowhere, orders stay `paid`.")
    ] = ""
    webhook_secret: Annotated[
        str, msgspec.Meta(description="Standard Webhooks secret (`whsec_…`) that signs deliveries.")
    ] = ""
    webhook_allow_private: Annotated[
        bool, msgspec.Meta(description="Let deliveries go to private and loopback addresses, and over plain HTTP.")
    ] = False
    gateways: Annotated[
        str, msgspec.Meta(description="TOML file of the payment gateways, see docs/gateways.md; empty: one sandbox.")
    ] = ""
    slo: Annotated[
        str, msgspec.Meta(description="TOML file of objectives and budgets, see docs/slo.md; empty: the usual ones.")
    ] = ""
    policy: Annotated[
        Literal["combine", "optimistic"],
        msgspec.Meta(
            description="How batches are written: on row versions until another process gets in the way "
            "(`optimistic`), or always under row locks (`combine`)."
        ),
    ] = "optimistic"
    batch_max: Annotated[Positive, msgspec.Meta(description="Commands in one transaction, at most.")] = 256
    waiting_max: Annotated[
        Positive, msgspec.Meta(description="Commands that may wait in one drop and process before 503 is answered.")
    ] = 4096
    connections: Annotated[Positive, msgspec.Meta(description="Database connections of one process, at most.")] = 8
    stripe_key: Annotated[
        str, msgspec.Meta(description="Secret or restricted key of Stripe; empty: payments go to the sandbox.")
    ] = ""
    stripe_base: Annotated[
        str,
        msgspec.Meta(
            description="Address that speaks Stripe's API, such as `race gateway-simulator`; empty: Stripe itself."
        ),
    ] = ""
    stripe_webhook_secret: Annotated[
        str,
        msgspec.Meta(
            description="Secret of Stripe's webhook endpoint (`whsec_…`); several, comma-separated, to rotate."
        ),
    ] = ""
    gateway_timeout_s: Annotated[Seconds, msgspec.Meta(description="Time limit of one call to a payment gateway.")] = (
        10.0
    )
    answer_wait_s: Annotated[
        Seconds, msgspec.Meta(description="How long a payment request waits for its outcome before 202 is answered.")
    ] = 20.0
    takeover_s: Annotated[
        Seconds,
        msgspec.Meta(
            description="After this long another process may take over a payment that was begun; longer than "
            "gateway_timeout_s."
        ),
    ] = 15.0
    action_wait_s: Annotated[
        Seconds,
        msgspec.Meta(
            description="How long a buyer who has to act, as in 3-D Secure, is waited for, within "
            "deadline_extension_max_s."
        ),
    ] = 300.0
    deadline_extension_max_s: Annotated[
        float,
        msgspec.Meta(
            ge=0,
            le=YEAR_S,
            description="How much longer than promised a reservation may last, for buyers who have to act or "
            "are queued.",
        ),
    ] = 600.0
    resolve_after_s: Annotated[
        str,
        msgspec.Meta(
            description="Pauses before a step that got no answer is asked about again, comma-separated; "
            "the last is repeated."
        ),
    ] = "5,30,300,3600,86400"
    resolve_for_s: Annotated[
        float,
        msgspec.Meta(
            gt=300,
            le=YEAR_S,
            description="How long after its deadline a payment of unknown outcome is asked about; then it is a "
            "finding `unresolved` for people.",
        ),
    ] = 432_000.0
    unknown_fails_over: Annotated[
        bool,
        msgspec.Meta(
            description="Give up a payment that got no answer and try it at another gateway; otherwise its "
            "gateway is waited for."
        ),
    ] = False
    trusted_proxies: Annotated[
        str,
        msgspec.Meta(
            description="Networks of the proxies that are believed about a client's address, comma-separated, "
            "`unix` for a proxy on a Unix socket; empty: none. See docs/guard.md."
        ),
    ] = ""
    proxy_header: Annotated[
        Literal["x-forwarded-for", "forwarded"],
        msgspec.Meta(description="The header in which those proxies pass the client's address on."),
    ] = "x-forwarded-for"
    limits: Annotated[
        str,
        msgspec.Meta(
            description="Limits other than those of docs/guard.md, as in `join.network=600/60, "
            "reserve.buyer=off`: requests per seconds."
        ),
    ] = ""
    in_flight_max: Annotated[
        Positive,
        msgspec.Meta(
            description="Requests that a process works on at once; beyond that, one that begins something gets 503."
        ),
    ] = 8192
    clients_max: Annotated[
        int,
        msgspec.Meta(
            ge=16,
            le=1_000_000_000,
            description="Connections that a process keeps open; at most a quarter of them may have sent nothing yet.",
        ),
    ] = 20_000
    guard_log_only: Annotated[
        str,
        msgspec.Meta(
            description="What the guard decides but only logs, comma-separated: `limits`, `challenges`, `refusals`."
        ),
    ] = "refusals"
    challenge_seconds: Annotated[
        int, msgspec.Meta(ge=60, le=86_400, description="How long a challenge or an e-mailed code can be used.")
    ] = 600
    challenge_numbers: Annotated[
        int, msgspec.Meta(ge=1, le=1_000_000, description="The most numbers that an ordinary proof of work has to try.")
    ] = 50_000
    challenge_numbers_harder: Annotated[
        int, msgspec.Meta(ge=1, le=1_000_000, description="The same for visitors about whom something was noticed.")
    ] = 250_000
    challenge_reserve: Annotated[
        str,
        msgspec.Meta(
            description="Drops, comma-separated, whose buyers pass a challenge when they reserve; a drop with a line "
            "asks when they join."
        ),
    ] = ""
    challenge_datacentres: Annotated[
        str, msgspec.Meta(description="File of data centres' networks, one a line; empty: none is known.")
    ] = ""
    challenge_ja4_header: Annotated[
        str, msgspec.Meta(description="Header in which a trusted proxy tells the JA4 fingerprint; empty: none does.")
    ] = ""
    challenge_ja4: Annotated[
        str, msgspec.Meta(description="File of JA4 fingerprints that programs have, one a line; empty: none is known.")
    ] = ""
    mail_url: Annotated[
        str,
        msgspec.Meta(
            description="Mail server for codes, `smtp://user:password@host:587` or `smtps://…`; `console`: codes are "
            "logged; empty: there are none, except in development, where they are logged."
        ),
    ] = ""
    mail_from: Annotated[str, msgspec.Meta(description="Sender's address of the codes.")] = ""
    turnstile: Annotated[
        str, msgspec.Meta(description="`site-key:secret` of Cloudflare Turnstile; empty: it is not offered.")
    ] = ""
    hcaptcha: Annotated[str, msgspec.Meta(description="`site-key:secret` of hCaptcha; empty: it is not offered.")] = ""
    expire_every_s: Annotated[
        Seconds, msgspec.Meta(description="Pause between two looks for reservations that have expired.")
    ] = 0.5
    reconcile_every_s: Annotated[
        Seconds, msgspec.Meta(description="Pause between two rounds of reconciliation; one process at a time does it.")
    ] = 60.0
    reconcile_after_s: Annotated[
        Seconds,
        msgspec.Meta(description="The age at which something is first reconciled; longer than takeover_s."),
    ] = 300.0
    stop_grace_s: Annotated[
        Seconds, msgspec.Meta(description="How long SIGTERM lets requests and payments finish.")
    ] = 10.0
    log: Annotated[
        Literal["auto", "human", "json"],
        msgspec.Meta(description="Form of the log; auto: human on a terminal, JSON lines otherwise."),
    ] = "auto"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        msgspec.Meta(description="The least severe messages that are logged."),
    ] = "info"
    metrics: Annotated[bool, msgspec.Meta(description="Count what happens, and serve it at /metrics.")] = True
    metrics_host: Annotated[
        str, msgspec.Meta(description="Address of the metrics ports that processes have of their own.")
    ] = "127.0.0.1"
    metrics_port: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=65535,
            description="Metrics port of the first process; the second uses the next one, and so on; 0: none. A "
            "single process also serves its metrics on its main port.",
        ),
    ] = 0
    trace_url: Annotated[
        str,
        msgspec.Meta(
            description="Where traces are sent, by OTLP over HTTP, such as http://127.0.0.1:4318/v1/traces; "
            "empty: nowhere. Needs the extra `otel`."
        ),
    ] = ""
    trace_share: Annotated[
        float,
        msgspec.Meta(
            ge=0, le=1, description="Share of the traces that are sent; those of failed purchases always are."
        ),
    ] = 0.1
    trace_amount_min: Annotated[
        int,
        msgspec.Meta(
            ge=0, description="Traces of purchases of at least this many minor units are always sent; 0: no such rule."
        ),
    ] = 0
    survey_every_s: Annotated[
        Seconds, msgspec.Meta(description="Pause between two surveys of stock, reservations, tasks and messages.")
    ] = 5.0
    echo: Annotated[bool, msgspec.Meta(description="Mount POST /echo, the measuring stick of `race bench`.")] = False

    def __post_init__(self) -> None:
        if self.takeover_s <= self.gateway_timeout_s:
            raise ValueError("takeover_s must be longer than gateway_timeout_s, or calls under way are made twice")
        if self.reconcile_after_s <= self.takeover_s:
            raise ValueError("reconcile_after_s must be longer than takeover_s, or what is under way is called wrong")
        if self.metrics_port + self.workers > 65536:
            raise ValueError("metrics_port leaves no room for a port for each of the workers")
        for name in ("trace_url", "stripe_base"):
            address: str = getattr(self, name)
            if address and not address.startswith(("http://", "https://")):
                raise ValueError(f"{name} must begin with http:// or https://")
        if self.webhook_url and not self.webhook_secret:
            raise ValueError("webhook_url needs a webhook_secret: the merchant could not trust the deliveries")
        if self.webhook_secret and not self.webhook_url:
            raise ValueError(
                "webhook_secret needs a webhook_url: there is nothing to sign, and nobody is told of orders"
            )
        for name in ("stripe_base", "stripe_webhook_secret"):
            if getattr(self, name) and not (self.stripe_key or self.gateways):
                raise ValueError(f"{name} needs a stripe_key: without one, payments go to the sandbox")
        if self.challenge_numbers > self.challenge_numbers_harder:
            raise ValueError("challenge_numbers_harder must not be less than challenge_numbers")
        log_only_of(self.guard_log_only)
        drops_of(self.challenge_reserve, "challenge_reserve")
        pauses_of(self.resolve_after_s)
        keys_of(self.storefront_keys, "storefront_keys")
        keys_of(self.admin_keys, "admin_keys")
        signing_keys_of(self.session_keys, "session_keys")
        signing_keys_of(self.line_keys, "line_keys")
        if bool(self.customers_issuer) != (bool(self.customers_jwks) != bool(self.customers_key)):
            raise ValueError("customers_issuer needs either customers_jwks or customers_key, and they need it")
