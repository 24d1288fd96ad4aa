"""What the operator is told about the vault by mail. Nothing in it helps to open anything."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from sitebackend import mail
from sitebackend.models import SiteSettings
from sitebackend.vault.models import VaultEvent


def event_notice(event: VaultEvent) -> EmailMessage:
    """One mail per event; its Message-ID is the event's, so that a repeat is recognised."""
    context = {
        "event": event,
        "business": SiteSettings.current().business_name,
        "url": settings.SITE_URL + reverse("admin:vault_overview"),
    }
    identity = mail.message_id("vault", event.id.hex)
    return mail.render("vault/email/event", context, to=settings.OPERATOR_EMAIL, identity=identity)
