"""The mails of this app, and the one to the operator above all: one per accepted submission, as CONTACT_MAIL names it.

plain   ordinary mail with every field, as the privacy notice promises; what it needs waits sealed in the outbox
pgp     the stored ciphertext as PGP/MIME (RFC 3156); the real subject lies inside it, and the reply address outside
        as well, or inside only, as CONTACT_REPLY_TO says
notice  only that a message is waiting

A mail whose fields were wiped already, or were never kept, goes as PGP/MIME: a released suspect, a repeat; unless
whoever has it sent has the messages open. "Reply" goes to the sender of the message in every mail that carries one.
"""

from collections.abc import Mapping
from datetime import datetime
from email.encoders import encode_7or8bit
from email.mime.application import MIMEApplication
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from contact import message, reply_address
from contact.models import MAIL_KIND, KeyTrial, Submission, SubmissionQuerySet, Verdict
from contact.spam import signs
from sitebackend import retention
from sitebackend.mail.kinds import Facts, Kind, register
from sitebackend.mail.message import message_id, render
from sitebackend.models import SiteSettings


def needed_by_plain(fields: Mapping[str, str], reply_to: str) -> dict[str, Any]:
    """The facts that the plain mail needs; the other ways need nothing beside the submission."""
    return {"fields": dict(fields), "reply_to": reply_to} if settings.CONTACT_MAIL == "plain" else {}


def submission_mail(about: UUID, facts: Facts) -> EmailMessage | None:
    """The mail to the operator. Suspects and spam are never mailed, whatever stands in the outbox."""
    submission = Submission.objects.select_related("message").get(pk=about)
    if submission.verdict in (Verdict.SUSPECT, Verdict.SPAM):
        return None
    with translation.override(settings.LANGUAGE_CODE):
        if settings.CONTACT_MAIL == "notice":
            return _notice(submission)
        if settings.CONTACT_MAIL == "plain" and "fields" in facts:
            return _plain(submission, facts)
        return _encrypted(submission)


def acknowledgement(about: UUID, facts: Facts) -> EmailMessage:
    """The short mail to the sender: their reference, nothing of what was typed."""
    submission, site = Submission.objects.get(pk=about), SiteSettings.current()
    with translation.override(facts["language"]):
        return render(
            "contact/email/acknowledgement",
            {"reference": submission.reference, "site": site},
            to=facts["to"],
            identity=message_id("acknowledgement", submission.pk.hex),
            reply_to=site.email,
            headers={"Auto-Submitted": "auto-replied"},  # RFC 3834: no machine answers it
        )


def suspects_digest(about: UUID, facts: Facts) -> EmailMessage | None:
    """Names the suspects among these rows, each with its reasons; None: they were judged, or are gone."""
    suspects = list(_named(facts).order_by("received_at"))
    if not suspects:
        return None
    query = f"?verdict__exact={Verdict.SUSPECT.value}"
    address = settings.SITE_URL + reverse("admin:contact_submission_changelist") + query
    with translation.override(settings.LANGUAGE_CODE):
        period = retention.days(retention.message_periods()["suspect"])
        lines = [(suspect, signs.in_words(suspect.reasons)) for suspect in suspects]
        return _to_operator("suspects", facts["when"], count=len(lines), lines=lines, address=address, period=period)


def suspects_told(about: UUID, facts: Facts, at: datetime) -> None:
    """The mail server took it: from now on the operator can know of them."""
    _named(facts).update(told_at=at)


def _named(facts: Facts) -> SubmissionQuerySet:
    return Submission.objects.filter(pk__in=map(UUID, facts.get("named", ()))).untold()


def withdrawn(about: UUID, facts: Facts) -> EmailMessage:
    """That a sender took a message back which the operator may know: what is left to do by hand."""
    context = {"reference": facts["reference"], "mailed": facts["mailed"], "way": settings.CONTACT_MAIL}
    return _to_operator("withdrawn", about.hex, **context)


