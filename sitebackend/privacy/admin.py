"""The operator's side of a request: the list with its deadlines, and one page that leads from arrival to answer."""

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sitebackend import retention
from sitebackend.admin_site import OperatorModelAdmin
from sitebackend.cockpit.pages import OperatorPage, hang
from sitebackend.mail.models import OutgoingMail
from sitebackend.monitoring.clock import ClockInDoubt
from sitebackend.privacy import (
    admin_copy,
    deadlines,
    overdue,  # noqa: F401 - hangs itself
    persons,
    registry,
    traces,
)
from sitebackend.privacy.admin_forms import RecordForm
from sitebackend.privacy.admin_steps import STEPS
from sitebackend.privacy.erasure import ErasureIncomplete, PlanOutdated
from sitebackend.privacy.mail import ARRIVAL, REMINDER
from sitebackend.privacy.models import DataSubjectRequest, Identity, Kind, Outcome
from sitebackend.privacy.persons import Person
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.registry import Item, Step, Text
from sitebackend.privacy.services import answer, execution, identity, intake, letters, outcomes, rights, texts
from sitebackend.vault import services as vault
from sitebackend.vault.models import Lock
from sitebackend.vault.opened import Unlocked

SLOW_AFTER = timedelta(seconds=15)  # an erasure that is not proved by then has a reader in its way
WATCHED_FOR = timedelta(minutes=10)  # an open page looks again for so long; it keeps session and vault from idling
LARGEST_COPY = 100 * 1024 * 1024  # bytes of a completed answer that comes back from where the secret key is

#: The statements of a person, in the operator's words.
FOUND_BY = {
    "email": _("E-mail address"),
    registry.UNCLEAR: _("E-mail address, or one that looks alike (“ß” and “ss”)"),
    "phone": _("Telephone"),
    "name": _("Name and postal code"),
    "customer_number": _("Customer number"),
    "reference": _("Reference"),
    "postal_code": _("Postal code"),
}


