"""Every end that a person reads in a letter is the last day on which the thing is there, in generated lives.

Several customers share mail, telephone and name; each has documents of several kinds, years and periods, some held,
some objected to before. One of them asks; the days are read out of the sentences that she gets, and then the
worker's own retention runs around each of them, with its own clock.

    PERSONS_EXAMPLES=300 uv run pytest -n 0 tests/privacy/test_told_ends.py
"""

import os
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.translation import override
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from customers.clear_file import ClearFile
from customers.models import BillingDocument, Customer
from customers.models.billing import HoldGround
from customers.services import billing
from customers.services.register import register_customer
from sitebackend.backup import restore, services, signing
from sitebackend.crypto import server_key
from sitebackend.mail.services import deliver_due
from sitebackend.management import rounds
from sitebackend.management.commands.worker import BY_TIME
from sitebackend.models import Actor, Operator, SiteSettings
from sitebackend.monitoring import clock
from sitebackend.privacy import journal, traces
from sitebackend.privacy import mail as letters
from sitebackend.privacy.models import Channel, DataSubjectRequest, Identity, Kind, Outcome
from sitebackend.privacy.services import answer, execution, identity, intake, outcomes, rights
from sitebackend.privacy.statement import Statement
from tests.backup.conftest import media as media
from tests.conftest import PASSPHRASE
from tests.customers.conftest import statements

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder", "operator_key", "vault_key")]
HOME = ZoneInfo("Europe/Berlin")
NOW = timezone.now().replace(microsecond=0)
TODAY = timezone.localdate(NOW)
WHY = "Streit über Leistungen"
SENTENCES = re.compile(
    r"- (?P<kind>\w+) (?P<number>\S+) vom (?P<issued>\d+\. \w+ \d{4}): "
    r"(?:(?P<open>mindestens )?bis (?P<until>\d+\. \w+ \d{4})(?P<held> und so lange, wie dies noch offen ist: )?"
    r"|so lange, wie dies noch offen ist, und nicht länger: )"
)


@dataclass(frozen=True, slots=True)
class Paper:
    """One document: how many days ago it was issued, the setting then, who holds it, and whether objected before."""

    days: int
    years: int
    kind: str
    hold: str | None
    objected: bool


@dataclass
class Somebody:
    customer: Customer
    papers: dict[str, Paper] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What a sentence says of a document: the last day, if it names one, and whether it is held open."""

    kind: str
    issued: date
    until: date | None
    is_open: bool


PAPERS = st.builds(
    Paper,
    days=st.integers(0, 12 * 366),
    years=st.sampled_from([8, 9, 10, 12, 30]),
    kind=st.sampled_from(BillingDocument.Kind.values),
    hold=st.sampled_from([None, None, None, *HoldGround.values, ""]),
    objected=st.booleans(),
)
SHARES = st.lists(st.tuples(*(st.integers(0, 1) for _ in range(3))), min_size=2, max_size=3, unique=True)
OWN, OTHERS = st.lists(PAPERS, min_size=1, max_size=4), st.lists(PAPERS, max_size=2)


@pytest.fixture(autouse=True)
def _site(monkeypatch: pytest.MonkeyPatch) -> None:
    SiteSettings.objects.create(business_name="B", owner="O", email="k@example.de", federal_state="NW")
    monkeypatch.setattr(traces, "wipe", lambda: True)  # it must run outside a transaction; test_traces does it for real


# --- who is there


def registered(number: int, share: tuple[int, ...]) -> Somebody:
    mail_of, phone, name = share
    data = {"last_name": ("Apfel", "Birne")[name], "street": f"Weg {number}", "postal_code": "50667", "city": "Köln"}
    data |= {"email": f"m{mail_of}@example.org", "phone": f"0221 {phone}7"}
    return Somebody(register_customer(master_data=data, statements=statements(), recorded_by=None))


def issued_on(paper: Paper) -> date:
    return TODAY - timedelta(days=paper.days)


def filed(who: Somebody, number: str, paper: Paper, site: Settings) -> None:
    """On the day of issue, and so within its period."""
    site.BILLING_RETENTION_YEARS = paper.years
    with time_machine.travel(datetime.combine(issued_on(paper), time(11), tzinfo=UTC), tick=False):
        document = billing.file_billing_document(
            customer=who.customer, kind=paper.kind, number=number, issued_on=issued_on(paper), amount=Decimal(1),
            currency="EUR", file=ClearFile("r.pdf", "application/pdf", b"%PDF-1.7 r"),
        )  # fmt: skip
    if paper.hold is not None:
        billing.hold(document=document, reason=WHY, ground=paper.hold)
    if paper.objected:
        BillingDocument.objects.filter(pk=document.pk).end_with_the_law(TODAY - timedelta(days=3))
    who.papers[number] = paper


def promised_until(paper: Paper) -> date:
    """The last day on which somebody's paper is kept who asks for nothing, computed from the law and the setting."""
    return date(issued_on(paper).year + (8 if paper.objected else paper.years), 12, 31)


