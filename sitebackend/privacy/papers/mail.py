"""The mails of this room, to the operator: a reference, hours and a link, nothing of what happened."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from sitebackend import mail
from sitebackend.privacy.papers.models import Breach


def remind(breach: Breach, *, hours_left: int) -> None:
    """The 72 hours come to their end, or are over."""
    url = settings.SITE_URL + reverse("admin:papers_breach_change", args=[breach.pk])
    facts = {"breach": breach, "hours_left": hours_left, "url": url}
    identity = mail.message_id("breach", breach.pk.hex, str(hours_left))
    with translation.override(settings.LANGUAGE_CODE):
        mail.send(mail.render("papers/email/breach", facts, to=settings.OPERATOR_EMAIL, identity=identity))
