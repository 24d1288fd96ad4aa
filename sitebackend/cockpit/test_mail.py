"""The page on which the operator sees whether mail goes out, and reads what the mail server says."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sitebackend.cockpit.pages import OperatorPage, hang
from sitebackend.mail import sender_domain
from sitebackend.mail import services as outbox
from sitebackend.mail.mail import TEST
from sitebackend.mail.models import NOTHING, State


class SendTestMail(OperatorPage):
    """Queues it; the worker sends it, and the page shows how it stands. Other machines are asked only if ticked."""

    permission = "mail.change_outgoingmail"
    template_name = "cockpit/test_mail.html"
    title = _("Test mail")
    list_of = "mail_outgoingmail"
    list_title = _("Outgoing mail")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mail = outbox.mail_about(NOTHING, TEST.name)
        page: dict[str, Any] = {"mail": mail, "is_under_way": mail is not None and mail.state == State.WAITING}
        page |= {"sender": settings.MAIL_FROM, "recipient": settings.OPERATOR_EMAIL, "server": settings.MAIL_HOST}
        return super().get_context_data(**kwargs, **page)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        outbox.queue(TEST.name, now=timezone.now())
        if request.POST.get("check"):
            self._check(request)
        return redirect("admin:mail_test")

    def _check(self, request: HttpRequest) -> None:
        found = sender_domain.weaknesses(settings.MAIL_FROM, settings.MAIL_HOST)
        for words in found:
            messages.warning(request, words)
        if not found:
            messages.success(request, _("SPF and DMARC of the sender's domain let this mail server send."))


hang("mail/outgoingmail/", [("test/", SendTestMail, "mail_test")])
