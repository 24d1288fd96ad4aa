"""The sender takes a message back from the thanks page, within the hour."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from contact import services
from contact.mail import WITHDRAWN
from contact.models import EncryptedMessage, Note, Submission
from sitebackend import retention
from sitebackend.mail.models import OutgoingMail, State
from sitebackend.mail.services import deliver_due
from sitebackend.models import SiteSettings
from sitebackend.privacy import erasure, journal
from sitebackend.privacy.journal_line import Cause
from sitebackend.privacy.restriction.models import Restriction
from tests.contact.conftest import FIELDS, nonce_in
from tests.contact.mailserver import Handler

Send = Callable[..., Any]


@pytest.fixture(autouse=True)
def own_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "path", lambda: tmp_path / "journal" / journal.FILE_NAME)


@pytest.fixture(autouse=True)
def _business(db: None) -> None:
    SiteSettings.objects.update_or_create(
        id=1, defaults={"business_name": "Netz & Co", "email": "post@example.de", "phone": "0711 99 88 77"}
    )


@pytest.fixture
def thanks(send: Send, operator_key: object) -> Iterator[str]:
    """The address of the thanks page of a message that was just sent."""
    return send()["Location"]


def words(answer: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


@pytest.mark.parametrize("periods", [{}, {"done": 730, "open": 730, "suspect": 730}, {"done": 90, "suspect": 30}])
def test_the_thanks_page_says_when_the_message_goes_in_the_words_of_the_notice(
    client: Client, thanks: str, settings: Settings, periods: dict[str, int]
) -> None:
    settings.CONTACT_RETENTION_DAYS = periods
    assert retention.of_messages() in words(client.get(thanks))


def test_taken_back_it_is_gone_with_its_ciphertext_and_its_waiting_mails(
    client: Client, send: Send, settings: Settings, mail_server: Handler
) -> None:
    settings.CONTACT_ACKNOWLEDGE = "yes"
    thanks, other = send()["Location"], send(message="Eine andere", email="andere@example.org")["Location"]
    key = Submission.objects.order_by("received_at").first().pk  # type: ignore[union-attr]
    answer = client.post(thanks)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    assert [Submission.objects.count(), EncryptedMessage.objects.count()] == [1, 1]
    assert not OutgoingMail.objects.filter(about=key).exists()
    [line] = journal.entries()
    assert (line.source, line.action, line.rows, line.cause) == (
        "contact.submissions", "delete", (key,), Cause.PERSON
    )  # fmt: skip
    deliver_due(timezone.now())
    assert {mail["To"] for mail in mail_server.mails()} == {"operator@example.de", "andere@example.org"}
    assert FIELDS["message"][:5] not in "".join(mail.get_content() for mail in mail_server.mails())
    assert client.get(other).status_code == 200


def test_before_a_mail_left_the_page_says_that_none_did_and_nobody_is_troubled(client: Client, thanks: str) -> None:
    assert "Es war noch keine E-Mail" in words(client.post(thanks))
    assert not OutgoingMail.objects.exists()


def test_after_the_mail_left_the_page_says_so_and_the_operator_hears_of_it(
    client: Client, thanks: str, mail_server: Handler
) -> None:
    reference = Submission.objects.get().reference
    deliver_due(timezone.now())
    told = words(client.post(thanks))
    assert "war schon an uns gegangen" in told
    assert "Es war noch keine E-Mail" not in told
    deliver_due(timezone.now())
    _first, second = mail_server.mails()
    assert second["To"] == "operator@example.de"
    assert reference in second.get_content()
    assert "Postfach" in second.get_content()
    assert FIELDS["email"] not in str(second)


def test_while_a_mail_is_under_way_the_page_does_not_say_that_none_left(client: Client, thanks: str) -> None:
    """An attempt is counted before it is made."""
    OutgoingMail.objects.update(attempts=1)
    told = words(client.post(thanks))
    assert "Es war noch keine E-Mail" not in told
    assert "kann uns schon erreicht haben" in told
    assert OutgoingMail.objects.get().kind == WITHDRAWN.name


def test_a_mail_that_went_and_waits_to_go_once_more_is_not_forgotten(
    client: Client, thanks: str, mail_server: Handler
) -> None:
    deliver_due(timezone.now())
    services.send_again(submissions=Submission.objects.all(), now=timezone.now())
    assert "Es war noch keine E-Mail" not in words(client.post(thanks))
    deliver_due(timezone.now())
    assert len(mail_server.mails()) == 2
    assert "zurückgenommen" in str(mail_server.mails()[1]["Subject"])


@pytest.mark.parametrize("way", ["pgp", "notice"])
def test_the_operator_is_told_in_the_words_of_the_mail_that_went(
    client: Client, send: Send, mail_server: Handler, settings: Settings, way: str
) -> None:
    settings.CONTACT_MAIL = way
    thanks = send()["Location"]
    deliver_due(timezone.now())
    told = words(client.post(thanks))
    deliver_due(timezone.now())
    assert len(mail_server.mails()) == 2
    assert ("nichts von dem, was Sie geschrieben haben" in told) == (way == "notice")


def test_an_operator_who_noted_something_on_it_hears_of_it_without_a_mail_having_left(
    client: Client, thanks: str
) -> None:
    Note.objects.create(submission=Submission.objects.get(), sealed=b"\x01" * 2000)
    client.post(thanks)
    assert OutgoingMail.objects.get().kind == WITHDRAWN.name
    assert not Note.objects.exists()


def test_a_second_press_of_the_button_is_told_that_it_is_gone(client: Client, thanks: str) -> None:
    client.post(thanks)
    for answer in (client.post(thanks), client.get(thanks)):
        assert answer.status_code == 410
        assert "nicht mehr gespeichert" in words(answer)
    assert len(journal.entries()) == 1


def test_after_an_hour_there_are_words_and_the_way_to_the_request_form(
    client: Client, thanks: str, time_machine: Any
) -> None:
    time_machine.move_to(timezone.now() + timedelta(minutes=61), tick=False)
    page = client.get(thanks).content.decode()
    assert "<form" not in page.partition("<main")[2].partition("</main")[0]
    assert "/datenschutz/anfrage/?kind=erasure" in page
    answer = client.post(thanks)
    assert answer.status_code == 410
    assert "/datenschutz/anfrage/?kind=erasure" in answer.content.decode()
    assert Submission.objects.count() == 1


def test_until_when_it_can_be_taken_back_is_said_and_holds(client: Client, thanks: str, time_machine: Any) -> None:
    until = timezone.localtime(Submission.objects.get().received_at + timedelta(hours=1))
    assert f"{until:%H:%M}" in words(client.get(thanks))
    time_machine.move_to(timezone.now() + timedelta(minutes=59), tick=False)
    assert client.post(thanks).status_code == 200


@pytest.mark.parametrize("token", ["x", "0" * 32, "00000000000040008000000000000000:abc"])
def test_nobody_takes_back_a_message_by_a_made_up_address(client: Client, thanks: str, token: str) -> None:
    assert client.post(f"/kontakt/danke/{token}/").status_code == 404
    assert Submission.objects.count() == 1


def test_another_website_cannot_have_it_taken_back(client: Client, thanks: str) -> None:
    assert client.post(thanks, headers={"Origin": "https://evil.example"}).status_code == 403
    assert Submission.objects.count() == 1


def test_the_address_of_the_thanks_page_is_told_to_no_other_page(client: Client, thanks: str) -> None:
    """As `Referer`; `no-referrer` would make the browser hide the origin of the button's request as well."""
    assert client.get(thanks)["Referrer-Policy"] == "strict-origin"


