"""Every outcome is told by one status and one stable code, and those that are nobody's business are never told."""

from typing import Any, get_args

import msgspec
import pytest

from race_to_purchase.rules import outcomes as o
from race_to_purchase.rules import refund_outcomes as ro
from race_to_purchase.rules.answers import Answer, answer
from race_to_purchase.rules.cart_outcomes import CartChanged, CartEmpty, CartFull, PriceChanged
from race_to_purchase.rules.line.rows import LineRow, PassRow
from tests.samples import NOON, a_checkout, a_drop_row, a_finding, a_refund, an_attempt

CHECKOUT = a_checkout()
ID = CHECKOUT.id
LINE = LineRow("aurora", 1, "00", "00")

REFUSALS = [
    (o.SoldOut("shoe"), 409, "sold_out", False),
    (o.AllReserved("shoe", NOON), 409, "all_reserved", True),
    (o.LimitReached(2, 1), 409, "limit_reached", False),
    (o.PromoUsedUp("TEN"), 409, "promo_used_up", False),
    (PriceChanged("shoe", 100, 120), 409, "price_changed", False),
    (CartChanged(4), 409, "cart_changed", False),
    (CartEmpty(), 422, "cart_empty", False),
    (CartFull(20), 422, "cart_full", False),
    (o.Unknown("item", "hat"), 422, "unknown_item", False),
    (o.Unknown("promo", "HAT"), 422, "unknown_promo", False),
    (o.Unknown("drop", "hat"), 404, "unknown_drop", False),
    (o.Unknown("checkout", ID), 404, "unknown_checkout", False),
    (o.NotOpen("aurora", NOON), 409, "drop_not_open", True),
    (o.Closed("aurora"), 409, "drop_closed", False),
    (o.AmountTooLarge(10**16), 422, "amount_too_large", False),
    (o.Lapsed(ID), 409, "reservation_expired", False),
    (o.WrongState(ID, "paying", "be cancelled"), 409, "payment_in_flight", True),
    (o.WrongState(ID, "paid", "be cancelled"), 409, "wrong_state", False),
    (o.StockBelowUse("aurora/item/shoe", 1, 2, 3), 409, "stock_below_use", False),
    (o.FlowFixed("aurora", "currency"), 409, "field_is_fixed", False),
    (o.NoGateway(ID, 5), 503, "no_gateway", True),
    (ro.RefundTooLarge(5), 422, "amount_too_large", False),
    (ro.RefundTooLarge(0), 409, "nothing_to_refund", False),
    (ro.RestockOfPart(5), 422, "restock_needs_whole", False),
    (ro.NotCaptured(ID), 409, "order_not_captured", True),
    (ro.GatewayGone(ID, "old"), 409, "gateway_gone", False),
    (ro.Disputed(ID), 409, "order_disputed", False),
    (o.AllSold("aurora"), 409, "sold_out", False),
    (o.PassRefused("pass_required"), 403, "pass_required", False),
    (o.PassRefused("pass_invalid"), 403, "pass_invalid", False),
    (o.PassRefused("pass_expired"), 403, "pass_expired", False),
    (o.PassRefused("pass_used"), 403, "pass_used", False),
    (o.GrantRefused("grant_used"), 403, "grant_used", False),
    (o.TicketWrong("forged"), 403, "ticket_invalid", False),
    (o.NotCalled(7, 60.0), 409, "not_called", True),
    (o.NoPassFree(NOON), 409, "no_pass_free", True),
    (o.LinePaused(None), 409, "line_paused", True),
    (o.NotDrawn("aurora"), 409, "draw_under_way", True),
    (o.NotRegistering("aurora", NOON), 409, "registration_not_open", True),
    (o.SecretWrong("aurora"), 409, "secret_wrong", False),
    (o.NotDrawable("aurora", "it was drawn"), 409, "draw_not_possible", False),
    (o.KeyInFlight(), 409, "idempotency_in_flight", True),
    (o.KeyReused(), 422, "idempotency_key_reused", False),
]
SUCCESSES = [
    (o.Reserved(CHECKOUT), 201),
    (o.Cancelled(CHECKOUT), 200),
    (o.StillPaying(ID, 1), 202),
    (o.InFlight(ID, 1), 202),
    (o.RefundStored(a_refund(CHECKOUT)), 202),
    (o.RefundStored(a_refund(CHECKOUT, state="done", answer="{}")), 201),
    (o.DropStored(a_drop_row(), True), 201),
    (o.DropStored(a_drop_row(), False), 200),
    (o.Answered(200, b"{}", "paid", 1), 200),
    (o.Replayed(201, b"{}"), 201),
    (o.Noted(a_finding()), 200),
]
SILENT: list[Any] = [
    o.Begun(an_attempt(CHECKOUT)),
    o.TriedNext(an_attempt(CHECKOUT), void=False),
    o.Done("captured"),
    o.Ignored("late"),
    o.DropChanged("aurora"),
    o.ChangedMeanwhile("aurora"),
    o.PassGiven(PassRow("aurora", "00" * 16, 1, "00" * 16, NOON)),
    o.Steered(LINE),
    o.Released(3, "rate", LINE),
    o.Granted(()),
]


