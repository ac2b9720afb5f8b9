"""The alerts: each fires for its trouble and no other does, by the judgement of Prometheus' own tool."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import yaml

from race_to_purchase.app.commands.slo import RULES, Addresses, MonitoringAddressWrong, write_rules
from race_to_purchase.observe.slo.objectives import Burn, Objectives, Ratio, Slo
from race_to_purchase.observe.slo.routes import routes
from race_to_purchase.observe.slo.rules import rules
from race_to_purchase.operate.slofile import parse_slo
from tests.programs import require_program
from tests.project.tree import ROOT
from tests.slo.catalogue import labels

RUNBOOKS = ROOT / "docs" / "runbooks"

ADDRESSES = Addresses("http://127.0.0.1:1/page", "http://127.0.0.1:1/ticket")

FAILED = 'race_checkouts_ended_total{drop="d",step="paying",checkout_end="expired"}'
AUTHORIZED = 'race_gateway_answers_total{gateway="bank",operation="authorize",said="authorized"}'
SILENT = 'race_gateway_answers_total{gateway="bank",operation="authorize",said="no_answer"}'
QUIET = {
    'up{job="race",instance="one"}': "1x80",
    'race_orders_total{drop="d",gateway="bank"}': "0+50x80",
    FAILED: "0x80",
    'race_checkout_seconds_bucket{drop="d",reserved_here="true",le="2.0"}': "0+50x80",
    'race_checkout_seconds_count{drop="d",reserved_here="true"}': "0+50x80",
    'race_reservations_total{drop="d"}': "0+60x80",
    'race_commands_refused_total{drop="d",lack="room"}': "0x80",
    'race_commands_refused_total{drop="d",lack="database"}': "0x80",
    AUTHORIZED: "0+50x80",
    SILENT: "0x80",
    'race_gateway_seconds_bucket{gateway="bank",operation="authorize",le="1.0"}': "0+50x80",
    'race_gateway_seconds_count{gateway="bank",operation="authorize"}': "0+50x80",
    'race_challenges_asked_total{drop="d"}': "0+40x80",
    'race_challenges_passed_total{drop="d"}': "0+40x80",
    'race_stock_checks_total{consistent="true"}': "0+1x80",
    'race_stock_checks_total{consistent="false"}': "0x80",
    'race_findings_total{finding="duplicate_orders",finding_state="open"}': "0x80",
    'race_findings_total{finding="duplicate_orders",finding_state="closed"}': "0x80",
    "race_orders_recent": "1000x80",
    "race_orders_disputed_recent": "1x80",
    'race_gateway_drained{gateway="bank"}': "0x80",
    'race_gateway_breaker_open{gateway="bank"}': "0x80",
    'race_tasks_oldest_seconds{task="capture"}': "1x80",
    'race_tasks_oldest_seconds{task="resolve"}': "1x80",
    'race_inbox_oldest_seconds{gateway="bank",inbox_state="waiting"}': "1x80",
    "race_holds_overdue": "0x80",
    "race_reconcile_lag_seconds": "20x80",
    "race_findings_open": "0x80",
    'race_batch_write_seconds_bucket{le="0.005"}': "0+100x80",
    'race_batch_write_seconds_bucket{le="1.0"}': "0+100x80",
    'race_batch_write_seconds_bucket{le="+Inf"}': "0+100x80",
    "race_batch_write_seconds_count": "0+100x80",
    'race_loop_lag_seconds_bucket{instance="one",le="0.01"}': "0+100x80",
    'race_loop_lag_seconds_bucket{instance="one",le="1.0"}': "0+100x80",
    'race_loop_lag_seconds_bucket{instance="one",le="+Inf"}': "0+100x80",
    'race_http_requests_total{route="reserve"}': "0+200x80",
    'race_requests_limited_total{route="reserve"}': "0+1x80",
    'race_requests_shed_total{route="reserve"}': "0x80",
    'race_drop_burn_rate{drop="d"}': "0.5x80",
    'race_drop_burn_bad{drop="d"}': "3x80",
}
"""Series of a sale that goes well, one value each 15 seconds."""

TROUBLES: dict[str, tuple[Mapping[str, str], set[str]]] = {
    "checkouts fail": ({FAILED: "0+20x80"}, {"CheckoutsFailing"}),
    "checkouts are slow": (
        {'race_checkout_seconds_bucket{drop="d",reserved_here="true",le="2.0"}': "0+2x80"},
        {"CheckoutsSlow"},
    ),
    "there is no room": ({'race_commands_refused_total{drop="d",lack="room"}': "0+30x80"}, {"ReservationsFailing"}),
    "a gateway is silent": (
        {AUTHORIZED: "0+5x80", SILENT: "0+45x80", 'race_gateway_breaker_open{gateway="bank"}': "1x80"},
        {"GatewaySilent", "PaymentsFailing"},
    ),
    "some payments get no answer": ({AUTHORIZED: "0+30x80", SILENT: "0+20x80"}, {"PaymentsFailing"}),
    "a gateway is slow": (
        {'race_gateway_seconds_bucket{gateway="bank",operation="authorize",le="1.0"}': "0+5x80"},
        {"PaymentsSlow"},
    ),
    "challenges are too hard": ({'race_challenges_passed_total{drop="d"}': "0+10x80"}, {"ChallengesFailing"}),
    "stock is miscounted": ({'race_stock_checks_total{consistent="false"}': "0+1x80"}, {"StockMiscounted"}),
    "somebody was charged twice": (
        {'race_findings_total{finding="duplicate_orders",finding_state="open"}': "0+5x80"},
        {"DuplicateOrders"},
    ),
    "somebody looked at who was charged twice": (
        {'race_findings_total{finding="duplicate_orders",finding_state="closed"}': "0+5x80"},
        set(),
    ),
    "banks take back": ({"race_orders_disputed_recent": "50x80"}, set()),
    "captures wait": ({'race_tasks_oldest_seconds{task="capture"}': "100x80"}, {"StepsOverdue"}),
    "a payment is asked about for a day": ({'race_tasks_oldest_seconds{task="resolve"}': "100x80"}, set()),
    "messages wait": (
        {'race_inbox_oldest_seconds{gateway="bank",inbox_state="waiting"}': "100x80"},
        {"InboxBehind"},
    ),
    "reservations do not end": ({"race_holds_overdue": "3x80"}, {"ReservationsLeak"}),
    "reconciliation stands": ({"race_reconcile_lag_seconds": "400x80"}, {"ReconciliationBehind"}),
    "findings stay": ({"race_findings_open": "2x80"}, {"FindingsOpen"}),
    "the disk is slow": ({'race_batch_write_seconds_bucket{le="0.005"}': "0x80"}, {"DatabaseSlow"}),
    "a few batches are slow": (
        {
            'race_batch_write_seconds_bucket{le="0.005"}': "0x80",
            'race_batch_write_seconds_bucket{le="1.0"}': "0+10x80",
            'race_batch_write_seconds_bucket{le="+Inf"}': "0+10x80",
            "race_batch_write_seconds_count": "0+10x80",
        },
        set(),
    ),
    "the database is gone": (
        {'race_commands_refused_total{drop="d",lack="database"}': "0+30x80"},
        {"DatabaseGone", "ReservationsFailing"},
    ),
    "a core is full": ({'race_loop_lag_seconds_bucket{instance="one",le="0.01"}': "0x80"}, {"EventLoopLate"}),
    "a process is gone": ({'up{job="race",instance="one"}': "0x80"}, {"EngineDown"}),
    "bots come": ({'race_requests_limited_total{route="reserve"}': "0+190x80"}, {"BotFlood"}),
    "a few requests are turned away": (
        {
            'race_http_requests_total{route="reserve"}': "0+2x80",
            'race_requests_limited_total{route="reserve"}': "0+2x80",
        },
        set(),
    ),
    "a drop's budget burns": (
        {'race_drop_burn_rate{drop="d"}': "5x80", 'race_drop_burn_bad{drop="d"}': "40x80"},
        {"DropBudgetBurning"},
    ),
    "a few bad ones in a drop": ({'race_drop_burn_rate{drop="d"}': "50x80"}, set()),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the usual objectives."""
    where = tmp_path_factory.mktemp("prometheus")
    write_rules(Slo(), where, ADDRESSES)
    return where


