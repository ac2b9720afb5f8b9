"""Grants over HTTP: one customer comes in by a lane of their own, once, and nobody by somebody else's grant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from race_to_purchase.observe.events import subscribe
from race_to_purchase.observe.events.line import GrantDenied
from race_to_purchase.rules.drop import passes_pool, reserved_pool
from tests.edge.shop import ADMIN_KEY, OPERATOR_KEY, STOREFRONT_KEY, Server, Shop
from tests.edge.test_line import LINE, Sale
from tests.edge.wire import Client, Response

GRANTS = "/v1/admin/drops/aurora-1/grants"


@pytest.fixture
def sale(shop: Shop) -> Iterator[Sale]:
    """Of ten passes, one in five is for holders of grants."""
    shop.look_each_time()
    with Server(shop.app) as server, server.client(STOREFRONT_KEY) as client:
        made = Sale(shop, server, client)
        made.put(reserved_share=0.2, passes_outstanding_max=10)
        yield made


@pytest.fixture
def admin(sale: Sale) -> Iterator[Client]:
    with sale.server.client(ADMIN_KEY) as client:
        yield client


def issue(sale: Sale, admin: Client, *identities: str, **changes: Any) -> list[dict[str, str]]:
    """Grants that are good for a day from the beginning of the test."""
    wish = {
        "lane": "vip",
        "identities": identities,
        "valid_from": (sale.began - timedelta(hours=1)).isoformat(),
        "valid_until": (sale.began + timedelta(days=1)).isoformat(),
        **changes,
    }
    told = admin.ask("POST", GRANTS, wish)
    assert told.status == 201, told.body
    found: list[dict[str, str]] = told.json["grants"]
    return found


class TestARepeatedRequest:
    """The answer was lost: whoever asks again under the same key has issued no second set."""

    def ask(self, admin: Client, key: str, *identities: str) -> list[dict[str, str]]:
        wish = {"lane": "vip", "identities": identities, "valid_until": "2100-01-01T00:00:00Z"}
        told = admin.ask("POST", GRANTS, wish, idempotency_key=key)
        assert told.status == 201, told.body
        found: list[dict[str, str]] = told.json["grants"]
        return found

    def test_gets_the_grants_of_the_first(self, sale: Sale, admin: Client) -> None:
        first = self.ask(admin, "k-1", "ada", "bob")
        assert self.ask(admin, "k-1", "ada", "bob") == first
        assert {one["id"] for one in admin.ask("GET", GRANTS).json["grants"]} == {one["id"] for one in first}
        assert join(sale, "ada", first[0]["grant"]).status == 201

    def test_of_another_operator_gets_others(self, sale: Sale, admin: Client) -> None:
        with sale.server.client(OPERATOR_KEY) as other:
            first, second = self.ask(admin, "k-1", "ada"), self.ask(other, "k-1", "ada")
        assert first[0]["id"] != second[0]["id"]

    def test_with_another_key_or_wish_gets_others(self, sale: Sale, admin: Client) -> None:
        sets = [self.ask(admin, "k-1", "ada"), self.ask(admin, "k-2", "ada"), self.ask(admin, "k-1", "ada", "bob")]
        assert len({one["id"] for found in sets for one in found}) == 4


def join(sale: Sale, buyer: str, grant: str) -> Response:
    return sale.client.ask("POST", LINE, {"grant": grant}, race_buyer=buyer)


def crowd(sale: Sale, number: int) -> None:
    sale.to(1.5)
    for n in range(number):
        sale.join(f"buyer-{n}")


class TestTheLane:
    def test_lets_its_holder_in_before_the_line(self, sale: Sale, admin: Client) -> None:
        (grant,) = issue(sale, admin, "ada")
        crowd(sale, 30)
        joined = join(sale, "ada", grant["grant"])
        assert (joined.status, joined.json["lane"], joined.json["late"]) == (201, "vip", None)
        assert sale.claim("ada", joined.json["ticket"]).problem == (409, "not_called"), "not before the sale"
        sale.to(3.1, ticks=3)
        given = sale.claim("ada", joined.json["ticket"])
        assert given.status == 201, given.body
        assert sale.reserve("ada", given.json["pass"]).status == 201
        assert join(sale, "ada", grant["grant"]).problem == (403, "grant_used")
        assert sale.claim("ada", joined.json["ticket"]).problem == (403, "pass_used")

    def test_has_its_share_of_the_places_and_no_more(self, sale: Sale, admin: Client) -> None:
        names = [f"vip-{n}" for n in range(6)]
        tickets = [join(sale, one["identity"], one["grant"]).json["ticket"] for one in issue(sale, admin, *names)]
        crowd(sale, 30)
        sale.to(3.1, ticks=4)
        answers = [sale.claim(name, ticket) for name, ticket in zip(names, tickets, strict=True)]
        given = [told for told in answers if told.status == 201]
        assert len(given) == 2, "a fifth of ten passes"
        assert answers[-1].problem == (409, "no_pass_free")
        assert sale.status["cursor"] > 0, "the line goes on beside it"

    def test_is_not_piled_up_when_nobody_takes_it(self, sale: Sale) -> None:
        crowd(sale, 30)
        sale.to(3.1, ticks=30)
        pool = sale.shop.store.rows.pools[reserved_pool("aurora-1")]
        assert pool.capacity == 2
        assert sale.shop.store.rows.pools[passes_pool("aurora-1")].held == 0

    def test_is_open_while_nobody_stands_in_the_line(self, sale: Sale, admin: Client) -> None:
        names = [f"vip-{n}" for n in range(6)]
        tickets = {
            one["identity"]: join(sale, one["identity"], one["grant"]).json["ticket"]
            for one in issue(sale, admin, *names)
        }
        sale.to(3.1, ticks=3)
        let_in = [name for name in names if sale.claim(name, tickets[name]).status == 201]
        assert len(let_in) == 2, "a fifth of ten passes at a time"
        sale.to(3.2, ticks=2)
        assert sale.claim(names[2], tickets[names[2]]).status == 201
        assert sale.status["cursor"] == 0, "nobody was called who is not there"

    def test_skips_no_limit(self, sale: Sale, admin: Client) -> None:
        (grant,) = issue(sale, admin, "ada")
        sale.to(3.1, ticks=3)
        assert sale.reserve("ada", None).problem == (403, "pass_required")
        ticket = join(sale, "ada", grant["grant"]).json["ticket"]
        assert sale.reserve("ada", ticket).problem == (403, "pass_invalid")


class TestWhatIsRefused:
    @pytest.fixture
    def denied(self) -> Iterator[list[GrantDenied]]:
        """Every grant that was refused, as it is counted."""
        told: list[GrantDenied] = []
        end = subscribe(told.append, GrantDenied)
        yield told
        end()

    def test_somebody_elses(self, sale: Sale, admin: Client, denied: list[GrantDenied]) -> None:
        (grant,) = issue(sale, admin, "ada")
        assert join(sale, "eve", grant["grant"]).problem == (403, "grant_wrong_identity")
        assert [one.wrong_grant for one in denied] == ["grant_wrong_identity"]
        assert join(sale, "ada", grant["grant"]).status == 201, "ada's is still good"

    def test_one_that_was_taken_back(self, sale: Sale, admin: Client) -> None:
        (grant,) = issue(sale, admin, "ada")
        for _ in range(2):
            assert admin.ask("POST", f"{GRANTS}/{grant['id']}/revoke").json["revoked_at"]
        assert join(sale, "ada", grant["grant"]).problem == (403, "grant_revoked")
        assert admin.ask("POST", f"{GRANTS}/{'00' * 16}/revoke").problem == (404, "unknown_grant")

    def test_taking_back_one_that_was_used(self, sale: Sale, admin: Client) -> None:
        (grant,) = issue(sale, admin, "ada")
        join(sale, "ada", grant["grant"])
        assert admin.ask("POST", f"{GRANTS}/{grant['id']}/revoke").problem == (403, "grant_used")

    def test_one_out_of_its_time(self, sale: Sale, admin: Client, denied: list[GrantDenied]) -> None:
        later = (sale.began + timedelta(hours=2)).isoformat()
        end = (sale.began + timedelta(hours=3)).isoformat()
        (grant,) = issue(sale, admin, "ada", valid_from=later, valid_until=end)
        assert join(sale, "ada", grant["grant"]).problem == (403, "grant_not_yet")
        sale.to(3.5)
        assert join(sale, "ada", grant["grant"]).problem == (403, "grant_expired")
        assert [one.wrong_grant for one in denied] == ["grant_not_yet", "grant_expired"]

    @pytest.mark.parametrize("token", ["x", "A" * 110, "AQEE", "ä"])
    def test_garbage(self, sale: Sale, token: str) -> None:
        assert join(sale, "ada", token).problem == (403, "grant_invalid")

    def test_another_drops_and_other_tokens(self, sale: Sale, admin: Client) -> None:
        (grant,) = issue(sale, admin, "ada")
        sale.to(1.5)
        ticket = sale.join("ada").json["ticket"]
        assert join(sale, "ada", ticket).problem == (403, "grant_invalid")
        assert sale.claim("ada", grant["grant"]).problem == (403, "ticket_invalid")

    @pytest.mark.parametrize(
        "changes",
        [
            {"lane": "VIP"},
            {"lane": "x" * 17},
            {"identities": []},
            {"valid_until": "2020-01-01T00:00:00Z"},
            {"valid_until": "9999-12-31T23:59:59-14:00"},
            {"valid_from": "0001-01-01T00:00:00+14:00"},
            {"x": 1},
        ],
    )
    def test_a_wish_that_makes_no_sense(self, admin: Client, changes: dict[str, Any]) -> None:
        wish = {"lane": "vip", "identities": ["ada"], "valid_until": "2099-01-01T00:00:00Z", **changes}
        assert admin.ask("POST", GRANTS, wish).problem == (422, "invalid_input")

    def test_a_drop_without_a_line(self, admin: Client) -> None:
        wish = {"lane": "vip", "identities": ["ada"], "valid_until": "2099-01-01T00:00:00Z"}
        assert admin.ask("POST", GRANTS.replace("aurora-1", "nothing"), wish).problem[0] == 404

    def test_a_storefront_that_issues_them(self, sale: Sale) -> None:
        assert sale.client.ask("POST", GRANTS, {}).problem == (403, "forbidden")


def test_their_time_is_told_in_whole_seconds_as_the_token_has_it(sale: Sale, admin: Client) -> None:
    issue(sale, admin, "ada", valid_from="2026-01-01T00:00:00.7Z", valid_until="2100-01-01T00:00:00.7Z")
    [row] = admin.ask("GET", GRANTS).json["grants"]
    assert (row["valid_from"], row["valid_until"]) == ("2026-01-01T00:00:00Z", "2100-01-01T00:00:00Z")


def test_the_list_shows_what_became_of_them(sale: Sale, admin: Client) -> None:
    first, second, third = issue(sale, admin, "ada", "bob", "eve")
    join(sale, "ada", first["grant"])
    admin.ask("POST", f"{GRANTS}/{second['id']}/revoke")
    rows = {row["id"]: row for row in admin.ask("GET", GRANTS).json["grants"]}
    assert rows[first["id"]]["used_at"]
    assert rows[second["id"]]["revoked_at"]
    assert (rows[third["id"]]["used_at"], rows[third["id"]]["revoked_at"]) == (None, None)
    last = max(rows)
    assert admin.ask("GET", f"{GRANTS}?after={last}").json["grants"] == []
