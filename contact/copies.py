"""What a sender is told of a message: its state always, its content where the operator's secret key is."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from contact import reading
from contact.message import LABELS, fields_of
from contact.models import Submission
from contact.spam import learning
from sitebackend.mail.message import message_id
from sitebackend.mail.models import OutgoingMail, State
from sitebackend.privacy.registry import Export
from sitebackend.vault import services as vault
from sitebackend.vault.opened import OpenMessages, Unlocked

CARD = ("name", "street", "postal_code", "city", "phone", "email")


def state(submission: Submission) -> Mapping[str, Any]:
    """Everything that is known of a message without opening it; what never happened is left out."""
    mail = submission.mail
    is_unconfirmed = mail is not None and mail.state == State.UNCONFIRMED
    told = {
        _("Reference"): submission.reference,
        _("Received"): submission.received_at,
        _("Came by"): submission.get_channel_display(),
        _("Mailed to the operator"): mail.sent_at if mail else None,
        _("Message-ID of this mail"): ", ".join(mail.message_ids(_message_id(submission))) if mail else None,
        _("Mailed to the operator, unconfirmed"): is_unconfirmed,
        _("Waits to be mailed to the operator"): mail is not None and not mail.sent_at and not is_unconfirmed,
        _("Acknowledgement still to be sent"): _is_still_to_be_acknowledged(submission),
        _("Notes of the operator"): submission.notes.count(),
        _("Spam checks"): submission.get_verdict_display(),
        _("Words kept for the spam filter"): _("sealed") if hasattr(submission, "features") else None,
    }
    return {label: value for label, value in told.items() if value}


def _message_id(submission: Submission) -> str:
    return message_id("submission", submission.pk.hex)


def _is_still_to_be_acknowledged(submission: Submission) -> bool:
    return OutgoingMail.objects.filter(kind="contact.acknowledgement", about=submission.pk).unsent().exists()


def content(fields: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The labelled fields as they were typed, and those that make a card of contact data."""
    labelled = {str(label): fields.get(name, "") for name, label in LABELS.items()}
    return labelled, {name: fields[name] for name in CARD if fields.get(name)}


def content_of(message: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """As `content`, of a decrypted message. Raises ValueError if it is none of ours."""
    return content(fields_of(message))


def opened(copies: Sequence[Export], unlocked: Unlocked) -> list[Export]:
    """The copies with the notes, and with the messages if the operator reads here."""
    messages = vault.messages_of(unlocked)
    sent = Submission.objects.select_related("message").in_bulk([UUID(copy.item.identifier) for copy in copies])
    noted = [_with_notes(copy, sent[UUID(copy.item.identifier)], messages) for copy in copies]
    if not reading.is_possible():
        return noted
    try:
        with reading.opener(open_messages=messages) as read:
            return [_with_message(copy, sent[UUID(copy.item.identifier)], read) for copy in noted]
    except reading.NotReadable as error:
        return [replace(copy, sealed=str(error)) for copy in noted]


def texts(unlocked: Unlocked) -> Iterator[tuple[Submission, str]]:
    """Each usable message with its notes, in one text; of what does not open here, what does."""
    messages = vault.messages_of(unlocked)
    sent = Submission.objects.usable().select_related("message").prefetch_related("notes")
    with ExitStack() as stack:
        read = stack.enter_context(reading.opener(open_messages=messages)) if reading.is_possible() else None
        for submission in sent.iterator(chunk_size=100):
            noted = [note.text for note in reading.notes(open_messages=messages, submission=submission)]
            yield submission, "\n".join([*_typed(submission, read), *noted])


def _typed(submission: Submission, read: reading.Reader | None) -> Collection[str]:
    try:
        return read(submission).values() if read else ()
    except reading.NotReadable:
        return ()


def _with_notes(copy: Export, submission: Submission, messages: OpenMessages) -> Export:
    shown = reading.notes(open_messages=messages, submission=submission)
    notes = [f"{note.written_at:%Y-%m-%d}: {note.text}" for note in shown]
    words = learning.words_of(submission, messages)
    values = {**copy.values, **({_("Notes of the operator"): notes} if notes else {})}
    values |= {_("Words kept for the spam filter"): ", ".join(words)} if words else {}
    return replace(copy, values=values, in_vault=False)


def _with_message(copy: Export, submission: Submission, read: reading.Reader) -> Export:
    try:
        typed, card = content(read(submission))
    except reading.NotReadable as error:
        return replace(copy, sealed=str(error))
    return Export(item=copy.item, values={**copy.values, **typed}, card=card)
