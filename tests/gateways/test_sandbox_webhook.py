"""A webhook of the sandbox is believed exactly if its signature, its time and its form are right."""

from datetime import UTC, datetime, timedelta

import pytest

from race_to_purchase.gateways.sandbox.gateway import SandboxGateway
from race_to_purchase.gateways.sandbox.webhook import sign
from race_to_purchase.gateways.webhook.secret import new_secret, signer
from race_to_purchase.ports import WebhookTooOld
from race_to_purchase.rules.messages import WebhookEvent
from tests.gateways.conftest import WEBHOOK_SECRET

SAID_AT = datetime(2026, 12, 1, 18, 0, 43, tzinfo=UTC)
EVENT = WebhookEvent("evt_1", "payment", "sbx_1", "c-1/1", SAID_AT, {"state": "captured"})
OURS = signer(WEBHOOK_SECRET)
OTHERS = signer(new_secret())
NO_ZONE = b'{"type": "a", "timestamp": "2026-12-01T18:00:43", "data": {"ref": "a"}}'


@pytest.fixture
def gateway() -> SandboxGateway:
    """It needs no database for this."""
    return SandboxGateway("postgresql://nobody@127.0.0.1:1/none", webhook_secret=WEBHOOK_SECRET)


def test_a_signed_message_is_read(gateway: SandboxGateway) -> None:
    assert gateway.verify_webhook(*sign(OURS, EVENT)) == EVENT


def test_a_message_that_says_little_is_read(gateway: SandboxGateway) -> None:
    event = WebhookEvent("evt_1", "refund", "sbx_1", None, SAID_AT)
    assert gateway.verify_webhook(*sign(OURS, event)) == event


def test_a_kind_that_nobody_knows_is_unknown(gateway: SandboxGateway) -> None:
    event = WebhookEvent("evt_1", "account.updated", "sbx_1", None, SAID_AT)  # type: ignore[arg-type] # no kind
    assert gateway.verify_webhook(*sign(OURS, event)).kind == "unknown"


def test_header_names_have_no_case(gateway: SandboxGateway) -> None:
    headers, body = sign(OURS, EVENT)
    assert gateway.verify_webhook({name.title(): value for name, value in headers.items()}, body) == EVENT


def test_one_right_signature_among_several_is_enough(gateway: SandboxGateway) -> None:
    """So secrets can be changed without losing a message."""
    headers, body = sign(OURS, EVENT)
    other, _ = sign(OTHERS, EVENT)
    headers["webhook-signature"] = other["webhook-signature"] + " " + headers["webhook-signature"]
    assert gateway.verify_webhook(headers, body) == EVENT


def test_another_secret_is_refused(gateway: SandboxGateway) -> None:
    with pytest.raises(ValueError, match="signature"):
        gateway.verify_webhook(*sign(OTHERS, EVENT))


def test_without_a_secret_nothing_is_believed() -> None:
    gateway = SandboxGateway("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(ValueError, match="signature"):
        gateway.verify_webhook(*sign(OURS, EVENT))


def test_an_altered_message_is_refused(gateway: SandboxGateway) -> None:
    headers, body = sign(OURS, EVENT)
    with pytest.raises(ValueError, match="signature"):
        gateway.verify_webhook(headers, body.replace(b"sbx_1", b"sbx_2"))


def test_a_message_under_another_id_is_refused(gateway: SandboxGateway) -> None:
    headers, body = sign(OURS, EVENT)
    with pytest.raises(ValueError, match="signature"):
        gateway.verify_webhook({**headers, "webhook-id": "evt_2"}, body)


@pytest.mark.parametrize("off", [timedelta(minutes=-6), timedelta(minutes=6)])
def test_a_message_of_another_time_is_refused(gateway: SandboxGateway, off: timedelta) -> None:
    with pytest.raises(WebhookTooOld, match="timestamp"):
        gateway.verify_webhook(*sign(OURS, EVENT, datetime.now(UTC) + off))


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_message_without_one_of_its_headers_is_refused(gateway: SandboxGateway, missing: str) -> None:
    headers, body = sign(OURS, EVENT)
    del headers[missing]
    with pytest.raises(ValueError, match="header"):
        gateway.verify_webhook(headers, body)


@pytest.mark.parametrize("signature", ["v1", "v1,", "v1,%%%", "v1,é", "v2,AAAA", "v1,A,B", ",", " ", "v1,AAAAA"])
def test_a_malformed_signature_is_refused(gateway: SandboxGateway, signature: str) -> None:
    headers, body = sign(OURS, EVENT)
    with pytest.raises(ValueError, match=r"."):
        gateway.verify_webhook({**headers, "webhook-signature": signature}, body)


@pytest.mark.parametrize("time", ["", "soon", "nan", "inf", "-1", "9" * 400])
def test_a_malformed_time_is_refused(gateway: SandboxGateway, time: str) -> None:
    headers, body = sign(OURS, EVENT)
    with pytest.raises(ValueError, match=r"."):
        gateway.verify_webhook({**headers, "webhook-timestamp": time}, body)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"type": 1}', b'{"type": "a", "data": {}}', NO_ZONE, b"\xff\xfe"])
def test_a_signed_message_of_another_form_is_refused(gateway: SandboxGateway, body: bytes) -> None:
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": OURS.sign("evt_1", now, body.decode(errors="replace")),
    }
    with pytest.raises(ValueError, match=r"not a webhook"):
        gateway.verify_webhook(headers, body)


class TestSecrets:
    """A secret that protects nothing is not accepted."""

    def test_a_new_one_can_be_used(self) -> None:
        assert signer(new_secret())

    @pytest.mark.parametrize(
        "secret",
        ["", "whsec_", "whsec_c2hvcnQ=", "open sesame", "whsec_" + "A" * 100, new_secret()[6:], new_secret() + "!"],
        ids=["nothing", "nothing after the prefix", "short", "words", "long", "no prefix", "no base64"],
    )
    def test_what_is_none_is_refused_and_not_quoted(self, secret: str) -> None:
        with pytest.raises(ValueError, match="whsec_") as refusal:
            signer(secret)
        assert not secret.removeprefix("whsec_") or secret not in str(refusal.value)
