"""Render mail: one function per message lives in the app it belongs to, all of them end here.

Subjects come from `<app>/email/<message>_subject.txt`, bodies from `…_body.txt`: plain text, nothing that a person
typed in the subject. Nothing here sends: that is the outbox's (`mail.services`).
"""

from collections.abc import Mapping
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from sitebackend.formats import email_address


def message_id(*parts: str) -> str:
    """A stable Message-ID (RFC 5322) for one mail, the same in every attempt until a mail server may have taken it."""
    return f"<{'.'.join(parts)}@{urlsplit(settings.SITE_URL).hostname}>"


def numbered(identity: str, number: int) -> str:
    """The Message-ID of a copy: the first one's is the mail's own."""
    name, at, host = identity.rpartition("@")
    return identity if number == 1 else f"{name}.{number}{at}{host}"


def make_copy(message: EmailMessage, number: int, *, is_repeat: bool) -> None:
    """Make `message` the copy of this number, after others that may have arrived.

    With the Message-ID of an earlier one a mailbox would let it vanish as a duplicate (RFC 7352). A repeat says that it
    is one, to the reader in its subject, to programs by the first one's Message-ID in `References`.
    """
    first = message.extra_headers["Message-ID"]
    message.extra_headers["Message-ID"] = numbered(first, number)
    if is_repeat:
        message.extra_headers["References"] = first
        message.subject = _("{subject} (sent again)").format(subject=message.subject)


def render(
    template: str,
    context: Mapping[str, Any],
    *,
    to: str,
    identity: str,
    reply_to: str = "",
    headers: Mapping[str, str] | None = None,
    kind: type[EmailMessage] = EmailMessage,
) -> EmailMessage:
    """One plain-text mail from `templates/<template>_{subject,body}.txt`.

    `to`, `reply_to`: as they are stored; on the wire their domains are ASCII, before Django makes others of them.
    """
    subject = " ".join(render_to_string(f"{template}_subject.txt", dict(context)).split())
    return kind(
        subject=subject,
        body=render_to_string(f"{template}_body.txt", dict(context)),
        from_email=settings.MAIL_FROM,
        to=[email_address.wire_of(to)],
        reply_to=[email_address.wire_of(reply_to)] if reply_to else None,
        headers={"Message-ID": identity, "Date": formatdate(localtime=True), **(headers or {})},
    )
