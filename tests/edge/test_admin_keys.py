"""Keys that an admin issues: told once, listed without what they are, revoked, expired, and kept out of the logs."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from race_to_purchase.rules.admin_keys import digest_of
from tests.edge.shop import Server, Shop
from tests.edge.wire import Client

PATH = "/v1/admin/keys"


def issue(admin: Client, name: str = "ada", role: str = "operator", **more: Any) -> tuple[str, str]:
    """A new key: its id, and itself."""
    told = admin.ask("POST", PATH, {"name": name, "role": role, **more})
    assert told.status == 201, told.body
    return told.json["key"]["id"], told.json["secret"]


def status_with(server: Server, key: str) -> int:
    """How a viewer's question with that key is answered."""
    with server.client(key) as client:
        return client.ask("GET", "/v1/admin/drops").status


class TestAnIssuedKey:
    def test_opens_at_once_and_is_long_and_new_each_time(self, server: Server, admin: Client) -> None:
        (_, first), (_, second) = issue(admin), issue(admin, "bob")
        assert first.startswith("race_operator_")
        assert (len(first) >= len("race_operator_") + 43, first != second) == (True, True)
        assert [status_with(server, key) for key in (first, second)] == [200, 200]

    def test_is_told_once_and_kept_as_a_digest_alone(self, shop: Shop, server: Server, admin: Client) -> None:
        key_id, key = issue(admin, expires_at="2099-01-01T00:00:00Z")
        listed = admin.ask("GET", PATH)
        (told,) = listed.json["keys"]
        assert (told["id"], told["name"], told["role"], told["created_by"]) == (key_id, "ada", "operator", "ops")
        assert told["expires_at"] == "2099-01-01T00:00:00Z"
        assert key.encode() not in listed.body
        assert digest_of(key.encode()).hex().encode() not in listed.body
        assert list(shop.admin_keys.known) == [digest_of(key.encode())]

    def test_acts_under_its_own_name(self, server: Server, admin: Client) -> None:
        _, key = issue(admin, "root", "admin")
        with server.client(key) as client:
            issue(client, "bob")
        assert [(key["name"], key["created_by"]) for key in admin.ask("GET", PATH).json["keys"]] == [
            ("bob", "root"),
            ("root", "ops"),
        ]

    def test_is_noted_when_it_is_used_and_not_on_the_way(self, shop: Shop, server: Server, admin: Client) -> None:
        _, key = issue(admin)
        assert status_with(server, key) == 200
        assert admin.ask("GET", PATH).json["keys"][0]["last_used_at"] is None
        server.do(shop.admin_keys.note_used)
        assert admin.ask("GET", PATH).json["keys"][0]["last_used_at"] is not None


class TestAKeyThatDoesNotCount:
    def test_is_a_revoked_one(self, server: Server, admin: Client) -> None:
        key_id, key = issue(admin)
        told = admin.ask("POST", f"{PATH}/{key_id}/revoke")
        assert (told.status, told.json["revoked_by"]) == (200, "ops")
        assert status_with(server, key) == 401
        assert admin.ask("POST", f"{PATH}/{key_id}/revoke").json == told.json

    def test_is_an_expired_one_once_that_was_noticed(self, shop: Shop, server: Server, admin: Client) -> None:
        until = datetime.now(UTC) + timedelta(hours=1)
        _, key = issue(admin, expires_at=until.isoformat())
        assert status_with(server, key) == 200
        shop.offset = timedelta(hours=2)
        server.do(shop.admin_keys.follow)
        assert status_with(server, key) == 401

    def test_is_an_unknown_one(self, server: Server, admin: Client) -> None:
        _, key = issue(admin)
        assert [status_with(server, wrong) for wrong in (key[:-1], key + "A", key.upper())] == [401, 401, 401]

    def test_is_not_revoked_by_who_does_not_know_it(self, admin: Client) -> None:
        for unknown in ("019ae3c5-7c00-7000-8000-0123456789ab", "ada", "%00"):
            assert admin.ask("POST", f"{PATH}/{unknown}/revoke").problem == (404, "unknown_key")


class TestAWishForAKey:
    @pytest.mark.parametrize("name", ["ops", "shop"])
    def test_may_not_have_the_name_of_one_of_the_settings(self, admin: Client, name: str) -> None:
        assert admin.ask("POST", PATH, {"name": name, "role": "viewer"}).problem == (409, "key_name_taken")

    def test_may_not_have_the_name_of_another_until_that_is_revoked(self, admin: Client) -> None:
        key_id, _ = issue(admin)
        assert admin.ask("POST", PATH, {"name": "ada", "role": "admin"}).problem == (409, "key_name_taken")
        admin.ask("POST", f"{PATH}/{key_id}/revoke")
        issue(admin)

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"name": "two words"}, "name"),
            ({"name": "ada\n"}, "name"),
            ({"name": ""}, "name"),
            ({"role": "storefront"}, "role"),
            ({"role": "root"}, "role"),
            ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
            ({"expires_at": "2099-01-01T00:00:00"}, "expires_at"),
            ({"expires_at": "9999-12-31T23:59:59-14:00"}, "expires_at"),
            ({"scope": "*"}, "scope"),
        ],
    )
    def test_has_to_make_sense(self, admin: Client, wrong: dict[str, str], field: str) -> None:
        told = admin.ask("POST", PATH, {"name": "ada", "role": "viewer", **wrong})
        assert (told.problem, told.json["field"]) == ((422, "invalid_input"), field)


def test_neither_keys_nor_their_names_are_logged(
    shop: Shop, server: Server, admin: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    key_id, key = issue(admin, "a-telling-name")
    status_with(server, key)

    async def broken() -> Any:
        raise RuntimeError("the database is not itself today")

    with monkeypatch.context() as patched:
        patched.setattr(shop.admin_keys, "all", broken)
        assert admin.ask("GET", PATH).status == 500
    admin.ask("POST", f"{PATH}/{key_id}/revoke")
    status_with(server, key)
    assert "request failed" in caplog.text
    for secret in (key, key[-43:], digest_of(key.encode()).hex(), "a-telling-name"):
        assert secret not in caplog.text
