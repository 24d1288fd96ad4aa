"""Addresses with letters beyond ASCII before the @: mail servers take them with SMTPUTF8 (RFC 6531), or not at all.

What must never happen: somebody leaves such an address, and is told that an answer goes there, while the mail server
of this site cannot send it; or the operator misses a message because its Reply-To cannot be written. So what the
server offers is noted with every conversation, forms refuse what it does not, and a mail to others that merely names
such an address goes without it. A conversation itself touches no database, whichever thread it is in: what was
heard in it is noted afterwards.
"""

from copy import copy
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from smtplib import SMTPNotSupportedError

from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sitebackend.formats.email_address import AddressError, parse
from sitebackend.mail.models import MailServer

ASK_EVERY = timedelta(hours=1)  #: while no mail goes out
_heard: dict[str, bool] = {}


class NotOfferedError(SMTPNotSupportedError):
    """The mail server does not take this recipient's address; of other recipients it says nothing."""


def check_offered(address: str) -> None:
    """Raise ValidationError if our mail server cannot send to it. What is no address at all others refuse."""
    if address.isascii():
        return
    try:
        is_refused = parse(address).needs_smtputf8 and not is_offered()
    except AddressError:
        return
    if is_refused:
        raise ValidationError(
            _(
                "Our mail server cannot send to an address with letters such as ä or ß before the @. Please give "
                "another one, or a telephone number."
            )
        )


def is_offered() -> bool:
    """Whether the mail server offered it when it was last talked to; not while that is unknown."""
    return MailServer.objects.filter(offers_smtputf8=True).exists()


def is_asked_again(now: datetime) -> bool:
    return not MailServer.objects.filter(asked_at__gt=now - ASK_EVERY, asked_at__lte=now).exists()


def note_asked(now: datetime) -> None:
    """The server is being asked; what it offered before holds until it answers."""
    MailServer.objects.update_or_create(id=1, defaults={"asked_at": now})


def hear(*, is_offered: bool) -> None:
    """What the server says in a conversation of this process."""
    _heard["smtputf8"] = is_offered


def note_heard() -> None:
    """Write down what was heard last, if anything was."""
    if _heard:
        note(is_offered=_heard.pop("smtputf8"))


def note(*, is_offered: bool) -> None:
    if not MailServer.objects.filter(offers_smtputf8=is_offered).exists():
        now, offers = timezone.now(), {"offers_smtputf8": is_offered}
        MailServer.objects.update_or_create(id=1, defaults=offers, create_defaults={**offers, "asked_at": now})


def is_needed_for(message: EmailMessage) -> bool:
    return not all(address.isascii() for address in [*message.to, *message.reply_to])


def without_reply_to(message: EmailMessage) -> EmailMessage:
    """For a server that does not offer it. Raises NotOfferedError if a recipient needs it."""
    if not all(address.isascii() for address in message.to):
        raise NotOfferedError("SMTPUTF8")
    plain = copy(message)
    plain.reply_to = []
    return plain


def as_bytes(message: EmailMessage) -> bytes:
    """The mail as RFC 6532 has it, its addresses as they are: Django would make encoded words of them."""
    bare = copy(message)
    bare.to, bare.reply_to = [], []
    made = message_from_bytes(bare.message().as_bytes(), policy=policy.SMTPUTF8)
    for name, addresses in (("To", message.to), ("Reply-To", message.reply_to)):
        if addresses:
            made[name] = ", ".join(addresses)
    return made.as_bytes()
