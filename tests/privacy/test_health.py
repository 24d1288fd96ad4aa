"""What status, cockpit and readiness say about requests and the journal."""

from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_django import Settings

from sitebackend.findings import Finding, Level
from sitebackend.models import Operator, SiteSettings
from sitebackend.privacy import health, journal, traces
from sitebackend.privacy.models import Channel, DataSubjectRequest, Identity, Kind, RetentionRun
from sitebackend.privacy.papers.health import retention
from sitebackend.privacy.services import identity, intake
from sitebackend.privacy.statement import Statement
from tests.privacy.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder")]
SAID = Statement(name="Anna Beispiel", email="anna@example.org")


@pytest.fixture(autouse=True)
def site() -> SiteSettings:
    return SiteSettings.objects.create(business_name="B", owner="O", email="k@example.de", federal_state="NW")


def _request(said: Statement = SAID) -> DataSubjectRequest:
    request = DataSubjectRequest(kind=Kind.ACCESS, channel=Channel.MAIL, received_on=date(2026, 11, 23))
    intake.record(request, said=said, now=NOON)
    return request


def _one(findings: object) -> Finding:
    [finding] = list(findings)  # type: ignore[call-overload]
    return finding


def test_without_requests_none_is_open_and_nothing_else_is_said() -> None:
    assert _one(health.requests(NOON)).level == Level.FINE
    for report in (health.acknowledgements, health.unproved, health.erasure_journal):
        assert list(report(NOON)) == []


def test_a_day_without_retention_is_told_with_the_last_one() -> None:
    never = _one(retention(NOON))
    assert (never.level, never.text) == (Level.WARNING, "Was seine Zeit gehabt hat, wurde noch nie gelöscht.")
    RetentionRun.objects.create(day=NOON.date(), receipt=[["contact.messages", "delete", 2]])
    assert _one(retention(NOON + timedelta(days=1))).level == Level.FINE
    late = _one(retention(NOON + timedelta(days=2)))
    assert (late.level, late.text) == (
        Level.WARNING,
        "Was seine Zeit gehabt hat, wurde zuletzt am 23.11.2026 gelöscht.",
    )


def test_a_program_that_keeps_an_erasure_from_its_proof_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "readers", lambda: ["sqlite3 (4711)"])
    asked = _request()
    assert list(health.unproved(NOON)) == []
    identity.settle(asked, identity=Identity.NOTHING_HELD, now=NOON)
    operator = Operator.objects.create_user(username="otto")
    done = {"erased_by": operator, "receipt": [], "verified_at": None}
    DataSubjectRequest.objects.filter(pk=asked.pk).update(erased_at=NOON, **done)
    assert list(health.unproved(NOON + timedelta(seconds=30))) == []
    finding = _one(health.unproved(NOON + timedelta(minutes=2)))
    assert finding.level == Level.WARNING
    assert "sqlite3 (4711)" in str(finding.text)


@pytest.mark.parametrize(
    ("days_left", "level"),
    [(30, Level.WARNING), (14, Level.WARNING), (4, Level.WARNING), (3, Level.ALARM), (-1, Level.ALARM)],
)
def test_the_nearer_the_deadline_the_louder(days_left: int, level: Level) -> None:
    _request()  # due on 23 December, in 30 days
    finding = _one(health.requests(NOON + timedelta(days=30 - days_left)))
    assert (finding.level, finding.figure) == (level, days_left)


def test_the_first_deadline_counts() -> None:
    _request()
    older = _request()
    DataSubjectRequest.objects.filter(pk=older.pk).update(due_on=date(2026, 11, 25))
    assert _one(health.requests(NOON)).figure == 2


def test_while_the_clock_stands_still_no_deadline_is_near() -> None:
    identity.pause(_request(), now=NOON)
    assert _one(health.requests(NOON + timedelta(days=60))).level == Level.FINE


def test_a_request_without_mail_address_is_to_be_acknowledged_by_hand_today() -> None:
    request = _request(Statement(name="Anna", address="Weg 1"))
    assert _one(health.acknowledgements(NOON)).figure == 1
    intake.mark_acknowledged(request, at=NOON)
    assert list(health.acknowledgements(NOON)) == []


def test_a_mail_acknowledgement_is_missed_on_the_next_day() -> None:
    _request()
    assert list(health.acknowledgements(NOON)) == []
    assert _one(health.acknowledgements(NOON + timedelta(days=1))).level == Level.WARNING


def test_lines_not_yet_mailed_and_media_out_of_reach_are_told(settings: Settings, tmp_path: Path) -> None:
    settings.BACKUP_TARGETS = [tmp_path / "unplugged"]
    journal.append([("a", "delete", [uuid4()])], now=NOON)
    codes = [finding.code for finding in health.erasure_journal(NOON)]
    assert codes == ["privacy.journal.untold", "privacy.journal.uncopied"]


def test_a_damaged_journal_is_an_alarm() -> None:
    journal.append([("a", "delete", [uuid4()])], now=NOON)
    journal.path().write_bytes(journal.path().read_bytes().replace(b"delete", b"retain"))
    finding = _one(health.erasure_journal(NOON))
    assert (finding.code, finding.level) == ("privacy.journal.damaged", Level.ALARM)


def test_no_finding_names_anybody() -> None:
    _request()
    texts = [f"{f.text} {f.next_step}" for f in [*health.requests(NOON), *health.acknowledgements(NOON)]]
    assert not [text for text in texts if "Anna" in text or "anna@" in text]
