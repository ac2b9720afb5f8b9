"""What a gateway's advice about a decline allows: sending the card elsewhere, or telling the buyer to try it again."""

import msgspec
import pytest

from race_to_purchase.rules.commands import Authorization, NextAttempt
from race_to_purchase.rules.outcomes import Answered, TriedNext
from race_to_purchase.rules.verdicts import Advice, Declined
from tests.rules.test_paying import paying
from tests.rules.world import settle

TABLE: list[tuple[Advice | None, bool, bool]] = [
    (None, True, True),
    ("other_gateway", True, True),
    ("retry_later", False, True),
    ("fix_data", False, True),
    ("other_card", False, False),
]


@pytest.mark.parametrize(("advice", "elsewhere", "same_method"), TABLE)
def test_a_decline_goes_elsewhere_only_where_no_card_was_judged(
    advice: Advice | None, elsewhere: bool, same_method: bool
) -> None:
    world, checkout = paying()
    said: Authorization = settle(checkout, Declined("some_code", retryable=True, advice=advice))
    then = NextAttempt("backup", "key-2", 15.0)
    outcome = world.ask(msgspec.structs.replace(said, then=then))
    assert isinstance(outcome, TriedNext if elsewhere else Answered)
    if isinstance(outcome, Answered):
        assert msgspec.json.decode(outcome.body)["same_method_may_succeed"] is same_method


def test_what_must_never_be_tried_again_goes_nowhere() -> None:
    stolen = Declined("stolen_card", retryable=False, advice="stop")
    assert (stolen.elsewhere, stolen.same_method) == (False, False)
