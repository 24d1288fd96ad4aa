"""What the list of the inbox shows of a message: who wrote, and how it begins.

What must never happen: a word of a message lies in the clear, or sealed where nobody is to read it. So a preview is
made only while messages are read here (`contact.reading`), sealed to the lock for messages or to the vault, when the
message comes in or is opened; and when reading here ends, all of them go.
"""

import json
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from contact import links
from contact.models import Preview, ReadingKey, Submission
from sitebackend.crypto.sealing import SealingError
from sitebackend.vault import services as vault
from sitebackend.vault.errors import VaultError
from sitebackend.vault.opened import OpenMessages

SIGNS = 80  # of the name, and of the message

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ShownPreview:
    name: str
    text: str


def keep(submission: Submission, fields: Mapping[str, str]) -> None:
    """Seal one, if messages are read here and there is none. No message is refused because this cannot be done."""
    if not ReadingKey.objects.exists() or Preview.objects.filter(pk=submission.pk).exists():
        return
    row = Preview(submission=submission)
    begins = [_begins(fields.get(name, "")) for name in ("name", "message")]
    try:
        with transaction.atomic():
            content = json.dumps(begins, ensure_ascii=False).encode()
            row.sealed = vault.seal_message(content, context=row.context)
            Preview.objects.bulk_create([row], ignore_conflicts=True)
    except VaultError as error:
        logger.warning("a preview could not be sealed: %s", type(error).__name__)


def shown(*, open_messages: OpenMessages, submissions: Collection[UUID]) -> dict[UUID, ShownPreview]:
    """Those of these submissions; what is restricted or does not open is left out."""
    usable = Submission.objects.filter(pk__in=submissions).usable()
    found = {}
    for row in Preview.objects.filter(submission__in=usable):
        try:
            name, text = json.loads(open_messages.unseal(row.sealed, context=row.context))
        except SealingError:
            logger.warning("a preview does not open")
            continue
        found[row.pk] = ShownPreview(name, text)
    return found


def _begins(typed: str) -> str:
    """On one line."""
    return links.shortened(" ".join(typed.split()), SIGNS)
