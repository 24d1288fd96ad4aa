"""The mails of this room. To the person: in the language of the request, never a word of what it said.

To the operator: references, dates and numbers, nobody's data.
"""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation

from sitebackend import mail
from sitebackend.models import SiteSettings
from sitebackend.privacy import journal
from sitebackend.privacy.journal import Entry
from sitebackend.privacy.models import DataSubjectRequest, Outcome
from sitebackend.privacy.registry import Step


def acknowledge(request: DataSubjectRequest) -> None:
    """To the person: it arrived, its reference, and by when the answer comes."""
    _to_person(request, "acknowledged")


def ask_for_confirmation(request: DataSubjectRequest, *, token: str) -> None:
    """To the address that is held: a link whose button says that the request is theirs."""
    url = _url(request, "privacy:confirm", token)
    _to_person(request, "confirm", to=request.statement.link_to, url=url)


def give_access(request: DataSubjectRequest, *, token: str, outcome: Outcome) -> None:
    """To the person: the link that hands the copy over, once."""
    url = _url(request, "privacy:fetch", token)
    _to_person(request, "access", url=url, nothing=outcome == Outcome.NOTHING_HELD)


def tell_extension(request: DataSubjectRequest) -> None:
    """To the person: two more months, and why."""
    _to_person(request, "extended")


def tell_outcome(request: DataSubjectRequest, *, kept: Sequence[Step]) -> None:
    """To the person: how it ended; what stays, why, until when; and where to complain (Art. 12(4))."""
    _to_person(request, "outcome", kept=kept)


def remind(request: DataSubjectRequest, *, days_left: int) -> None:
    """To the operator: a deadline comes near, or is over."""
    url = reverse("admin:privacy_datasubjectrequest_change", args=[request.pk])
    _to_operator(
        "reminder",
        mail.message_id("reminder", request.pk.hex, str(days_left)),
        request=request, days_left=days_left, days_over=-days_left, url=f"{settings.SITE_URL}{url}",
    )  # fmt: skip


def tell_journal(entries: Sequence[Entry]) -> None:
    """To the operator: the journal's new lines, so that a copy exists elsewhere; attached as a restore reads them."""
    first, last = entries[0].number, entries[-1].number
    message = _for_operator(
        "journal", mail.message_id("journal", str(first), str(last)), entries=entries, first=first, last=last
    )
    name = f"erasures-{first:06d}-{last:06d}.jsonl"
    message.attach(name, journal.raw(first, last), "application/octet-stream")  # byte for byte
    mail.send(message)


def on_paper(request: DataSubjectRequest, message: str, *, kept: Sequence[Step] = ()) -> tuple[str, str]:
    """Subject and body of what a mail would say, for a letter: "acknowledged", "extended" or "outcome"."""
    with translation.override(request.statement.language):
        made = _message(request, message, kept=kept)
    return str(made.subject), str(made.body)


def _to_person(request: DataSubjectRequest, message: str, **context: Any) -> None:
    with translation.override(request.statement.language):
        mail.send(_message(request, message, **context))


def _message(request: DataSubjectRequest, message: str, *, to: str = "", **context: Any) -> Any:
    site = SiteSettings.current()
    return mail.render(
        f"privacy/email/{message}",
        {
            "request": request,
            "site": site,
            "site_url": settings.SITE_URL,
            "backup_days": settings.BACKUP_MAX_AGE_DAYS,
            **context,
        },
        to=to or request.statement.email,
        identity=mail.message_id(message, request.pk.hex),
        reply_to=site.email,
        headers={"X-Reference": request.reference, "Auto-Submitted": "auto-replied"},
    )


def _to_operator(message: str, identity: str, **context: Any) -> None:
    mail.send(_for_operator(message, identity, **context))


def _for_operator(message: str, identity: str, **context: Any) -> EmailMessage:
    with translation.override(settings.LANGUAGE_CODE):
        template, site_url = f"privacy/email/{message}", settings.SITE_URL
        return mail.render(template, {"site_url": site_url, **context}, to=settings.OPERATOR_EMAIL, identity=identity)


def _url(request: DataSubjectRequest, name: str, token: str) -> str:
    with translation.override(request.statement.language):
        return f"{settings.SITE_URL}{reverse(name, args=[token])}"
