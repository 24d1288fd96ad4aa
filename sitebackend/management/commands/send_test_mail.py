"""`send_test_mail`: one mail the way that every mail goes, and what the mail server says."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from sitebackend.mail import sender_domain
from sitebackend.mail import services as outbox
from sitebackend.mail.mail import TEST
from sitebackend.mail.models import OutgoingMail, State


class Command(BaseCommand):
    help = "Send a mail to OPERATOR_EMAIL, show what the mail server says, and what speaks against the sender's domain."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--without-dns", action="store_true", help="do not ask about SPF and DMARC")

    def handle(self, *, without_dns: bool, **options: Any) -> None:
        for label, value in self._way():
            self.stdout.write(f"{label}: {value}")
        self.stdout.flush()  # the answer may take minutes
        mail = outbox.send_at_once(TEST.name, now=timezone.now())
        if mail is None or mail.state != State.SENT:
            raise CommandError(_not_sent(mail))
        self.stdout.write(_("The mail server took it: {reply}").format(reply=mail.last_reply or "–"))
        if settings.SENDS_MAIL and not without_dns:
            self._check()

    def _way(self) -> list[tuple[str, str]]:
        server = settings.MAIL_HOST or _("none: mail goes to files, to nobody")
        return [(_("From"), settings.MAIL_FROM), (_("To"), settings.OPERATOR_EMAIL), (_("Mail server"), server)]

    def _check(self) -> None:
        found = sender_domain.weaknesses(settings.MAIL_FROM, settings.MAIL_HOST)
        for words in found:
            self.stdout.write(f"! {words}")
        if found:
            sys.exit(1)


def _not_sent(mail: OutgoingMail | None) -> str:
    if mail is None or not mail.last_reply:
        return _("The worker is sending it just now: see under “Outgoing mail” in the cockpit.")
    return mail.last_reply
