"""Parts of the engine that are made of settings alone, or nearly so."""

from __future__ import annotations

from race_to_purchase.commit.committer import Committer
from race_to_purchase.errors import ConfigurationError
from race_to_purchase.gateways.webhook.publisher import WebhookPublisher
from race_to_purchase.observe.committed import committed
from race_to_purchase.path.patience import Patience
from race_to_purchase.ports import Store
from race_to_purchase.settings import Settings, pauses_of


def committer_of(settings: Settings, store: Store) -> Committer:
    """The one writer, whose batches are told of once they are committed."""
    return Committer(
        store,
        policy=settings.policy,
        batch_max=settings.batch_max,
        waiting_max=settings.waiting_max,
        observe=committed,
    )


def patience_of(settings: Settings) -> Patience:
    """How long a payment waits for what."""
    return Patience(
        gateway_s=settings.gateway_timeout_s,
        answer_s=settings.answer_wait_s,
        takeover_s=settings.takeover_s,
        action_wait_s=settings.action_wait_s,
        deadline_extension_max_s=settings.deadline_extension_max_s,
        resolve_after_s=pauses_of(settings.resolve_after_s),
        resolve_for_s=settings.resolve_for_s,
        unknown_fails_over=settings.unknown_fails_over,
    )


def publisher_of(settings: Settings) -> WebhookPublisher | None:
    """Who tells the merchant of orders, where there is an address; ConfigurationError where it is wrong."""
    if not settings.webhook_url:
        return None
    url, secret = settings.webhook_url, settings.webhook_secret
    try:
        return WebhookPublisher(url, secret, allow_private=settings.webhook_allow_private)
    except ValueError as error:
        raise ConfigurationError(detail=f"RACE_WEBHOOK_URL or RACE_WEBHOOK_SECRET: {error}.") from None
