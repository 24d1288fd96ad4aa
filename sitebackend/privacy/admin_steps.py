"""What the buttons of a request's page do: each reads its few fields and calls one verb."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from sitebackend import retention
from sitebackend.cockpit import notices
from sitebackend.cockpit.pages import operator_of
from sitebackend.models import Act
from sitebackend.privacy import deadlines
from sitebackend.privacy.models import DataSubjectRequest, Identity, Outcome
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.services import answer, deadline, execution, identity, intake, rights
from sitebackend.vault import services as vault

Do = Callable[[DataSubjectRequest, HttpRequest, datetime], str]


def _acknowledged(row: DataSubjectRequest, request: HttpRequest, now: datetime) -> str:
    intake.mark_acknowledged(row, at=_day(request, row.received_on, now))
    return _("Noted: acknowledged.")


def _matched(row: DataSubjectRequest, request: HttpRequest, now: datetime) -> str:
    keys = request.POST.getlist("person")
    with transaction.atomic():
        if keys and not row.identity:
            identity.choose(row, keys)
        identity.settle(row, identity=Identity.MATCHED, now=now, theirs_too=keys)
    return _("Noted: the person is who they say.")


def _chosen(row: DataSubjectRequest, request: HttpRequest, now: datetime) -> str:
    keys = request.POST.getlist("person")
    if not keys:
        raise Refused(_("Tick the person who asks."))
    identity.choose(row, keys)
    return _("Noted: the request is about the ticked person alone.")


def _nobody(row: DataSubjectRequest, request: HttpRequest, now: datetime) -> str:
    with transaction.atomic():
        identity.choose(row, [])
        if not row.identity:
            identity.settle(row, identity=Identity.NOTHING_HELD, now=now)
    return _("Noted: what is found is others'. Nothing is held on the person who asks.")


def _nothing_held(row: DataSubjectRequest, request: HttpRequest, now: datetime) -> str:
    identity.settle(row, identity=Identity.NOTHING_HELD, now=now)
    return _("Noted: nothing is held.")


def _link(row: DataSubjectRequest, request: HttpRequest, now: datetime) -> str:
    with transaction.atomic():
        if keys := request.POST.getlist("person"):
            identity.choose(row, keys)
        identity.ask_by_link(row, now=now)
    return _("The mail with the link waits to be sent; this page shows when it was.")


def _pause(row: DataSubjectRequest, request: HttpRequest, now: datetime) -> str:
    identity.pause(row, now=now)
    return _("The clock stands still until the identity is settled.")


def _extend(row: DataSubjectRequest, request: HttpRequest, now: datetime) -> str:
    deadline.extend(row, by=operator_of(request), now=now)
    if row.statement.email:
        return _("Extended by two months. The mail to the person waits to be sent; this page shows when it was.")
    return _("Extended by two months. Print the letter below and post it today.")


def _extension_told(row: DataSubjectRequest, request: HttpRequest, now: datetime) -> str:
    since = deadlines.local_date(row.extended_at) if row.extended_at else row.received_on
    deadline.mark_told(row, at=_day(request, since, now))
    return _("Noted: the letter about the extension is posted.")


def _erase(row: DataSubjectRequest, request: HttpRequest, now: datetime) -> str:
    with transaction.atomic():
        execution.erase(row, plan_hash=request.POST.get("plan", ""), by=operator_of(request), now=now)
        notices.tell(Act.ERASED, by=operator_of(request))
    return _("Erased as shown. The worker now makes sure that it is physically gone.")


def _access(row: DataSubjectRequest, request: HttpRequest, now: datetime) -> str:
    upload = request.FILES.get("completed")
    completed = upload.read() if upload else None
    answer.give_access(row, vault=vault.unlocked(request), by=operator_of(request), now=now, completed=completed)
    return _("The copy is ready. The mail with its link waits to be sent; this page shows when it was.")


def _handed_over(row: DataSubjectRequest, request: HttpRequest, now: datetime) -> str:
    answer.note_handed_over(row, by=operator_of(request), now=now)
    return _("Noted: the copy was handed over. Close the request below.")


def _finish(row: DataSubjectRequest, request: HttpRequest, now: datetime) -> str:
    outcome = request.POST.get("outcome", "")
    if outcome not in Outcome.values:
        raise Refused(_("Say how it ended."))
    told = [*request.POST.getlist("told"), *request.POST.get("told_too", "").splitlines()]
    ground = request.POST.get("ground", "")
    answer.finish(row, outcome=Outcome(outcome), told=told, ground=ground, by=operator_of(request), now=now)
    if row.statement.email:
        return _("The request is closed. The mail to the person waits to be sent; this page shows when it was.")
    return _("The request is closed. Print the letter below, post it, and note the day.")


def _posted(row: DataSubjectRequest, request: HttpRequest, now: datetime) -> str:
    since = deadlines.local_date(row.answered_at) if row.answered_at else row.received_on
    answer.mark_posted(row, at=_day(request, since, now))
    return _("Noted: the letter with the answer is posted.")


def _restrict(row: DataSubjectRequest, request: HttpRequest, now: datetime) -> str:
    rights.carry_out(row, partial(rights.restrict, now=now), by=operator_of(request), now=now)
    return _("Restricted: nobody uses these data any more. Close the request below, so that the person is told.")


def _correct(row: DataSubjectRequest, request: HttpRequest, now: datetime) -> str:
    prefix = "value-"
    values = {
        name.removeprefix(prefix): str(value).strip() for name, value in request.POST.items() if name.startswith(prefix)
    }
    try:
        deed = partial(rights.correct, row=UUID(request.POST.get("row", "")), values=values, now=now)
        rights.carry_out(row, deed, by=operator_of(request), now=now)
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error
    except ValueError as error:
        raise Refused(_("There is no such record of this person any more.")) from error
    return _("Corrected. Close the request below, so that the person is told.")


def _close(row: DataSubjectRequest, request: HttpRequest, now: datetime) -> str:
    by = operator_of(request)
    deed = partial(rights.close, keys=request.POST.getlist("purpose"), by=by, channel=row.channel, now=now)
    rights.carry_out(row, deed, by=by, now=now)
    return _("Closed: the data are no longer used for this.")


def _day(request: HttpRequest, earliest: date, now: datetime) -> datetime:
    """When a letter was posted: now, or the day that the form names. Raises Refused."""
    today = deadlines.local_date(now)
    try:
        day = date.fromisoformat(request.POST.get("day", "") or today.isoformat())
    except ValueError as error:
        raise Refused(_("The day is no date. Choose it in the field.")) from error
    if not earliest <= day <= today:
        words = _("The day must lie between {first} and today.")
        raise Refused(words.format(first=date_format(earliest)))
    return now if day == today else retention.midnight(day)


STEPS: dict[str, Do] = {
    "acknowledged": _acknowledged,
    "matched": _matched,
    "choose": _chosen,
    "nobody": _nobody,
    "nothing-held": _nothing_held,
    "link": _link,
    "pause": _pause,
    "extend": _extend,
    "extension-told": _extension_told,
    "erase": _erase,
    "access": _access,
    "handed-over": _handed_over,
    "restrict": _restrict,
    "correct": _correct,
    "close": _close,
    "finish": _finish,
    "posted": _posted,
}
