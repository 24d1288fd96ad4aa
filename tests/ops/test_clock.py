"""A site whose machine's clock is wrong, in processes of its own: nothing goes that should not, and it restores."""

import json
import shlex
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.ops.conftest import Place
from tests.running_site import PATIENCE, ROOT

YEAR = timedelta(days=365.25)
BERLIN = ZoneInfo("Europe/Berlin")

#: A message of five days ago, an invoice of last year, a page in the trash, a line of the audit trail.
SEED = """
import uuid
from datetime import date, timedelta
from django.utils import timezone
from contact import services
from contact.models import Submission
from customers.models import BillingDocument
from customers.models.sealed import SHORTEST, VERSION
from sitebackend import audit, nonce, retention
from sitebackend.models import Act, Actor
from sitebackend.pages.models import Page
from django.conf import settings
now = timezone.now()
services.receive(fields=dict.fromkeys(settings.CONTACT_FIELDS, "A") | {"email": "a@example.org"},
                 reply_to="a@example.org", nonce=nonce.issue(), now=now)
Submission.objects.update(received_at=now - timedelta(days=5))
issued = date(now.year - 1, 5, 4)
sealed = VERSION + bytes(SHORTEST)
BillingDocument.objects.create(number="R-1", issued_on=issued, amount=1, sealed_recipient=sealed, sealed_file=sealed,
                               statutory_until=date(issued.year + 8, 12, 31), kept_until=date(issued.year + 10, 12, 31))
Page.objects.create(slug="fort", title="Fort", trashed_at=now - timedelta(days=5), status=Page.Status.DRAFT)
audit.note(Act.EXPORTED, actor=Actor.SHELL)
"""
COUNT = """
import json
from contact.models import Submission
from customers.models import BillingDocument
from sitebackend.backup.models import Backup
from sitebackend.models import Act, Event
from sitebackend.pages.models import Page
print(json.dumps({"messages": Submission.objects.count(), "invoices": BillingDocument.objects.count(),
    "trash": Page.objects.filter(trashed_at__isnull=False).count(),
    "events": Event.objects.filter(act=Act.EXPORTED).count()}))
"""
SPAN = """
from django.utils.timezone import localtime
from sitebackend.backup.models import Backup
made = Backup.objects.get(name="{name}")
print(localtime(made.created_at).year, localtime(made.verified_at).year)
"""
ALL = {"messages": 1, "invoices": 1, "trash": 1, "events": 1}


