"""Reading a submission in the admin, for operators who chose to.

What must never happen: the server opens a message while it is locked. So what this needs is split: the secret
key's file lies on the machine under its passphrase, and the passphrase is sealed to the lock for messages, or to
the vault as long as messages have no lock of their own. Without one of the two unlocked neither opens anything.
Whoever does not want the secret key here leaves it on their own computer and takes the ciphertext away.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contact import previews, reply_address
from contact.message import fields_of
from contact.models import MessageFeatures, Note, Preview, ReadingKey, SpamModel, Submission
from sitebackend import operator_key
from sitebackend.crypto import openpgp
from sitebackend.crypto.sealing import SealingError
from sitebackend.vault import services as vault
from sitebackend.vault.opened import OpenMessages

Reader = Callable[[Submission], dict[str, str]]  # raises NotReadable
FIRST_PREVIEWS = 50
ALTERED = gettext_lazy("What is stored was altered: it does not open.")
CLOSED = gettext_lazy("The secret key or its passphrase does not open this message.")


class NotReadable(Exception):
    """It cannot be read here; the message says why, for the operator."""


@dataclass(frozen=True, slots=True)
class ShownNote:
    """`text` is empty if the note was altered or moved and does not open."""

    written_at: datetime
    text: str


def allow(*, passphrase: str) -> None:
    """Keep the secret key's passphrase sealed, after a trial that it opens what is encrypted now.

    The newest messages that are not done get their previews with it, a page of the list: the others when they are
    opened. Raises NotReadable, OperatorKeyUnusable, VaultError.
    """
    armoured, _fingerprints = operator_key.encrypt(b"trial")
    with _decrypting(passphrase) as decrypt:
        decrypt(armoured)
        with transaction.atomic():
            sealed = vault.seal_message(passphrase.encode(), context=ReadingKey.CONTEXT)
            ReadingKey.objects.update_or_create(defaults={"sealed_passphrase": sealed})
        read = _reader(decrypt)
        for submission in Submission.objects.filter(done_at=None).select_related("message")[:FIRST_PREVIEWS]:
            with suppress(NotReadable):
                read(submission)


@transaction.atomic
def forbid() -> None:
    """Forget the passphrase, and what was kept of what was read: previews, and what the spam filter has learned.

    The secret key's file is the operator's to remove.
    """
    for forgotten in (ReadingKey, Preview, MessageFeatures, SpamModel):
        forgotten._default_manager.all().delete()


def is_possible() -> bool:
    """Whether opening messages leads to the secret key: the operator chose so, and its file is here."""
    return ReadingKey.objects.exists() and operator_key.secret_key_path().exists()


def read(*, open_messages: OpenMessages, submission: Submission, reason_noted: bool = False) -> dict[str, str]:
    """The fields as they were typed. Raises NotReadable, also if restricted, unless the reason to look was noted."""
    if submission.restricted_since and not reason_noted:
        raise NotReadable(_("The use of this message is restricted (Art. 18 GDPR). Lift the restriction first."))
    with opener(open_messages=open_messages) as opened:
        return opened(submission)


@contextmanager
def opener(*, open_messages: OpenMessages) -> Iterator[Reader]:
    """What opens one message after the other, for the senders' own copies: no restriction stands against these.

    An older one is found by what it says from then on (`_keep_what_it_says`). Raises NotReadable if none can be opened.
    """
    with _decrypting(_passphrase(open_messages)) as decrypt:
        yield _reader(decrypt)


def _reader(decrypt: openpgp.Opener) -> Reader:
    def read(submission: Submission) -> dict[str, str]:
        try:
            fields = fields_of(decrypt(submission.message.armoured.encode()))
        except openpgp.OpenPGPError as error:
            raise NotReadable(CLOSED) from error
        except ValueError as error:
            raise NotReadable(ALTERED) from error
        _keep_what_it_says(submission, fields)
        return fields

    return read


def _keep_what_it_says(submission: Submission, fields: Mapping[str, str]) -> None:
    """What only an open message gives, and an earlier version or setting did not keep."""
    submission.index_again(fields)
    reply_address.keep_if_missing(submission, fields)
    previews.keep(submission, fields)


def _passphrase(open_messages: OpenMessages) -> str:
    chosen = ReadingKey.objects.first()
    if chosen is None:
        raise NotReadable(_("Reading here is not set up."))
    try:
        return open_messages.unseal(chosen.sealed_passphrase, context=ReadingKey.CONTEXT).decode()
    except SealingError as error:
        raise NotReadable(ALTERED) from error


@transaction.atomic
def add_note(*, submission: Submission, text: str) -> Note:
    """Seal a note; needs nothing open. Raises VaultError."""
    note = Note(submission=submission)
    note.sealed = vault.seal_message(text.encode(), context=note.context)
    note.save(force_insert=True)
    return note


def notes(*, open_messages: OpenMessages, submission: Submission) -> list[ShownNote]:
    return [
        ShownNote(timezone.localtime(note.written_at), _text(open_messages, note)) for note in submission.notes.all()
    ]


def _text(open_messages: OpenMessages, note: Note) -> str:
    try:
        return open_messages.unseal(note.sealed, context=note.context).decode()
    except SealingError:
        return ""


@contextmanager
def _decrypting(passphrase: str) -> Iterator[openpgp.Opener]:
    try:
        secret_key = operator_key.secret_key_path().read_bytes()
    except OSError as error:
        words = _("The secret key is not on this machine. It would lie at {path}.")
        raise NotReadable(words.format(path=operator_key.secret_key_path())) from error
    try:
        with openpgp.opener(secret_key=secret_key, passphrase=passphrase) as decrypt:
            yield decrypt
    except openpgp.OpenPGPError as error:
        raise NotReadable(CLOSED) from error
