"""What all processes have to agree on: whoever comes first settles it."""

import asyncio

import pytest

from race_to_purchase.ports import Keyrings
from tests.conformance.conftest import Backend


@pytest.fixture
def keyrings(backend: Backend) -> Keyrings:
    """Those of the store."""
    return backend.keyrings


async def test_the_first_value_is_everybodys(keyrings: Keyrings) -> None:
    told = await asyncio.gather(*(keyrings.settle("session", bytes([number]) * 32) for number in range(8)))
    assert len(set(told)) == 1
    assert await keyrings.settle("session", b"later") == told[0]
    assert await keyrings.read("session") == told[0]


async def test_a_value_is_kept_under_its_name_and_can_be_replaced(keyrings: Keyrings) -> None:
    assert await keyrings.read("customers") is None
    await keyrings.replace("customers", b"\x00 one")
    await keyrings.replace("customers", b"two")
    assert await keyrings.read("customers") == b"two"
    assert await keyrings.read("session") is None
