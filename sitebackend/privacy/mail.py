"""The mails of this app. To the person: in the language of the request, never a word of what it said.

To the operator: references, dates and numbers, nobody's data. What a request says of a mail to the person (it is
acknowledged, the extension is told, the answer is there) is noted when the mail server took it, not before.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from sitebackend import retention
from sitebackend.crypto import lookup
from sitebackend.mail.kinds import Facts, Kind, register
from sitebackend.mail.message import message_id, render
from sitebackend.models import SiteSettings
from sitebackend.privacy import journal, registry, traces
from sitebackend.privacy.models import AccessAnswer, DataSubjectRequest
from sitebackend.privacy.registry import Step

link_signer = signing.TimestampSigner(salt="privacy.identity")
_MARK = 20  # characters of a digest


def acknowledgement(about: UUID, facts: Facts) -> EmailMessage | None:
    """To the person: it arrived, its reference, and by when the answer comes."""
    request = DataSubjectRequest.objects.to_acknowledge().filter(pk=about).first()
    return _to_person(request, "acknowledged") if request else None


def identity_link(about: UUID, facts: Facts) -> EmailMessage | None:
    """To the address that is held: a link whose button says that the request is theirs."""
    request = DataSubjectRequest.objects.links_asked().filter(pk=about).first()
    if request is None:
        return None
    url = _url(request, "privacy:confirm", link_signer.sign(f"{request.pk}:{address_mark(request)}"))
    return _to_person(request, "confirm", to=request.statement.link_to, url=url)


def address_mark(request: DataSubjectRequest) -> str:
    """Ties the link to the address that it goes to: another address asked later is not proved by it."""
    return lookup.email(request.statement.link_to)[:_MARK]


def is_marked(request: DataSubjectRequest, mark: str) -> bool:
    """Whether the mark is of the address that the request's link goes to, also if an earlier version mailed it."""
    mailbox = lookup.mailbox(request.statement.link_to)
    return mark in {digest[:_MARK] for digest in (mailbox.digest, *mailbox.before)}


def extension(about: UUID, facts: Facts) -> EmailMessage | None:
    """To the person: two more months, and why."""
    request = DataSubjectRequest.objects.open().filter(pk=about).first()
    return _to_person(request, "extended") if request else None


def access(about: UUID, facts: Facts) -> EmailMessage:
    """To the person: the link that hands the copy over, once."""
    request = DataSubjectRequest.objects.get(pk=about)
    url = _url(request, "privacy:fetch", facts["token"])
    return _to_person(request, "access", url=url, nothing=facts["nothing"])


def outcome(about: UUID, facts: Facts) -> EmailMessage:
    """To the person: how it ended; what stays, why, until when; and where to complain (Art. 12(4))."""
    request = DataSubjectRequest.objects.get(pk=about)
    return _to_person(request, "outcome", **_outcome_context(request, facts))


def outcome_facts(request: DataSubjectRequest, kept: Sequence[Step]) -> dict[str, Any]:
    """What the answer tells, as it is when the request is closed."""
    with translation.override(request.statement.language):
        told = [
            {"title": _title(step), "reason": str(step.reason), "law": str(step.law), "until": _last_day(step)}
            for step in kept
        ]
    return {"kept": told, "is_proved": request.verified_at is not None}


def _outcome_context(request: DataSubjectRequest, facts: Facts) -> dict[str, Any]:
    with translation.override(request.statement.language):
        erased = [str(registry.source(name).describe().title) for name in request.erased_holdings]
    return {"kept": facts["kept"], "erased": erased, "is_proved": facts["is_proved"] and bool(erased)}


def _title(step: Step) -> str:
    return str(step.title or registry.source(step.source).describe().title)


def _last_day(step: Step) -> str:
    """Until when it stays; empty where the reason says so already, or no day is known."""
    until = date_format(step.until) if step.until else ""
    return "" if until in str(step.reason) else until


def arrival(about: UUID, facts: Facts) -> EmailMessage | None:
    """To the operator, at once: a request came through the public form."""
    request = DataSubjectRequest.objects.open().filter(pk=about).first()
    if request is None:
        return None
    url = f"{settings.SITE_URL}{reverse('admin:privacy_datasubjectrequest_change', args=[request.pk])}"
    return _to_operator("arrived", message_id("arrived", request.pk.hex), request=request, url=url)


def reminder(about: UUID, facts: Facts) -> EmailMessage | None:
    """To the operator: a deadline comes near, or is over."""
    request = DataSubjectRequest.objects.open().filter(pk=about).first()
    if request is None:
        return None
    url = reverse("admin:privacy_datasubjectrequest_change", args=[request.pk])
    days_left = facts["days_left"]
    return _to_operator(
        "reminder",
        message_id("reminder", request.pk.hex, str(days_left)),
        request=request, days_left=days_left, days_over=-days_left, url=f"{settings.SITE_URL}{url}",
    )  # fmt: skip


