"""The one message: readable, exact, and silent about its length."""

import json
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact import message
from contact.models import EncryptedMessage
from sitebackend import operator_key as key
from tests.contact.conftest import FIELDS

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def build(reply_to: str = "juergen.weiss@example.org", **changes: str) -> bytes:
    return message.build(FIELDS | changes, reference="K7M-4QX-9PT", received_at=NOON, reply_to=reply_to)


def parts(made: bytes) -> tuple[EmailMessage, ...]:
    whole = message_from_bytes(made, policy=policy.SMTP)
    assert isinstance(whole, EmailMessage)
    return whole, *whole.iter_parts()  # type: ignore[return-value]


def test_the_json_part_holds_the_fields_byte_for_byte() -> None:
    _whole, _text, data = parts(build())
    assert data.get_content_type() == "application/json"
    assert json.loads(data.get_payload(decode=True)) == FIELDS


def test_the_text_part_has_every_field_on_a_labelled_line() -> None:
    text = parts(build())[1].get_content()
    for line in ("Name: Jürgen Weiß-O'Brien", "Postleitzahl: 70173", "Telefon: +49 (0)711 123456", "Grüße 🙂"):
        assert line in text.splitlines()


def test_the_text_part_can_be_read_in_a_terminal() -> None:
    assert "Name: Jürgen Weiß".encode() in build()


def test_the_header_holds_subject_reference_and_reply_address() -> None:
    whole = parts(build())[0]
    assert whole["Reply-To"] == "juergen.weiss@example.org"
    assert whole["X-Reference"] == "K7M-4QX-9PT"
    assert "Jürgen" in whole["Subject"]


@given(st.dictionaries(st.sampled_from(list(FIELDS)), st.text(st.characters(exclude_categories=["Cs"]))))
@settings(deadline=None)
def test_whatever_is_typed_comes_back_and_adds_no_header(typed: dict[str, str]) -> None:
    made = build(**typed)
    whole = message_from_bytes(made, policy=policy.SMTP)
    assert message.fields_of(made) == FIELDS | typed
    assert len(made) % message.BLOCK == 0
    assert set(whole.keys()) == {
        "Subject", "From", "To", "Reply-To", "Date", "X-Reference", "MIME-Version", "Content-Type",
    }  # fmt: skip


def test_no_message_up_to_two_kilobytes_tells_its_length(operator_key: object, db: None) -> None:
    stored = set()
    for size in (1, 2, 100, 997, 1024, 2048):
        armoured, _keys = key.encrypt(build(message="x" * size))
        stored.add(len(armoured))
    stored.add(len(key.encrypt(build(message="🙂" * 512))[0]))
    assert len(stored) == 1


def test_a_message_without_json_is_refused() -> None:
    with pytest.raises(ValueError, match="no JSON part"):
        message.fields_of(b"Subject: x\r\n\r\ntext")


def test_a_ciphertext_is_called_by_its_random_key() -> None:
    row = EncryptedMessage(armoured="-----BEGIN PGP MESSAGE-----")
    assert str(row) == str(row.pk)
