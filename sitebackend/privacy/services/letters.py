"""Letters to print and post, for persons who gave no mail address: what a mail would say, as a PDF file."""

from collections.abc import Callable

from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from sitebackend.models import SiteSettings
from sitebackend.privacy import mail
from sitebackend.privacy.models import DataSubjectRequest
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.services import outcomes

SENDER = ("business_name", "owner", "street", "postal_code", "city", "phone", "email")
#: letter → whether there is something to tell by it
LETTERS: dict[str, Callable[[DataSubjectRequest], bool]] = {
    "acknowledged": lambda request: request.answered_at is None,
    "extended": lambda request: request.extended_at is not None,
    "outcome": lambda request: request.answered_at is not None,
}


def as_pdf(request: DataSubjectRequest, name: str) -> bytes:
    """One letter after DIN 5008. Raises Refused."""
    if name not in LETTERS or not request.sealed or not LETTERS[name](request):
        raise Refused(_("There is no such letter."))
    from sitebackend.privacy.documents import pdf  # takes a second to load

    site, said = SiteSettings.current(), request.statement
    subject, body = mail.on_paper(request, name, kept=outcomes.kept(request) if name == "outcome" else ())
    with translation.override(said.language):
        day = date_format(timezone.localdate())
    recipient = said.address if said.name in said.address else f"{said.name}\n{said.address}"
    sender = {part: str(getattr(site, part)) for part in SENDER}
    return pdf.letter(sender=sender, recipient=recipient, subject=subject, body=body, day=day, language=said.language)