# --- what she asks for, and gets to read


def asked(who: Somebody, kind: Kind, by: Operator, *, by_mail: bool) -> str:
    """Her request from its arrival to the answer; gives what she reads."""
    her = who.customer
    request = DataSubjectRequest(kind=kind, channel=Channel.MAIL, received_on=TODAY)
    said = Statement(name=her.full_name, email=her.email if by_mail else "", phone=her.phone, number=her.number)
    intake.record(request, said=said, now=NOW)
    deliver_due(NOW)
    intake.mark_acknowledged(request, at=NOW)
    request.refresh_from_db()
    identity.choose(request, [str(her.pk)])
    identity.settle(request, identity=Identity.MATCHED, now=NOW)
    execution.erase(request, plan_hash=execution.preview(request).hash, by=by, now=NOW)
    execution.tell_journal(NOW)
    deliver_due(NOW)
    execution.verify_due(NOW)
    request.refresh_from_db()
    kept = outcomes.kept(request)
    answer.finish(request, outcome=Outcome.PARTLY if kept else Outcome.GRANTED, by=by, now=NOW)
    deliver_due(NOW)
    return str(mail.outbox[-1].body) if by_mail else letters.on_paper(request, "outcome", kept=kept)[1]


def objected(who: Somebody, by: Operator) -> None:
    """To the years beyond the law alone."""
    request = DataSubjectRequest(kind=Kind.OBJECTION, channel=Channel.MAIL, received_on=TODAY)
    intake.record(request, said=Statement(email=who.customer.email, number=who.customer.number), now=NOW)
    intake.mark_acknowledged(request, at=NOW)
    request.refresh_from_db()
    identity.choose(request, [str(who.customer.pk)])
    identity.settle(request, identity=Identity.MATCHED, now=NOW)
    keys = [purpose.key for purpose in rights.closable(request.subject()) if purpose.source == "customers.billing"]
    if keys:
        deed = partial(rights.close, keys=keys, by=by, channel=Channel.MAIL, now=NOW)
        rights.carry_out(request, deed, by=by, now=NOW)


def day(words: str) -> date:
    """31. Dezember 2034, as a person reads it."""
    number, month, year = words.split()
    with override("de"):
        months = [str(name) for name in MONTHS.values()]
    return date(int(year), months.index(month) + 1, int(number.rstrip(".")))


def told_in(text: str) -> dict[str, Told]:
    found = {}
    for line in text.splitlines():
        if sentence := SENTENCES.match(line):
            until = sentence["until"] and day(sentence["until"])
            is_open = sentence["until"] is None or bool(sentence["held"])
            assert is_open == (WHY in line)
            assert is_open or "länger nur, wenn das Finanzamt" in line
            assert len(re.findall(r"\d+\. \w+ \d{4}", line)) == (2 if until else 1)  # its own, and one end
            found[sentence["number"]] = Told(sentence["kind"], day(sentence["issued"]), until or None, is_open)
    return found


# --- what really goes


def worker_at(moment: datetime) -> None:
    """One round of the jobs that destroy documents, as the worker makes it, by a clock that the operator confirmed."""
    with time_machine.travel(moment, tick=False):
        clock.confirm(timezone.now(), actor=Actor.OPERATOR)
        nightly = rounds.Rounds([execution.run_retention], by_time=BY_TIME)
        nightly.run_once()
        assert nightly.failures == {}


def went_on(ends: Iterable[date]) -> dict[str, date]:
    """Run retention in the last minute of each of these days and in the first of the next; gives who went when."""
    went: dict[str, date] = {}
    present = numbers()
    for end in sorted({end for end in ends if end >= TODAY}):
        for today, at in ((end, time(23, 59)), (end + timedelta(days=1), time(0, 1))):
            worker_at(datetime.combine(today, at, tzinfo=HOME))
            left = numbers()
            went |= dict.fromkeys(present - left, today)
            present = left
    return went


def numbers() -> set[str]:
    return set(BillingDocument.objects.values_list("number", flat=True))