def key_warning(about: UUID, facts: Facts) -> EmailMessage:
    """What there is to tell of the operator key: `template` says which mail."""
    context = dict(facts["context"])
    if certificate := context.get("certificate"):
        expires = datetime.fromisoformat(certificate["expires"]) if certificate["expires"] else None
        context["certificate"] = {**certificate, "expires": expires}
    return _to_operator(facts["template"], *facts["identity"], **context)


def key_trial(about: UUID, facts: Facts) -> EmailMessage | None:
    """The trial message to an operator key, as PGP/MIME; over by now, it goes unsent."""
    trial = KeyTrial.objects.filter(pk=facts["fingerprint"]).first()
    if trial is None:
        return None
    identity = (trial.fingerprint.lower(), f"{trial.made_at:%Y%m%d%H%M%S}")
    return _to_operator("key_trial", *identity, kind=_PGPMessage, armoured=trial.message)


def _plain(submission: Submission, facts: Facts) -> EmailMessage:
    text = message.readable(facts["fields"], reference=submission.reference)
    return _of_submission("plain", submission, text=text, reply_to=facts["reply_to"])


def _notice(submission: Submission) -> EmailMessage:
    address = settings.SITE_URL + reverse("admin:contact_submission_change", args=[submission.pk])
    return _of_submission("notice", submission, address=address)


def _encrypted(submission: Submission) -> EmailMessage:
    reply_to, armoured = reply_address.kept(submission), submission.message.armoured
    return _of_submission("encrypted", submission, kind=_PGPMessage, reply_to=reply_to, armoured=armoured)


def _of_submission(
    template: str,
    submission: Submission,
    *,
    kind: type[EmailMessage] = EmailMessage,
    reply_to: str = "",
    **context: str,
) -> EmailMessage:
    return render(
        f"contact/email/{template}",
        {"submission": submission, **context},
        to=settings.OPERATOR_EMAIL,
        identity=message_id("submission", submission.pk.hex),
        reply_to=reply_to,
        headers={"X-Reference": submission.reference},
        kind=kind,
    )


def _to_operator(
    template: str, *identity: str, kind: type[EmailMessage] = EmailMessage, **context: Any
) -> EmailMessage:
    with translation.override(settings.LANGUAGE_CODE):
        return render(
            f"contact/email/{template}",
            context,
            to=settings.OPERATOR_EMAIL,
            identity=message_id(template, *identity),
            kind=kind,
        )


class _PGPMessage(EmailMessage):
    """Its body is an armoured OpenPGP message and goes out as RFC 3156, section 4 wants it."""

    def message(self, **options: Any) -> Any:
        made = super().message(**options)
        for header in ("Content-Type", "Content-Transfer-Encoding"):
            del made[header]
        made.add_header("Content-Type", "multipart/encrypted", protocol="application/pgp-encrypted")
        version = MIMEApplication(b"Version: 1\n", "pgp-encrypted", encode_7or8bit)
        content = MIMEApplication(self.body.encode("ascii"), "octet-stream", encode_7or8bit)
        made.set_payload([version, content])
        return made


register(
    Kind(
        MAIL_KIND,
        label=_("message to you"),
        compose=submission_mail,
        sent_kept_for=None,  # an erasure tells the operator which mails lie in their mailbox
        report="contact",
        area=_("Contact mails"),
    )
)
ACKNOWLEDGEMENT = register(
    Kind(
        "contact.acknowledgement",
        label=_("acknowledgement to the sender"),
        compose=acknowledgement,
        give_up_after=retention.ACKNOWLEDGEMENT_WAITS,
        is_courtesy=True,
    )
)
SUSPECTS = register(
    Kind(
        "contact.suspects",
        label=_("list of suspected spam"),
        compose=suspects_digest,
        on_delivered=suspects_told,
    )
)
WITHDRAWN = register(Kind("contact.withdrawn", label=_("message taken back by its sender"), compose=withdrawn))
KEY_WARNING = register(Kind("contact.operator_key", label=_("warning about the operator key"), compose=key_warning))
KEY_TRIAL = register(Kind("contact.key_trial", label=_("trial message to the operator key"), compose=key_trial))
