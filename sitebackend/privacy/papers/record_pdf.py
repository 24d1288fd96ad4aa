"""The record of processing activities as a PDF file to print, to sign or to send to the authority."""

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from sitebackend.models import SiteSettings
from sitebackend.privacy.documents.pdf import QUIET, Document
from sitebackend.privacy.papers.models import RecordVersion


def as_pdf(version: RecordVersion) -> bytes:
    """The version as it stood, archivable (PDF/A-3B)."""
    with translation.override(settings.LANGUAGE_CODE):
        title = _("Record of processing activities")
        author = SiteSettings.current().business_name
        document = Document(title=title, language=settings.LANGUAGE_CODE, author=author)
        document.foot = f"{title}, {version.number}"
        document.add_page()
        _head(document, title, version)
        document.ln(5)
        document.heading(_("Processing activities"))
        for activity, said in version.activities():
            _activity(document, activity, said)
        _measures(document, version)
        return bytes(document.output())


def _head(document: Document, title: str, version: RecordVersion) -> None:
    document.heading(title, size=20, leading=9)
    document.ink(QUIET)
    since = date_format(timezone.localtime(version.valid_from), "DATE_FORMAT")
    document.paragraph(
        _("Version {number}, valid since {day}, by Art. 30 GDPR.").format(number=version.number, day=since)
    )
    document.ln(3)
    for label, value in version.content["controller"]:
        document.pair(label, value)


def _activity(document: Document, title: str, said: list[tuple[str, str]]) -> None:
    document.ln(4)
    document.heading(title, room=50, size=11, leading=6)
    for label, value in said:
        document.pair(label, value)


def _measures(document: Document, version: RecordVersion) -> None:
    document.ln(6)
    document.heading(_("Technical and organisational measures"))
    for goal, lines in version.content["measures"]:
        document.ln(3)
        document.heading(goal, room=20, size=11, leading=6)
        document.ink()
        for line in lines:
            document.keep_together(6)
            document.paragraph(f"–  {line}")
