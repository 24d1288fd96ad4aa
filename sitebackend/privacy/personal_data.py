"""What requests about data hold on people themselves: the request, its text, and answers that wait to be fetched."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import ClassVar
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from sitebackend import retention
from sitebackend.crypto import lookup
from sitebackend.mail import services as outbox
from sitebackend.mail.models import OutgoingMail, State
from sitebackend.privacy.models import AccessAnswer, DataSubjectRequest, Rehearsal, RequestQuerySet, RetentionRun
from sitebackend.privacy.registry import (
    Action,
    DataSubject,
    Description,
    Export,
    Item,
    PersonalDataSource,
    PersonRecord,
    Step,
    Text,
    holds_no_personal_data,
    register,
)
from sitebackend.privacy.versions import version_of
from sitebackend.references import tidy_reference

_TEXT_GOES = _("Art. 17(1)(a) GDPR: answered, no longer needed")


@register
class Requests(PersonalDataSource):
    """Open requests stay until they are answered; of answered ones the text goes, the bare proof stays."""

    name = "privacy.requests"
    erased_after: ClassVar = 90
    models: ClassVar = {
        DataSubjectRequest: (
            "reference",
            "sealed",
            "email_digest",
            "phone_digest",
            "name_digest",
            "nonce_digest",
            "extended_by",
            "erased_by",
            "carried_out_by",
            "copied_by",
            "answered_by",
        ),
        AccessAnswer: ("request", "token_digest", "sealed"),
    }

    def describe(self) -> Description:
        return Description(
            title=_("Requests about data"),
            persons=(_("persons who ask about their data"),),
            categories=(_("name, e-mail address, telephone, postal address, message, dates of the answer"),),
            purposes=(_("answering the request, and being able to prove the answer"),),
            legal_basis=_("Art. 6(1)(c) GDPR with Art. 12 and 15–21; for the proof Art. 6(1)(f)"),
            recipients=(_("none besides the operator and their mail provider"),),
            retention=_(
                "the text {days} after the answer; kind, dates, counts and reference {years} calendar years after it"
            ).format(days=retention.days(retention.REQUEST_TEXT_DAYS), years=retention.PROOF_YEARS),
            origin=_("from the person"),
            location=_("database of this site, sealed with the server's key"),
        )

    def find(self, subject: DataSubject) -> Iterable[Item]:
        for request in _held(subject):
            yield _item(request, subject)

    def persons(self, subject: DataSubject) -> Iterator[PersonRecord]:
        yield from map(_record, _held(subject))

    def contacts(self) -> tuple[RequestQuerySet, str]:
        return DataSubjectRequest.objects.order_by(), "recorded_at"

    def export(self, subject: DataSubject) -> Iterable[Export]:
        for request in _held(subject):
            yield Export(item=_item(request, subject), values=_values(request))

    def plan(self, subject: DataSubject) -> Iterator[Step]:
        held = _held(subject)
        open_law = _("Art. 12(3) GDPR")
        days = retention.days(retention.REQUEST_TEXT_DAYS)
        waits = _("It is being answered; its text goes {days} later.").format(days=days)
        yield self._step(Action.RETAIN, held.open(), open_law, waits)
        answered = held.filter(answered_at__isnull=False, purged_at=None)
        reason = _("Answered; kind, dates and reference stay as proof.")
        yield self._step(Action.REDACT, answered, _TEXT_GOES, reason)

    def erase(self, action: Action, rows: Collection[UUID]) -> int:
        requests = DataSubjectRequest.objects.filter(pk__in=rows)
        if action == Action.DELETE:
            return requests.delete()[1].get(DataSubjectRequest._meta.label, 0)
        AccessAnswer.objects.filter(request__in=rows).delete()
        outbox.forget(rows)
        gone = {"sealed": None, "nonce_digest": None, "email_digest": "", "phone_digest": "", "name_digest": ""}
        # a restored backup may know the request as open: then nothing of it has a reason to stay
        reopened = requests.open().delete()[1].get(DataSubjectRequest._meta.label, 0)
        return reopened + requests.filter(purged_at=None).update(**gone, purged_at=timezone.now())

    def due(self, today: date) -> Iterator[Step]:
        text = DataSubjectRequest.objects.to_purge(retention.midnight(today))
        over = _("{days} since the answer.").format(days=retention.days(retention.REQUEST_TEXT_DAYS))
        yield self._step(Action.REDACT, text, _TEXT_GOES, over)
        first_kept = retention.midnight(retention.first_kept_day(today, retention.PROOF_YEARS))
        proofs = DataSubjectRequest.objects.filter(purged_at__isnull=False, answered_at__lt=first_kept)
        reason = _("Three calendar years since the answer.")
        yield self._step(Action.DELETE, proofs, _("§§ 195, 199 BGB: limitation is over"), reason)

    def _step(self, action: Action, rows: RequestQuerySet, law: Text, reason: Text) -> Step:
        keys = tuple(rows.order_by("pk").values_list("pk", flat=True))
        # what merely stays may go on meanwhile: an acknowledgement that is sent makes no preview outdated
        version = "" if action == Action.RETAIN else version_of(rows)
        return Step(source=self.name, action=action, rows=keys, version=version, law=law, reason=reason)


def _held(subject: DataSubject) -> RequestQuerySet:
    """Those whose text is still here and that one of the person's statements leads to."""
    matches = {column: digest for column, digest in _wanted(subject).items() if digest}
    found = DataSubjectRequest.objects.filter(purged_at=None)
    return subject.narrow(found.filter(Q(**matches, _connector=Q.OR))) if matches else found.none()


