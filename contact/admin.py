"""The inbox: what came in, where its mail stands, and the ciphertext to take away.

Nothing in the lists opens a message: while messages are open they show its preview. Search compares digests, and its
words travel in the body of a request only; the actions call verbs of `services`.
"""

from datetime import datetime
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from contact import admin_inbox, admin_judging, admin_pages, services
from contact.admin_forms import FindForm
from contact.models import MAIL_KIND, Submission, SubmissionQuerySet
from contact.spam import signs
from sitebackend.admin_site import OperatorModelAdmin
from sitebackend.cockpit.pages import hang
from sitebackend.mail.models import OutgoingMail, State
from sitebackend.vault import services as vault


class IsDone(admin.SimpleListFilter):
    title = _("done")
    parameter_name = "done"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("No")), ("yes", _("Yes"))]

    def queryset(self, request: HttpRequest, submissions: QuerySet[Submission]) -> QuerySet[Submission]:
        return submissions.filter(done_at__isnull=self.value() == "no") if self.value() else submissions


class ToLookThrough(admin.SimpleListFilter):
    """The yearly question: which of those that no period ends can go."""

    title = _("looked through")
    parameter_name = "look"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("due", _("more than a year ago"))]

    def queryset(self, request: HttpRequest, submissions: QuerySet[Submission]) -> QuerySet[Submission]:
        known = cast("SubmissionQuerySet", submissions)
        return known.to_look_through(timezone.now()) if self.value() == "due" else known


class MailFilter(admin.SimpleListFilter):
    """By where the mail to the operator stands."""

    title = _("mail")
    parameter_name = "mail"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*State.choices, ("none", _("not mailed"))]

    def queryset(self, request: HttpRequest, submissions: QuerySet[Submission]) -> QuerySet[Submission]:
        known = cast("SubmissionQuerySet", submissions)
        if self.value() == "none":
            return known.exclude(pk__in=known.with_mail().values("pk"))
        return known.with_mail(state=self.value()) if self.value() else known


