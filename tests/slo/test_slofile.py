"""The objectives file: what it gives where it says nothing, and how it is told what is wrong in it."""

from pathlib import Path

import pytest

from race_to_purchase.observe.slo.objectives import USUAL_BURNS, Slo, seconds_of
from race_to_purchase.operate.slofile import UnreadableSloFile, WrongSloFile, parse_slo, read_slo_file

BURNS = """
[[burn]]
rate = {rate}
long = '1h'
short = '5m'
severity = 'page'
"""


class TestAGoodFile:
    def test_an_empty_one_gives_the_targets_of_the_specification(self) -> None:
        slo = parse_slo("")
        assert slo == Slo()
        assert (slo.objectives.checkout_success.target, slo.objectives.checkout_latency.below_s) == (0.99, 2.0)

    def test_what_it_names_is_changed_and_nothing_else(self) -> None:
        slo = parse_slo("[objectives.checkout_success]\ntarget = 0.995\n")
        assert slo.objectives.checkout_success.budget == pytest.approx(0.005)
        assert slo.objectives.reservation_success.target == 0.995
        assert slo.burn == USUAL_BURNS

    def test_maintenance_has_from_and_to(self) -> None:
        slo = parse_slo("[[maintenance]]\nfrom = 2026-12-01T02:00:00Z\nto = 2026-12-01T03:00:00Z\nwhy = 'new disk'\n")
        assert (slo.maintenance[0].why, slo.maintenance[0].until.hour) == ("new disk", 3)

    def test_spans_are_those_of_prometheus(self) -> None:
        assert [seconds_of(span) for span in ("30s", "5m", "6h", "3d")] == [30, 300, 21_600, 259_200]


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("[objectives.checkout_success]\ntarget = 99\n", 2, "objectives.checkout_success.target"),
        ("\n[objectives]\ncheckout_succes = { target = 0.9 }\n", 3, "objectives.checkout_succes"),
        ("[objectives.checkout_latency]\ntarget = 0.9\n", 1, "objectives.checkout_latency.below_s"),
        ("[[burn]]\nrate = 2\nlong = '5m'\nshort = '1h'\nseverity = 'page'\n", 1, "burn[0]"),
        ("[[burn]]\nrate = 2\nlong = '5 minutes'\nshort = '1m'\nseverity = 'page'\n", 3, "burn[0].long"),
        ("[drop]\nwindows = 'x'\n", 2, "drop.windows"),
        ("[[drop.steps]]\nburn = 2\ndo = 'stop'\n", 3, "drop.steps[0].do"),
        ("[[maintenance]]\nfrom = 2026-01-01T00:00:00Z\nto = 2025-01-01T00:00:00Z\n", 1, "maintenance[0]"),
        ("[bounds]\nbacklog_age_s = -1\n", 2, "bounds.backlog_age_s"),
        ("period_days = 30\nregion = 3 3\n", 2, "region"),
        ("colour = 'red'\n", 1, "colour"),
        ("[[maintenance]]\nfrom = 2026-01-01T00:00:00\nto = 2026-01-02T00:00:00\n", 1, "maintenance[0]"),
        ("runbooks = 'javascript:alert(1)'\n", 1, "runbooks"),
        ("runbooks = 'https://example.com/{{ x'\n", 1, "runbooks"),
        ("runbooks = 'https:///runbooks'\n", 1, "runbooks"),
        ("runbooks = '//example.com/runbooks'\n", 1, "runbooks"),
        ("region = '{{ x }}'\n", 1, "region"),
        ("[bounds]\ncommit_s = inf\n", 2, "bounds.commit_s"),
        ("[[drop.steps]]\nburn = inf\ndo = 'slow'\n", 2, "drop.steps[0].burn"),
        ("[[burn]]\nrate = 2\nlong = '999999d'\nshort = '1m'\nseverity = 'page'\n", 3, "burn[0].long"),
        ("[[maintenance]]\nfrom = 2026-01-01T00:00:00Z\nto = 2027-01-01T00:00:00Z\n", 1, "maintenance[0]"),
        ("[objectives.checkout_latency]\ntarget = 0.9\nbelow_s = 1.7\n", 3, "objectives.checkout_latency.below_s"),
        ("[objectives.payment_latency]\ntarget = 0.9\nbelow_s = 1.7\n", 3, "objectives.payment_latency.below_s"),
        ("[objectives.challenge_pass]\ntarget = 0.5\n" + BURNS.format(rate=2), 2, "objectives.challenge_pass.target"),
        (BURNS.format(rate=200), 3, "burn[0].rate"),
        ("[[drop.steps]]\nburn = 101\ndo = 'slow'\n", 2, "drop.steps[0].burn"),
        ("[[maintenance]]\nfrom = 2026-01-01T00:00:10Z\nto = 2026-01-01T00:01:00Z\n", 1, "maintenance[0]"),
        ("[[maintenance]]\nfrom = 2026-01-01T00:00:00Z\nto = 2026-01-01T00:01:00.5Z\n", 1, "maintenance[0]"),
    ],
)
def test_what_is_wrong_is_told_with_line_and_field(text: str, line: int, field: str) -> None:
    with pytest.raises(WrongSloFile) as refused:
        parse_slo(text)
    assert (refused.value.facts["line"], refused.value.facts["field"]) == (line, field)


def test_a_latency_that_cannot_be_told_is_answered_with_those_that_can() -> None:
    with pytest.raises(WrongSloFile, match="race_checkout_seconds is counted up to 1 and 2, not to"):
        parse_slo("[objectives.checkout_latency]\ntarget = 0.9\nbelow_s = 1.7\n")


def test_a_burn_that_can_just_be_reached_is_taken() -> None:
    slo = parse_slo(BURNS.format(rate=1) + BURNS.format(rate=199.9) + "[[drop.steps]]\nburn = 100\ndo = 'slow'\n")
    assert (slo.burn[1].rate, slo.drop.steps[0].burn) == (199.9, 100)


@pytest.mark.parametrize(
    "place", ["docs/runbooks", "/srv/runbooks", "https://wiki.example.com:8443/a/b?c=d#e", "http://[::1]/r"]
)
def test_runbooks_are_below_an_address_or_a_path(place: str) -> None:
    assert parse_slo(f"runbooks = '{place}'\n").runbooks == place


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSloFile, match=r"none\.toml cannot be read"):
        read_slo_file(tmp_path / "none.toml")
