""" "Reply" goes to the sender, in every mail that carries the message; and a released mail is told as it goes."""

from collections.abc import Callable
from email import message_from_bytes, policy
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from contact import message, reply_address, services
from contact.models import ReplyAddress, Submission, Verdict
from sitebackend.crypto import openpgp
from sitebackend.mail.models import OutgoingMail
from sitebackend.mail.services import deliver_due
from sitebackend.management.commands import worker
from sitebackend.privacy.restriction import services as restriction
from tests.conftest import PASSPHRASE
from tests.contact.conftest import FIELDS, NOON
from tests.contact.mailserver import Handler
from tests.contact.test_inbox import act

pytestmark = pytest.mark.django_db
Received = Callable[..., Submission]
HERS = FIELDS["email"]


def sent(handler: Handler) -> Any:
    """The mail that goes out now."""
    assert deliver_due(timezone.now()) == 1
    return handler.mails()[-1]


def inside(mail: Any, key_pair: tuple[bytes, bytes]) -> Any:
    """What the operator's key makes of an encrypted mail."""
    _version, content = mail.iter_parts()
    clear = openpgp.decrypt(content.get_payload(decode=True), secret_key=key_pair[1], passphrase=PASSPHRASE)
    return message_from_bytes(clear, policy=policy.SMTP)


def again(submission: Submission, **options: Any) -> int:
    chosen = Submission.objects.filter(pk=submission.pk)
    return services.send_again(submissions=chosen, now=timezone.now(), **options)


# --- the header


@pytest.mark.parametrize(("mail", "reply_to"), [("plain", HERS), ("pgp", HERS), ("notice", None)])
def test_reply_goes_to_the_sender_of_a_new_a_repeated_and_a_released_mail(
    received: Received, mail_server: Handler, settings: Settings, mail: str, reply_to: str | None
) -> None:
    settings.CONTACT_MAIL = mail
    submission, suspect = received(), received(honeypot="x")
    assert sent(mail_server)["Reply-To"] == reply_to
    again(submission)
    assert sent(mail_server)["Reply-To"] == reply_to
    services.release(submissions=Submission.objects.filter(pk=suspect.pk), now=timezone.now())
    released = sent(mail_server)
    assert (released["X-Reference"], released["Reply-To"]) == (suspect.reference, reply_to)


@pytest.mark.parametrize("typed", ["anna@faß.example", "Anna@XN--FA-HIA.example"])
def test_an_encrypted_mail_names_the_address_as_it_goes_over_the_wire(
    received: Received, mail_server: Handler, settings: Settings, typed: str
) -> None:
    settings.CONTACT_MAIL = "pgp"
    received(email=typed)
    assert sent(mail_server)["Reply-To"].lower() == "anna@xn--fa-hia.example"


@pytest.mark.parametrize("mail", ["plain", "pgp"])
def test_inside_no_header_of_an_encrypted_mail_names_the_sender_and_the_text_begins_with_the_way_to_answer(
    received: Received, mail_server: Handler, settings: Settings, key_pair: tuple[bytes, bytes], mail: str
) -> None:
    settings.CONTACT_MAIL, settings.CONTACT_REPLY_TO = mail, "inside"
    submission = received()
    assert sent(mail_server)["Reply-To"] == (HERS if mail == "plain" else None)
    again(submission)
    repeated = sent(mail_server)
    assert repeated["Reply-To"] is None
    assert b"juergen.weiss" not in mail_server.received[-1]
    text = next(inside(repeated, key_pair).iter_parts()).get_content()
    link, empty, first = text.splitlines()[:3]
    assert link == f"mailto:juergen.weiss@example.org?subject=Ihre%20Nachricht%20{submission.reference}"
    assert (empty, first) == ("", f"Kennung: {submission.reference}")


def test_without_an_address_there_is_nothing_to_answer_to(received: Received, key_pair: tuple[bytes, bytes]) -> None:
    submission = received(email="")
    assert reply_address.kept(submission) == ""
    stored = openpgp.decrypt(submission.message.armoured.encode(), secret_key=key_pair[1], passphrase=PASSPHRASE)
    whole = message_from_bytes(stored, policy=policy.SMTP)
    assert next(whole.iter_parts()).get_content().startswith("Kennung:")  # type: ignore[attr-defined]
    assert message.fields_of(stored) == FIELDS | {"email": ""}


# --- the address beside the message


@pytest.mark.parametrize(
    ("mail", "where", "is_kept"),
    [("plain", "outside", True), ("pgp", "outside", True), ("pgp", "inside", False), ("notice", "outside", False)],
)
def test_the_address_is_kept_only_where_a_mail_will_name_it(
    received: Received, settings: Settings, mail: str, where: str, is_kept: bool
) -> None:
    settings.CONTACT_MAIL, settings.CONTACT_REPLY_TO = mail, where
    submission = received()
    assert ReplyAddress.objects.filter(pk=submission.pk).exists() == is_kept
    assert not any(HERS.encode() in bytes(row.sealed) for row in ReplyAddress.objects.all())


