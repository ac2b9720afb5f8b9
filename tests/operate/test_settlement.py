"""Settlement files: read line by line with clear errors, and compared with what our books say."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from race_to_purchase.operate.settlement import (
    ERRORS_MAX,
    Difference,
    Movement,
    Settled,
    WrongSettlementFile,
    differences,
    fee_of,
    payout_of,
    read,
)

HEADER = (
    "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,payment_intent_id,reference"
)
ORDER = "01a2078b-ce34-757b-beb5-ff007d7cb19c"
LINE = f"txn_1,2026-12-01 18:00:41,eur,159.00,4.91,154.09,charge,ch_1,pi_1,{ORDER}/1"
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def lines(*more: str, header: str = HEADER) -> str:
    return "\n".join((header, *more)) + "\n"


def test_a_line_becomes_a_movement_in_minor_units() -> None:
    (movement,) = read(lines(LINE), "report.csv")
    at = datetime(2026, 12, 1, 18, 0, 41, tzinfo=UTC)
    assert movement == Movement(2, "txn_1", "charge", "EUR", 15_900, 491, at, "pi_1", ORDER)
    assert movement.net == 15_409


def test_columns_stand_in_any_order_under_a_mark_and_with_others_between() -> None:
    header = " Net ,FEE,gross,Currency,payment_metadata[reference],x,reporting_category,created,balance_transaction_id"
    text = f'\ufeff{header}\r\n154.09,4.91,159.00,EUR,{ORDER}/2,"a, b",charge,2026-12-01T19:00:41+01:00,txn_1\r\n,,\n\n'
    (movement,) = read(text, "report.csv")
    assert (movement.gross, movement.order_id) == (15_900, ORDER)
    assert movement.at == datetime(2026, 12, 1, 18, 0, 41, tzinfo=UTC)


@pytest.mark.parametrize(
    ("currency", "gross", "minor"), [("JPY", "15900", 15_900), ("KWD", "1.234", 1_234), ("eur", "-0.05", -5)]
)
def test_each_currency_has_its_own_decimal_places(currency: str, gross: str, minor: int) -> None:
    (movement,) = read(lines(f"txn_1,,{currency},{gross},0,{gross},refund,re_1,,"), "report.csv")
    assert movement.gross == minor


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("txn_1,,eur,abc,0,abc,charge,,,", "line 2: gross 'abc' is no amount"),
        ("txn_1,,eur,1.005,0,1.005,charge,,,", "line 2: gross 1.005 has more decimal places than EUR"),
        ("txn_1,,jpy,1.5,0,1.5,charge,,,", "line 2: gross 1.5 has more decimal places than JPY"),
        ("txn_1,,eur,1e5,0,1e5,charge,,,", "line 2: gross '1e5' is no amount"),
        ("txn_1,,eur,9999999999999999,0,9999999999999999,charge,,,", "line 2: gross 9999999999999999 is too large"),
        ("txn_1,,xyz,1,0,1,charge,,,", "line 2: 'xyz' is not an ISO 4217"),
        ("txn_1,,eur,10", "line 2: reporting_category is empty"),
        ("txn_1,,eur,10,1,10,charge,,,", "line 2: net 10 is not gross 10 less fee 1"),
        (",,eur,10,0,10,charge,,,", "line 2: balance_transaction_id is empty"),
        ("txn_1,yesterday,eur,10,0,10,charge,,,", "line 2: 'yesterday' is no time"),
        ("txn_1,,eur,10,0,10,charge,,,,more", "line 2: it has more fields than there are columns"),
        (f"{LINE}\n{LINE}", "line 3: txn_1 stands in line 2 already"),
        (f'{LINE}\n"never closed', "line 3: unexpected end of data"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(line: str, reason: str) -> None:
    with pytest.raises(WrongSettlementFile, match=r"report\.csv is no settlement file") as wrong:
        read(lines(line), "report.csv")
    assert reason in str(wrong.value)


@pytest.mark.parametrize("text", ["", "a;b;c\n1;2;3\n", "<html></html>", HEADER.replace(",net", "")])
def test_a_file_without_its_columns_says_which(text: str) -> None:
    with pytest.raises(WrongSettlementFile, match=r"line 1: there is no column .*net"):
        read(text, "report.csv")


def test_a_file_that_is_wrong_everywhere_is_not_read_to_its_end() -> None:
    with pytest.raises(WrongSettlementFile) as wrong:
        read(lines(*(f"txn_{n},,eur,x,0,x,charge,,," for n in range(1000))), "report.csv")
    assert str(wrong.value).count("line ") == ERRORS_MAX


def test_a_file_of_a_quiet_day_is_empty() -> None:
    assert read(lines(), "report.csv") == []


CHARGE = Movement(2, "txn_1", "charge", "EUR", 15_900, 491, NOON, "pi_1", ORDER)
OURS = Settled(ORDER, "pi_1", 15_900, "EUR", True, NOON, 0, 0)


def compared(*movements: Movement, ours: Settled | None = OURS, until: datetime | None = None) -> list[Any]:
    found = differences(movements, [] if ours is None else [ours], until)
    return [(one.kind, one.what, one.ours, one.theirs) for one in found]


def other(category: str, gross: int, fee: int = 0, **more: Any) -> Movement:
    return replace(CHARGE, line=3, id="txn_2", category=category, gross=gross, fee=fee, **more)


def test_what_is_the_same_on_both_sides_is_no_difference() -> None:
    assert compared(CHARGE, other("refund", -500), ours=replace(OURS, refunded=500)) == []
    assert compared(replace(CHARGE, order_id=None)) == [], "found by its payment"
    assert compared(CHARGE, ours=replace(OURS, refunded=500)) == [], "the refund is in a later file"
    assert compared(CHARGE, other("refund", -500), ours=replace(OURS, refunded=200, refunding=300)) == [], "under way"
    assert compared(CHARGE, other("dispute", -15_900, 1_500), ours=replace(OURS, disputed=17_400)) == []
    assert compared(CHARGE, other("payout", -100), other("fee", -10)) == []


@pytest.mark.parametrize(
    ("movement", "ours", "difference"),
    [
        (replace(CHARGE, gross=100), OURS, ("other_amount", "charge", 15_900, 100)),
        (replace(CHARGE, currency="USD"), OURS, ("other_amount", "charge", 15_900, 15_900)),
        (CHARGE, replace(OURS, captured=False), ("other_amount", "charge", 0, 15_900)),
        (CHARGE, None, ("missing_here", "charge", 0, 15_900)),
        (other("refund", -500), OURS, ("missing_here", "refund", 0, -500)),
        (other("refund", -500), replace(OURS, refunded=300), ("other_amount", "refund", -300, -500)),
        (other("refund", -500), replace(OURS, refunding=499), ("missing_here", "refund", 0, -500)),
        (other("dispute", -500, 15), OURS, ("missing_here", "dispute", 0, -515)),
        (other("topup", 500), OURS, ("unknown_movement", "topup", 0, 500)),
    ],
)
def test_what_differs_is_told(movement: Movement, ours: Settled | None, difference: Any) -> None:
    assert compared(movement, ours=ours) == [difference]


def test_a_charge_without_an_order_that_was_given_back_is_settled() -> None:
    assert compared(CHARGE, other("refund", -15_900), ours=None) == []
    assert compared(CHARGE, other("refund", -15_000), ours=None) == [("missing_here", "charge", 0, 900)]


def test_an_order_that_the_file_should_have_and_has_not_is_missing_there() -> None:
    later = NOON + timedelta(minutes=1)
    assert differences([], [OURS], later) == [Difference("missing_there", "charge", "pi_1", ORDER, 15_900, 0, "EUR")]
    assert differences([], [OURS], NOON) == [], "it may be in the next one"
    assert differences([], [OURS], None) == []
    assert differences([], [replace(OURS, captured=False)], later) == []


@pytest.mark.parametrize(
    ("movement", "fee", "payout"),
    [
        (CHARGE, 491, 0),
        (other("refund", -500, -10), -10, 0),
        (other("fee", -200), 200, 0),
        (other("dispute", -500, 1_500), 0, 0),
        (other("payout", -90_000), 0, 90_000),
        (other("payout_reversal", 90_000), 0, -90_000),
    ],
)
def test_fees_and_payouts_are_what_is_booked(movement: Movement, fee: int, payout: int) -> None:
    assert (fee_of(movement), payout_of(movement)) == (fee, payout)
