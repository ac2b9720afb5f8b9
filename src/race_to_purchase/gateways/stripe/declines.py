"""What to do about each way in which Stripe refuses a payment: one table. It decides nothing itself.

Advice is about the *same* payment: `retry_later` with the same card; `other_gateway` without asking the buyer, because
the card was not judged; `other_card` and `fix_data` are for the buyer; `stop` means that this card must not be tried
again, here or elsewhere: card schemes fine those who do. Codes and their meaning:
https://docs.stripe.com/declines/codes and https://docs.stripe.com/error-codes; what an issuer adds as `advice_code`:
https://docs.stripe.com/declines/card#retrying-issuer-declines.
"""

from __future__ import annotations

from race_to_purchase.rules.verdicts import Advice, Declined

_BY_ADVICE: dict[Advice, str] = {
    # The issuer or a line to it is busy: the same card may do in a while.
    "retry_later": """
        approve_with_id authentication_not_handled duplicate_transaction issuer_not_available
        payment_method_provider_timeout reenter_transaction try_again_later
    """,
    # Stripe, or the account there, could not put it before the issuer: nobody said anything about the card.
    "other_gateway": """
        account_invalid amount_too_large amount_too_small capability_not_active card_decline_rate_limit_exceeded
        charge_exceeds_transaction_limit gateway_error invalid_charge_amount parameter_invalid_integer
        parameter_missing parameter_unknown payment_intent_invalid_parameter payment_intent_rate_limit_exceeded
        payment_method_not_available payment_method_unactivated processing_error request_blocked
    """,
    # The issuer refuses, without or with a reason that another try cannot change.
    "other_card": """
        authentication_failure authentication_required call_issuer card_declined card_not_supported
        card_velocity_exceeded charge_exceeds_source_limit currency_not_supported debit_not_authorized
        do_not_honor generic_decline insufficient_funds invalid_account invalid_amount invalid_card_type
        issuer_declined mobile_device_authentication_required new_account_information_available no_account
        no_action_taken not_permitted offline_pin_required online_or_offline_pin_required
        payment_intent_action_required payment_intent_authentication_failure
        payment_intent_incompatible_payment_method payment_intent_payment_attempt_expired
        payment_intent_payment_attempt_failed payment_method_currency_mismatch payment_method_customer_decline
        payment_method_provider_decline payment_method_restricted payment_method_unexpected_state
        payment_method_unsupported_type pin_try_exceeded refer_to_customer service_not_allowed
        transaction_not_allowed withdrawal_count_limit_exceeded
    """,
    # Something about the card was typed wrong, or is out of date.
    "fix_data": """
        cardholder_phone_number_required email_invalid expired_card expired_payment_method incorrect_address
        incorrect_cvc incorrect_number incorrect_pin incorrect_postal_code incorrect_zip invalid_characters
        invalid_cvc invalid_expiry_month invalid_expiry_year invalid_number invalid_pin live_mode_test_card
        livemode_mismatch payment_method_billing_details_address_missing payment_method_invalid_parameter
        payment_method_invalid_parameter_testmode postal_code_invalid resource_missing shipping_address_invalid
        testmode_charges_only testmode_decline token_already_used token_in_use
    """,
    # Fraud, theft, or an order to the bank: never again with this card.
    "stop": """
        do_not_try_again fraudulent highest_risk_level lost_card merchant_blacklist pickup_card restricted_card
        revocation_of_all_authorizations revocation_of_authorization security_violation stolen_card
        stop_payment_order
    """,
}

ADVICE: dict[str, Advice] = {code: advice for advice, codes in _BY_ADVICE.items() for code in codes.split()}
"""By Stripe's decline code, or its error code where there is none."""

_ISSUER: dict[str, Advice] = {
    "confirm_card_data": "fix_data",
    "do_not_try_again": "stop",
    "try_again_later": "retry_later",
}


def declined(code: str | None, decline_code: str | None, advice_code: str | None) -> Declined:
    """The verdict for an error of Stripe's; its code is the most exact one that Stripe gave.

    The issuer's word "do not try again" is stronger than the table; its other advice fills what the table lacks.
    """
    exact = decline_code or code or "declined"
    advice = ADVICE.get(exact) or _ISSUER.get(advice_code or "") or ADVICE.get(code or "", "other_card")
    if advice_code == "do_not_try_again":
        advice = "stop"
    return Declined(exact, retryable=advice != "stop", advice=advice)
