"""What the operator is told about the vault by mail. Nothing in it helps to open anything."""

from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from sitebackend.mail.kinds import Facts, Kind, register
from sitebackend.mail.message import message_id, render
from sitebackend.models import SiteSettings
from sitebackend.vault.models import VaultEvent


def event_notice(about: UUID, facts: Facts) -> EmailMessage:
    """One mail per event; its Message-ID is the event's, so that a repeat is recognised."""
    event = VaultEvent.objects.select_related("operator").get(pk=about)
    context = {
        "event": event,
        "business": SiteSettings.current().business_name,
        "url": settings.SITE_URL + reverse("admin:vault_overview"),
    }
    identity = message_id("vault", event.id.hex)
    with translation.override(settings.LANGUAGE_CODE):
        return render("vault/email/event", context, to=settings.OPERATOR_EMAIL, identity=identity)


EVENT = register(Kind("vault.event", label=_("notice about the vault"), compose=event_notice))