def live(
    shares: list[tuple[int, ...]],
    own: list[Paper],
    others: list[Paper],
    way: tuple[str, bool],
    site: Settings,
    backed_up: Callable[[], Callable[[], None]] = lambda: lambda: None,
) -> None:
    """`backed_up` is called before she asks; what it gives, after she was answered."""
    by = Operator.objects.get(username="otto")
    everybody = [registered(number, share) for number, share in enumerate(shares)]
    her, *beside = everybody
    for number, paper in enumerate(own):
        filed(her, f"N-{number}", paper, site)
    for number, paper in enumerate(others):
        filed(beside[number % len(beside)], f"X-{number}", paper, site)
    site.BILLING_RETENTION_YEARS = 10

    kind, by_mail = way
    worker_at(NOW)  # what is over already goes before she asks, as every night
    worker_had_left = numbers()
    restored = backed_up()
    if kind == "objection":
        objected(her, by)
        by_mail = False
    text = asked(her, Kind.ERASURE, by, by_mail=by_mail)
    told = told_in(text)

    # all of hers that is there is told, as what it is; all that is not told is gone; nothing of another is told
    assert set(told) == numbers() & set(her.papers)
    assert not Customer.objects.filter(pk=her.customer.pk).exists()
    for number, said in told.items():
        paper = her.papers[number]
        with override("de"):
            assert (said.kind, said.issued) == (str(BillingDocument.Kind(paper.kind).label), issued_on(paper))
        assert said.is_open is (paper.hold is not None)
    restored()
    assert set(told) == numbers() & set(her.papers)
    assert not Customer.objects.filter(pk=her.customer.pk).exists()
    theirs = {number for who in beside for number in who.papers}
    assert numbers() & theirs == worker_had_left & theirs

    # half of the held ones are released: before their day, or today where it has passed; the others never
    released = {number for number in told if told[number].is_open and int(number[2:]) % 2}
    for number in released:
        billing.release(document=BillingDocument.objects.get(number=number))
    free = {number: said.until or TODAY for number, said in told.items() if not said.is_open or number in released}
    unasked = {number: promised_until(who.papers[number]) for who in beside for number in who.papers}
    ends = [TODAY, *filter(None, (said.until for said in told.values())), *unasked.values()]
    held = {number for who in everybody for number, paper in who.papers.items() if paper.hold is not None} - released
    went = went_on(ends)
    expected = {number: end + timedelta(days=1) for number, end in (free | unasked).items()}
    expected = {number: gone for number, gone in expected.items() if number in worker_had_left - held}
    assert went == expected


def _lives(examples: int, site: Settings, journal_folder: Path) -> None:
    @given(
        shares=SHARES,
        own=OWN,
        others=OTHERS,
        way=st.tuples(st.sampled_from(("erasure", "objection")), st.booleans()),
    )
    @settings(
        max_examples=examples,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],  # to shrink takes minutes
        suppress_health_check=list(HealthCheck),
    )
    def lives(shares: list[tuple[int, ...]], own: list[Paper], others: list[Paper], way: tuple[str, bool]) -> None:
        shutil.rmtree(journal_folder, ignore_errors=True)
        cache.clear()
        one_life = transaction.atomic()
        one_life._from_testcase = True  # type: ignore[attr-defined]  # mail is delivered in transactions that must not be inside another
        with one_life:
            live(shares, own, others, way, site)
            transaction.set_rollback(True)

    lives()


def test_in_every_life_what_is_told_goes_in_the_night_after_its_last_day(
    settings: Settings, journal_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PERSONS_EXAMPLES=300 tries as many lives."""
    monkeypatch.setattr(rounds, "close_old_connections", lambda: None)  # a life is one transaction, rolled back
    Operator.objects.create_user("otto")
    _lives(int(os.environ.get("PERSONS_EXAMPLES", "8")), settings, journal_folder)


@pytest.fixture
def on_files(request: pytest.FixtureRequest) -> None:
    """A database that can be backed up and replaced: PostgreSQL, or SQLite in a file."""
    if connection.vendor == "sqlite":
        request.getfixturevalue("on_disk")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", [("erasure", True), ("objection", False)])
def test_what_was_told_is_kept_by_a_restored_backup_that_knows_nothing_of_it(
    on_files: None, media: list[Path], key_pair: tuple[bytes, bytes], settings: Settings, way: tuple[str, bool]
) -> None:
    """Without the mark in the journal the first one would go two years after its day, the third 22 years after."""
    server_key.ensure()
    Operator.objects.create_user("otto")
    own = [
        Paper(days=7 * 365, years=10, kind="invoice", hold=None, objected=False),
        Paper(days=400, years=10, kind="credit_note", hold="claim", objected=False),
        Paper(days=30, years=30, kind="statement", hold=None, objected=False),
    ]
    others = [Paper(days=7 * 365, years=10, kind="invoice", hold=None, objected=False)]

    def backed_up() -> Callable[[], None]:
        file = media[0] / services.create(now=timezone.now()).name

        def restored() -> None:
            connection.close()
            restore.restore(
                file,
                public_key=signing.public_key(),
                secret_key=key_pair[1],
                passphrase=PASSPHRASE,
                journal_number=journal.position(),
            )

        return restored

    live([(0, 0, 0), (0, 0, 1)], own, others, way, settings, backed_up)
