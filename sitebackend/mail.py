"""Render and send mail: one function per message lives in the app it belongs to, all of them end here.

`send` raises what the mail server answers (NOT_TAKEN). What the worker sends goes through `try_to_send`: a mail
that was not taken is logged without a word of it, and waits AGAIN_AFTER. Subjects come from
`<app>/email/<message>_subject.txt`, bodies from `…_body.txt`: plain text, nothing that a person typed in
the subject.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from email.utils import formatdate
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

NOT_TAKEN = (SMTPException, OSError)
AGAIN_AFTER = timedelta(minutes=5)

logger = logging.getLogger(__name__)


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
    """One plain-text mail from `templates/<template>_{subject,body}.txt`."""
    subject = " ".join(render_to_string(f"{template}_subject.txt", dict(context)).split())
    return kind(
        subject=subject,
        body=render_to_string(f"{template}_body.txt", dict(context)),
        from_email=settings.MAIL_FROM,
        to=[to],
        reply_to=[reply_to] if reply_to else None,
        headers={"Message-ID": identity, "Date": formatdate(localtime=True), **(headers or {})},
    )


def send(message: EmailMessage) -> None:
    """Hand the mail to the server; returning means that the server took it.

    Raises one of NOT_TAKEN.
    """
    message.send(fail_silently=False)


def try_to_send(what: str, send: Callable[[], None]) -> bool:
    """Whether the mail server took the mail that `send` makes and hands over; if not, `is_waiting(what)`.

    `what` names the kind of mail to log and cache, without blanks. Mails to different people wait each by a time
    in their row, which whoever calls this moves by AGAIN_AFTER: one dead address holds up nobody else.
    """
    try:
        send()
    except NOT_TAKEN as error:
        logger.warning("a mail waits (%s): %s", what, type(error).__name__)
        cache.set(f"mail.waiting.{what}", True, AGAIN_AFTER.total_seconds())
        return False
    return True


def is_waiting(what: str) -> bool:
    """Whether mails of this kind were not taken less than AGAIN_AFTER ago: for those that all go to the operator."""
    return bool(cache.get(f"mail.waiting.{what}"))
