"""The inbox's own pages: one submission with its notes, an inquiry that came another way, reading here."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from contact import admin_inbox, key_change, links, reading, services
from contact.admin_forms import FindForm, InquiryForm, KeyForm, NoteForm, ReadingForm, WordForm
from contact.message import LABELS
from contact.models import KeyTrial, ReadingKey, Submission
from contact.spam import signs
from sitebackend import operator_key
from sitebackend.cockpit import idempotency, notices
from sitebackend.cockpit.pages import OperatorFormPage, OperatorPage, operator_of
from sitebackend.models import Act
from sitebackend.privacy.restriction import showing
from sitebackend.privacy.restriction.forms import ShowForm
from sitebackend.uploads import LARGEST
from sitebackend.vault import services as vault
from sitebackend.vault.errors import VaultError
from sitebackend.vault.models import Lock
from sitebackend.vault.opened import OpenMessages

MOST_HITS = 100  # of one person; what is older is found by its reference


class InboxFormPage(OperatorFormPage):
    list_of, list_title = "contact_submission", _("Submissions")
    refusals: ClassVar[tuple[type[Exception], ...]] = (
        services.IntakeClosed,
        VaultError,
        reading.NotReadable,
        operator_key.OperatorKeyUnusable,
    )

    def get_success_url(self) -> str:
        return reverse("admin:contact_submission_changelist")

    def refusal(self, error: Exception) -> tuple[str | None, str]:
        if isinstance(error, services.IntakeClosed):
            return None, str(_("Nothing can be encrypted at the moment; the cockpit says why."))
        return super().refusal(error)


class Find(InboxFormPage):
    """Leads to the list of what was found, which names references only; what finds nothing stays in the form."""

    permission = "contact.view_submission"
    form_class = FindForm
    title, button = _("Find an inquiry"), _("Search")

    def form_valid(self, form: forms.Form) -> HttpResponse:
        hits = Submission.objects.matching(form.cleaned_data["words"]).order_by("-received_at")
        references = ",".join(hits.values_list("reference", flat=True)[:MOST_HITS])
        if not references:
            form.add_error("words", _("Nothing was found. It must be complete, as the person wrote it."))
            return self.form_invalid(form)
        return redirect(f"{self.get_success_url()}?reference__in={references}")


class RecordInquiry(InboxFormPage):
    """S10: whoever wrote a mail, called or sent a letter has the same rights as who used the form."""

    permission = "contact.add_submission"
    once, in_one_transaction = True, False  # encrypting calls gpg
    form_class = InquiryForm
    title = _("Record an inquiry")
    intro = _(
        "It is encrypted like a message of the contact form, found by the same search, and part of every answer to "
        "a request for access or deletion. It is not mailed."
    )

    def carry_out(self, form: InquiryForm) -> None:
        submission = services.record_inquiry(
            fields=form.typed(),
            channel=form.cleaned_data["channel"],
            received_at=form.cleaned_data["received_at"],
            nonce=self.request.POST.get(idempotency.FIELD) or form.cleaned_data["nonce"],
        )
        admin.site.get_model_admin(Submission).log_addition(self.request, submission, [{"added": {}}])


def asked_first(request: HttpRequest, submission: Submission) -> ShowForm | None:
    """The question that stands in the place of a restricted message. None: it may be shown."""
    if not submission.restricted_since:
        return None
    kind = Submission._meta.label_lower
    return showing.asked_first(request, by=operator_of(request), kind=kind, key=submission.pk)


class SubmissionPage(InboxFormPage):
    """A submission and its notes. What is sealed shows with messages or vault open only; each showing is logged."""

    permission = "contact.view_submission"
    once = True
    form_class = NoteForm
    template_name = "admin/contact/submission.html"
    styles, scripts = ("css/inbox.css",), ("js/inbox.js",)
    button = _("Add the note")

    @cached_property
    def submission(self) -> Submission:
        return get_object_or_404(Submission.objects.select_related("message"), pk=self.kwargs["submission"])

    @property
    def title(self) -> str:  # type: ignore[override]
        return self.submission.reference

    def has_permission(self) -> bool:
        return super().has_permission() and (
            self.request.method != "POST"
            or showing.FIELD in self.request.POST
            or self.operator.has_perm("contact.add_note")
        )

    def get_success_url(self) -> str:
        return reverse("admin:contact_submission_page", args=[self.submission.pk])

    def carry_out(self, form: NoteForm) -> None:
        reading.add_note(submission=self.submission, text=form.cleaned_data["text"])

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A note; or the reason to show what is restricted, once."""
        answer = self.get if showing.FIELD in request.POST else super().post
        return answer(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        given: dict[str, Any] = super().get_form_kwargs()
        return {"initial": given["initial"]} if showing.FIELD in self.request.POST else given

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        if form := asked_first(self.request, self.submission):
            shown = {"submission": self.submission, "show_form": form}
        else:
            shown = self._opened()
        return super().get_context_data(**kwargs) | admin_inbox.around(self.request, self.submission) | shown

    def _opened(self) -> dict[str, Any]:
        open_messages = vault.opened_messages(self.request)
        shown = self._shown(open_messages) if open_messages else {}
        locks = vault.locks_of(self.operator)
        said = {"signs": signs.in_words(self.submission.reasons)}
        frame = {"submission": self.submission, "is_open": open_messages is not None, "locks": locks}
        return frame | said | shown

    def _shown(self, open_messages: OpenMessages) -> dict[str, Any]:
        shown: dict[str, Any] = {"notes": reading.notes(open_messages=open_messages, submission=self.submission)}
        try:
            fields = reading.read(open_messages=open_messages, submission=self.submission, reason_noted=True)
            names = sorted(LABELS, key=lambda name: name != "message")  # what is read first; the others as in the form
            shown["fields"] = [(LABELS[name], fields[name]) for name in names if fields.get(name)]
            shown |= _ways_to_answer(self.submission, fields)
        except reading.NotReadable as error:
            shown["why_not"] = str(error)
        record_opening(self.request, self.submission)
        return shown


def _ways_to_answer(submission: Submission, fields: Mapping[str, str]) -> dict[str, str]:
    """The links are made in the page: neither address nor words leave the browser but to the mail program."""
    quoting, received_at = fields.get("message", ""), submission.received_at
    address, reference = links.address_in(fields), submission.reference
    return {
        "reply_link": links.mailto(address, reference=reference, quoting=quoting, received_at=received_at),
        "telephone_link": links.telephone(fields.get("phone", "")),
    }


class Ciphertext(OperatorPage):
    """The ciphertext as a file, for an OpenPGP program where the secret key is."""

    permission = "contact.view_submission"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What is restricted, for a reason."""
        return self.get(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        submission = get_object_or_404(Submission.objects.select_related("message"), pk=kwargs["submission"])
        if asked_first(request, submission):
            return redirect("admin:contact_submission_page", submission.pk)
        name = f'attachment; filename="{submission.reference}.asc"'
        headers = {"Content-Disposition": name, "Cache-Control": "no-store"}
        return HttpResponse(submission.message.armoured, content_type="application/pgp-encrypted", headers=headers)


class Keys(InboxFormPage):
    """The operator key: which is in use, until when, and how another takes its place."""

    permission = "contact.change_knownkey"
    needs_proof = True
    form_class = KeyForm
    template_name = "admin/contact/keys.html"
    title, button = _("Operator key"), _("Bring this key")
    largest_upload = LARGEST

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        state = {"keys": _shown_keys(), "waiting": KeyTrial.objects.waiting().first()}
        return super().get_context_data(**state, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "confirm" in request.POST:
            for fingerprint in key_change.confirm(now=timezone.now()):
                notices.note_and_tell(Act.KEY_CONFIRMED, by=self.operator, key=fingerprint)
            messages.success(request, str(_("Noted: the keys in use are yours.")))
            return redirect("admin:contact_submission_key")
        if "discard" in request.POST:
            key_change.discard()
            messages.success(request, str(_("The key that waited is not taken; the one in use stays.")))
            return redirect("admin:contact_submission_key")
        return super().post(request, *args, **kwargs)

    def carry_out(self, form: KeyForm) -> HttpResponse:
        with _writing_the_file():
            brought = key_change.bring(data=form.cleaned_data["file"].read(), now=timezone.now())
        notices.note_and_tell(brought.act, by=self.operator, key=brought.certificate.fingerprint)
        messages.success(self.request, brought.words())
        return redirect("admin:contact_submission_key_word" if brought.trial else "admin:contact_submission_key")


class ProveKey(InboxFormPage):
    """The trial message to a key, and the word in it."""

    permission = "contact.change_knownkey"
    needs_proof = True
    form_class = WordForm
    template_name = "admin/contact/key_word.html"
    title, button = _("Prove the operator key"), _("That is the word")
    refusals = (*InboxFormPage.refusals, key_change.WrongWord)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(trials=KeyTrial.objects.order_by("-made_at"), **kwargs)

    def refusal(self, error: Exception) -> tuple[str | None, str]:
        return ("word", str(error)) if isinstance(error, key_change.WrongWord) else super().refusal(error)

    def carry_out(self, form: WordForm) -> HttpResponse:
        with _writing_the_file():
            fingerprint, act = key_change.prove(word=form.cleaned_data["word"], now=timezone.now())
        notices.note_and_tell(act, by=self.operator, key=fingerprint)
        messages.success(self.request, str(_("The key is proved: messages are encrypted to it.")))
        return redirect("admin:contact_submission_key")


def _shown_keys() -> list[tuple[operator_key.KeyFile, key_change.InUse | None, str]]:
    """Each file of the settings, what is still to be said of its key, and how it is too weak."""
    in_use = {key.fingerprint: key for key in key_change.in_use()}
    return [
        (file, in_use.get(found.fingerprint), operator_key.weakness(found))
        if (found := file.certificate)
        else (file, None, "")
        for file in operator_key.key_files()
    ]


@contextmanager
def _writing_the_file() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        words = _("This program may not write the file: use manage.py operator_key import as its owner.")
        raise operator_key.OperatorKeyUnusable(str(words)) from error


class Reading(InboxFormPage):
    """The operator's choice to read messages here, and its end."""

    permission = "contact.change_readingkey"
    needs_proof = True
    form_class = ReadingForm
    template_name = "admin/contact/reading.html"
    title, button = _("Read messages here"), _("Allow reading here")
    intro = _(
        "Without this, messages are read where your secret key is. With it, the passphrase of the secret key lies "
        "sealed in the vault, and messages can be read here while the vault, or the lock for messages, is open."
    )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        path = operator_key.secret_key_path()
        state = {"is_allowed": ReadingKey.objects.exists(), "path": path, "has_key": path.exists()}
        return super().get_context_data(**state, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "forbid" not in request.POST:
            return super().post(request, *args, **kwargs)
        reading.forbid()
        messages.success(request, str(_("Messages can no longer be read here.")))
        return redirect(self.get_success_url())

    def carry_out(self, form: ReadingForm) -> None:
        reading.allow(passphrase=form.cleaned_data["passphrase"])
        notices.note_and_tell(Act.READING_SET, by=self.operator)


def record_opening(request: HttpRequest, submission: Submission) -> None:
    """Log that its contents were shown, never what they are."""
    vault.record_opening(
        operator=operator_of(request), kind="contact.submission", key=submission.pk, lock=Lock.MESSAGES
    )
