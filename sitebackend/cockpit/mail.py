"""Mails to operators about their accounts. Nothing in them opens anything."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from sitebackend.mail.kinds import Facts, Kind, register
from sitebackend.mail.message import message_id, render
from sitebackend.models import Act, OperatorNotice, SiteSettings

GIVEN_UP_AFTER = timedelta(days=14)  #: an address that takes no mail for so long; the trail keeps what was done


def operator_notice(about: UUID, facts: Facts) -> EmailMessage | None:
    """One mail per row; its Message-ID is the row's, so that a repeat is recognised."""
    notice = OperatorNotice.objects.select_related("by", "account").filter(pk=about).first()
    if notice is None:
        return None
    context = {
        "notice": notice,
        "is_sign_in": notice.act == Act.NEW_BROWSER,
        "business": SiteSettings.current().business_name,
        "url": settings.SITE_URL + reverse("admin:index"),
    }
    identity = message_id("operator", notice.id.hex)
    with translation.override(settings.LANGUAGE_CODE):
        return render("cockpit/email/operator_notice", context, to=notice.recipient, identity=identity)


def _sent(about: UUID, facts: Facts, at: datetime) -> None:
    OperatorNotice.objects.filter(pk=about).delete()


NOTICE = register(
    Kind(
        "cockpit.notice",
        label=_("notice about an account"),
        compose=operator_notice,
        on_delivered=_sent,
        give_up_after=GIVEN_UP_AFTER,
        is_courtesy=True,
    )
)
