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

from sitebackend.formats import email_address


def message_id(*parts: str) -> str:
    """A stable Message-ID (RFC 5322) for one mail: sending it again is recognised as a repeat."""
    return f"<{'.'.join(parts)}@{urlsplit(settings.SITE_URL).hostname}>"


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