class AnsweredFilter(admin.SimpleListFilter):
    """Open requests unless asked otherwise: those are what wants doing."""

    title = _("state")
    parameter_name = "answered"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("answered")), ("all", _("all"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [{**first, "display": _("open")}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DataSubjectRequest]) -> QuerySet[DataSubjectRequest]:
        if self.value() == "all":
            return queryset
        return queryset.filter(answered_at__isnull=self.value() != "yes")


@admin.register(DataSubjectRequest)
class DataSubjectRequestAdmin(OperatorModelAdmin):
    list_display = ("reference", "kind", "channel", "received_on", "due_on", "standing")
    list_filter = (AnsweredFilter, "kind")
    ordering = ("due_on",)
    change_list_template = "privacy/admin/requests.html"
    form = RecordForm
    fieldsets = (
        (None, {"fields": ("kind", "channel", "received_on")}),
        (_("What the person says"), {"fields": RecordForm.STATEMENTS}),
    )

    @admin.display(description=_("where it stands"))
    def standing(self, row: DataSubjectRequest) -> str:
        return standing(row)

    def save_model(self, request: HttpRequest, obj: DataSubjectRequest, form: RecordForm, change: bool) -> None:
        intake.record(obj, said=form.said(), now=timezone.now())

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def response_add(
        self, request: HttpRequest, obj: DataSubjectRequest, post_url_continue: Any = None
    ) -> HttpResponse:
        return HttpResponseRedirect(_page_of(obj.pk))


def standing(row: DataSubjectRequest) -> str:
    """Days left, or what became of it, in few words."""
    if row.answered_at:
        return str(row.get_outcome_display())
    left = row.days_left(deadlines.local_date(timezone.now()))
    if left is None:
        return str(_("the clock stands still: identity asked for"))
    if left < 0:
        return ngettext("{days} day overdue", "{days} days overdue", -left).format(days=-left)
    return ngettext("{days} day left", "{days} days left", left).format(days=left)


def _page_of(pk: UUID) -> str:
    return reverse("admin:privacy_datasubjectrequest_change", args=[pk])


class OneRequest(OperatorPage):
    """Below `<the request's key>/`."""

    permission = "privacy.change_datasubjectrequest"
    list_of, list_title = "privacy_datasubjectrequest", _("Data-subject requests")
    body_class = "request-page"

    @cached_property
    def row(self) -> DataSubjectRequest:
        return get_object_or_404(DataSubjectRequest, pk=self.kwargs["pk"])

    def back(self) -> HttpResponse:
        return HttpResponseRedirect(_page_of(self.row.pk))

    def log(self, what: str) -> None:
        admin.site.get_model_admin(DataSubjectRequest).log_change(self.request, self.row, what)


class RequestPage(OneRequest):
    """The page of one request; everything on it is done by its steps."""

    permission = "privacy.view_datasubjectrequest"
    template_name = "privacy/admin/request.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown = _shown(self.row, self.request)
        return super().get_context_data(**kwargs) | {"title": self.row.reference} | shown


class RequestCopy(OneRequest):
    """The copy as a file; the request stays open until the answer is noted as handed over."""

    permission = "privacy.hand_over_copy"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.back()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response = admin_copy.file_of(self.row, request, kwargs["form"])
        except Refused as refusal:
            messages.error(request, str(refusal))
            return self.back()
        self.log(f"copy-{kwargs['form']}")
        return response


class RequestLetter(OneRequest):
    """A letter to print and post."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            content = letters.as_pdf(self.row, kwargs["name"])
        except Refused as refusal:
            messages.error(request, str(refusal))
            return self.back()
        headers = {"Content-Disposition": f'inline; filename="{self.row.reference}.pdf"', "Cache-Control": "no-store"}
        return HttpResponse(content, content_type="application/pdf", headers=headers)


class RequestSearch(OneRequest):
    """Others' texts that name the person, with a lock open. The words go by POST: an address is logged."""

    template_name = "privacy/admin/search.html"
    title = _("Texts of others that name the person")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        words, unlocked = request.POST.get("words", "")[:200], vault.unlocked(request)
        try:
            found = texts.search(self.row, words=words, unlocked=unlocked, by=self.operator, now=timezone.now())
        except Refused as refusal:
            messages.error(request, str(refusal))
            return self.render_to_response(self.get_context_data() | {"words": words})
        self.log("search")
        lines = [_held_line(item) for item in found]
        return self.render_to_response(self.get_context_data() | {"words": words, "lines": lines, "is_done": True})

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_open = vault.unlocked(self.request) is not None
        shown = {"row": self.row, "words": self.row.statement.name, "is_open": is_open}
        return super().get_context_data(**kwargs) | shown | {"locks": vault.locks_of(self.request.user)}


class RequestStep(OneRequest):
    """Do one step and come back; what it refuses is told."""

    largest_upload = LARGEST_COPY
    #: what these destroy or hand over is for Betrieb only; with a purpose, what rests on it goes
    NEEDS: ClassVar = {
        "erase": "privacy.carry_out_erasure",
        "close": "privacy.carry_out_erasure",
        "access": "privacy.hand_over_copy",
        "handed-over": "privacy.hand_over_copy",
    }

    @staticmethod
    def needs_proof(request: HttpRequest, *, pk: UUID, verb: str) -> bool:
        return verb == "erase"

    def has_permission(self) -> bool:
        return self.operator.has_perm(self.NEEDS.get(self.kwargs["verb"], self.permission))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.back()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if kwargs["verb"] not in STEPS:
            raise Http404
        try:
            done = STEPS[kwargs["verb"]](self.row, request, timezone.now())
        except (Refused, PlanOutdated, ErasureIncomplete, ClockInDoubt) as refusal:
            messages.error(request, str(refusal))
        else:
            self.log(kwargs["verb"])
            messages.success(request, done)
        return self.back()


hang(
    "privacy/datasubjectrequest/<uuid:pk>/",
    [
        ("change/", RequestPage, "privacy_datasubjectrequest_change"),
        ("step/<str:verb>/", RequestStep, "privacy_request_step"),
        ("search/", RequestSearch, "privacy_request_search"),
        ("copy/<str:form>/", RequestCopy, "privacy_request_copy"),
        ("letter/<str:name>/", RequestLetter, "privacy_request_letter"),
    ],
)


_OF_THE_PERSON = ("name", "email", "phone", "address", "postal_code", "number")


def _shown(row: DataSubjectRequest, request: HttpRequest) -> dict[str, Any]:
    """What the page shows; a closed request shows no more than its proof."""
    said = row.statement
    facts: dict[str, Any] = {"row": row, "said": said, "standing": standing(row), "wrote": row.sealed is not None}
    facts["person"] = [getattr(said, name) for name in _OF_THE_PERSON if getattr(said, name)]
    mails = _mails_to_person(row)
    by_letter = facts["wrote"] and not any(mail.sent_at is None for mail in mails)
    facts |= {"mails": mails, "by_letter": by_letter, "today": deadlines.local_date(timezone.now())}
    if row.erased_at:
        facts |= {"outside": traces.outside(), "missing_rights": [] if row.verified_at else traces.missing_rights()}
    if row.answered_at:
        return facts | {"by_letter": by_letter and not (said.email and row.answer_sent_at)}
    held = identity.held(row)
    facts |= _persons_shown(row) | {
        "held": [_held_line(item) for item in held],
        "unproved": [_person_shown(person, row) for person in identity.unproved_persons(row, held)],
        "link_to": "" if row.identity else identity.link_goes_to(row, held),
        "is_new_address": bool(said.email and held) and not any("email" in item.matched_by for item in held),
        "is_changed": bool(row.erased_at) or (row.carried_out_at and row.kind != Kind.OBJECTION),
        "received_by": said.received_by.splitlines(),
        "suggested": Outcome.NOTHING_HELD if row.identity == Identity.NOTHING_HELD else Outcome.GRANTED,
    }
    if not facts["is_decided"]:
        return facts
    hindrances = {outcome: outcomes.hindrance(row, outcome) for outcome in Outcome}
    facts["outcomes"] = [(outcome, outcome.label, why) for outcome, why in hindrances.items()]
    if row.identity and row.kind in (Kind.ACCESS, Kind.PORTABILITY):
        facts |= _copy_shown(row, vault.unlocked(request), vault.locks_of(request.user))
    elif row.identity and row.kind in (Kind.ERASURE, Kind.OBJECTION):
        facts |= _plan_shown(row)
    if row.identity:
        facts |= _rights_shown(row)
    return facts | {"can_answer": not hindrances[facts["suggested"]]}


def _mails_to_person(row: DataSubjectRequest) -> list[OutgoingMail]:
    """What is on its way to the person, or went. While a mail is, no letter is asked for."""
    mails = OutgoingMail.objects.about([row.pk]).exclude(kind__in=[ARRIVAL.name, REMINDER.name]).order_by("queued_at")
    return list(mails)


def _held_line(item: Item) -> dict[str, Any]:
    page = registry.source(item.source).page_of(item.identifier)
    return {"item": item, "found_by": [FOUND_BY.get(by, by) for by in item.matched_by], "page": page}


def _persons_shown(row: DataSubjectRequest) -> dict[str, Any]:
    """Who is found, and who of them is chosen; one whom a second statement names is ticked for the operator."""
    found, chosen, said = identity.persons_found(row), identity.chosen(row), row.statement
    needs_choice = persons.need_a_choice(found)
    decided = said.persons is not None or not needs_choice
    likely = None if decided else persons.decided(found, said.subject())
    ticked = {person.key for person in (chosen if decided else [likely] if likely else [])}
    return {
        "persons": [_person_shown(person, row) | {"is_ticked": person.key in ticked} for person in found],
        "is_decided": decided,
        "needs_choice": needs_choice,
        "is_shared": sum("email" in person.matched_by for person in found) > 1,
        "may_choose": identity.may_choose(row),
    }


def _person_shown(person: Person, row: DataSubjectRequest) -> dict[str, Any]:
    said = row.statement.subject()
    fits = [FOUND_BY[by] for by in persons.second_statements(person, said)]
    return {
        "person": person,
        "lines": [_held_line(item) for item in person.items],
        "fits": [*([_("Name")] if person.is_named(said.name) else []), *fits],
        "is_telling": any(record.names or record.places for record in person.records) and not person.is_unclear,
    }


def _rights_shown(row: DataSubjectRequest) -> dict[str, Any]:
    """What the other rights offer, each on the page of a request that asks for it."""
    offers = {
        Kind.RESTRICTION: ("restrictable", registry.restrictable),
        Kind.RECTIFICATION: ("correctable", rights.correctable),
        Kind.OBJECTION: ("closable", rights.closable),
    }
    if row.kind not in offers:
        return {}
    name, found = offers[Kind(row.kind)]
    return {name: found(row.subject()), "offers": name}


def _copy_shown(row: DataSubjectRequest, unlocked: Unlocked | None, ways: list[Lock]) -> dict[str, Any]:
    copies = [(copy, answer.needs_key(copy), answer.needs_lock(copy, unlocked)) for copy in answer.copies(row)]
    needed = {lock for _copy, _needs_key, lock in copies if lock}
    return {
        "wants_copy": True,
        "copy_days": retention.ANSWER_LIVES.days,
        "copies": [(copy, needs_key, bool(lock), copy.sealed) for copy, needs_key, lock in copies],
        "needs_vault": bool(needed),
        "locks": [lock for lock in ways if lock == Lock.VAULT or needed == {Lock.MESSAGES}],
        "needs_key": any(needs_key for _copy, needs_key, _lock in copies),
        "passphrase": answer.new_passphrase(),
    }


def _plan_shown(row: DataSubjectRequest) -> dict[str, Any]:
    plan = execution.preview(row)
    return {
        "plan": plan,
        "lines": [_plan_line(step) for step in plan.steps if step.rows],
        "left_over": plan.destructive if row.erased_at else (),
        **(_proof_shown(row) if row.erased_at and not plan.destructive else {}),
        **({"suggested": Outcome.PARTLY} if any(step.source != "privacy.requests" for step in plan.retained) else {}),
    }


def _plan_line(step: Step) -> tuple[Text, Step, str]:
    """What has a name of its own leads to its page, where it can be held in time."""
    source = registry.source(step.source)
    return source.describe().title, step, source.page_of(str(step.rows[0])) if step.title else ""


def _proof_shown(row: DataSubjectRequest) -> dict[str, Any]:
    """What the answer waits for, as it is at this moment; nothing once the person can be told."""
    if execution.is_told(row):
        return {}
    now = timezone.now()
    waited = now - (row.erased_at or now)
    readers = traces.readers() if not row.verified_at and waited > SLOW_AFTER else []
    return {
        "waits": True,
        "is_watched": waited < WATCHED_FOR,
        "waits_for_night": not row.verified_at and not traces.is_a_good_time(now),
        "readers": ", ".join(readers),
    }
