"""What Stripe cannot be asked to charge is declined before anything is sent, with a code that says why."""

import pytest
from msgspec.structs import replace

from race_to_purchase.gateways.stripe.gateway import StripeGateway
from race_to_purchase.gateways.stripe.limits import unpayable
from race_to_purchase.rules.money import EXPONENTS
from race_to_purchase.rules.verdicts import Declined, Prepared
from tests.gateways.contract import request_of
from tests.gateways.stripe.conftest import KEY, SECRETS
from tests.simulator.running import Process

SOME = request_of("pm_card_visa")


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (15_900, "EUR", None),
        (99_999_999, "USD", None),
        (100_000_000, "USD", "amount_too_large"),
        (999_999_999_999, "IDR", None),
        (1_000_000_000_000, "IDR", "amount_too_large"),
        (500, "JPY", None),
        (5_120, "KWD", None),
        (5_124, "KWD", "amount_not_chargeable"),
        (500, "ISK", "currency_unsupported"),
        (500, "UGX", "currency_unsupported"),
        (500, "MGA", "currency_unsupported"),
        (500, "UYW", "currency_unsupported"),
        (500, "XXX", "currency_unsupported"),
    ],
)
def test_amounts_and_currencies(amount: int, currency: str, code: str | None) -> None:
    refused = unpayable(replace(SOME, amount=amount, currency=currency), None)
    assert (None if refused is None else refused.code) == code
    assert refused is None or refused.retryable


def test_what_is_taken_is_counted_as_stripe_counts_it() -> None:
    """Stripe's zero-decimal and three-decimal currencies, as its documentation names them; all others have two."""
    zero = {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
    three = {"BHD", "JOD", "KWD", "OMR", "TND"}
    taken = {
        currency for currency in EXPONENTS if unpayable(replace(SOME, amount=500, currency=currency), None) is None
    }
    assert {currency for currency in taken if EXPONENTS[currency] == 0} == zero
    assert {currency for currency in taken if EXPONENTS[currency] == 3} == three
    assert all(EXPONENTS[currency] == 2 for currency in taken - zero - three)


async def test_a_shop_may_take_fewer_currencies(bank: Process) -> None:
    opened = StripeGateway("stripe", KEY, SECRETS, bank.url, currencies=["EUR"])
    assert isinstance(await opened.prepare(SOME), Prepared)
    refused = await opened.prepare(replace(request_of("pm_card_visa"), currency="USD"))
    assert refused == Declined("currency_unsupported", retryable=True, advice="other_gateway")
    await opened.close()


async def test_nothing_is_sent_for_what_cannot_be_charged(gateway: StripeGateway, bank: Process) -> None:
    request = replace(request_of("pm_card_visa"), amount=100_000_000)
    assert isinstance(await gateway.authorize(request, None), Declined)
    assert bank.control(f"/books?reference={request.reference}")["books"] == []
