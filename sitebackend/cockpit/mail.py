"""Mails to operators about their accounts. Nothing in them opens anything."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from sitebackend import mail
from sitebackend.models import Act, OperatorNotice, SiteSettings


def operator_notice(notice: OperatorNotice) -> EmailMessage:
    """One mail per row; its Message-ID is the row's, so that a repeat is recognised."""
    context = {
        "notice": notice,
        "is_sign_in": notice.act == Act.NEW_BROWSER,
        "business": SiteSettings.current().business_name,
        "url": settings.SITE_URL + reverse("admin:index"),
    }
    identity = mail.message_id("operator", notice.id.hex)
    return mail.render("cockpit/email/operator_notice", context, to=notice.recipient, identity=identity)