@admin.register(Submission)
class SubmissionAdmin(OperatorModelAdmin):
    list_display = (
        "summary",
        "done",
        "received",
        "reference",
        "mail_state",
        "verdict",
        "channel",
    )
    list_display_links = ("reference",)
    list_filter = (MailFilter, "verdict", "channel", IsDone, ToLookThrough)
    show_full_result_count = False
    list_per_page = 50
    actions = ("mark_done", "reopen", "send_again", "mark_spam", "release", "keep", "let_go")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "reference",
                    "received_at",
                    "channel",
                    "done_at",
                    "kept_at",
                    "goes_on",
                    "message_file",
                    "message_page",
                )
            },
        ),
        (_("Mail"), {"fields": ("mail_state", "sent", "attempts", "next_attempt", "last_reply")}),
        (_("Spam checks"), {"fields": ("verdict", "signs", "told_at")}),
    )
    readonly_fields = tuple(field for _title, group in fieldsets for field in cast("Any", group)["fields"])

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Erasing has its preview, its journal and its receipt: data-subject requests."""
        return False

    def has_erase_permission(self, request: HttpRequest) -> bool:
        """Retention does it, as with what a period ends; who may say so is who may let go what is overdue."""
        return bool(request.user.has_perm("contact.delete_submission"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Submission]:
        """Each with where its mail stands; one look at the outbox for the whole page."""
        mail = OutgoingMail.objects.filter(kind=MAIL_KIND, about=OuterRef("pk"))
        names = ("state", "sent_at", "attempts", "next_attempt_at", "last_reply")
        rows: QuerySet[Submission] = super().get_queryset(request)
        return rows.annotate(**{f"mail_{name}": Subquery(mail.values(name)) for name in names})

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"find": FindForm(), **(extra_context or {})})

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist: Any = super().get_changelist_instance(request)
        changelist.result_list = admin_inbox.rows(request, changelist.result_list)
        return changelist

    @admin.display(description=_("Message"))
    def summary(self, submission: Any) -> str:
        return admin_inbox.summary(submission, submission.row)

    @admin.display(description=_("done"), ordering="done_at")
    def done(self, submission: Any) -> str:
        return admin_inbox.done(submission, submission.row)

    @admin.display(description=_("received"), ordering="received_at")
    def received(self, submission: Submission) -> str:
        """Short: the list is wide."""
        return date_format(timezone.localtime(submission.received_at), "SHORT_DATETIME_FORMAT")

    @admin.display(description=_("mail"))
    def mail_state(self, submission: Any) -> str:
        return str(dict(State.choices).get(submission.mail_state, _("not mailed")))

    @admin.display(description=_("sent"))
    def sent(self, submission: Any) -> datetime | None:
        return cast("datetime | None", submission.mail_sent_at)

    @admin.display(description=_("attempts"))
    def attempts(self, submission: Any) -> int:
        return submission.mail_attempts or 0

    @admin.display(description=_("next attempt"))
    def next_attempt(self, submission: Any) -> datetime | None:
        return cast("datetime | None", submission.mail_next_attempt_at)

    @admin.display(description=_("last answer of the mail server"))
    def last_reply(self, submission: Any) -> str:
        return submission.mail_last_reply or ""

    @admin.display(description=_("encrypted message"))
    def message_file(self, submission: Submission) -> str:
        address = reverse("admin:contact_submission_message", args=[submission.pk])
        return format_html('<a href="{}">{}.asc</a>', address, submission.reference)

    @admin.display(description=_("Message"))
    def message_page(self, submission: Submission) -> str:
        address = reverse("admin:contact_submission_page", args=[submission.pk])
        return format_html('<a href="{}">{}</a>', address, _("Read"))

    @admin.display(description=_("reasons"))
    def signs(self, submission: Submission) -> str:
        return signs.in_words(submission.reasons) or "–"

    @admin.action(description=_("Mark as done"), permissions=["change"])
    def mark_done(self, request: HttpRequest, chosen: QuerySet[Submission]) -> None:
        self._say(request, cast("SubmissionQuerySet", chosen).mark_done(timezone.now()))

    @admin.action(description=_("Mark as not done"), permissions=["change"])
    def reopen(self, request: HttpRequest, chosen: QuerySet[Submission]) -> None:
        self._say(request, cast("SubmissionQuerySet", chosen).reopen())

    @admin.action(description=_("Send the mail again"), permissions=["change"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[Submission]) -> None:
        rows = Submission.objects.filter(pk__in=list(chosen.values_list("pk", flat=True)))
        open_messages = vault.opened_messages(request)
        self._say(request, services.send_again(submissions=rows, now=timezone.now(), open_messages=open_messages))
        admin_inbox.tell_what_goes(request, rows)

    @admin.action(description=_("Spam"), permissions=["change"])
    def mark_spam(self, request: HttpRequest, chosen: QuerySet[Submission]) -> None:
        self._say(request, admin_judging.judge(request, chosen, is_spam=True))

    @admin.action(description=_("No spam: release and mail"), permissions=["change"])
    def release(self, request: HttpRequest, chosen: QuerySet[Submission]) -> None:
        self._say(request, admin_judging.judge(request, chosen, is_spam=False))

    @admin.action(description=_("Looked through: keep for another year"), permissions=["change"])
    def keep(self, request: HttpRequest, chosen: QuerySet[Submission]) -> None:
        self._say(request, cast("SubmissionQuerySet", chosen).keep(timezone.now()))

    @admin.action(description=_("Looked through: delete tomorrow"), permissions=["erase"])
    def let_go(self, request: HttpRequest, chosen: QuerySet[Submission]) -> None:
        self._say(request, cast("SubmissionQuerySet", chosen).let_go(timezone.localdate()))

    def _say(self, request: HttpRequest, count: int) -> None:
        done = ngettext("{count} submission changed.", "{count} submissions changed.", count).format(count=count)
        self.message_user(request, done, messages.SUCCESS if count else messages.WARNING)


hang(
    "contact/submission/",
    [
        ("<uuid:submission>/message.asc", admin_pages.Ciphertext, "contact_submission_message"),
        ("<uuid:submission>/", admin_pages.SubmissionPage, "contact_submission_page"),
        ("<uuid:submission>/done/", admin_inbox.Done, "contact_submission_done"),
        ("<uuid:submission>/judge/", admin_judging.Judge, "contact_submission_judge"),
        ("<uuid:submission>/delete-by-hand/", admin_judging.DeleteByHand, "contact_submission_delete_by_hand"),
        ("find/", admin_pages.Find, "contact_submission_find"),
        ("record/", admin_pages.RecordInquiry, "contact_submission_record"),
        ("key/", admin_pages.Keys, "contact_submission_key"),
        ("key/word/", admin_pages.ProveKey, "contact_submission_key_word"),
        ("reading/", admin_pages.Reading, "contact_submission_reading"),
    ],
)
