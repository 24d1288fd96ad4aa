"""The list of the inbox: who wrote and how it begins, while messages are open, and done by one press.

What must never happen: the list shows a word of a message to somebody who could not open it, or without a line in
the vault's log. Locked, it shows what it showed before there were previews.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contact import previews, reading
from contact.models import Submission, SubmissionQuerySet
from contact.previews import ShownPreview
from sitebackend.cockpit.pages import OperatorPage, operator_of
from sitebackend.mail.models import State
from sitebackend.vault import services as vault
from sitebackend.vault.models import Lock

FILTERS = "_changelist_filters"  #: Django's own name for the list's filters in the address of another page


@dataclass(frozen=True, slots=True)
class Row:
    """What the list shows of a submission beside its columns."""

    preview: ShownPreview | None
    is_restricted: bool
    may_change: bool
    filters: str  #: the list's own, to come back to


def rows(request: HttpRequest, submissions: QuerySet[Submission]) -> list[Submission]:
    """The submissions of a page of the list, each with its `row`."""
    found = list(submissions)
    keys = [submission.pk for submission in found]
    restricted = set(Submission.objects.filter(pk__in=keys).restricted().values_list("pk", flat=True))
    shown = _previews(request, found)
    may_change, filters = request.user.has_perm("contact.change_submission"), request.GET.urlencode()
    for submission in found:
        row = Row(shown.get(submission.pk), submission.pk in restricted, may_change, filters)
        submission.row = row  # type: ignore[attr-defined]
    return found


def _previews(request: HttpRequest, submissions: list[Submission]) -> dict[Any, ShownPreview]:
    """Those of the list, if it is only looked at: an action leads back to it, and opens nothing on its way."""
    open_messages = vault.opened_messages(request) if request.method == "GET" and reading.is_possible() else None
    if open_messages is None:
        return {}
    shown = previews.shown(open_messages=open_messages, submissions=[each.pk for each in submissions])
    if shown:
        vault.record_opening(operator=operator_of(request), kind="contact.preview", lock=Lock.MESSAGES)
    return shown


def summary(submission: Submission, row: Row) -> SafeString:
    """The link to the message: sender and first words, or that it can be read."""
    address = with_filters(reverse("admin:contact_submission_page", args=[submission.pk]), row.filters)
    if row.preview is None:
        words = _("Restricted") if row.is_restricted else _("Read")
        text = '<a class="inbox-link" href="{}" data-row>{}<span class="visually-hidden"> {}</span></a>'
        return format_html(text, address, words, submission.reference)
    name = row.preview.name or _("without a name")
    text = '<a class="inbox-link" href="{}" data-row><b data-sealed>{}</b> <span data-sealed>{}</span></a>'
    return format_html(text, address, name, row.preview.text)


def done(submission: Submission, row: Row) -> SafeString:
    """When it was done, and the button that says so or takes it back."""
    day = date_format(timezone.localtime(submission.done_at), "SHORT_DATE_FORMAT") if submission.done_at else ""
    if not row.may_change:
        return format_html("{}", day or "–")
    address = with_filters(reverse("admin:contact_submission_done", args=[submission.pk]), row.filters)
    words, value = (_("Reopen"), "no") if submission.done_at else (_("Is done"), "yes")
    return format_html(
        '<span class="inbox-done">{}</span> <button type="submit" class="button is-quiet" name="is_done" value="{}" '
        'formaction="{}" data-key="e">{}<span class="visually-hidden"> {}</span></button>',
        day, value, address, words, submission.reference,
    )  # fmt: skip


def with_filters(address: str, filters: str) -> str:
    return f"{address}?{urlencode({FILTERS: filters})}" if filters else address


def list_address(request: HttpRequest) -> str:
    """The list, filtered as it was when this page was opened from it."""
    address = reverse("admin:contact_submission_changelist")
    filters = QueryDict(request.GET.get(FILTERS, "")).urlencode()
    return f"{address}?{filters}" if filters else address


def around(request: HttpRequest, submission: Submission) -> dict[str, str]:
    """Where the page of a message leads on to: its neighbours on the same pile, the list, the button that ends it."""
    alike, filters = Submission.objects.alike(submission), request.GET.get(FILTERS, "")

    def page_of(other: Submission | None) -> str:
        return with_filters(reverse("admin:contact_submission_page", args=[other.pk]), filters) if other else ""

    return {
        "previous_page": page_of(alike.before(submission).first()),
        "next_page": page_of(alike.after(submission).first()),
        "list_page": list_address(request),
        "done_page": with_filters(reverse("admin:contact_submission_done", args=[submission.pk]), filters),
        "judge_page": with_filters(reverse("admin:contact_submission_judge", args=[submission.pk]), filters),
    }


class Done(OperatorPage):
    """Says that a message is done, or is not; then on with the list."""

    permission = "contact.change_submission"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("admin:contact_submission_page", kwargs["submission"])

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        submission = get_object_or_404(Submission, pk=kwargs["submission"])
        rows = Submission.objects.filter(pk=submission.pk)
        is_done = request.POST.get("is_done") != "no"
        if is_done:
            rows.mark_done(timezone.now())
        else:
            rows.reopen()
        return back_to_list(
            request, _("Done: {reference}") if is_done else _("Not done any more: {reference}"), submission
        )


def back_to_list(request: HttpRequest, said: str, submission: Submission) -> HttpResponse:
    """On with the list, which links to the message once more, should the press have been a mistake."""
    address = reverse("admin:contact_submission_page", args=[submission.pk])
    link = format_html('<a href="{}">{}</a>', address, submission.reference)
    messages.success(request, format_html(said, reference=link))
    return redirect(list_address(request))


def tell_what_goes(request: HttpRequest, submissions: SubmissionQuerySet) -> None:
    """Whoever has mails sent again, or releases suspects, hears of those that go otherwise than CONTACT_MAIL says."""
    sent = submissions.with_mail(state=State.WAITING, payload__isnull=True)
    if settings.CONTACT_MAIL == "plain" and (count := sent.count()):
        goes = ngettext(
            "{count} mail goes out encrypted, for your OpenPGP key, and not as ordinary mail.",
            "{count} mails go out encrypted, for your OpenPGP key, and not as ordinary mail.",
            count,
        ).format(count=count)
        messages.warning(request, f"{goes} {_why_encrypted(request)}")
    if settings.CONTACT_MAIL != "notice" and (count := sent.filter(reply_address=None).count()):
        hidden = ngettext(
            "In {count} of them “Reply” does not go to the sender: the address stands only in the encrypted text.",
            "In {count} of them “Reply” does not go to the senders: the addresses stand only in the encrypted text.",
            count,
        )
        messages.warning(request, hidden.format(count=count))


def _why_encrypted(request: HttpRequest) -> str:
    if not reading.is_possible():
        return _("Reading messages here is not set up, so the server knows no more than the ciphertext.")
    if vault.opened_messages(request) is None:
        return _("Messages are locked. If you want ordinary mail, unlock them and choose “Send the mail again”.")
    return _("They do not open here.")
