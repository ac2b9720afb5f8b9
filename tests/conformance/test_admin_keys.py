"""Keys of operators: kept by their digest, one a name, and good until they are revoked or expire."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from race_to_purchase.ports import AdminKeyRows
from race_to_purchase.rules.admin_keys import Holder, NewKey, digest_of
from tests.conformance.conftest import Backend

IDS = [str(UUID(int=number)) for number in range(4)]
DIGESTS = [digest_of(bytes([number])) for number in range(4)]
NOBODY = str(UUID(int=99))


@pytest.fixture
def keys(backend: Backend) -> AdminKeyRows:
    """Those of the store."""
    return backend.admin_keys


def a_key(number: int, name: str = "ada", expires_at: datetime | None = None) -> NewKey:
    """One that is wanted."""
    return NewKey(IDS[number], name, "operator", expires_at, "ops")


async def test_a_key_is_told_as_it_was_issued_and_opens_by_its_digest(keys: AdminKeyRows, now: datetime) -> None:
    until = now.replace(microsecond=0) + timedelta(hours=1)
    added = await keys.add(a_key(0, expires_at=until), DIGESTS[0])
    assert added is not None
    told = (added.id, added.name, added.role, added.created_by, added.expires_at, added.revoked_at, added.last_used_at)
    assert told == (IDS[0], "ada", "operator", "ops", until, None, None)
    assert added.created_at >= now
    assert await keys.all() == [added]
    assert await keys.good() == {DIGESTS[0]: Holder(IDS[0], "ada", "operator")}


async def test_a_name_is_taken_until_its_key_is_revoked(keys: AdminKeyRows) -> None:
    await keys.add(a_key(0), DIGESTS[0])
    assert await keys.add(a_key(1), DIGESTS[1]) is None
    assert await keys.good() == {DIGESTS[0]: Holder(IDS[0], "ada", "operator")}
    await keys.revoke(IDS[0], "ops")
    assert await keys.add(a_key(1), DIGESTS[1]) is not None
    assert [key.id for key in await keys.all()] == [IDS[1], IDS[0]]


async def test_a_revoked_key_opens_nothing_and_whoever_revoked_it_first_stands(keys: AdminKeyRows) -> None:
    await keys.add(a_key(0), DIGESTS[0])
    first = await keys.revoke(IDS[0], "ops")
    assert first is not None
    assert (first.revoked_by, first.revoked_at is not None) == ("ops", True)
    assert await keys.revoke(IDS[0], "eve") == first
    assert await keys.good() == {}
    assert await keys.revoke(NOBODY, "ops") is None


async def test_an_expired_key_opens_nothing(keys: AdminKeyRows, now: datetime) -> None:
    await keys.add(a_key(0, "late", now), DIGESTS[0])
    await keys.add(a_key(1, "soon", now + timedelta(hours=1)), DIGESTS[1])
    assert set(await keys.good()) == {DIGESTS[1]}


async def test_when_it_was_used_is_written_a_minute_apart_at_the_least(keys: AdminKeyRows) -> None:
    await keys.add(a_key(0, "ada"), DIGESTS[0])
    await keys.add(a_key(1, "bob"), DIGESTS[1])
    await keys.note_used([IDS[0], NOBODY])
    ada, bob = await keys.all()
    assert (ada.last_used_at is not None, bob.last_used_at) == (True, None)
    await keys.note_used([IDS[0], IDS[1]])
    assert [key.last_used_at == ada.last_used_at for key in await keys.all()] == [True, False]