def journal_lines(about: UUID, facts: Facts) -> EmailMessage:
    """To the operator: the journal's new lines, so that a copy exists elsewhere; attached as a restore reads them."""
    first, last = facts["first"], facts["last"]
    entries = [entry for entry in journal.entries() if first <= entry.number <= last]
    message = _to_operator(
        "journal", message_id("journal", str(first), str(last)), entries=entries, first=first, last=last
    )
    name = f"erasures-{first:06d}-{last:06d}.jsonl"
    message.attach(name, journal.raw(first, last), "application/octet-stream")  # byte for byte
    return message


def on_paper(request: DataSubjectRequest, message: str, *, kept: Sequence[Step] = ()) -> tuple[str, str]:
    """Subject and body of what a mail would say, for a letter: "acknowledged", "extended" or "outcome"."""
    made = _to_person(request, message, **_outcome_context(request, outcome_facts(request, kept)))
    return str(made.subject), str(made.body)


def _to_person(request: DataSubjectRequest, message: str, *, to: str = "", **context: Any) -> EmailMessage:
    site = SiteSettings.current()
    facts: dict[str, Any] = {
        "request": request,
        "site": site,
        "site_url": settings.SITE_URL,
        "statutory_years": retention.STATUTORY_BILLING_YEARS,
        "text_days": retention.REQUEST_TEXT_DAYS,
        "link_days": retention.LINK_LIVES.days,
        "copy_days": retention.ANSWER_LIVES.days,
        "proof_years": retention.PROOF_YEARS,
        "outside": traces.outside(),
        "cannot_prove": bool(traces.missing_rights()),
        **context,
    }
    with translation.override(request.statement.language):
        facts["copies"] = registry.outlasting()
        return render(
            f"privacy/email/{message}",
            facts,
            to=to or request.statement.email,
            identity=message_id(message, request.pk.hex),
            reply_to=site.email,
            headers={"X-Reference": request.reference, "Auto-Submitted": "auto-replied"},
        )


def _to_operator(message: str, identity: str, **context: Any) -> EmailMessage:
    with translation.override(settings.LANGUAGE_CODE):
        template, site_url = f"privacy/email/{message}", settings.SITE_URL
        return render(template, {"site_url": site_url, **context}, to=settings.OPERATOR_EMAIL, identity=identity)


def _url(request: DataSubjectRequest, name: str, token: str) -> str:
    with translation.override(request.statement.language):
        return f"{settings.SITE_URL}{reverse(name, args=[token])}"


def _acknowledged(about: UUID, facts: Facts, at: datetime) -> None:
    DataSubjectRequest.objects.to_acknowledge().filter(pk=about).update(acknowledged_at=at)


def _link_mailed(about: UUID, facts: Facts, at: datetime) -> None:
    DataSubjectRequest.objects.filter(pk=about).update(link_mailed_at=at)


def _extension_told(about: UUID, facts: Facts, at: datetime) -> None:
    DataSubjectRequest.objects.filter(pk=about, extension_told_at=None).update(extension_told_at=at)


def _answer_sent(about: UUID, facts: Facts, at: datetime) -> None:
    DataSubjectRequest.objects.filter(pk=about, answer_sent_at=None).update(answer_sent_at=at)


def _copy_sent(about: UUID, facts: Facts, at: datetime) -> None:
    """The copy waits from now on for as long as the mail says."""
    _answer_sent(about, facts, at)
    AccessAnswer.objects.filter(request=about).update(expires_at=at + retention.ANSWER_LIVES)


def _journal_told(about: UUID, facts: Facts, at: datetime) -> None:
    journal.mark_told(max(facts["last"], journal.told_position()))


ACKNOWLEDGEMENT = register(
    Kind(
        "privacy.acknowledgement",
        label=_("acknowledgement of a request"),
        compose=acknowledgement,
        on_delivered=_acknowledged,
    )
)
IDENTITY_LINK = register(
    Kind(
        "privacy.identity_link",
        label=_("link to the stored address"),
        compose=identity_link,
        on_delivered=_link_mailed,
    )
)
EXTENSION = register(
    Kind(
        "privacy.extension",
        label=_("notice of the longer deadline"),
        compose=extension,
        on_delivered=_extension_told,
    )
)
ACCESS = register(
    Kind(
        "privacy.access",
        label=_("answer with the link to the copy"),
        compose=access,
        on_delivered=_copy_sent,
    )
)
OUTCOME = register(
    Kind(
        "privacy.outcome",
        label=_("answer to a request"),
        compose=outcome,
        on_delivered=_answer_sent,
    )
)
ARRIVAL = register(Kind("privacy.arrival", label=_("a request came in"), compose=arrival))
REMINDER = register(Kind("privacy.reminder", label=_("reminder of a deadline"), compose=reminder))
JOURNAL = register(
    Kind(
        "privacy.journal",
        label=_("lines of the erasure journal"),
        compose=journal_lines,
        on_delivered=_journal_told,
    )
)