def test_the_files_are_what_prometheus_and_alertmanager_read(folder: Path) -> None:
    promtool, amtool = require_program("promtool"), require_program("amtool")
    run(promtool, "check", "config", folder / "prometheus.yml")
    run(amtool, "check-config", folder / "alertmanager.yml")


@pytest.mark.parametrize(
    ("addresses", "option"),
    [
        (Addresses("notaurl", "http://t/"), "--page"),
        (Addresses("http://p/", "ftp://t/"), "--ticket"),
        (Addresses('http://p/"x', "http://t/"), "--page"),
        (Addresses("http://p:99999/", "http://t/"), "--page"),
        (Addresses("http://p/", "http://t/", ["nonsense"]), "--process"),
        (Addresses("http://p/", "http://t/", ["127.0.0.1:99999"]), "--process"),
        (Addresses("http://p/", "http://t/", ["http://127.0.0.1:9100"]), "--process"),
        (Addresses("http://p/", "http://t/", alertmanager="127.0.0.1:9093/x"), "--alertmanager"),
    ],
)
def test_an_address_that_they_could_not_use_is_refused_before_anything_is_written(
    tmp_path: Path, addresses: Addresses, option: str
) -> None:
    with pytest.raises(MonitoringAddressWrong, match=option):
        write_rules(Slo(), tmp_path / "new", addresses)
    assert list(tmp_path.iterdir()) == []


