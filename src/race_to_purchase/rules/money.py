"""Money as integer minor units of one ISO 4217 currency, and the few operations that are allowed on it.

Nothing here uses floating point. A fraction appears only inside a single function and leaves it rounded half
to even, as the currency's smallest unit. Amounts of two currencies never meet.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

MINOR_UNITS_MAX = 10**15
"""The largest amount accepted anywhere; a sum of nine thousand such amounts still fits a bigint of PostgreSQL."""

_EXPONENT_0 = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_EXPONENT_3 = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENT_4 = "CLF UYW"
_EXPONENT_2 = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR
ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV
MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD
SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""

EXPONENTS: dict[str, int] = {
    code: exponent
    for exponent, codes in ((0, _EXPONENT_0), (2, _EXPONENT_2), (3, _EXPONENT_3), (4, _EXPONENT_4))
    for code in codes.split()
}
"""ISO 4217 alphabetic code to the number of decimal digits of its minor unit."""


def exponent(currency: str) -> int:
    """Digits after the decimal point of `currency` (ISO 4217); ValueError for a code that is not in the list."""
    try:
        return EXPONENTS[currency]
    except KeyError:
        raise ValueError(f"{currency!r} is not an ISO 4217 currency code") from None


def decimal(amount_minor: int, currency: str) -> str:
    """The amount in whole units with all their digits: `15900, "EUR"` as `"159.00"`, `15900, "JPY"` as `"15900"`."""
    return f"{Decimal(amount_minor).scaleb(-exponent(currency)):f}"


def display(amount_minor: int, currency: str) -> str:
    """The amount as people write it, `15900, "EUR"` as `"159.00 EUR"`; for screens and logs, never parsed back."""
    return f"{decimal(amount_minor, currency)} {currency}"


def share(amount_minor: int, parts: int, whole: int) -> int:
    """`amount × parts ÷ whole`, rounded half to even; all arguments integers, `whole` above zero."""
    if whole <= 0:
        raise ValueError("a share needs a whole above zero")
    quotient, remainder = divmod(amount_minor * parts, whole)
    doubled = remainder * 2
    if doubled > whole or (doubled == whole and quotient % 2 == 1):
        quotient += 1
    return quotient


PERCENT = 100_000
"""A hundred percent, in thousandths of one."""


def contained_tax(gross_minor: int, thousandths: int) -> int:
    """The tax that a price contains at a rate in thousandths of a percent: `gross × rate ÷ (100 % + rate)`.

    Rounded once, half to even. What is left of `gross_minor` is the net price, so that no minor unit is lost.
    """
    return share(gross_minor, thousandths, PERCENT + thousandths)


def split(amount_minor: int, weights: Sequence[int]) -> list[int]:
    """Split an amount in proportion to `weights` so that the parts sum to it exactly (largest remainder).

    Weights are non-negative integers, their sum above zero. Ties go to the earlier part, so the result is the same
    on every machine. No part differs from its exact share by a whole minor unit.
    """
    total = sum(weights)
    if total <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("weights are non-negative and their sum is above zero")
    floors = [amount_minor * weight // total for weight in weights]
    remainders = [amount_minor * weight % total for weight in weights]
    missing = amount_minor - sum(floors)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-remainders[i], i))
    for i in by_remainder[:missing]:
        floors[i] += 1
    return floors
