"""The second way to the operator: a real program, given the alarms and nothing else."""

import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from model_bakery import baker
from pytest_django import Settings

from contact.models import MAIL_KIND
from sitebackend import alarm, own_command
from sitebackend.mail.models import OutgoingMail, State
from sitebackend.own_command import CommandFailed
from tests.contact.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("operator_key")]
DAY = timedelta(days=1)


@pytest.fixture
def told(settings: Settings, tmp_path: Path) -> Callable[[], str]:
    """What the program was given so far. The worker never ran in tests: that is an alarm by itself."""
    script = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read())"
    settings.ALARM_COMMAND = [sys.executable, "-c", script, str(tmp_path / "told")]
    return lambda: (tmp_path / "told").read_text() if (tmp_path / "told").exists() else ""


def look(days: float = 0) -> int:
    cache.clear()  # the next look is due
    return alarm.sound(NOON + days * DAY)


def test_an_alarm_is_told_when_it_begins_and_once_a_day(told: Callable[[], str]) -> None:
    assert (look(), look(0.5), look(1)) == (1, 0, 1)
    assert told().count("Alarm von www.example.de\n") == 2


def test_another_alarm_is_told_at_once_and_alone(told: Callable[[], str]) -> None:
    look()
    before = told()
    baker.make(OutgoingMail, kind=MAIL_KIND, state=State.UNDELIVERABLE)
    look(0.1)
    (line,) = told().removeprefix(before).splitlines()[1:]
    assert "1 E-Mail war unzustellbar" in line


def test_an_alarm_that_ended_and_comes_again_is_told_again(told: Callable[[], str]) -> None:
    lost = baker.make(OutgoingMail, kind=MAIL_KIND, state=State.UNDELIVERABLE)
    look()
    OutgoingMail.objects.all().delete()
    look(0.1)
    lost.save(force_insert=True)
    look(0.2)
    assert told().count("unzustellbar") == 2


def test_it_looks_every_five_minutes_only(told: Callable[[], str]) -> None:
    assert look() == 1
    baker.make(OutgoingMail, kind=MAIL_KIND, state=State.UNDELIVERABLE)
    assert alarm.sound(NOON) == 0


def test_a_program_that_fails_shows_until_it_works_and_nothing_counts_as_told(
    told: Callable[[], str], settings: Settings
) -> None:
    working, settings.ALARM_COMMAND = (
        settings.ALARM_COMMAND,
        [sys.executable, "-c", "import sys; sys.exit('no signal')"],
    )
    with pytest.raises(CommandFailed, match="no signal"):
        look()
    with pytest.raises(CommandFailed, match="no signal"):
        alarm.sound(NOON)
    settings.ALARM_COMMAND = working
    assert look() == 1


def test_without_the_setting_nothing_is_run() -> None:
    assert look() == 0


def test_a_program_that_hangs_is_ended_with_its_children() -> None:
    with pytest.raises(CommandFailed, match="länger als"):
        own_command.run(["sh", "-c", "sleep 60 & sleep 60"], seconds=0.2)


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(CommandFailed, match="no-such-program: No such file"):
        own_command.run(["no-such-program"], seconds=5)


def test_it_does_not_learn_our_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SECRET_KEY", "canary")
    monkeypatch.setenv("DATABASE_URL_FILE", "canary")
    own_command.run(["sh", "-c", f"env > {tmp_path / 'seen'}"], seconds=5)
    assert "canary" not in (tmp_path / "seen").read_text()
    assert os.environ["PATH"] in (tmp_path / "seen").read_text()
