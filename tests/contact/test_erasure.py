"""What a request for deletion, and retention, leave of a submission: nothing."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from contact.models import EncryptedMessage, Note, Submission
from sitebackend.mail.services import deliver_due
from sitebackend.privacy import erasure, journal
from sitebackend.privacy.registry import DataSubject
from tests.contact.conftest import FIELDS, NOON

pytestmark = pytest.mark.django_db
HIM = DataSubject(email=FIELDS["email"])


@pytest.fixture(autouse=True)
def no_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal of this test alone; the data folder with its keys stays the run's."""
    monkeypatch.setattr(journal, "path", lambda: tmp_path / "journal" / journal.FILE_NAME)


def _erase() -> None:
    erasure.erase(HIM, plan_hash=erasure.plan(HIM).hash, now=NOON)


def test_row_ciphertext_and_waiting_mail_go_together_and_others_stay(received: Callable[..., Submission]) -> None:
    gone, other = received(), received(email="andere@example.org", phone="040 1234567", name="Andere")
    _erase()
    assert list(Submission.objects.all()) == [other]
    assert list(EncryptedMessage.objects.all()) == [other.message]
    assert [entry.rows for entry in journal.entries()] == [(gone.pk,)]
    assert erasure.verify(HIM) == ()


@pytest.mark.parametrize(
    "said",
    [
        {"email": "JUERGEN.WEISS@example.org"},
        {"phone": "0711 123456"},
        {"name": "weiß-o'brien jürgen", "postal_code": "70173"},
    ],
    ids=lambda said: next(iter(said)),
)
def test_whatever_of_it_the_person_says_finds_it(received: Callable[..., Submission], said: dict[str, str]) -> None:
    submission = received()
    assert [step.rows for step in erasure.plan(DataSubject(**said)).destructive] == [(submission.pk,)]


def test_a_mail_sent_between_preview_and_execution_makes_a_new_preview(received: Callable[..., Submission]) -> None:
    received()
    seen = erasure.plan(HIM)
    deliver_due(NOON)
    with pytest.raises(erasure.PlanOutdated):
        erasure.erase(HIM, plan_hash=seen.hash, now=NOON)
    assert Submission.objects.count() == 1


def test_a_note_that_came_after_the_preview_makes_a_new_preview(received: Callable[..., Submission]) -> None:
    submission = received()
    seen = erasure.plan(HIM).hash
    Note.objects.create(submission=submission, sealed=b"\x01" * 2000)
    with pytest.raises(erasure.PlanOutdated):
        erasure.erase(HIM, plan_hash=seen, now=NOON)
    assert Note.objects.exists()


def test_the_plan_names_the_mails_that_only_the_operator_can_delete(received: Callable[..., Submission]) -> None:
    submission, waiting = received(), received(message="noch eine")
    [step] = erasure.plan(HIM).destructive
    assert step.by_hand == ""
    deliver_due(NOON)
    [step] = erasure.plan(HIM).destructive
    assert submission.reference in str(step.by_hand)
    assert waiting.reference in str(step.by_hand)


def test_without_a_period_messages_stay(received: Callable[..., Submission]) -> None:
    received()
    assert erasure.due(date(2099, 1, 1)).destructive == ()


def test_each_state_has_a_period_of_its_own_and_what_has_none_stays(
    received: Callable[..., Submission], settings: Settings
) -> None:
    settings.CONTACT_RETENTION_DAYS = {"done": 60, "suspect": 10}
    held, done, _still_open = received(honeypot="x"), received(message="zwei"), received(message="drei")
    Submission.objects.filter(pk=done.pk).mark_done(NOON)
    Submission.objects.filter(pk=held.pk).update(told_at=NOON)

    def going(days: int) -> set[object]:
        steps = erasure.due(NOON.date() + timedelta(days=days)).destructive
        return {row for step in steps for row in step.rows}

    assert going(10) == set()
    assert going(11) == {held.pk}
    assert going(61) == {held.pk, done.pk}
    assert going(3650) == {held.pk, done.pk}


def test_with_a_period_they_go_on_the_day_after_it(received: Callable[..., Submission], settings: Settings) -> None:
    settings.CONTACT_RETENTION_DAYS = {"done": 30, "open": 30, "suspect": 30}
    received(now=NOON)
    last_day = NOON.date() + timedelta(days=30)
    assert erasure.due(last_day).destructive == ()
    [step] = erasure.due(last_day + timedelta(days=1)).destructive
    assert len(step.rows) == 1
