"""The test payment methods, by Stripe's names, and what the bank behind each of them does: one table.

Nothing is decided here about payments; a name that is not in the table is no payment method at all.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Refunding = Literal["succeeded", "pending", "failed"]


class Decline(msgspec.Struct, frozen=True):
    """Why the bank says no: Stripe's error code, the decline code where there is one, and what to do next."""

    code: str
    decline_code: str | None = None
    advice_code: str | None = None
    message: str = "Your card was declined."


class Card(msgspec.Struct, frozen=True):
    """One test payment method.

    `authenticates` asks for 3-D Secure: always, or `off_session` only when the buyer is away, where it is a decline.
    `decline` is the bank's answer after that. `waits` leaves the payment in processing until somebody settles it.
    `disputed` opens a dispute for this reason at capture, `inquiry` one that takes no money yet.
    """

    brand: str = "visa"
    last4: str = "4242"
    country: str = "US"
    decline: Decline | None = None
    authenticates: Literal["never", "always", "off_session"] = "never"
    waits: bool = False
    refunding: Refunding = "succeeded"
    disputed: str | None = None
    inquiry: bool = False


DECLINES: dict[str, Decline] = {
    "generic_decline": Decline("card_declined", "generic_decline", "try_again_later"),
    "insufficient_funds": Decline(
        "card_declined", "insufficient_funds", "try_again_later", "Your card has insufficient funds."
    ),
    "lost_card": Decline("card_declined", "lost_card", "do_not_try_again"),
    "stolen_card": Decline("card_declined", "stolen_card", "do_not_try_again"),
    "fraudulent": Decline("card_declined", "fraudulent", "do_not_try_again"),
    "do_not_honor": Decline("card_declined", "do_not_honor", "try_again_later"),
    "try_again_later": Decline("card_declined", "try_again_later", "try_again_later"),
    "issuer_not_available": Decline("card_declined", "issuer_not_available", "try_again_later"),
    "card_velocity_exceeded": Decline("card_declined", "card_velocity_exceeded", "try_again_later"),
    "authentication_required": Decline(
        "authentication_required", "authentication_required", None, "This card asks for authentication."
    ),
    "expired_card": Decline("expired_card", None, "do_not_try_again", "Your card has expired."),
    "incorrect_cvc": Decline("incorrect_cvc", None, "confirm_card_data", "The security code is incorrect."),
    "processing_error": Decline("processing_error", None, "try_again_later", "The card could not be processed."),
}
"""By the decline code, or the error code where there is none: what fault rules name."""

_REFUSING: dict[str, Card] = {
    "pm_card_chargeDeclined": Card(last4="0002", decline=DECLINES["generic_decline"]),
    "pm_card_chargeDeclinedInsufficientFunds": Card(last4="9995", decline=DECLINES["insufficient_funds"]),
    "pm_card_chargeDeclinedLostCard": Card(last4="9987", decline=DECLINES["lost_card"]),
    "pm_card_chargeDeclinedStolenCard": Card(last4="9979", decline=DECLINES["stolen_card"]),
    "pm_card_chargeDeclinedExpiredCard": Card(last4="0069", decline=DECLINES["expired_card"]),
    "pm_card_chargeDeclinedIncorrectCvc": Card(last4="0127", decline=DECLINES["incorrect_cvc"]),
    "pm_card_chargeDeclinedProcessingError": Card(last4="0119", decline=DECLINES["processing_error"]),
    "pm_card_chargeDeclinedVelocityLimitExceeded": Card(last4="6975", decline=DECLINES["card_velocity_exceeded"]),
    "pm_card_chargeDeclinedFraudulent": Card(last4="0019", decline=DECLINES["fraudulent"]),
    "pm_card_radarBlock": Card(last4="0019", decline=DECLINES["fraudulent"]),
}

CARDS: dict[str, Card] = {
    "pm_card_visa": Card(),
    "pm_card_visa_debit": Card(last4="5556"),
    "pm_card_mastercard": Card("mastercard", "4444"),
    "pm_card_amex": Card("amex", "8431"),
    "pm_card_discover": Card("discover", "1117"),
    "pm_card_de": Card(last4="0016", country="DE"),
    "pm_card_fr": Card(last4="0003", country="FR"),
    "pm_card_gb": Card(last4="0000", country="GB"),
    **_REFUSING,
    # Stripe's own list names some of them with the brand, and older programs without it: both are known.
    **{name.replace("pm_card_", "pm_card_visa_"): card for name, card in _REFUSING.items() if "Declined" in name},
    "pm_card_authenticationRequired": Card(last4="3184", authenticates="always"),
    "pm_card_authenticationRequiredOnSetup": Card(last4="3155", authenticates="off_session"),
    "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds": Card(
        last4="8260", authenticates="always", decline=DECLINES["insufficient_funds"]
    ),
    "pm_card_threeDSecure2Required": Card(last4="3220", authenticates="always"),
    "pm_card_threeDSecureRequired": Card(last4="3063", authenticates="always"),
    "pm_card_threeDSecureRequiredChargeDeclined": Card(
        last4="1629", authenticates="always", decline=DECLINES["generic_decline"]
    ),
    "pm_card_threeDSecureOptional": Card(last4="3055"),
    "pm_card_pendingRefund": Card(last4="7726", refunding="pending"),
    "pm_card_refundFail": Card(last4="5126", refunding="failed"),
    "pm_card_createDispute": Card(last4="0259", disputed="fraudulent"),
    "pm_card_createDisputeProductNotReceived": Card(last4="2685", disputed="product_not_received"),
    "pm_card_createDisputeInquiry": Card(last4="1976", disputed="fraudulent", inquiry=True),
    "pm_usBankAccount_processing": Card("us_bank_account", "0009", waits=True),
}
"""By the id that a request gives as `payment_method`."""