def test_hosts_are_names_and_addresses_of_both_kinds(tmp_path: Path) -> None:
    promtool = require_program("promtool")
    hosts = ["[::1]:9100", "race-1.shop.internal:9100", "10.0.0.1:80"]
    write_rules(Slo(), tmp_path, Addresses("https://on-call.example.com/v2?key=a", "http://[::1]:1/", hosts))
    run(promtool, "check", "config", tmp_path / "prometheus.yml")


def test_maintenance_is_read_too(tmp_path: Path) -> None:
    amtool = require_program("amtool")
    slo = parse_slo("[[maintenance]]\nfrom = 2026-11-30T22:00:00+00:00\nto = 2026-12-02T03:30:00+00:00\n")
    write_rules(slo, tmp_path, ADDRESSES)
    run(amtool, "check-config", tmp_path / "alertmanager.yml")
    written = yaml.safe_load((tmp_path / "alertmanager.yml").read_text())
    days = [interval["days_of_month"][0] for interval in written["time_intervals"][0]["time_intervals"]]
    assert days == ["30:30", "1:1", "2:2"]


def test_maintenance_is_told_in_utc_and_ends_with_its_day() -> None:
    slo = parse_slo("[[maintenance]]\nfrom = 2026-12-01T01:00:00+02:00\nto = 2026-12-01T02:00:00+02:00\n")
    [interval] = routes(slo, ADDRESSES.page, ADDRESSES.ticket)["time_intervals"][0]["time_intervals"]
    assert interval["times"] == [{"start_time": "23:00", "end_time": "24:00"}]
    assert (interval["days_of_month"], interval["months"]) == (["30:30"], ["11:11"])


def test_a_trouble_raises_its_alerts_and_no_others(folder: Path) -> None:
    assert all(set(changed) <= set(QUIET) for changed, _ in TROUBLES.values())
    judge(folder, [({**QUIET, **changed}, alerts) for changed, alerts in TROUBLES.values()])


def test_a_quiet_sale_and_too_little_evidence_raise_none(folder: Path) -> None:
    """One of two checkouts failed: that is a burn of fifty, and shows nothing yet."""
    few = {**QUIET, 'race_orders_total{drop="d",gateway="bank"}': "0x40 1x40", FAILED: "0x40 1x40"}
    judge(folder, [(QUIET, set()), (few, set())])


def test_what_is_over_or_has_only_begun_burns_nothing(tmp_path: Path) -> None:
    """Failures that ended show in the long window alone, a minute of them in the short one alone."""
    write_rules(Slo(burn=(Burn(8.0, "15m", "3m", "page"),)), tmp_path, ADDRESSES)
    going_on = {**QUIET, FAILED: "0+20x80"}
    over, begun = {**QUIET, FAILED: "0+20x60 1200x20"}, {**QUIET, FAILED: "0x76 15+15x4"}
    judge(tmp_path, [(going_on, {"CheckoutsFailing"}), (over, set()), (begun, set())])


def test_chargebacks_are_told_after_an_hour_and_not_of_a_few_orders(folder: Path) -> None:
    def disputed(number: int, of: int) -> dict[str, str]:
        up = {'up{job="race",instance="one"}': "1x400"}
        return {**up, "race_orders_recent": f"{of}x400", "race_orders_disputed_recent": f"{number}x400"}

    judge(folder, [(disputed(50, 1000), {"Chargebacks"}), (disputed(20, 50), set())], after="90m")


