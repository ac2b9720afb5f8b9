"""The draw is fair: uniform, blind to who came when, fixed before its secret is known, and open to everybody's check.

The statistics are deterministic, since the seeds are; each bound is the value that a fair draw exceeds once in a
thousand tries (chi-squared and Kolmogorov-Smirnov at 0.001, correlation at 3.3 standard errors).
"""

import math
from hashlib import sha256

import pytest

from race_to_purchase.rules.line import draw
from race_to_purchase.rules.line.tickets import tid_of_challenge, tid_of_identity

REGISTERED = 20_000
KEY = b"k" * 32
SEEDS = [draw.seed(sha256(bytes([n])).digest(), b"beacon") for n in range(3)]


@pytest.fixture(scope="module", params=SEEDS, ids=["first", "second", "third"])
def places(request: pytest.FixtureRequest) -> list[int]:
    """The places of buyers in the order in which they registered."""
    tids = (tid_of_identity(KEY, "aurora", f"buyer-{n}@example.com") for n in range(REGISTERED))
    return [draw.place(request.param, tid, REGISTERED) for tid in tids]


class TestFairness:
    def test_places_are_uniform(self, places: list[int]) -> None:
        bins = 100
        counts = [0] * bins
        for place in places:
            counts[place * bins // REGISTERED] += 1
        expected = REGISTERED / bins
        chi_squared = sum((count - expected) ** 2 / expected for count in counts)
        assert chi_squared < 148.2, "99 degrees of freedom, 0.001"

    def test_no_stretch_of_the_line_is_preferred(self, places: list[int]) -> None:
        ordered = sorted(places)
        distance = max(abs(place / REGISTERED - index / REGISTERED) for index, place in enumerate(ordered))
        assert distance < 1.95 / math.sqrt(REGISTERED), "Kolmogorov-Smirnov, 0.001"

    def test_coming_early_brings_nothing(self, places: list[int]) -> None:
        mean = (REGISTERED - 1) / 2
        spread = (REGISTERED**2 - 1) / 12
        shared = sum((n - mean) * (place - mean) for n, place in enumerate(places)) / REGISTERED
        assert abs(shared / spread) < 3.3 / math.sqrt(REGISTERED)

    def test_an_identity_has_one_chance_and_k_anonymous_tickets_have_k(self) -> None:
        """What is promised and what is not: the front tenth of the line, for one person with so many tickets."""
        won = {1: 0, 5: 0}
        for n in range(2_000):
            seed = draw.seed(sha256(b"one of many draws %d" % n).digest(), b"")
            for tickets in won:
                tids = {tid_of_identity(KEY, "aurora", "ada") for _ in range(tickets)}
                assert len(tids) == 1
                tids = {tid_of_challenge(KEY, "aurora", f"{n}/{i}") for i in range(tickets)}
                won[tickets] += any(draw.place(seed, tid, 1000) < 100 for tid in tids)
        assert abs(won[1] / 2_000 - 0.1) < 3.3 * math.sqrt(0.09 / 2_000)
        assert abs(won[5] / 2_000 - (1 - 0.9**5)) < 3.3 * math.sqrt(0.25 / 2_000)

    def test_late_comers_stand_behind_in_the_order_in_which_they_came(self, places: list[int]) -> None:
        assert draw.late_place(REGISTERED, 0) > max(places)
        assert [draw.late_place(7, n) for n in range(3)] == [7, 8, 9]


class TestNobodyCanBendIt:
    def test_frozen_vectors(self) -> None:
        """Buyers' browsers, `race verify-draw` and other people's scripts compute the same."""
        seed = draw.seed(bytes(range(32)), b"beacon")
        assert seed == sha256(b"seed" + bytes(range(32)) + b"beacon").digest()
        assert draw.commitment(bytes(32)).hex() == "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"
        assert draw.place(seed, bytes(16), 1_000_000) == 969735

    def test_what_is_published_before_the_draw_is_not_the_seed_of_one_without_a_beacon(self) -> None:
        secret = bytes(range(32))
        assert draw.seed(secret, b"") != draw.commitment(secret)

    def test_the_root_names_every_ticket_and_their_order(self) -> None:
        tids = [bytes([n]) * 16 for n in range(5)]
        roots = {draw.root(tids), draw.root(tids[::-1]), draw.root(tids[:4]), draw.root([*tids, tids[-1]])}
        assert len(roots) == 4

    def test_the_root_is_that_of_rfc_9162(self) -> None:
        """Its own definition, recursive and slow."""

        def expected(leaves: list[bytes]) -> bytes:
            if not leaves:
                return sha256().digest()
            if len(leaves) == 1:
                return sha256(b"\x00" + leaves[0]).digest()
            split = 1 << (len(leaves) - 1).bit_length() - 1
            return sha256(b"\x01" + expected(leaves[:split]) + expected(leaves[split:])).digest()

        for number in range(40):
            tids = [sha256(bytes([n])).digest()[:16] for n in range(number)]
            assert draw.root(tids) == expected(tids)

    def test_a_secret_of_another_length_is_refused(self) -> None:
        with pytest.raises(ValueError, match="32 bytes"):
            draw.seed(b"short", b"")
