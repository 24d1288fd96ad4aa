"""Mails to operators about their accounts. Nothing in them opens anything."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from sitebackend.mail.kinds import Facts, Kind, register
from sitebackend.mail.message import message_id, render
from sitebackend.models import Act, SiteSettings


def operator_notice(about: UUID, facts: Facts) -> EmailMessage:
    """One mail per recipient; its Message-ID is the mail's own, so that a repeat is recognised."""
    context = {
        "what": Act(facts["act"]).label,
        "at": timezone.localtime(datetime.fromisoformat(facts["at"])),
        "by": facts["by"],
        "account": facts["account"],
        "is_sign_in": facts["act"] == Act.NEW_BROWSER,
        "business": SiteSettings.current().business_name,
        "url": settings.SITE_URL + reverse("admin:index"),
    }
    identity = message_id("operator", about.hex)
    with translation.override(settings.LANGUAGE_CODE):
        return render("cockpit/email/operator_notice", context, to=facts["recipient"], identity=identity)


NOTICE = register(
    Kind("cockpit.notice", label=_("notice about an account, a key or the settings"), compose=operator_notice)
)
