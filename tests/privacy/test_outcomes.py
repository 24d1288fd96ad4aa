"""How a request may end: every kind × every end × what was really done. No letter says what is not so."""

from collections.abc import Callable
from datetime import date

import pytest
from django.core import mail
from django.test import Client

from sitebackend.mail.services import deliver_due
from sitebackend.models import Operator, SiteSettings
from sitebackend.privacy import registry, traces
from sitebackend.privacy.models import Channel, CopyForm, DataSubjectRequest, Identity, Kind, Outcome
from sitebackend.privacy.personal_data import Requests
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.registry import Measure
from sitebackend.privacy.services import answer, execution, identity, intake, outcomes, rights
from sitebackend.privacy.statement import Statement
from tests.privacy.conftest import NOON, Accounts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder", "in_english")]
TODAY = date(2026, 11, 23)
SAID = Statement(name="Anna Beispiel", email="anna@example.org")
WORDS = "Ihre Angaben belegen das Gegenteil."


@pytest.fixture(autouse=True)
def holdings(accounts: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    SiteSettings.objects.create(business_name="B", owner="O", email="k@example.de", federal_state="NW")
    monkeypatch.setattr(registry, "_sources", {source.name: source for source in (accounts, Requests())})
    monkeypatch.setattr(accounts, "may_be_restricted", True)
    monkeypatch.setattr(traces, "wipe", lambda: True)  # it must run outside a transaction; test_traces does it for real


@pytest.fixture
def by() -> Operator:
    return Operator.objects.create_user(username="otto", email="otto@example.de")


def asked(kind: Kind, *, settled: Identity | None = Identity.MATCHED) -> DataSubjectRequest:
    request = DataSubjectRequest(kind=kind, channel=Channel.LETTER, received_on=TODAY)
    intake.record(request, said=SAID, now=NOON)
    if settled:
        identity.settle(request, identity=settled, now=NOON)
    return request


def hold(username: str = "anna", *, is_staff: bool = False) -> None:
    Operator.objects.create_user(username=username, email=SAID.email, date_joined=NOON, is_staff=is_staff)


# --- what was really done

State = Callable[[DataSubjectRequest, Operator], None]


def nothing_held(request: DataSubjectRequest, by: Operator) -> None:
    """The person is unknown here."""


def nothing_done(request: DataSubjectRequest, by: Operator) -> None:
    hold()


def another_right(request: DataSubjectRequest, by: Operator) -> None:
    """Something was carried out, but not what the person asks for."""
    hold()
    measure = Measure.CORRECT if request.kind == Kind.RESTRICTION else Measure.RESTRICT
    rights.carry_out(request, lambda _subject: [("test.accounts", measure, 1)], by=by, now=NOON)


def no_row(request: DataSubjectRequest, by: Operator) -> None:
    """The deed ran, and changed nothing."""
    hold()
    measure = {Kind.RECTIFICATION: Measure.CORRECT, Kind.RESTRICTION: Measure.RESTRICT}.get(
        Kind(request.kind), "art-21-x"
    )
    rights.carry_out(request, lambda _subject: [("test.accounts", measure, 0)], by=by, now=NOON)


def done(request: DataSubjectRequest, by: Operator) -> None:
    hold()
    _do(request, by)


def done_before_more_came(request: DataSubjectRequest, by: Operator) -> None:
    done(request, by)
    hold("anna2")


def done_in_part(request: DataSubjectRequest, by: Operator) -> None:
    """Staff stays, as the law of the small holding says."""
    hold("anna2", is_staff=True)
    done(request, by)


def erased_only(request: DataSubjectRequest, by: Operator) -> None:
    """Erased and not proved."""
    hold()
    execution.erase(request, plan_hash=execution.preview(request).hash, by=by, now=NOON)


def nothing_could_be_erased(request: DataSubjectRequest, by: Operator) -> None:
    hold(is_staff=True)
    execution.erase(request, plan_hash=execution.preview(request).hash, by=by, now=NOON)
    _prove(request)


def _do(request: DataSubjectRequest, by: Operator) -> None:
    deeds = {
        Kind.RECTIFICATION: lambda _subject: [("test.accounts", Measure.CORRECT, 1)],
        Kind.RESTRICTION: lambda subject: rights.restrict(subject, now=NOON),
        Kind.OBJECTION: lambda _subject: [("test.accounts", "art-21-retention", 1)],
    }
    if request.kind == Kind.ERASURE:
        execution.erase(request, plan_hash=execution.preview(request).hash, by=by, now=NOON)
        _prove(request)
    elif request.kind in deeds:
        rights.carry_out(request, deeds[Kind(request.kind)], by=by, now=NOON)
    else:
        answer.as_file(request, vault=None, by=by, now=NOON)


def _prove(request: DataSubjectRequest) -> None:
    execution.tell_journal(NOON)
    deliver_due(NOON)
    execution.verify_due(NOON)
    request.refresh_from_db()


COPIES = (Kind.ACCESS, Kind.PORTABILITY)
RIGHTS = (Kind.RECTIFICATION, Kind.RESTRICTION, Kind.OBJECTION)
UNDONE = {Outcome.REFUSED, Outcome.WITHDRAWN}
WHOLE, PART = {Outcome.GRANTED, Outcome.PARTLY}, {Outcome.PARTLY}

#: the whole table: (kinds, what was done) → the ends that are true
TRUE: list[tuple[tuple[Kind, ...], State, set[Outcome]]] = [
    (tuple(Kind), nothing_held, UNDONE | {Outcome.NOTHING_HELD}),
    (tuple(Kind), nothing_done, UNDONE),
    (COPIES, done, WHOLE | UNDONE),  # a copy was made; whether it leaves is the operator's word
    (COPIES, another_right, UNDONE),
    (RIGHTS, another_right, UNDONE),
    (RIGHTS, no_row, UNDONE),
    (RIGHTS, done, WHOLE),
    ((Kind.RESTRICTION,), done_before_more_came, PART),
    ((Kind.ERASURE,), another_right, UNDONE),
    ((Kind.ERASURE,), done, {Outcome.GRANTED}),
    ((Kind.ERASURE,), done_in_part, PART),
    ((Kind.ERASURE,), done_before_more_came, set()),
    ((Kind.ERASURE, Kind.OBJECTION), erased_only, set()),
    ((Kind.ERASURE, Kind.OBJECTION), nothing_could_be_erased, UNDONE),
]
TABLE = [
    pytest.param(kind, state, outcome, outcome in true, id=f"{kind}-{state.__name__}-{outcome}")
    for kinds, state, true in TRUE
    for kind in kinds
    for outcome in Outcome
]


@pytest.mark.parametrize(("kind", "state", "outcome", "is_true"), TABLE)
def test_a_request_ends_only_as_it_did(by: Operator, kind: Kind, state: State, outcome: Outcome, is_true: bool) -> None:
    request = asked(kind)
    state(request, by)
    deliver_due(NOON)
    mail.outbox.clear()
    assert (outcome in outcomes.possible(request)) is is_true
    if is_true:
        answer.finish(request, outcome=outcome, ground=WORDS, by=by, now=NOON)
        deliver_due(NOON)
        assert [message.to for message in mail.outbox] == [[SAID.email]]
    else:
        with pytest.raises(Refused):
            answer.finish(request, outcome=outcome, ground=WORDS, by=by, now=NOON)
        assert mail.outbox == []
    request.refresh_from_db()
    assert request.outcome == (outcome if is_true else "")
    assert bool(request.answered_at) is is_true


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize("kind", Kind)
def test_while_nobody_knows_who_asks_nothing_is_answered(by: Operator, kind: Kind, outcome: Outcome) -> None:
    request = asked(kind, settled=None)
    with pytest.raises(Refused, match="who asks"):
        answer.finish(request, outcome=outcome, ground=WORDS, by=by, now=NOON)
    assert mail.outbox == []


@pytest.mark.parametrize("ground", ["", " \n"])
@pytest.mark.parametrize(
    ("kind", "state", "outcome"),
    [(Kind.ACCESS, nothing_done, Outcome.REFUSED), (Kind.ERASURE, nothing_done, Outcome.REFUSED),
     (Kind.ACCESS, done, Outcome.PARTLY), (Kind.RECTIFICATION, done, Outcome.PARTLY)],
)  # fmt: skip
def test_whoever_is_refused_is_told_why(by: Operator, kind: Kind, state: State, outcome: Outcome, ground: str) -> None:
    request = asked(kind)
    state(request, by)
    with pytest.raises(Refused, match="reasons"):
        answer.finish(request, outcome=outcome, ground=ground, by=by, now=NOON)
    answer.finish(request, outcome=outcome, ground=WORDS, by=by, now=NOON)
    deliver_due(NOON)
    assert WORDS in str(mail.outbox[-1].body)


def test_what_an_erasure_leaves_brings_its_own_reasons(by: Operator) -> None:
    request = asked(Kind.ERASURE)
    done_in_part(request, by)
    answer.finish(request, outcome=Outcome.PARTLY, by=by, now=NOON)
    deliver_due(NOON)
    assert ": staff (" in str(mail.outbox[-1].body)


def test_reasons_that_were_typed_for_another_end_are_not_told(by: Operator) -> None:
    hold()
    request = asked(Kind.ACCESS)
    with pytest.raises(Refused, match="No copy"):
        answer.finish(request, outcome=Outcome.PARTLY, ground=WORDS, by=by, now=NOON)
    request.refresh_from_db()
    assert request.statement.ground == WORDS
    answer.as_file(request, vault=None, by=by, now=NOON)
    answer.finish(request, outcome=Outcome.GRANTED, by=by, now=NOON)
    deliver_due(NOON)
    assert WORDS not in str(mail.outbox[-1].body)


@pytest.mark.parametrize("form", CopyForm)
def test_the_copy_that_left_is_noted_with_who_when_and_how(by: Operator, form: CopyForm) -> None:
    hold()
    request = asked(Kind.ACCESS)
    if form == CopyForm.LINK:
        answer.give_access(request, vault=None, by=by, now=NOON)
    elif form == CopyForm.ELSEWHERE:
        answer.note_handed_over(request, by=by, now=NOON)
    else:
        answer.as_file(request, vault=None, by=by, now=NOON, passphrase="x" * 20 if form == CopyForm.FILE else "")
    request.refresh_from_db()
    assert (request.copied_at, request.copied_by, request.copied_as) == (NOON, by, form)
    assert Outcome.GRANTED in outcomes.possible(request)


def test_only_a_request_for_a_copy_can_have_one(by: Operator) -> None:
    request = asked(Kind.OBJECTION)
    with pytest.raises(Refused, match="something else"):
        answer.note_handed_over(request, by=by, now=NOON)


@pytest.mark.parametrize("kind", [Kind.ACCESS, Kind.PORTABILITY, Kind.RECTIFICATION, Kind.RESTRICTION])
def test_nobody_is_erased_who_asked_for_something_else(by: Operator, kind: Kind) -> None:
    hold()
    request = asked(kind)
    with pytest.raises(Refused, match="something else"):
        execution.erase(request, plan_hash=execution.preview(request).hash, by=by, now=NOON)
    assert Operator.objects.filter(email=SAID.email).exists()


def test_the_page_offers_what_is_true_and_says_what_is_missing() -> None:
    client = Client()
    client.force_login(Operator.objects.create_superuser("chefin"))
    hold()
    page = f"/admin/privacy/datasubjectrequest/{asked(Kind.ACCESS).pk}/"
    shown = client.get(f"{page}change/").content.decode()
    assert 'value="refused"' in shown
    assert 'value="granted"' not in shown
    assert "Kopie" in shown.partition('name="outcome"')[2]
    client.post(f"{page}step/finish/", {"outcome": "granted"})
    assert DataSubjectRequest.objects.get().answered_at is None
    assert mail.outbox == []
    client.post(f"{page}copy/print/")
    assert 'value="granted"' in client.get(f"{page}change/").content.decode()
