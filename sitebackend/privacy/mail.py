"""The mails of this room. To the person: in the language of the request, never a word of what it said."""

from django.conf import settings
from django.utils import translation

from sitebackend import mail
from sitebackend.models import SiteSettings
from sitebackend.privacy.models import DataSubjectRequest


def acknowledge(request: DataSubjectRequest) -> None:
    """To the person: it arrived, its reference, and by when the answer comes."""
    _to_person(request, "acknowledged", {})


def _to_person(request: DataSubjectRequest, message: str, context: dict[str, object]) -> None:
    said = request.statement
    site = SiteSettings.current()
    with translation.override(said.language):
        mail.send(
            mail.render(
                f"privacy/email/{message}",
                {"request": request, "site": site, "site_url": settings.SITE_URL, **context},
                to=said.email,
                identity=mail.message_id(message, request.pk.hex),
                reply_to=site.email,
                headers={"X-Reference": request.reference, "Auto-Submitted": "auto-replied"},
            )
        )
