"""SMTP with an end: Django's backend, with a time limit over the whole conversation, and an eye on what is in doubt.

What must never happen: a server that answers one byte a second holds the worker for hours; or a mail that the server
may have taken counts as one that it refused, and is sent over and over. Timeouts count for each read only, so a second
thread shuts the connection down when its time is up. Once all of a mail was handed over, only the server knows whether
it has it: then the answer is waited for as long as RFC 5321, 4.5.3.2.6 says, in the mail's own thread (`HandOver`),
and a line that ends without one leaves the mail in doubt. TLS is as in Django: without STARTTLS in the server's answer
there is an error, not a fallback, and certificates are checked.
"""

import re
import smtplib
import socket
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from threading import Event, Thread, Timer
from typing import Any

import django
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as DjangoBackend

from sitebackend.mail import smtputf8
from sitebackend.mail.failures import Failure, Unanswered, explain, reply_of, without_addresses

SECONDS = 60.0  # for one conversation, until all was handed over; shorter than any lease on a mail
ANSWER_SECONDS = 600.0  # for the answer to a mail that was handed over (RFC 5321, 4.5.3.2.6)


class HandOver(Thread):
    """One mail on its way to the mail server."""

    def __init__(self, message: EmailMessage) -> None:
        super().__init__(name="mail", daemon=True)  # a process that ends waits for no mail server
        self.message = message
        self.server = ""  #: host and port
        self.is_handed_over = False  #: all of it; only the answer is missing
        self.reply = ""  #: the server's, if it took the mail
        self.failure: Failure | None = None
        self.error = ""  #: class of the exception behind the failure
        self.over = Event()

    def run(self) -> None:
        _current.set(self)
        try:
            self.message.send(fail_silently=False)
        except Exception as error:
            if not self.reply:  # after the answer nothing counts any more
                self.error = type(error).__name__
                self.failure = explain(error, recipients=self.message.recipients(), server=self.server)
        finally:
            self.over.set()

    def wait(self, seconds: float) -> None:
        """Until it is over; or, once all of it was handed over, for so long only."""
        while not self.over.wait(seconds) and not self.is_handed_over:
            pass
        if self.over.is_set():
            self.join(seconds)  # it takes its leave of the server

    def taken(self, reply: str) -> None:
        self.reply = without_addresses(reply, self.message.recipients())
        self.over.set()


#: What the thread hands over.
_current: ContextVar[HandOver | None] = ContextVar("hand_over", default=None)


class _Utf8(str):
    """Text that smtplib, which knows ASCII alone, sends as UTF-8 (RFC 4616, 2)."""

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return super().encode("utf-8", errors)


class _Limited(smtplib.SMTP):
    """Ends after SECONDS, or after ANSWER_SECONDS more if only the answer is missing."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self._handle = connection.dup()  # TLS takes the first handle over; this one still reaches the connection
        self._end_after(SECONDS)
        return connection

    def _end_after(self, seconds: float) -> None:
        if limit := getattr(self, "_limit", None):
            limit.cancel()
        self._limit = Timer(seconds, _shut, [self._handle])
        self._limit.daemon = True
        self._limit.start()

    def close(self) -> None:
        if limit := getattr(self, "_limit", None):
            limit.cancel()
            self._handle.close()
        super().close()

    def login(self, user: str, password: str, **options: Any) -> tuple[int, bytes]:
        return super().login(_Utf8(user), _Utf8(password), **options)

    def auth(self, mechanism: str, authobject: Callable[..., str | None], **options: Any) -> tuple[int, bytes]:
        def in_utf8(challenge: bytes | None = None) -> str | None:
            answer = authobject(challenge)
            return None if answer is None else _Utf8(answer)

        return super().auth(mechanism, in_utf8, **options)  # type: ignore[arg-type]

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Hand the mail over, CRLF between its lines. Raise Unanswered if the server does not say what became of it."""
        code, words = self.docmd("DATA")
        if code != 354:
            raise smtplib.SMTPDataError(code, words)
        lines = re.sub(rb"(?m)^\.", b"..", msg)
        self.send(lines + (b".\r\n" if lines.endswith(b"\r\n") else b"\r\n.\r\n"))
        code, words = self._answer()
        if code // 100 == 2:  # the first digit counts (RFC 5321, 4.3.2); smtplib insists on 250
            _taken(reply_of(code, words))
            code = 250
        return code, words

    def _answer(self) -> tuple[int, bytes]:
        if hand_over := _current.get():
            hand_over.is_handed_over = True
        connection: socket.socket = self.sock  # type: ignore[assignment]
        connection.settimeout(ANSWER_SECONDS)
        self._end_after(ANSWER_SECONDS)
        try:
            code, words = self.getreply()
        except smtplib.SMTPException as error:
            raise Unanswered(str(error)) from error
        if code // 100 not in (2, 4, 5):
            raise Unanswered(f"the answer begins with {code}")
        connection.settimeout(self.timeout)
        self._end_after(SECONDS)
        return code, words


class _LimitedSSL(smtplib.SMTP_SSL, _Limited):
    """The same with TLS from the first byte."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        try:
            return super()._get_socket(host, port, timeout)
        except OSError:  # no TLS: nobody is given this object, to close it
            self.close()
            raise


class EmailBackend(DjangoBackend):
    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _LimitedSSL if self.use_ssl else _Limited

    def open(self) -> bool | None:
        if hand_over := _current.get():
            hand_over.server = f"{self.host}:{self.port}"
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
        if smtputf8.is_needed_for(email_message):
            if self.offers_smtputf8():
                return self._send_with_smtputf8(email_message)
            email_message = smtputf8.without_reply_to(email_message)
        return bool(super()._send(email_message))  # type: ignore[misc]

    def _send_with_smtputf8(self, email_message: EmailMessage) -> bool:
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


def _taken(reply: str) -> None:
    if hand_over := _current.get():
        hand_over.taken(reply)


def _shut(handle: socket.socket) -> None:
    with suppress(OSError):  # it ended in the same moment
        handle.shutdown(socket.SHUT_RDWR)
