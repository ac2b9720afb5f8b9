"""What the simulation has found, each as the smallest case that shows it."""

from datetime import UTC, datetime, timedelta

import pytest

from race_to_purchase.path import pay
from race_to_purchase.ports import PaymentRequest
from race_to_purchase.rules.rows import Attempt, Checkout, Claims, Quote
from race_to_purchase.rules.verdicts import Absent, Authorized, Declined, Verdict

BEGAN = datetime(2026, 12, 1, 18, tzinfo=UTC)
DEADLINE = BEGAN + timedelta(minutes=10)


class KnowsNothing:
    """A gateway that no request has reached yet."""

    name = "far"
    separate_capture = True

    async def look_up(self, key: str, ref: str | None) -> Verdict:
        return Absent()

    async def authorize(self, request: PaymentRequest) -> Verdict:
        return Authorized("late", request.amount)


ATTEMPT = Attempt("c", 1, "far", "unknown", "k", "pm", 1, "EUR", 0, BEGAN)


def a_checkout(state: str) -> Checkout:
    return Checkout("c", "d", "b", state, Quote("EUR", (), 1, 0, 1), Claims({}), DEADLINE, BEGAN, live_n=1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "after_deadline_s", "verdict"),
    [
        ("paying", -1, Authorized),
        # It was sent again until a moment ago, and may be on its way, however long ago the attempt began: to give it
        # up now would leave its authorization to nobody.
        ("lapsed", 1, Absent),
        ("lapsed", 60, Absent),
        ("lapsed", 301, Declined),
        # The loop that ends reservations is late; a request that is sent now could arrive after it was given up.
        ("paying", 1, Absent),
    ],
)
async def test_a_request_is_given_up_only_long_after_anybody_could_send_it(
    state: str, after_deadline_s: int, verdict: type[Verdict]
) -> None:
    now = DEADLINE + timedelta(seconds=after_deadline_s)
    found = await pay.find_out(KnowsNothing(), ATTEMPT, a_checkout(state), now, 1.0)  # type: ignore[arg-type]
    assert type(found) is verdict