def test_nothing_measured_is_told_too(folder: Path) -> None:
    judge(folder, [({"unrelated": "1x80"}, {"IndicatorsAbsent"})])


def test_the_judge_can_say_no(folder: Path) -> None:
    with pytest.raises(AssertionError, match="CheckoutsFailing"):
        judge(folder, [({**QUIET, FAILED: "0+20x80"}, set())])


def test_rules_ask_for_metrics_and_labels_that_exist_and_so_do_the_series_of_these_tests() -> None:
    known = labels()
    asked = [rule["expr"] for group in rules(Slo())["groups"] for rule in group["rules"]]
    for expr in [*asked, *QUIET]:
        names = set(re.findall(r"(?<!:)\brace_\w+", expr))
        assert names - set(known) == set(), expr
        for name, braces in re.findall(r"(?<!:)\b(race_\w+){([^}]*)}", expr):
            assert set(re.findall(r"(\w+)(?:=~|!~|!=|=)\"", braces)) - known[name] == set(), expr
        for by, name in re.findall(r"by \(([^)]*)\) \((?:increase|rate)?\(?(race_\w+)", expr):
            assert set(by.split(", ")) - known[name] == set(), expr


def test_every_alert_says_what_to_do() -> None:
    for group in rules(parse_slo("region = 'eu'\nrunbooks = 'https://example.com/runbooks/'"))["groups"]:
        for rule in group["rules"]:
            if "alert" in rule:
                assert rule["annotations"]["runbook_url"].startswith("https://example.com/runbooks/")
                told = re.sub(r"{{.*?}}", "it", rule["annotations"]["summary"])
                assert re.fullmatch(r"[^.]+\.", told), "one plain sentence"
                assert rule["labels"]["region"] == "eu"
                assert rule["labels"]["severity"] in ("page", "ticket")


def test_every_alert_leads_to_a_runbook_that_has_all_its_parts() -> None:
    parts = ["## Symptom", "## Confirm", "## Act", "## Verify", "## After"]
    pages: dict[str, set[str]] = {}
    for group in rules(Slo())["groups"]:
        for rule in group["rules"]:
            if "alert" in rule:
                pages.setdefault(rule["annotations"]["runbook_url"], set()).add(rule["alert"])
    for page, alerts in pages.items():
        text = (ROOT / page).read_text(encoding="utf-8")
        assert [line for line in text.splitlines() if line.startswith("## ")] == parts
        index = (RUNBOOKS / "README.md").read_text(encoding="utf-8")
        line = next(line for line in index.splitlines() if f"({Path(page).name})" in line)
        assert alerts == set(re.findall(r"`(\w+)`", line))
    assert {Path(page).name for page in pages} == {page.name for page in RUNBOOKS.glob("*.md")} - {"README.md"}


def judge(folder: Path, cases: Sequence[tuple[Mapping[str, str], set[str]]], after: str = "20m") -> None:
    """Each of the cases is series, and exactly the alerts that fire after that time of them."""
    test = folder / "test.yml"
    query = {"expr": 'group by (alertname) (ALERTS{alertstate="firing"})', "eval_time": after}
    tests = [
        {
            "interval": "15s",
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "promql_expr_test": [
                {**query, "exp_samples": [{"labels": f'{{alertname="{name}"}}', "value": 1} for name in sorted(alerts)]}
            ],
        }
        for series, alerts in cases
    ]
    test.write_text(yaml.safe_dump({"rule_files": [RULES], "evaluation_interval": "1m", "tests": tests}))
    run(require_program("promtool"), "test", "rules", test)


def run(*command: object) -> None:
    ran = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=280, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_burn_that_a_budget_cannot_reach_is_no_alert_of_its_objective() -> None:
    slo = Slo(objectives=Objectives(checkout_success=Ratio(0.9), challenge_pass=Ratio(0.75)))
    burns: dict[str, set[str]] = {}
    for group in rules(slo)["groups"]:
        for rule in group["rules"]:
            if "alert" in rule and "burn" in rule["labels"]:
                burns.setdefault(rule["labels"]["objective"], set()).add(rule["labels"]["burn"])
    assert burns["reservation_success"] == {"14.4", "8", "6", "4", "3", "1"}
    assert burns["checkout_success"] == {"8", "6", "4", "3", "1"}
    assert burns["challenge_pass"] == {"3", "1"}, "a quarter burns four times too fast at most, and not faster"
