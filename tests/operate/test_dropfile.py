"""A drop file is read, and what is wrong with one is told with the file, the line and the field."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from race_to_purchase.operate.dropfile import UnreadableDropFile, WrongDropFile, parse_drop, read_drop_file

GOOD = """\
[drop]
id = "aurora-1"
title = "Aurora One"
opens_at = 2026-12-01T18:00:00Z
currency = "EUR"
reservation_seconds = 300
limit_per_buyer = 2
flow = "reservation_first"

[[items]]
id = "aurora-1-42"
title = "Aurora One, size 42"
price = 15900
stock = 120

[[items]]
id = "aurora-1-43"
title = "Aurora One, size 43"
price = 15900
stock = 80

[[promos]]
code = "EARLY"
redemptions = 50
percent_off = 10
"""


def test_a_drop_file_is_read() -> None:
    drop = parse_drop(GOOD, "aurora.toml")
    assert (drop.id, drop.currency, drop.limit_per_buyer) == ("aurora-1", "EUR", 2)
    assert drop.opens_at == datetime(2026, 12, 1, 18, tzinfo=UTC)
    assert [(item.id, item.price, item.stock) for item in drop.items] == [
        ("aurora-1-42", 15900, 120),
        ("aurora-1-43", 15900, 80),
    ]
    assert drop.promos[0].percent_off == 10


DOOR = """
[door]
registration_opens_at = 2026-12-01T17:00:00Z
registration_closes_at = 2026-12-01T17:55:00Z
rate_per_s = 60
passes_outstanding_max = 200
"""


def test_a_drop_file_may_have_a_door() -> None:
    door = parse_drop(GOOD + DOOR, "aurora.toml").door
    assert door is not None
    assert (door.rate_per_s, door.passes_outstanding_max, door.pass_seconds) == (60, 200, 120)
    assert door.registration_closes_at == datetime(2026, 12, 1, 17, 55, tzinfo=UTC)


@pytest.mark.parametrize(
    ("before", "after", "line", "field"),
    [
        ("rate_per_s = 60", "rate_per_s = 0", 30, "door.rate_per_s"),
        ("17:55:00Z", "16:55:00Z", 29, "door.registration_closes_at"),
        ("17:55:00Z", "18:55:00Z", 29, "door.registration_closes_at"),
        ("17:00:00Z", "17:00:00", 28, "door.registration_opens_at"),
        ("rate_per_s", "rate", 30, "door.rate"),
        ("rate_per_s = 60\n", "", 27, "door.rate_per_s"),
        ("rate_per_s = 60", "rate_per_s = 60\nchallenge = 'captcha'", 31, "door.challenge"),
        ("rate_per_s = 60", "rate_per_s = 60\nreserved_share = 1", 31, "door.reserved_share"),
    ],
)
def test_what_is_wrong_with_a_door_is_told_with_its_line(before: str, after: str, line: int, field: str) -> None:
    text = GOOD + DOOR.replace(before, after)
    with pytest.raises(WrongDropFile) as refused:
        parse_drop(text, "aurora.toml")
    assert (refused.value.facts["line"], refused.value.facts["field"]) == (line, field), str(refused.value)


def test_a_door_has_a_table_of_its_own() -> None:
    with pytest.raises(WrongDropFile, match="a table \\[door\\] of its own"):
        parse_drop(GOOD + DOOR.replace("[door]", "[drop.door]"), "aurora.toml")


def test_a_drop_file_may_name_sellers_and_taxes() -> None:
    text = GOOD.replace("flow =", 'seller = "ada"\ntax_percent = 19\nflow =').replace(
        "stock = 80", 'stock = 80\nseller = "bob"\ntax_percent = 5.5'
    )
    drop = parse_drop(text, "aurora.toml")
    assert [(drop.seller_of(item), drop.tax_thousandths(item)) for item in drop.items] == [
        ("ada", 19_000),
        ("bob", 5_500),
    ]


@pytest.mark.parametrize(
    ("good", "bad", "line", "field"),
    [
        ("price = 15900\nstock = 80", "price = -1\nstock = 80", 19, "items[1].price"),
        ("price = 15900\nstock = 80", 'price = "15900"\nstock = 80', 19, "items[1].price"),
        ("price = 15900\nstock = 80", "stock = 80", 16, "items[1].price"),
        ("stock = 80", "stock = 80\ncolour = 1", 21, "items[1].colour"),
        ('currency = "EUR"', 'currency = "EURO"', 5, "currency"),
        ('currency = "EUR"', 'currency = "EUR"\ntax_percent = 19.12345', 6, "tax_percent"),
        ('currency = "EUR"', 'currency = "EUR"\nseller = "a b"', 6, "seller"),
        ("stock = 80", "stock = 80\ntax_percent = 101", 21, "items[1].tax_percent"),
        ('title = "Aurora One"\n', "", 1, "title"),
        ('title = "Aurora One"\n', 'titel = "Aurora One"\n', 3, "titel"),
        ("opens_at = 2026-12-01T18:00:00Z", "opens_at = 2026-12-01T18:00:00", 4, "opens_at"),
        ("opens_at = 2026-12-01T18:00:00Z", "opens_at = 2026-12-01", 4, "opens_at"),
        ('flow = "reservation_first"', 'flow = "cart_first"', 8, "flow"),
        ('id = "aurora-1-43"', 'id = "aurora-1-42"', 17, "items[1].id"),
        ("percent_off = 10", "percent_off = 10\namount_off = 5", 22, "promos[0]"),
        ("percent_off = 10", "percent_off = 101", 25, "promos[0].percent_off"),
        ("limit_per_buyer = 2", "closes_at = 2026-11-01T18:00:00Z", 7, "closes_at"),
        ("limit_per_buyer = 2", "limit_per_buyer = two", 7, "limit_per_buyer"),
        ("[[promos]]", "[[prices]]", 22, "prices"),
        ("[drop]", "[sale]", 1, "sale"),
        ("[[items]]\n", "[drop.items]\n", 16, "TOML"),
        ('flow = "reservation_first"', "items = []", 8, "drop.items"),
        ('percent_off = 10\n', 'percent_off = "', 25, "percent_off"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_field(good: str, bad: str, line: int, field: str) -> None:
    assert good in GOOD
    with pytest.raises(WrongDropFile) as caught:
        parse_drop(GOOD.replace(good, bad), "aurora.toml")
    assert (caught.value.facts["line"], caught.value.facts["field"]) == (line, field)
    assert str(caught.value).startswith(f"aurora.toml, line {line}: {field}: ")


def test_a_price_with_a_point_is_told_how_prices_are_written() -> None:
    with pytest.raises(WrongDropFile, match=r"items\[1\]\.price: .*whole number of the currency's smallest unit"):
        parse_drop(GOOD.replace("price = 15900\nstock = 80", "price = 159.00\nstock = 80"), "aurora.toml")


def test_a_file_without_items_is_refused() -> None:
    with pytest.raises(WrongDropFile, match="items"):
        parse_drop(GOOD[: GOOD.index("[[items]]")], "aurora.toml")


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(WrongDropFile, match="no table"):
        parse_drop("", "aurora.toml")


def test_items_may_stand_in_one_line_each() -> None:
    head, _, _ = GOOD.partition("[[items]]")
    drop = parse_drop('items = [{ id = "a", title = "A", price = 1, stock = 1 }]\n' + head, "aurora.toml")
    assert drop.items[0].id == "a"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDropFile, match=r"none\.toml"):
        read_drop_file(tmp_path / "none.toml")


def test_a_file_in_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "latin.toml"
    file.write_bytes(GOOD.replace('Aurora One"', 'Auróra One"').encode("latin-1"))
    with pytest.raises(WrongDropFile, match=r"latin\.toml, line 3: .*UTF-8"):
        read_drop_file(file)