def _record(request: DataSubjectRequest) -> PersonRecord:
    """Of whom it speaks: those whom an operator chose, or who is like the words."""
    said = request.statement
    return PersonRecord(
        key=str(request.pk),
        kind=_("Who made the request"),
        number=request.reference,
        name=said.name,
        names=frozenset({lookup.name(said.name)} - {""}),
        places=frozenset({request.name_digest} - {""}),
        emails=frozenset({request.email_digest} - {""}),
        phones=frozenset({request.phone_digest} - {""}),
        belongs_to=None if said.persons is None else frozenset(record["key"] for record in said.persons),
        at=request.recorded_at,
    )


def _wanted(subject: DataSubject) -> dict[str, str]:
    return {
        "email_digest": lookup.email(subject.email),
        "phone_digest": lookup.phone(subject.phone),
        "name_digest": lookup.name_and_postal_code(subject.name, subject.postal_code),
        "reference": tidy_reference(subject.reference) if subject.reference else "",
    }


def _item(request: DataSubjectRequest, subject: DataSubject) -> Item:
    spoken = {"email_digest": "email", "phone_digest": "phone", "name_digest": "name", "reference": "reference"}
    wanted = _wanted(subject)
    return Item(
        source=Requests.name,
        identifier=str(request.pk),
        title=_("Request {reference}: {kind}").format(reference=request.reference, kind=request.get_kind_display()),
        recorded_at=request.recorded_at,
        matched_by=tuple(name for column, name in spoken.items() if wanted[column] == getattr(request, column) != ""),
    )


def _values(request: DataSubjectRequest) -> dict[str, object]:
    said = request.statement
    told = {
        str(_("Reference")): request.reference,
        str(_("Kind")): request.get_kind_display(),
        str(_("Came by")): request.get_channel_display(),
        str(_("Received on")): request.received_on,
        str(_("Answer by")): request.due_on,
        str(_("Name")): said.name,
        str(_("E-mail address")): said.email,
        str(_("Telephone")): said.phone,
        str(_("Postal address")): said.address,
        str(_("Postal code")): said.postal_code,
        str(_("Customer number or reference")): said.number,
        str(_("Message")): said.message,
        str(_("Language")): get_language_info(said.language)["name_translated"],
        str(_("Stored address that a link went to")): said.link_to,
        str(_("Had received the data")): said.received_by,
        str(_("Was told of the change")): said.told,
        str(_("Reasons of a refusal")): said.ground,
        str(_("Enclosed with the letter")): said.enclosures,
        str(_("Enclosed apart")): said.apart,
        str(_("Texts of others")): said.closed_texts(),
    }
    return {label: value for label, value in told.items() if value} | _history(request)


def _history(request: DataSubjectRequest) -> dict[str, object]:
    """What was done about it, each mail and each copy made included."""
    mails = OutgoingMail.objects.about([request.pk]).unsent()
    steps: dict[str, object] = {
        str(_("Acknowledged")): request.acknowledged_at,
        str(_("Link to confirm mailed")): request.link_mailed_at,
        str(_("Asked who it is")): request.paused_on,
        str(_("Identity")): request.get_identity_display(),
        str(_("Identity settled")): request.identity_at,
        str(_("Deadline extended")): request.extended_at,
        str(_("Extension told")): request.extension_told_at,
        str(_("Carried out")): request.carried_out_at,
        str(_("Erased")): request.erased_at,
        str(_("Copy made")): request.copied_at,
        str(_("Form of the copy")): request.get_copied_as_display(),
        str(_("Answered")): request.answered_at,
        str(_("Answer sent")): request.answer_sent_at,
        str(_("Outcome")): request.get_outcome_display(),
        str(_("Copies that wait to be fetched")): [answer.made_at for answer in request.answers.all()],
        str(_("Mails that wait to be sent")): [str(mail.sort.label) for mail in mails.exclude(state=State.UNCONFIRMED)],
        str(_("Mails sent, unconfirmed")): [str(mail.sort.label) for mail in mails.unconfirmed()],
    }
    return {label: value for label, value in steps.items() if value}


_STEP = "a step of the answer and its time, no statement of the person"
_FACT = "one of a few fixed words"
holds_no_personal_data(
    DataSubjectRequest,
    **dict.fromkeys(("kind", "channel", "scope", "identity", "copied_as", "outcome"), _FACT),
    **dict.fromkeys(("received_on", "recorded_at", "due_on", "paused_on", "resumed_on", "extended_at"), _STEP),
    **dict.fromkeys(("reminded_at_days", "acknowledged_at", "identity_at"), _STEP),
    **dict.fromkeys(("link_asked_at", "link_mailed_at", "erased_at", "verified_at", "answered_at"), _STEP),
    **dict.fromkeys(("purge_at", "purged_at", "carried_out_at", "copied_at"), _STEP),
    **dict.fromkeys(("extension_told_at", "answer_sent_at"), _STEP),
    receipt="holdings, numbers of rows, numbers of documents",
    carried_out="holdings, measures and numbers of rows",
)
holds_no_personal_data(
    Rehearsal,
    id="always 1",
    **dict.fromkeys(("begun_at", "ended_at", "proved_at"), "a time of ours"),
    seen_in_files="yes or no",
    failure=_FACT,
)
holds_no_personal_data(AccessAnswer, made_at=_STEP, expires_at=_STEP)
holds_no_personal_data(RetentionRun, day="a day", receipt="holdings, numbers of rows and documents", wiped_at="a time")
