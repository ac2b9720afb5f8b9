"""The merchant's look at the books."""

from __future__ import annotations

import msgspec

from race_to_purchase.edge.call import Call
from race_to_purchase.edge.shapes import AccountBalance, CurrencyTotal, FrozenAmount, TrialBalance
from race_to_purchase.ports import Ledger
from race_to_purchase.rules.answers import Answer
from race_to_purchase.rules.ledger import trial

_encode = msgspec.json.Encoder().encode


class LedgerAdmin:
    """Handlers of `/v1/admin/ledger`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def balance(self, call: Call) -> Answer:
        """GET /v1/admin/ledger/balance: every account, and whether debits and credits are the same."""
        balances = await self._ledger.balances()
        totals = tuple(CurrencyTotal(currency, *sums) for currency, sums in trial(balances).items())
        accounts = tuple(
            AccountBalance(one.account, one.currency, one.debit, one.credit, one.amount) for one in balances
        )
        balanced = all(total.debit == total.credit for total in totals)
        frozen = tuple(FrozenAmount(one.seller, one.currency, one.amount) for one in await self._ledger.frozen())
        return Answer(200, _encode(TrialBalance(balanced, totals, accounts, frozen)))
