"""What Stripe cannot be asked to charge: known beforehand, so that nothing is sent for it.

Amounts go to Stripe as they are, and come back as they are: both count a currency's smallest unit by ISO 4217. The
few currencies that Stripe counts otherwise are refused instead of converted, because a capture and a refund name an
amount without its currency: one forgotten factor would be a hundredfold charge.
Source: https://docs.stripe.com/currencies (special cases, three-decimal currencies, minimum and maximum amounts).
"""

from __future__ import annotations

from collections.abc import Collection

from race_to_purchase.ports import PaymentRequest
from race_to_purchase.rules.money import EXPONENTS
from race_to_purchase.rules.verdicts import Declined

COUNTED_OTHERWISE = frozenset({"ISK", "MGA", "UGX"})
"""Stripe takes ISK and UGX in hundredths that do not exist, and MGA, which has fifths, in whole ariary."""

_NOT_TAKEN = "BOV CHE CHW CLF COU CUP ERN IQD IRR KPW LYD MXV SDG SSP SYP USN UYI UYW"
NOT_TAKEN = frozenset(_NOT_TAKEN.split())
"""Units of account, and currencies that no card of Stripe's is charged in."""

DIGITS_MAX = 8
WIDE_DIGITS_MAX = 12
_WIDE = "COP HUF IDR INR KHR KRW LAK LBP MMK MNT NGN PYG TZS UZS VND"
WIDE = frozenset(_WIDE.split())
"""Currencies of small units, whose limits Stripe sets higher, each its own: beyond it Stripe says so itself."""


def unpayable(request: PaymentRequest, currencies: Collection[str] | None) -> Declined | None:
    """Why this can never be paid at Stripe; None where it may be tried. `currencies` None: all that Stripe takes."""
    currency = request.currency
    taken = currency in EXPONENTS and currency not in COUNTED_OTHERWISE | NOT_TAKEN
    if not taken or (currencies is not None and currency not in currencies):
        return Declined("currency_unsupported", retryable=True, advice="other_gateway")
    if len(str(request.amount)) > (WIDE_DIGITS_MAX if currency in WIDE else DIGITS_MAX):
        return Declined("amount_too_large", retryable=True, advice="other_gateway")
    # The card networks know two decimals: Stripe refuses a third one that is not zero.
    if EXPONENTS[currency] == 3 and request.amount % 10:
        return Declined("amount_not_chargeable", retryable=True, advice="other_gateway")
    return None
