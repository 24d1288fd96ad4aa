"""A real SMTP server (aiosmtpd) that can be told to behave badly."""

import asyncio
import contextlib
import select
import socket
import socketserver
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import django
from aiosmtpd.smtp import SMTP, Envelope, Session
from pytest_django import Settings


class Handler:
    """Takes every mail, unless told what to answer instead."""

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.answer_to_sender = ""
        self.answer_to_recipient = ""
        self.answers_to_data: list[str] = []  #: one for each mail to come; empty: take it
        self.is_silent_after_data = False
        self.answers_after = 0.0  #: seconds after the data
        self.hangs_up_after_data = False  #: it has taken the mail then
        self.senders: list[str] = []

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if not self.answer_to_sender:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
            self.senders.append(address)
        return self.answer_to_sender or "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if not self.answer_to_recipient:
            envelope.rcpt_tos.append(address)
        return self.answer_to_recipient or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.is_silent_after_data:
            await asyncio.Event().wait()
        await asyncio.sleep(self.answers_after)
        if self.hangs_up_after_data:
            self.received.append(bytes(envelope.content or b""))
            server.transport.abort()
            return "250 never heard"
        answer = self.answers_to_data.pop(0) if self.answers_to_data else "250 OK"
        if answer.startswith("250"):
            self.received.append(bytes(envelope.content or b""))
        return answer

    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(mail, policy=policy.SMTP) for mail in self.received]  # type: ignore[misc]


class Dripping(socketserver.StreamRequestHandler):
    """Answers one byte after the other, for ever: each read succeeds and none brings an end."""

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while not select.select([self.connection], [], [], 0.02)[0]:
                self.connection.sendall(b"2")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def use_backend(settings: Settings, backend: str) -> None:
    """Let the site send its mail through that backend, which takes no options."""
    if django.VERSION >= (6, 1):
        settings.MAILERS = {"default": {"BACKEND": backend}}
    else:
        settings.EMAIL_BACKEND = backend


def point_to(
    settings: Settings,
    port: int,
    *,
    host: str = "127.0.0.1",
    timeout: float = 5,
    use_tls: bool = False,
    use_ssl: bool = False,
    login: tuple[str, str] = ("", ""),
) -> None:
    """Let the site send its mail to that port, by either way that Django's versions are told."""
    backend = "sitebackend.mail.smtp.EmailBackend"
    if django.VERSION >= (6, 1):
        options = {"host": host, "port": port, "timeout": timeout, "use_tls": use_tls, "use_ssl": use_ssl}
        options |= {"username": login[0], "password": login[1]}
        settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": options}}
        return
    settings.EMAIL_BACKEND = backend
    settings.EMAIL_HOST, settings.EMAIL_PORT = host, port
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = login
    settings.EMAIL_TIMEOUT, settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = timeout, use_tls, use_ssl
