"""Whatever bytes arrive, each parser that faces the network gives a value or a refusal, and never falls over.

Tickets, passes and grants, sessions, customers' tokens, proofs, codes, addresses behind proxies, and the signs in
headers have such tests beside their own; here are all the others.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from race_to_purchase.edge import admin_keys, aftersale, carts, checkouts, findings, gateways, rum, signing_in
from race_to_purchase.edge.body import decoded
from race_to_purchase.edge.call import Call
from race_to_purchase.edge.challenge import handlers as challenge
from race_to_purchase.edge.console import handlers as console
from race_to_purchase.edge.console import signing_in as console_signing_in
from race_to_purchase.edge.cookies import cookie_of
from race_to_purchase.edge.idempotency import KEY_CHARACTERS_MAX, key_of
from race_to_purchase.edge.line import admin, grants, handlers
from race_to_purchase.edge.line.passes import admitted
from race_to_purchase.edge.operator_sessions import COOKIE, ConsoleSessions
from race_to_purchase.edge.origins import Origins
from race_to_purchase.edge.pages.built import Built, Reply
from race_to_purchase.edge.plain.asking import fields_of
from race_to_purchase.edge.principals import asserted_buyer
from race_to_purchase.edge.problems import Refused
from race_to_purchase.edge.reply import request_id
from race_to_purchase.edge.sessions import Sessions
from race_to_purchase.gateways.sandbox import webhook as sandbox
from race_to_purchase.gateways.stripe import webhook as stripe
from race_to_purchase.gateways.webhook.secret import new_secret
from race_to_purchase.observe.request import traceparent_of
from race_to_purchase.rules.signing import Keyring, WrongToken

KEYS = Keyring({1: b"k" * 32}, 1)
BYTES = st.binary(max_size=400)
TEXT = st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
HEADER = BYTES | TEXT

DECODERS = {
    "admin_key": admin_keys._new,
    "refund": aftersale.NEW_REFUND,
    "cart": carts.CART_CHANGE,
    "checkout": checkouts.NEW_CHECKOUT,
    "payment": checkouts.NEW_PAYMENT,
    "code": challenge._NEW_CODE,
    "act": console._ACT,
    "stored_put": console._PUT,
    "operator": console_signing_in._SIGN_IN,
    "finding": findings._REASON,
    "gateway": gateways._use,
    "hand": admin.HAND,
    "beacon_value": admin.BEACON_VALUE,
    "grants": grants.NEW_GRANTS,
    "place": handlers.NEW_PLACE,
    "pass": handlers.WANTED_PASS,
    "rum": rum._beacon,
    "sign_in": signing_in._SIGN_IN,
}

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)

quick = settings(max_examples=100, deadline=None)


def outcome(kinds: tuple[type[Exception], ...], run: Any, *arguments: Any) -> Any:
    """What comes out: a value, or one of these refusals as the value."""
    try:
        return run(*arguments)
    except kinds as refused:
        return refused


@pytest.mark.parametrize("name", DECODERS)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_body_is_a_value_or_refused_with_400_or_422(name: str, data: st.DataObject) -> None:
    decoder: msgspec.json.Decoder[Any] = DECODERS[name]
    shape = decoder.type
    names = [field.encode_name for field in msgspec.structs.fields(shape)] if isinstance(shape, type) else ["do"]
    objects = st.dictionaries(st.sampled_from([*names, "x"]), VALUES, max_size=5)
    raw = data.draw(BYTES | objects.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")))
    found = outcome((Refused,), decoded, decoder, raw)
    if isinstance(found, Refused):
        assert found.answer.status in (400, 422)


@given(HEADER)
@quick
def test_a_cookie_header_has_our_cookie_or_has_it_not(raw: bytes) -> None:
    for header in (raw, b"a=b; race_session=" + raw, b"race_session=x; race_session=" + raw):
        found = outcome((WrongToken,), cookie_of, header)
        assert found is None or isinstance(found, str | WrongToken)


@given(HEADER)
@quick
def test_a_session_is_one_of_ours_or_refused(raw: bytes) -> None:
    buyers = Sessions(KEYS, Origins(), lifetime_s=60)
    operators = ConsoleSessions(KEYS, idle_s=60)
    assert isinstance(outcome((Refused,), buyers.read, {b"cookie": b"race_session=" + raw}), Refused)
    cookie = COOKIE.encode() + b"=" + raw
    assert isinstance(outcome((Refused,), operators.read, {b"cookie": cookie}), Refused)


@given(HEADER)
@quick
def test_an_idempotency_key_is_printable_and_short_or_refused(raw: bytes) -> None:
    found = outcome((Refused,), lambda: key_of({b"idempotency-key": raw}, required=True))
    assert isinstance(found, Refused) or (
        found.isascii() and found.isprintable() and 0 < len(found) <= KEY_CHARACTERS_MAX
    )


@given(HEADER)
@quick
def test_a_buyer_s_name_fits_into_a_header_or_is_refused(raw: bytes) -> None:
    found = outcome((Refused,), asserted_buyer, {b"race-buyer": raw})
    assert isinstance(found, Refused) or found.encode("ascii") == raw


@given(HEADER)
@quick
def test_a_request_id_can_stand_in_a_log_line(raw: bytes) -> None:
    named = request_id({b"x-request-id": raw})
    assert 0 < len(named) <= 128
    assert named.decode("ascii").isprintable()


@given(HEADER)
@quick
def test_a_traceparent_is_one_or_nothing(raw: bytes) -> None:
    for given_ in (raw, b"00-" + raw, b"00-" + b"a" * 32 + b"-" + raw):
        assert traceparent_of(given_) == "" or len(traceparent_of(given_)) == 55


@given(HEADER, HEADER)
@quick
def test_a_page_is_given_plain_packed_or_not_again(accepted: bytes, known: bytes) -> None:
    plain, packed, unchanged = Reply(200, b"plain"), Reply(200, b"packed"), Reply(304, b"")
    built = Built(b'W/"a"', plain, packed, unchanged)
    assert built.reply({b"accept-encoding": accepted, b"if-none-match": known}) in (plain, packed, unchanged)


@given(HEADER, HEADER, HEADER)
@quick
def test_an_origin_is_trusted_or_not(origin: bytes, site: bytes, host: bytes) -> None:
    headers = {b"origin": origin, b"host": host}
    origins = Origins(frozenset({"https://www.shop.example"}))
    assert origins.trusts({**headers, b"sec-fetch-site": site}) in (True, False)
    assert origins.trusts(headers) == (origin == b"https://www.shop.example" or origin.partition(b"://")[2] == host)


@given(HEADER)
@quick
def test_a_pass_is_one_of_ours_or_refused(raw: bytes) -> None:
    assert isinstance(outcome((Refused,), admitted, KEYS, "aurora-1", raw, b"b" * 16), Refused)


@given(HEADER)
@quick
def test_a_form_is_fields_or_refused(raw: bytes) -> None:
    headers = {b"content-type": b"application/x-www-form-urlencoded"}
    found = outcome((Refused,), fields_of, Call("plain", headers, {}, lambda: True, body=raw))
    assert isinstance(found, Refused) or all(isinstance(value, str) for value in found.values())


@given(st.text(max_size=80))
@quick
def test_a_path_names_a_drop_and_a_checkout_or_nothing(text: str) -> None:
    call = Call("x", {}, {"drop": text, "id": text}, lambda: True)
    found = outcome((Refused,), call.drop)
    assert isinstance(found, Refused) or found == text
    assert isinstance(outcome((Refused,), call.id, "checkout"), Refused | str)


SECRET = new_secret()


@given(st.dictionaries(st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), TEXT), BYTES)
@quick
def test_a_message_of_the_sandbox_is_refused(headers: dict[str, bytes], body: bytes) -> None:
    named = {name: value.decode("latin-1") for name, value in headers.items()}
    assert isinstance(outcome((ValueError,), sandbox.verify, Webhook(SECRET), named, body), ValueError)


@given(st.text(max_size=40).filter(str.isprintable), VALUES.map(json.dumps))
@quick
def test_a_message_that_is_signed_is_still_read_with_care(name: str, body: str) -> None:
    webhook, now = Webhook(SECRET), datetime.now(UTC)
    signed = webhook.sign(name, now, body)
    headers = {"webhook-id": name, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signed}
    assert isinstance(outcome((ValueError,), sandbox.verify, webhook, headers, body.encode()), ValueError)


@given(TEXT, BYTES)
@quick
def test_a_message_of_stripe_is_refused(signature: bytes, body: bytes) -> None:
    now_s = int(time.time())
    for text in (signature.decode("latin-1"), f"t={now_s},v1={signature.hex()}", f"t={signature.hex()},v1=00"):
        found = outcome((ValueError,), stripe.verify, ["whsec_secret"], {"Stripe-Signature": text}, body)
        assert isinstance(found, ValueError)
