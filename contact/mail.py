"""The mail to the operator, one per accepted submission, in the way that CONTACT_MAIL names.

plain   ordinary mail with every field, as the privacy notice promises; what it needs waits wrapped in the row
pgp     the stored ciphertext as PGP/MIME (RFC 3156); the real subject and the reply address lie inside it
notice  only that a message is waiting

A mail whose payload was wiped already, or was never kept, goes as PGP/MIME: a released suspect, a repeat.
"""

import json
from collections.abc import Mapping
from email.encoders import encode_7or8bit
from email.mime.application import MIMEApplication
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation

from contact import message
from contact.models import Submission
from sitebackend import mail
from sitebackend.crypto import sealing, server_key


def wrap(submission: Submission, fields: Mapping[str, str], reply_to: str) -> bytes:
    """What the plain mail needs, under the server's outbox key, bound to this submission."""
    content = json.dumps({"fields": fields, "reply_to": reply_to}).encode()
    return sealing.wrap(server_key.derive("outbox"), content, context=submission.payload_context())


def notify_operator(submission: Submission) -> None:
    """Send it. Raises what the mail server answers, and SealingError if the payload was altered."""
    with translation.override(settings.LANGUAGE_CODE):
        mail.send(_made(submission))


def _made(submission: Submission) -> EmailMessage:
    if settings.CONTACT_MAIL == "notice":
        return _notice(submission)
    if settings.CONTACT_MAIL == "plain" and submission.mail_payload:
        return _plain(submission)
    return _encrypted(submission)


def _plain(submission: Submission) -> EmailMessage:
    content = json.loads(
        sealing.unwrap(
            server_key.derive("outbox"), bytes(submission.mail_payload or b""), context=submission.payload_context()
        )
    )
    text = message.readable(content["fields"], reference=submission.reference)
    return _rendered("plain", submission, text=text, reply_to=content["reply_to"])


def _notice(submission: Submission) -> EmailMessage:
    address = settings.SITE_URL + reverse("admin:contact_submission_change", args=[submission.pk])
    return _rendered("notice", submission, address=address)


def _encrypted(submission: Submission) -> EmailMessage:
    return _rendered("encrypted", submission, kind=_PGPMessage, armoured=submission.message.armoured)


def _rendered(
    template: str,
    submission: Submission,
    *,
    kind: type[EmailMessage] = EmailMessage,
    reply_to: str = "",
    **context: str,
) -> EmailMessage:
    return mail.render(
        f"contact/email/{template}",
        {"submission": submission, **context},
        to=settings.OPERATOR_EMAIL,
        identity=mail.message_id("submission", submission.pk.hex),
        reply_to=reply_to,
        headers={"X-Reference": submission.reference},
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