def test_a_restricted_message_stays(client: Client, thanks: str) -> None:
    submission = Submission.objects.get()
    Restriction.objects.create(holding="contact.submissions", row=submission.pk, since=timezone.now())
    assert client.post(thanks).status_code == 410
    assert Submission.objects.count() == 1


def test_while_the_journal_cannot_be_written_it_stays_and_the_page_says_so(
    client: Client, thanks: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(journal, "path", lambda: tmp_path / "file" / journal.FILE_NAME)
    answer = client.post(thanks)
    assert answer.status_code == 503
    assert "post@example.de" in answer.content.decode()
    assert Submission.objects.count() == 1


def test_a_backup_from_before_does_not_bring_it_back(client: Client, thanks: str) -> None:
    submission, message = Submission.objects.get(), EncryptedMessage.objects.get()
    client.post(thanks)
    message.save(force_insert=True)
    submission.save(force_insert=True)
    erasure.replay(journal.entries())
    assert not Submission.objects.exists()


def test_taken_back_and_sent_once_more_it_is_a_new_message(client: Client, send: Send) -> None:
    form = FIELDS | {"nonce": nonce_in(client.get("/kontakt/").content.decode()), "extra": ""}
    client.post(client.post("/kontakt/", form)["Location"])
    assert client.post("/kontakt/", form).status_code == 303
    assert Submission.objects.count() == 1


def test_a_suspect_is_taken_back_like_any_other(client: Client, send: Send) -> None:
    """The page does not tell what the spam checks said."""
    suspect, clean = send(extra="x")["Location"], send()["Location"]
    told = [re.sub(r"[0-9A-Z]{3}(-[0-9A-Z]{3})+|\d\d:\d\d", "…", words(client.get(path))) for path in (suspect, clean)]
    assert told[0] == told[1]
    assert words(client.post(suspect)) == words(client.post(clean))
    assert OutgoingMail.objects.exclude(state=State.SENT).count() == 0
