"""Stripe's adapter keeps to the contract of all gateways."""

import pytest

from tests.gateways.contract import Cards, GatewayContract


class TestTheStripeAdapter(GatewayContract):
    """The contract."""

    @pytest.fixture
    def cards(self) -> Cards:
        """By Stripe's names."""
        return Cards(
            approved="pm_card_visa",
            declined="pm_card_chargeDeclinedStolenCard",
            insufficient_funds="pm_card_chargeDeclinedInsufficientFunds",
            garbage="pm_of_nobody'; DROP TABLE payment",
        )