@pytest.mark.parametrize(("outcome", "status", "code", "retryable"), REFUSALS)
def test_a_refusal_is_a_problem_with_a_stable_code(outcome: Any, status: int, code: str, retryable: bool) -> None:
    told = answer(outcome)
    body = msgspec.json.decode(told.body)
    assert told.problem
    assert (told.status, body["status"], body["code"], body["retryable"]) == (status, status, code, retryable)
    assert body["type"] == f"urn:race:problem:{code}"
    assert body["title"]
    assert body["detail"].endswith(".")


@pytest.mark.parametrize(("outcome", "status"), SUCCESSES)
def test_a_success_is_no_problem(outcome: Any, status: int) -> None:
    told = answer(outcome)
    assert (told.status, told.problem) == (status, False)
    assert msgspec.json.decode(told.body) is not None


@pytest.mark.parametrize("outcome", SILENT, ids=lambda outcome: type(outcome).__name__)
def test_what_happens_behind_the_scenes_is_never_told(outcome: Any) -> None:
    with pytest.raises(TypeError, match="never told"):
        answer(outcome)


def test_this_table_speaks_of_every_outcome() -> None:
    spoken = {type(row[0]) for row in [*REFUSALS, *SUCCESSES]} | {type(outcome) for outcome in SILENT}
    assert spoken == set(get_args(o.Outcome))


def test_who_may_come_again_soon_is_told_when() -> None:
    assert answer(o.KeyInFlight()).retry_after_s == 1
    assert answer(o.StillPaying(ID, 1)).retry_after_s == 1
    assert msgspec.json.decode(answer(o.AllReserved("shoe", NOON)).body)["retry_at"] == "2026-06-01T12:00:00Z"
    assert "retry_at" not in msgspec.json.decode(answer(o.AllReserved("shoe")).body)


@pytest.mark.parametrize("refusal", [o.NotOpen, o.NotRegistering])
def test_a_time_is_written_alike_in_the_sentence_and_beside_it(refusal: Any) -> None:
    told = msgspec.json.decode(answer(refusal("aurora", NOON)).body)
    assert told["detail"].endswith(f" opens at {told['opens_at']}.")


def test_stored_bytes_are_told_as_they_are() -> None:
    assert answer(o.Answered(402, b"\x00bytes", "declined", 1)) == Answer(402, b"\x00bytes", problem=True)
    assert answer(o.Replayed(402, b"\x00bytes")) == Answer(402, b"\x00bytes", problem=True, replayed=True)


@pytest.mark.parametrize(
    ("state", "until", "order"),
    [("reserved", True, False), ("open", True, False), ("paying", True, False), ("lapsed", False, False),
     ("expired", False, False), ("cancelled", False, False), ("paid", False, True), ("fulfilled", False, True)],
)  # fmt: skip
def test_a_checkout_tells_its_deadline_or_its_order(state: str, until: bool, order: bool) -> None:
    told = msgspec.json.decode(answer(o.Reserved(a_checkout(state=state))).body)
    assert ("reserved_until" in told, "order" in told) == (until, order)
    assert told["quote"]["total"] == CHECKOUT.quote.total


def test_nobody_is_told_who_the_buyer_is() -> None:
    assert b"ada" not in answer(o.Reserved(CHECKOUT)).body