@pytest.mark.parametrize("changes", [{"CONTACT_REPLY_TO": "inside"}, {"CONTACT_MAIL": "notice"}])
def test_with_another_setting_the_worker_lets_the_kept_ones_go(
    received: Received, settings: Settings, changes: dict[str, str]
) -> None:
    submission = received()
    assert reply_address.forget_unwanted in worker.SHORT
    assert reply_address.forget_unwanted(NOON) == 0
    for name, value in changes.items():
        setattr(settings, name, value)
    assert reply_address.kept(submission) == ""
    assert reply_address.forget_unwanted(NOON) == 1
    assert not ReplyAddress.objects.exists()


def test_an_address_moved_to_another_message_does_not_open_and_the_mail_goes_without(
    received: Received, mail_server: Handler, settings: Settings
) -> None:
    settings.CONTACT_MAIL = "pgp"
    first, second = received(), received(email="other@example.org")
    ReplyAddress.objects.filter(pk=second.pk).update(sealed=first.reply_address.sealed)
    deliver_due(NOON)
    assert {mail["X-Reference"]: mail["Reply-To"] for mail in mail_server.mails()} == {
        first.reference: HERS,
        second.reference: None,
    }


def test_the_address_goes_with_the_message(received: Received) -> None:
    submission = received()
    submission.delete()
    assert not ReplyAddress.objects.exists()


# --- released and repeated, with messages open and locked


@pytest.mark.parametrize("action", ["release", "send_again"])
def test_with_messages_open_a_mail_is_plain_again(
    unlocked: Client, allowed: None, received: Received, mail_server: Handler, action: str
) -> None:
    submission = received(honeypot="x" if action == "release" else "")
    deliver_due(NOON)
    page = act(unlocked, action, submission).content.decode()
    mail = sent(mail_server)
    assert (mail.get_content_type(), mail["Reply-To"]) == ("text/plain", HERS)
    assert "Königstraße 1 „Hinterhaus“" in mail.get_content()
    assert (mail["References"] is not None) == (action == "send_again")
    assert "verschlüsselt hinaus" not in page
    assert OutgoingMail.objects.get(about=submission.pk).payload is None


@pytest.mark.parametrize("action", ["release", "send_again"])
def test_with_messages_locked_it_is_encrypted_and_the_operator_is_told(
    locked: Client, allowed: None, received: Received, mail_server: Handler, action: str
) -> None:
    submission = received(honeypot="x" if action == "release" else "")
    deliver_due(NOON)
    page = act(locked, action, submission).content.decode()
    assert "1 E-Mail geht verschlüsselt hinaus" in page
    assert "Nachrichten sind geschlossen" in page
    assert "„Antworten“ nicht" not in page
    mail = sent(mail_server)
    assert (mail.get_content_type(), mail["Reply-To"]) == ("multipart/encrypted", HERS)


def test_where_nothing_is_read_that_is_told_as_the_reason(
    unlocked: Client, received: Received, mail_server: Handler
) -> None:
    page = act(unlocked, "release", received(honeypot="x")).content.decode()
    assert "1 E-Mail geht verschlüsselt hinaus" in page
    assert "nicht eingerichtet" in page


@pytest.mark.parametrize("mail", ["pgp", "notice"])
def test_what_goes_as_the_setting_says_is_not_remarked_on(
    locked: Client, received: Received, settings: Settings, mail: str
) -> None:
    settings.CONTACT_MAIL = mail
    page = act(locked, "release", received(honeypot="x")).content.decode()
    assert "verschlüsselt hinaus" not in page
    assert "„Antworten“ nicht" not in page


def test_a_message_from_before_has_no_address_which_is_told_and_opening_it_mends_that(
    locked: Client, unlocked_cookie: str, allowed: None, received: Received, mail_server: Handler, settings: Settings
) -> None:
    settings.CONTACT_MAIL = "pgp"
    submission = received()
    deliver_due(NOON)
    ReplyAddress.objects.all().delete()
    assert "„Antworten“ nicht an die Person" in act(locked, "send_again", submission).content.decode()
    assert sent(mail_server)["Reply-To"] is None
    locked.cookies[settings.VAULT_COOKIE_NAME] = unlocked_cookie
    assert "„Antworten“ nicht an die Person" not in act(locked, "send_again", submission).content.decode()
    assert sent(mail_server)["Reply-To"] == HERS


def test_a_message_that_does_not_open_goes_as_it_lies_there(
    unlocked: Client, allowed: None, received: Received, mail_server: Handler
) -> None:
    whole, broken = received(honeypot="x"), received(honeypot="x", message="zwei")
    type(broken.message).objects.filter(pk=broken.message_id).update(armoured="-----BEGIN PGP MESSAGE-----")
    page = act(unlocked, "release", whole, broken).content.decode()
    assert "1 E-Mail geht verschlüsselt hinaus" in page
    deliver_due(timezone.now())
    kinds = {mail["X-Reference"]: mail.get_content_type() for mail in mail_server.mails()}
    assert kinds == {whole.reference: "text/plain", broken.reference: "multipart/encrypted"}


def test_a_restricted_suspect_is_neither_released_nor_opened_nor_mailed(
    unlocked: Client, allowed: None, received: Received, mail_server: Handler
) -> None:
    suspect = received(honeypot="x")
    restriction.restrict("contact.submissions", [suspect.pk], now=NOON)
    act(unlocked, "release", suspect)
    suspect.refresh_from_db()
    assert (suspect.verdict, suspect.mail) == (Verdict.SUSPECT, None)
