"""The guard and the doors' challenges, made from the settings."""

from __future__ import annotations

import time
from pathlib import Path
from secrets import token_bytes

import msgspec

from race_to_purchase.edge.challenge.challenges import Challenges, LogOnly, Means
from race_to_purchase.edge.challenge.codes import EmailCodes
from race_to_purchase.edge.challenge.elsewhere import Name, SiteVerify, ThirdParty
from race_to_purchase.edge.challenge.handlers import ChallengeHandlers
from race_to_purchase.edge.challenge.mail import ConsoleMailer, Mailer, SmtpMailer
from race_to_purchase.edge.challenge.networks import Networks
from race_to_purchase.edge.challenge.noticing import Known, Notices
from race_to_purchase.edge.challenge.proof import ProofOfWork
from race_to_purchase.edge.guard.address import Proxies
from race_to_purchase.edge.guard.busiest import Busiest
from race_to_purchase.edge.guard.gate import Gate
from race_to_purchase.edge.guard.limits import LimitsHere, WrongLimit, configured
from race_to_purchase.edge.guard.load import Load
from race_to_purchase.errors import ConfigurationError, reason_of
from race_to_purchase.ports import Keyrings
from race_to_purchase.settings import Settings, list_of, log_only_of

KEPT = "challenge"
"""Name under which the key that signs challenges is kept; they live for minutes, so that no setting is needed."""

KEY_BYTES = 32


class Guard(msgspec.Struct, frozen=True):
    """What the edge needs of it."""

    gate: Gate
    challenges: Challenges
    handlers: ChallengeHandlers
    mailer: Mailer | None
    third: tuple[ThirdParty, ...]

    async def close(self) -> None:
        """Let go of what it speaks to."""
        for one in (self.mailer, *self.third):
            if one is not None:
                await one.close()


async def open_guard(settings: Settings, keyrings: Keyrings) -> Guard:
    """Everything before the sale, with the key that all processes share; ConfigurationError as `guard_of`."""
    return guard_of(settings, await keyrings.settle(KEPT, token_bytes(KEY_BYTES)))


def guard_of(settings: Settings, key: bytes) -> Guard:
    """Everything before the sale; `key` signs challenges. ConfigurationError names the setting that cannot be used."""
    keys = [key]
    seconds = settings.challenge_seconds
    mailer = _mailer(settings)
    codes = EmailCodes(keys, seconds=seconds, now=time.time) if mailer is not None else None
    numbers = settings.challenge_numbers, settings.challenge_numbers_harder
    third = tuple(_third(settings))
    means = Means(ProofOfWork(keys, seconds=seconds, numbers=numbers, now=time.time), codes, third)
    reserving = frozenset(list_of(settings.challenge_reserve))
    challenges = Challenges(means, Notices(_known(settings), time.monotonic), _log_only(settings), reserving=reserving)
    handlers = ChallengeHandlers(challenges, codes, mailer, time.monotonic)
    return Guard(_gate(settings), challenges, handlers, mailer, third)


def _gate(settings: Settings) -> Gate:
    try:
        limits = LimitsHere(configured(settings.limits), time.monotonic)
    except WrongLimit as error:
        raise ConfigurationError(detail=f"RACE_LIMITS: {error}.") from None
    log_only = "limits" in log_only_of(settings.guard_log_only)
    return Gate(_proxies(settings), limits, Load(settings.in_flight_max), Busiest(time.monotonic), log_only=log_only)


def _log_only(settings: Settings) -> frozenset[LogOnly]:
    named = log_only_of(settings.guard_log_only)
    return frozenset(one for one in _LOG_ONLY if one in named)


_LOG_ONLY: tuple[LogOnly, ...] = ("challenges", "refusals")


def _proxies(settings: Settings) -> Proxies:
    try:
        return Proxies(filter(None, settings.trusted_proxies.split(",")), settings.proxy_header)
    except ValueError as error:
        raise ConfigurationError(detail=f"RACE_TRUSTED_PROXIES: {error}.") from None


def _known(settings: Settings) -> Known:
    try:
        file = settings.challenge_datacentres
        datacentres = Networks.read(Path(file)) if file else Networks()
    except (OSError, ValueError) as error:
        raise ConfigurationError(detail=f"RACE_CHALLENGE_DATACENTRES: {reason_of(error)}.") from None
    try:
        file = settings.challenge_ja4
        listed = frozenset(Path(file).read_text(encoding="ascii").split()) if file else frozenset()
    except (OSError, ValueError) as error:
        raise ConfigurationError(detail=f"RACE_CHALLENGE_JA4: {reason_of(error)}.") from None
    return Known(datacentres, settings.challenge_ja4_header.strip().lower().encode(), listed)


def _mailer(settings: Settings) -> Mailer | None:
    if not settings.mail_url:
        return None
    if settings.mail_url == "console":
        return ConsoleMailer()
    try:
        return SmtpMailer(settings.mail_url, settings.mail_from)
    except ValueError as error:
        raise ConfigurationError(detail=f"RACE_MAIL_URL or RACE_MAIL_FROM: {error}.") from None


def _third(settings: Settings) -> list[ThirdParty]:
    pairs: dict[Name, str] = {"turnstile": settings.turnstile, "hcaptcha": settings.hcaptcha}
    found: list[ThirdParty] = []
    for name, pair in pairs.items():
        site_key, colon, secret = pair.partition(":")
        if colon and site_key and secret:
            found.append(SiteVerify(name, site_key, secret, now=time.monotonic))
        elif pair:
            raise ConfigurationError(detail=f"RACE_{name.upper()} must look like site-key:secret.")
    return found
