"""Letters about a breach that fill themselves from settings and register; what is not known yet, they say so.

To the authority with all of Art. 33(3) GDPR, in phases if need be (Art. 33(4)); to the persons in plain words
with what Art. 34(2) asks for. The operator reads them, completes them and sends them.
"""

from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sitebackend.models import SiteSettings
from sitebackend.privacy.papers.models import Breach

TITLES = {
    "authority": gettext_lazy("Report to the supervisory authority"),
    "persons": gettext_lazy("Letter to the persons concerned"),
}
_SENDER = ("business_name", "owner", "street", "postal_code", "city", "phone", "email")


@dataclass(frozen=True, slots=True)
class Letter:
    """In the site's language, ready to be read."""

    sender: dict[str, str]
    recipient: str
    subject: str
    body: str
    day: str

    def as_text(self) -> str:
        """All of it, to copy into a mail or a form."""
        own = [self.sender[name] for name in ("business_name", "owner", "street")]
        own += [f"{self.sender['postal_code']} {self.sender['city']}", self.sender["phone"], self.sender["email"]]
        parts = ("\n".join(line for line in own if line.strip()), self.recipient, self.day, self.subject, self.body)
        return "\n\n".join(part for part in parts if part) + "\n"

    def as_pdf(self) -> bytes:
        """A4, the recipient in the window of the envelope."""
        from sitebackend.privacy.documents import pdf  # takes a second to load

        facts = {name: getattr(self, name) for name in ("sender", "recipient", "subject", "body", "day")}
        return pdf.letter(**facts, language=settings.LANGUAGE_CODE)


def letter(breach: Breach, to: str) -> Letter:
    """`to`: "authority" or "persons". Raises KeyError for another."""
    with translation.override(settings.LANGUAGE_CODE):
        site = SiteSettings.current()
        facts = {"breach": breach, "account": breach.account, "site": site}
        return Letter(
            sender={name: getattr(site, name) for name in _SENDER},
            recipient=_recipient(site) if to == "authority" else "",
            subject=_subject(breach, to),
            body=render_to_string(_TEMPLATES[to], facts).strip(),
            day=date_format(timezone.localdate(), "DATE_FORMAT"),
        )


def _recipient(site: SiteSettings) -> str:
    return site.authority or _("To the data protection authority of the state")


def _subject(breach: Breach, to: str) -> str:
    if to == "persons":
        return _("Your data: what happened, and what you can do")
    subject = _("Notification of a personal data breach by Art. 33 GDPR, our reference {reference}").format(
        reference=breach.reference
    )
    theirs = _("your reference {reference}").format(reference=breach.authority_reference)
    return f"{subject}, {theirs}" if breach.authority_reference else subject


_TEMPLATES = {"authority": "papers/letters/authority.txt", "persons": "papers/letters/persons.txt"}
