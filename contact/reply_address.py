"""The address that "Reply" goes to, for mails that are made while nobody has opened the message.

What must never happen: an answer to a sender goes to somebody else, or a sender's address stands readable where the
operator chose that it does not. A mail that is sent again, or released, is made of the ciphertext alone, which the
server cannot open. So with CONTACT_REPLY_TO=outside the checked address lies beside the message, sealed with the
server's own key, as long as the message does. With `inside`, and where mails carry no message (`notice`), none is
kept, and what was kept before goes.
"""

import logging
from collections.abc import Mapping
from datetime import datetime

from django.conf import settings

from contact import links
from contact.models import ReplyAddress, Submission
from sitebackend.crypto import sealing, server_key

logger = logging.getLogger(__name__)


def is_outside() -> bool:
    """Whether encrypted mails name the sender's address outside of the encryption."""
    return bool(settings.CONTACT_REPLY_TO == "outside" and settings.CONTACT_MAIL != "notice")


def keep(submission: Submission, address: str) -> None:
    """Keep the sender's address of a new submission, if it is to be kept. Raises ImproperlyConfigured."""
    if address and is_outside():
        _sealed(submission, address).save(force_insert=True)


def keep_if_missing(submission: Submission, fields: Mapping[str, str]) -> None:
    """As `keep`, of one that was opened: it may be older than the setting."""
    address = links.address_in(fields) if is_outside() else ""
    if address and not ReplyAddress.objects.filter(pk=submission.pk).exists():
        ReplyAddress.objects.bulk_create([_sealed(submission, address)], ignore_conflicts=True)


def _sealed(submission: Submission, address: str) -> ReplyAddress:
    row = ReplyAddress(submission=submission)
    row.sealed = sealing.wrap(_key(), address.encode(), context=row.context)
    return row


def kept(submission: Submission) -> str:
    """The address for the header of an encrypted mail; empty if it is not to stand there, or is not known."""
    row = ReplyAddress.objects.filter(pk=submission.pk).first() if is_outside() else None
    if row is None:
        return ""
    try:
        return sealing.unwrap(_key(), row.sealed, context=row.context).decode()
    except sealing.SealingError:
        logger.warning("a sealed reply address does not open")
        return ""


def forget_unwanted(now: datetime) -> int:
    """Worker's job: with another setting than before, no address stays; gives how many went."""
    return 0 if is_outside() else ReplyAddress.objects.all().delete()[0]


def _key() -> bytes:
    return server_key.derive("reply address")
