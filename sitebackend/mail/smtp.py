"""SMTP with an end: Django's backend, with a time limit over the whole conversation.

What must never happen: a server that answers one byte a second holds the worker for hours. Timeouts count
for each read only, so a second thread shuts the connection down when its time is up. TLS is as in Django:
`smtp+tls://` without STARTTLS in the server's answer is an error, not a fallback, and certificates are checked.
"""

import re
import smtplib
import socket
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Timer

import django
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as DjangoBackend
from django.utils.translation import gettext as _

from sitebackend.mail import smtputf8

SECONDS = 60.0  # for one conversation; shorter than any lease on a mail


class _Limited(smtplib.SMTP):
    """Ends after SECONDS, wherever the conversation stands."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        handle = connection.dup()  # TLS takes the first handle over; this one still reaches the connection
        self._limit = Timer(SECONDS, _shut, [handle])
        self._limit.daemon = True
        self._limit.start()
        return connection

    def close(self) -> None:
        if limit := getattr(self, "_limit", None):
            limit.cancel()
            limit.args[0].close()
        super().close()


class _LimitedSSL(smtplib.SMTP_SSL, _Limited):
    """The same with TLS from the first byte."""


class EmailBackend(DjangoBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _LimitedSSL if self.use_ssl else _Limited

    def open(self) -> bool | None:
        try:
            is_new = super().open()
        except OSError:
            self.close()  # Django leaves a conversation open that failed half-way
            raise
        if is_new:
            smtputf8.hear(is_offered=self.offers_smtputf8())
        return is_new

    def offers_smtputf8(self) -> bool:
        """Of the open conversation."""
        assert self.connection is not None  # noqa: S101 - for the type checker
        self.connection.ehlo_or_helo_if_needed()
        return self.connection.has_extn("smtputf8")

    def _send(self, email_message: EmailMessage) -> bool:
        if not smtputf8.is_needed_for(email_message):
            return super()._send(email_message)
        if not self.offers_smtputf8():
            return super()._send(smtputf8.without_reply_to(email_message))
        assert self.connection is not None  # noqa: S101 - for the type checker
        options = ["SMTPUTF8", *(["BODY=8BITMIME"] if self.connection.has_extn("8bitmime") else [])]
        content = smtputf8.as_bytes(email_message)
        self.connection.sendmail(email_message.from_email, email_message.to, content, mail_options=options)
        return True


def connection() -> BaseEmailBackend:
    """The way that mails go, not opened yet, as either of Django's versions has it."""
    if django.VERSION >= (6, 1):
        from django.core.mail import mailers

        return mailers.default
    return get_connection()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a mail was not taken. `for_good`: asking again is of no use. `server_is_down`: nor would others pass."""

    reply: str
    for_good: bool = False
    server_is_down: bool = False


def explain(error: Exception, *, recipients: Collection[str] = ()) -> Failure:
    """What an exception out of sending means for the mail and for those behind it; its reply names no recipient."""
    failure = _explained(error)
    return replace(failure, reply=_without_addresses(failure.reply, recipients))


def _explained(error: Exception) -> Failure:
    match error:
        case smtplib.SMTPRecipientsRefused(recipients=recipients):
            return _answered(*next(iter(recipients.values())))
        case smtplib.SMTPSenderRefused() | smtplib.SMTPDataError():
            return _answered(error.smtp_code, error.smtp_error)
        case smtplib.SMTPResponseException():  # greeting, HELO, login: not about this mail
            return Failure(_reply(error.smtp_code, error.smtp_error), server_is_down=True)
        case smtputf8.NotOfferedError():
            words = _("The mail server takes no address with letters such as ä or ß before the @ (SMTPUTF8).")
            return Failure(words, for_good=True)
        case smtplib.SMTPNotSupportedError():
            return Failure(_("The mail server does not offer what is needed, TLS above all."), server_is_down=True)
        case smtplib.SMTPException() | OSError():
            return Failure(
                _("The mail server does not answer ({kind}).").format(kind=type(error).__name__), server_is_down=True
            )
        case _:
            return Failure(_("The mail could not be made ({kind}).").format(kind=type(error).__name__))


def _answered(code: int, text: bytes | str) -> Failure:
    return Failure(_reply(code, text), for_good=500 <= code < 600, server_is_down=code == 421)


def _reply(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(words.split())}"[:300]


def _without_addresses(reply: str, recipients: Collection[str]) -> str:
    """Servers repeat whom they refuse, in their own words; findings and lists show these words."""
    reply = re.sub(r"[^\s<>]+@[^\s<>]+", "…", reply)
    for address in recipients:
        reply = re.sub(rf"(?<!\w){re.escape(address.partition('@')[0])}(?!\w)", "…", reply, flags=re.IGNORECASE)
    return reply


def _shut(handle: socket.socket) -> None:
    with suppress(OSError):  # it ended in the same moment
        handle.shutdown(socket.SHUT_RDWR)