class Site:
    """A site with one medium and something of each kind that time destroys."""

    def __init__(self, place: Place, passphrase: str) -> None:
        self.place = place
        self.disk = place.folder / "disk"
        self.disk.mkdir()
        place.extra = {
            "BACKUP_TARGETS": str(self.disk),
            "OPERATOR_KEY_PASSPHRASE": passphrase,
            "CONTACT_RETENTION_DAYS": "60",
        }

    def run(self, *arguments: str, at: timedelta = timedelta(0), code: int = 0) -> str:
        """Run `manage.py` with the clock shifted by `at`; gives what it said."""
        shifted = [sys.executable, str(ROOT / "tests" / "shifted_clock.py"), str(at.total_seconds())]
        command = [*shifted, str(ROOT / "manage.py"), *arguments]
        done = subprocess.run(
            command, env=self.place.environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def worker(self, at: timedelta = timedelta(0)) -> None:
        self.run("worker", "--once", at=at)

    def shell(self, program: str) -> str:
        return self.run("shell", "--no-imports", "--command", program)

    def counts(self) -> dict[str, int]:
        return dict(json.loads(self.shell(COUNT).splitlines()[0]))

    def backups(self) -> set[str]:
        return {path.name for path in self.disk.glob("*.backup")}

    def status(self, at: timedelta = timedelta(0)) -> dict[str, dict[str, Any]]:
        """The findings by code; nothing in them counts backwards."""
        shifted = [sys.executable, str(ROOT / "tests" / "shifted_clock.py"), str(at.total_seconds())]
        command = [*shifted, str(ROOT / "manage.py"), "status", "--json"]
        done = subprocess.run(
            command, env=self.place.environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        found = {finding["code"]: finding for finding in json.loads(done.stdout)["findings"]}
        assert not [one for one in found.values() if one["code"] != "clock.behind" and (one["figure"] or 0) < 0]
        return found

    def spans(self, name: str) -> list[int]:
        """The years at home in which this backup began and was read back."""
        return [int(year) for year in self.shell(SPAN.format(name=name)).split()]

    def restore(self, name: str, *options: str) -> str:
        return self.run("backup", "restore", str(self.disk / name), "--journal-number", "0", "--yes", *options)


@pytest.fixture
def site(made: Place, made_once: tuple[Place, subprocess.CompletedProcess[str]]) -> Site:
    site = Site(made, json.loads(made_once[1].stdout)["operator_key_passphrase"])
    site.shell(SEED)
    site.worker()
    assert site.counts() == ALL
    assert len(site.backups()) == 1
    return site


def until(moment: datetime) -> timedelta:
    return moment - datetime.now(UTC)


@pytest.mark.parametrize(
    ("jump", "code"),
    [
        (13 * YEAR, "clock.ahead"),
        (timedelta(days=30), "clock.ahead"),
        (timedelta(days=8), "clock.ahead"),
        (-3 * YEAR, "clock.behind"),
    ],
    ids=["13 years ahead", "30 days ahead once", "8 days ahead", "3 years back"],
)
def test_a_jump_destroys_nothing_by_the_worker_and_on_the_shell_and_it_goes_on_afterwards(
    site: Site, jump: timedelta, code: str
) -> None:
    [first] = site.backups()
    site.worker(jump)
    site.worker(jump)
    said = site.run("retention", "run", "--yes", at=jump, code=1)
    assert "--clock-is-right" in said
    assert site.run("backup", "prune", "--yes", at=jump, code=1)
    planned = site.run("subject", "plan", "--email", "a@example.org", "--json", at=jump)
    shown = json.loads(planned[: planned.rindex("}") + 1])["hash"]
    assert "--clock-is-right" in site.run(
        "subject", "erase", "--email", "a@example.org", "--yes", shown, at=jump, code=1
    )
    assert site.counts() == ALL
    assert first in site.backups()
    assert site.status(jump)[code]["level"] == "alarm"

    tomorrow = timedelta(days=1, hours=1)
    site.worker(tomorrow)  # the clock is right again
    made = {name for name in site.backups() if name.startswith(f"{datetime.now(UTC) + tomorrow:%Y%m%d}")}
    assert made
    assert site.counts() == ALL
    found = site.status(tomorrow)
    assert not {"clock.ahead", "clock.behind", "backup.late"} & set(found)
    assert found["backup.age"]["figure"] == 0
    assert ("clock.dated_ahead" in found) == (jump > timedelta(days=0))

    site.restore(first)
    assert site.counts() == ALL


def test_a_week_off_asks_nothing_and_deadlines_went_on_counting(site: Site) -> None:
    site.shell("from contact.models import Submission; from datetime import timedelta; from django.db.models import F;"
               "Submission.objects.update(received_at=F('received_at') - timedelta(days=52))")  # fmt: skip
    week = timedelta(days=6, hours=23)
    site.worker(week)
    assert site.counts() == ALL | {"messages": 0}
    assert "clock.ahead" not in site.status(week)
    assert "privacy.overdue" not in site.status(week)


def test_what_fell_due_before_the_last_run_goes_only_when_somebody_says_so(site: Site) -> None:
    site.shell("from contact.models import Submission; from datetime import timedelta; from django.db.models import F;"
               "Submission.objects.update(received_at=F('received_at') - timedelta(days=200))")  # fmt: skip
    tomorrow = timedelta(days=1)
    site.worker(tomorrow)
    said = site.run("retention", "run", "--yes", at=tomorrow)
    assert site.counts() == ALL
    assert site.status(tomorrow)["privacy.overdue"]["figure"] == 1
    site.run("retention", "run", "--yes", "--overdue", "0" * 64, at=tomorrow, code=1)
    site.run("retention", "run", "--yes", "--overdue", said.split()[-1], at=tomorrow)
    assert site.counts() == ALL | {"messages": 0}


@pytest.fixture
def false_wave(site: Site) -> tuple[Site, str]:
    """Somebody said in 2040 that the clock is right; now it is right again. With the backup of before."""
    [first] = site.backups()
    keep = (site.disk / first).read_bytes()
    site.run("retention", "run", "--yes", "--clock-is-right", at=14 * YEAR)
    assert site.counts() == ALL | {"messages": 0, "invoices": 0}
    (site.disk / first).write_bytes(keep)
    site.run("retention", "run", "--yes", "--clock-is-right")
    return site, first


def test_a_restore_keeps_what_the_law_keeps_and_names_it(false_wave: tuple[Site, str]) -> None:
    site, first = false_wave
    said = site.restore(first)
    assert "R-1" in said
    assert site.counts() == ALL | {"messages": 0}


def test_a_restore_leaves_a_false_wave_out_and_so_does_every_later_one(false_wave: tuple[Site, str]) -> None:
    site, first = false_wave
    shown = site.run("backup", "restore", str(site.disk / first), "--journal-number", "0")
    lines = shown.split("--without-retention")[1].split()[0]
    said = site.restore(first, "--without-retention", lines)
    assert "R-1" not in said
    assert site.counts() == ALL
    site.restore(first)
    assert site.counts() == ALL
    assert "clock.ahead" not in site.status()


def test_lines_of_nobody_are_refused_and_nothing_is_restored(site: Site) -> None:
    [first] = site.backups()
    place = str(site.disk / first)
    site.run("backup", "restore", place, "--journal-number", "0", "--yes", "--without-retention", "1-9", code=1)
    site.run("backup", "restore", place, "--journal-number", "0", "--yes", "--without-retention", "x", code=2)
    assert site.counts() == ALL


def test_a_years_end_during_a_backup(site: Site) -> None:
    """It begins in the old year and ends in the new one; both years' retention and a restore go well."""
    new_year = datetime(datetime.now(BERLIN).year + 1, 1, 1, tzinfo=BERLIN)
    site.run("retention", "run", "--yes", "--clock-is-right", at=until(new_year - timedelta(minutes=5)))
    before, start_up = site.backups(), timedelta(seconds=10)
    # the medium takes its time until the year is over: the processor's speed decides nothing
    slow = f"import time; time.sleep(max(0, {(datetime.now(UTC) + start_up).timestamp() + 8} - time.time()))"
    site.place.extra["BACKUP_UPLOAD_COMMAND"] = shlex.join([sys.executable, "-c", slow, "{file}"])
    site.run("backup", "create", at=until(new_year - start_up))
    del site.place.extra["BACKUP_UPLOAD_COMMAND"]
    [made] = site.backups() - before
    assert site.spans(made) == [new_year.year - 1, new_year.year]
    after = until(new_year + timedelta(minutes=5))
    site.worker(after)
    assert site.counts()["invoices"] == 1
    assert "clock.ahead" not in site.status(after)
    assert made in site.backups()
    site.run("backup", "restore", str(site.disk / made), "--journal-number", "0", "--yes", at=after)
    assert site.counts()["invoices"] == 1


def test_february_29th_is_a_day_like_any_other(site: Site) -> None:
    leap = datetime(2028, 2, 29, 12, tzinfo=BERLIN)
    site.run("retention", "run", "--yes", "--clock-is-right", at=until(leap - timedelta(days=1)))
    for day in (leap - timedelta(days=1), leap, leap + timedelta(days=1)):
        site.worker(until(day))
        assert "clock.ahead" not in site.status(until(day))
        assert any(name.startswith(f"{day:%Y%m%d}") for name in site.backups())
    assert site.counts()["invoices"] == 1
    site.run(
        "backup", "restore", str(site.disk / max(site.backups())), "--journal-number", "0", "--yes", at=until(leap)
    )
    assert site.counts()["invoices"] == 1
