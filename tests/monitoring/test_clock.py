"""The clock is judged: what destroys by time rests while it cannot be right, on real rounds of the worker."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from contact import services as contact
from contact.models import Submission
from sitebackend import findings, nonce, retention
from sitebackend.backup import media as disks
from sitebackend.backup import restore, swap
from sitebackend.backup import services as backup
from sitebackend.backup.models import Backup
from sitebackend.crypto import server_key
from sitebackend.management.commands.worker import BY_TIME, LONG, SHORT
from sitebackend.management.rounds import Rounds
from sitebackend.models import Act, Actor, ClockMark, Event, Operator, SiteSettings, WorkerJob
from sitebackend.monitoring import clock
from sitebackend.pages.models import Page
from sitebackend.privacy.models import AccessAnswer, DataSubjectRequest, RetentionRun
from sitebackend.vault.models import VaultEvent
from tests.backup.conftest import media as media

pytestmark = pytest.mark.django_db(transaction=True)  # a round lets go of old connections, the test's own included
TODAY = timezone.now().replace(microsecond=0)  # the migrations of the test database were applied now
AHEAD = {"ten years": timedelta(days=3653), "forty days": timedelta(days=40)}
BACK = {"three years": timedelta(days=-1100), "two days": timedelta(days=-2)}


def worker_round() -> None:
    """As `worker --once` does; what another test of the same process left in the cache aside."""
    rounds = Rounds([*SHORT, *LONG], by_time=BY_TIME)
    rounds.run_once()
    assert rounds.failures == {}


@pytest.fixture
def lived(media: list[Path], settings: Settings, admin_user: Operator) -> Callable[[], dict[str, int]]:
    """A site with something of each kind that time destroys, all of it within its time; counts what is there."""
    server_key.ensure()
    settings.CONTACT_RETENTION_DAYS = {"open": 60, "done": 60, "suspect": 60}
    SiteSettings.objects.create(business_name="B", owner="O", email="k@example.de", federal_state="NW")
    with time_machine.travel(TODAY - timedelta(days=1), tick=False):
        contact.receive(
            fields=dict.fromkeys(settings.CONTACT_FIELDS, "A") | {"email": "a@example.org"},
            reply_to="a@example.org", nonce=nonce.issue(), now=timezone.now(),
        )  # fmt: skip
        Page.objects.create(slug="fort", title="Fort", trashed_at=timezone.now(), status=Page.Status.DRAFT)
        asked = DataSubjectRequest.objects.create(
            kind="access", received_on=timezone.localdate(), sealed=b"x", identity="matched",
            identity_at=timezone.now(), answered_at=timezone.now(), answered_by=admin_user, outcome="refused",
            purge_at=retention.midnight(timezone.localdate() + timedelta(days=31)),
        )  # fmt: skip
        AccessAnswer.objects.create(
            request=asked, token_digest="d", sealed=b"x", expires_at=timezone.now() + retention.ANSWER_LIVES
        )
        VaultEvent.objects.create(kind=VaultEvent.Kind.OPENED, at=timezone.now())
        Event.objects.create(at=timezone.now(), actor="shell", act=Act.EXPORTED)
        for hours in (-20, 20):  # on two days, whatever the time is now
            backup.create(now=timezone.now() + timedelta(hours=hours))
        swap.kept_folder().mkdir(parents=True)
        (swap.kept_folder() / restore._DONE).write_text(
            f'{{"at": "{timezone.now().isoformat()}", "journal_number": 999}}'
        )

    def counts() -> dict[str, int]:
        rows = {kind.__name__: kind.objects.count() for kind in (Submission, AccessAnswer, VaultEvent)}
        rows["trash"] = Page.objects.filter(trashed_at__isnull=False).count()
        rows["texts"] = DataSubjectRequest.objects.filter(sealed__isnull=False).count()
        rows["old events"] = Event.objects.filter(at__lt=TODAY).count()
        rows["old state"] = swap.kept_folder().exists()
        files = [path.name for folder in media for path in disks.files(folder).values()]
        rows["backups"] = sum(name < f"{TODAY:%Y%m%dT%H%M%SZ}" for name in files)
        return rows

    return counts


def codes(now: datetime) -> dict[str, findings.Finding]:
    return {finding.code: finding for finding in findings.collect(now) if finding.code.startswith("clock.")}


@pytest.mark.parametrize("ran_before", [True, False], ids=["the worker ran before", "the worker never ran"])
@pytest.mark.parametrize("jump", [*AHEAD, *BACK])
def test_a_clock_that_jumped_destroys_nothing_and_is_an_alarm(
    lived: Callable[[], dict[str, int]], jump: str, ran_before: bool
) -> None:
    if ran_before:
        with time_machine.travel(TODAY, tick=False):
            worker_round()
    before = lived()
    then = TODAY + (AHEAD | BACK)[jump]
    with time_machine.travel(then, tick=False):
        for _again in range(2):
            worker_round()
        after = lived()
        assert all(after[kind] >= before[kind] for kind in before), after
        assert not RetentionRun.objects.filter(day=timezone.localdate()).exists()
        (finding,) = codes(timezone.now()).values()
        assert finding.code == ("clock.ahead" if jump in AHEAD else "clock.behind")
        assert finding.level == findings.Level.ALARM


@pytest.mark.parametrize("jump", AHEAD)
def test_once_the_operator_says_that_the_clock_is_right_it_goes_on(
    lived: Callable[[], dict[str, int]], jump: str, admin_user: Operator, client: Client
) -> None:
    with time_machine.travel(TODAY, tick=False):
        worker_round()
    before = lived()
    with time_machine.travel(TODAY + AHEAD[jump], tick=False):
        worker_round()
        client.force_login(admin_user)
        page = client.get("/admin/clock/").content.decode()
        shown = page.partition('name="shown" value="')[2].partition('"')[0]
        assert client.post("/admin/clock/", {"shown": shown}).status_code == 302
        worker_round()
        after = lived()
        assert codes(timezone.now()) == {}
    gone = {kind for kind in before if after[kind] < before[kind]}
    wanted = {"texts", "old state", "AccessAnswer", "trash"}
    wanted |= {"Submission", "VaultEvent", "old events", "backups"} if jump == "ten years" else set()
    assert wanted <= gone
    assert Event.objects.filter(act=Act.CLOCK_CONFIRMED).count() == 1


def test_the_terminal_asks_too_and_takes_the_word(lived: Callable[[], dict[str, int]]) -> None:
    with time_machine.travel(TODAY, tick=False):
        worker_round()
    before = lived()
    with time_machine.travel(TODAY + AHEAD["ten years"], tick=False):
        with pytest.raises(CommandError, match="clock-is-right"):
            call_command("retention", "run", "--yes")
        with pytest.raises(CommandError):
            call_command("backup", "prune", "--yes")
        assert lived() == before
        call_command("retention", "run", "--yes", "--clock-is-right")
        assert Submission.objects.count() == 0
        call_command("backup", "prune", "--yes")
    assert lived()["backups"] < before["backups"]


def test_a_clock_that_is_put_right_needs_no_word_and_what_it_dated_ahead_does_no_harm(
    lived: Callable[[], dict[str, int]], media: list[Path]
) -> None:
    with time_machine.travel(TODAY, tick=False):
        worker_round()
    with time_machine.travel(TODAY + AHEAD["ten years"], tick=False):
        worker_round()
    tomorrow = TODAY + timedelta(days=1, hours=1)
    with time_machine.travel(tomorrow, tick=False):
        worker_round()
        assert set(codes(timezone.now())) == {"clock.dated_ahead"}
        clock.confirm(timezone.now(), actor=Actor.OPERATOR)
        assert codes(timezone.now()) == {}
        assert Backup.objects.filter(created_at__gt=TODAY, created_at__lte=tomorrow).exists()
        names = [path.name for path in disks.files(media[0]).values()]
        assert not [name for name in names if name > f"{tomorrow:%Y%m%dT%H%M%SZ}.backup"]
        assert f"{tomorrow:%Y%m%d}" in max(names)


def test_an_everyday_gap_asks_nothing() -> None:
    with time_machine.travel(TODAY, tick=False):
        assert clock.is_trusted(timezone.now())
    for days in (1, 7, 14, 21):
        assert clock.is_trusted(TODAY + timedelta(days=days))
    assert clock.is_trusted(TODAY + timedelta(days=20, hours=2))  # an hour or two back is no harm
    assert not clock.is_trusted(TODAY + timedelta(days=29))
    assert ClockMark.objects.get().newest == TODAY + timedelta(days=21)


def test_a_round_of_a_wrong_clock_does_not_make_it_right() -> None:
    WorkerJob.objects.record("x", now=TODAY)
    assert clock.is_trusted(TODAY)
    WorkerJob.objects.record("x", now=TODAY + timedelta(days=4000))
    assert not clock.is_trusted(TODAY + timedelta(days=4000))


def test_a_page_that_lay_open_confirms_no_other_time(admin_user: Operator, client: Client) -> None:
    clock.is_trusted(TODAY)
    with time_machine.travel(TODAY + timedelta(days=400), tick=False):
        client.force_login(admin_user)
        assert client.post("/admin/clock/", {"shown": (TODAY + timedelta(days=20)).isoformat()}).status_code == 200
        assert clock.doubt(timezone.now())


def test_nobody_without_the_right_says_that_the_clock_is_right() -> None:
    clock.is_trusted(TODAY)
    client = Client()
    client.force_login(Operator.objects.create_user("aushilfe", is_staff=True))
    later = TODAY + timedelta(days=400)
    with time_machine.travel(later, tick=False):
        client.force_login(Operator.objects.get(username="aushilfe"))
        assert client.post("/admin/clock/", {"shown": later.isoformat()}).status_code in (302, 403)
        assert clock.doubt(later)
