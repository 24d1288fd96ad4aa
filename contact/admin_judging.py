"""What an operator says of a message: spam, no spam; and its deletion by hand, with a reason."""

from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from contact import admin_inbox, reading, services
from contact.admin_forms import DeleteForm
from contact.models import Submission
from contact.personal_data import Submissions
from contact.spam import learning
from sitebackend.cockpit.pages import OperatorFormPage, OperatorPage
from sitebackend.monitoring.clock import ClockInDoubt
from sitebackend.privacy import erasure, registry
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.registry import Step
from sitebackend.privacy.services import execution
from sitebackend.vault import services as vault
from sitebackend.vault.errors import VaultError
from sitebackend.vault.opened import OpenMessages


def judge(request: HttpRequest, chosen: QuerySet[Submission], *, is_spam: bool) -> int:
    """Mark them, and learn from them if messages are open; else at the next opening. Gives how many changed."""
    rows = Submission.objects.filter(pk__in=list(chosen.values_list("pk", flat=True)))
    open_messages, now = vault.opened_messages(request), timezone.now()
    if is_spam:
        count = services.mark_spam(submissions=rows, now=now)
    else:
        count = services.release(submissions=rows, now=now, open_messages=open_messages)
        admin_inbox.tell_what_goes(request, rows)
    if count and open_messages:
        _learn(request, open_messages)
    return count


def _learn(request: HttpRequest, open_messages: OpenMessages) -> None:
    try:
        learning.catch_up(open_messages, timezone.now())
    except (reading.NotReadable, VaultError) as error:
        messages.warning(request, str(error))


class Judge(OperatorPage):
    """The two buttons on a message's page."""

    permission = "contact.change_submission"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("admin:contact_submission_page", get_object_or_404(Submission, pk=kwargs["submission"]).pk)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        submission = get_object_or_404(Submission, pk=kwargs["submission"])
        if submission.restricted_since:
            messages.warning(request, str(_("Its use is restricted (Art. 18 GDPR): it is neither mailed nor judged.")))
        elif (is_spam := request.POST.get("is_spam")) in ("yes", "no"):
            judge(request, Submission.objects.filter(pk=submission.pk), is_spam=is_spam == "yes")
            said = _("Marked as spam: {reference}") if is_spam == "yes" else _("Marked as no spam: {reference}")
            return admin_inbox.back_to_list(request, str(said), submission)
        return redirect("admin:contact_submission_page", submission.pk)


class DeleteByHand(OperatorFormPage):
    """What no period and no request ends: gone at once, with the journal before it and the reason in the trail."""

    permission = "contact.delete_submission"
    needs_proof = True
    list_of, list_title = "contact_submission", _("Submissions")
    form_class = DeleteForm
    template_name = "admin/contact/delete.html"
    button, done = _("Delete now"), _("Deleted.")
    refusals = (erasure.PlanOutdated, erasure.ErasureIncomplete, ClockInDoubt, Refused)

    @cached_property
    def submission(self) -> Submission:
        return get_object_or_404(Submission, pk=self.kwargs["submission"])

    @cached_property
    def step(self) -> Step:
        source = cast("Submissions", registry.source(Submissions.name))
        return source.by_hand(Submission.objects.filter(pk=self.submission.pk))

    @property
    def title(self) -> str:  # type: ignore[override]
        return str(_("Delete message {reference}").format(reference=self.submission.reference))

    def get_success_url(self) -> str:
        return reverse("admin:contact_submission_changelist")

    def get_initial(self) -> dict[str, Any]:
        return {"plan_hash": erasure.Plan((self.step,)).hash}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(submission=self.submission, by_hand=self.step.by_hand, **kwargs)

    def form_invalid(self, form: Any, *, status: int = 422) -> HttpResponse:
        """What the page shows now is what the next click means."""
        form.data = {**form.data.dict(), "plan_hash": erasure.Plan((self.step,)).hash}
        return super().form_invalid(form, status=status)

    def carry_out(self, form: DeleteForm) -> None:
        if self.submission.restricted_since:
            raise Refused(_("Its use is restricted (Art. 18 GDPR). Lift the restriction first."))
        execution.erase_by_hand(
            self.step,
            plan_hash=form.cleaned_data["plan_hash"],
            by=self.operator,
            kind=Submission._meta.label_lower,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
