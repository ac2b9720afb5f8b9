"""The key of a request, however it is spelled, and what it may be used for only once."""

import pytest

from race_to_purchase.edge.idempotency import KEY_CHARACTERS_MAX, fingerprint, key_of
from race_to_purchase.edge.problems import Refused

LONGEST = b"k" * KEY_CHARACTERS_MAX


@pytest.mark.parametrize(
    ("given", "key"),
    [
        (b"a", "a"),
        (b'"a"', "a"),
        (b'"a \\" b"', 'a " b'),
        (b'"a \\\\"', "a \\"),
        (b'a"', 'a"'),
        (LONGEST, LONGEST.decode()),
        (b'"' + LONGEST + b'"', LONGEST.decode()),
    ],
)
def test_a_key_is_the_same_bare_and_quoted(given: bytes, key: str) -> None:
    assert key_of({b"idempotency-key": given}, required=True) == key


@pytest.mark.parametrize(
    "given", [b"", b'"', b'""', b'"a', b'"a\\"', b'"a"b"', b'"a\\b"', b"k" + LONGEST, "ä".encode(), b"a\tb", b"\x7f"]
)
@pytest.mark.parametrize("required", [True, False])
def test_what_is_no_key_is_refused_whether_or_not_one_is_needed(given: bytes, *, required: bool) -> None:
    with pytest.raises(Refused) as caught:
        key_of({b"idempotency-key": given}, required=required)
    assert b'"idempotency_key_invalid"' in caught.value.answer.body


def test_a_key_may_be_missing_only_where_none_is_needed() -> None:
    assert key_of({}, required=False) is None
    with pytest.raises(Refused) as caught:
        key_of({}, required=True)
    assert b'"idempotency_key_missing"' in caught.value.answer.body


def test_another_route_or_another_body_is_another_request_also_where_they_read_the_same_in_a_row() -> None:
    asked = [("POST /v1/a", b"bc"), ("POST /v1/a", b"bd"), ("POST /v1/ab", b"c"), ("POST /v1/a", b"")]
    assert len({fingerprint(route, body) for route, body in asked}) == len(asked)
    assert fingerprint(*asked[0]) == fingerprint(*asked[0])
