"""Money in whole minor units: nothing is lost in a split, nothing drifts in a share."""

from fractions import Fraction

import hypothesis.strategies as st
import pytest
from hypothesis import given

from race_to_purchase.rules.money import (
    EXPONENTS,
    MINOR_UNITS_MAX,
    PERCENT,
    contained_tax,
    display,
    exponent,
    share,
    split,
)

AMOUNTS = st.integers(0, MINOR_UNITS_MAX)
WEIGHTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=20).filter(sum)


class TestContainedTax:
    @given(AMOUNTS, st.integers(0, PERCENT))
    def test_it_is_the_rates_share_of_the_net_price(self, gross: int, thousandths: int) -> None:
        exact = Fraction(gross * thousandths, PERCENT + thousandths)
        assert abs(contained_tax(gross, thousandths) - exact) <= Fraction(1, 2)

    @pytest.mark.parametrize(
        ("gross", "thousandths", "tax"),
        [
            (11_900, 19_000, 1_900),
            (15_900, 19_000, 2_539),
            (1, 19_000, 0),
            (0, 19_000, 0),
            (500, 0, 0),
            (3, 100_000, 2),
        ],
    )
    def test_examples(self, gross: int, thousandths: int, tax: int) -> None:
        assert contained_tax(gross, thousandths) == tax


class TestSplit:
    @given(AMOUNTS, WEIGHTS)
    def test_the_parts_are_the_whole(self, amount: int, weights: list[int]) -> None:
        assert sum(split(amount, weights)) == amount

    @given(AMOUNTS, WEIGHTS)
    def test_no_part_is_a_unit_away_from_its_exact_share(self, amount: int, weights: list[int]) -> None:
        for part, weight in zip(split(amount, weights), weights, strict=True):
            assert abs(part - Fraction(amount * weight, sum(weights))) < 1

    @given(AMOUNTS, WEIGHTS)
    def test_who_weighs_nothing_gets_nothing(self, amount: int, weights: list[int]) -> None:
        assert all(part == 0 for part, weight in zip(split(amount, weights), weights, strict=True) if weight == 0)

    @given(AMOUNTS, WEIGHTS, st.integers(1, 1000))
    def test_only_proportions_matter(self, amount: int, weights: list[int], factor: int) -> None:
        assert split(amount, weights) == split(amount, [weight * factor for weight in weights])

    @given(WEIGHTS, st.data())
    def test_a_discount_never_exceeds_what_it_is_taken_from(self, weights: list[int], data: st.DataObject) -> None:
        discount = data.draw(st.integers(0, sum(weights)))
        assert all(part <= weight for part, weight in zip(split(discount, weights), weights, strict=True))

    @pytest.mark.parametrize(
        ("amount", "weights", "parts"),
        [
            (100, [1, 1, 1], [34, 33, 33]),
            (101, [1, 1, 1], [34, 34, 33]),
            (1, [1, 1], [1, 0]),
            (10, [1, 2, 1], [3, 5, 2]),
            (0, [5, 5], [0, 0]),
            (7, [0, 1], [0, 7]),
        ],
    )
    def test_ties_go_to_the_earlier(self, amount: int, weights: list[int], parts: list[int]) -> None:
        assert split(amount, weights) == parts

    @pytest.mark.parametrize("weights", [[], [0], [0, 0], [2, -1], [-1]])
    def test_weights_that_make_no_sense_are_refused(self, weights: list[int]) -> None:
        with pytest.raises(ValueError, match="weights"):
            split(100, weights)


class TestShare:
    @given(AMOUNTS, st.integers(0, 10_000), st.integers(1, 10_000))
    def test_it_is_the_exact_share_rounded_half_to_even(self, amount: int, parts: int, whole: int) -> None:
        assert share(amount, parts, whole) == round(Fraction(amount * parts, whole))

    @pytest.mark.parametrize(
        ("amount", "percent", "expected"), [(50, 1, 0), (150, 1, 2), (250, 1, 2), (15_900, 15, 2385), (99, 100, 99)]
    )
    def test_examples(self, amount: int, percent: int, expected: int) -> None:
        assert share(amount, percent, 100) == expected

    @given(AMOUNTS, st.integers(0, 100))
    def test_a_part_and_the_rest_are_the_whole_within_a_unit(self, amount: int, percent: int) -> None:
        assert abs(share(amount, percent, 100) + share(amount, 100 - percent, 100) - amount) <= 1

    @pytest.mark.parametrize("whole", [0, -1])
    def test_a_whole_of_nothing_is_refused(self, whole: int) -> None:
        with pytest.raises(ValueError, match="above zero"):
            share(1, 1, whole)


class TestCurrencies:
    @pytest.mark.parametrize(
        ("currency", "digits"),
        [("EUR", 2), ("USD", 2), ("CHF", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("BHD", 3), ("CLF", 4), ("XCG", 2)],
    )
    def test_exponents_of_iso_4217(self, currency: str, digits: int) -> None:
        assert exponent(currency) == digits

    @pytest.mark.parametrize("code", ["EURO", "eur", "", "XXX", "XAU", "DEM", "€"])
    def test_other_codes_are_refused(self, code: str) -> None:
        with pytest.raises(ValueError, match="ISO 4217"):
            exponent(code)

    def test_the_list_holds_codes_of_three_capitals(self) -> None:
        assert all(len(code) == 3 and code.isalpha() and code.isupper() for code in EXPONENTS)
        assert len(EXPONENTS) > 150

    @pytest.mark.parametrize(
        ("amount", "currency", "text"),
        [
            (15_900, "EUR", "159.00 EUR"),
            (5, "EUR", "0.05 EUR"),
            (-15_900, "EUR", "-159.00 EUR"),
            (1500, "JPY", "1500 JPY"),
            (1, "KWD", "0.001 KWD"),
            (MINOR_UNITS_MAX, "EUR", "10000000000000.00 EUR"),
        ],
    )
    def test_amounts_as_people_write_them(self, amount: int, currency: str, text: str) -> None:
        assert display(amount, currency) == text
