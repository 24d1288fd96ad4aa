"""What the classifier learns here, from messages that an operator called spam, or no spam.

What must never happen: the server learns from a message that it may not open, or keeps what was learned from somebody
who was erased. So features are made while messages are open alone, and lie sealed like a note, in a row that goes with
its message. The model, which judges while everything is locked, holds only words that three senders brought, and is
made anew from what is left whenever messages are opened after a change; who never opens them loses it in the end.
"""

import json
import logging
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from contact import reading
from contact.models import MessageFeatures, SpamModel, Submission, Verdict
from contact.spam.classifier import NOTHING, Counts
from contact.spam.words import impersonal_features
from sitebackend import retention
from sitebackend.crypto import sealing, server_key
from sitebackend.monitoring import clock
from sitebackend.vault import services as vault
from sitebackend.vault.opened import OpenMessages

SENDERS = 3  # that must have brought a word
SECONDS = 5.0  # that somebody who opens messages waits at most; the rest is learned the next time
BLOCK = 1024  # bytes: the length of what is sealed tells little
CONTEXT = "spam-model"

logger = logging.getLogger(__name__)


def learned() -> Counts:
    """What the classifier knows beyond its invented texts. An altered model counts for nothing."""
    sealed = SpamModel.objects.values_list("sealed", flat=True).first()
    try:
        return _opened(bytes(sealed)) if sealed else NOTHING
    except sealing.SealingError:
        logger.warning("the spam filter's model does not open")
        return NOTHING


def note_change(now: datetime) -> None:
    """A message was judged, or one that was learned from is gone: the model waits to be made anew."""
    SpamModel.objects.filter(stale_since=None).update(stale_since=now)


def catch_up(open_messages: OpenMessages, now: datetime) -> None:
    """Learn from what was judged since, and make the model anew, if something changed. Raises NotReadable."""
    if not reading.is_possible() or not _is_stale():
        return
    stale, _is_new = SpamModel.objects.get_or_create(id=1, defaults={"stale_since": now})
    is_whole = _make_features(open_messages)
    sealed = sealing.wrap(server_key.derive(CONTEXT), _written(_counted(open_messages)), context=CONTEXT)
    changes = {"sealed": sealed, "stale_since": None if is_whole else stale.stale_since}
    SpamModel.objects.filter(stale_since=stale.stale_since).update(**changes)


def _is_stale() -> bool:
    """Something changed since the model was made, or there is none and there could be one."""
    model = SpamModel.objects.first()
    return bool(model.stale_since) if model else Submission.objects.judged().exists()


def words_of(submission: Submission, open_messages: OpenMessages) -> list[str]:
    """What is kept of this message, for the copy that its sender is given."""
    features = MessageFeatures.objects.filter(submission=submission).first()
    return sorted(_unsealed(features, open_messages)) if features else []


def _would_go(now: datetime) -> Iterator[tuple[str, int]]:
    yield _("words that the spam filter learned"), _overdue(now).count()


@clock.destroys_by_time(_would_go)
def forget_overdue(now: datetime) -> int:
    """Worker's job: nobody has opened messages for long; what was learned, from those that are gone too, goes."""
    return _overdue(now).delete()[0]


def _overdue(now: datetime) -> QuerySet[SpamModel]:
    return SpamModel.objects.filter(stale_since__lt=now - retention.SPAM_MODEL)


def _make_features(open_messages: OpenMessages) -> bool:
    """Of all that were judged and have none yet; False if the time did not suffice."""
    missing = list(Submission.objects.judged().filter(features=None).select_related("message")[:500])
    if not missing:
        return True
    end = time.monotonic() + SECONDS
    with reading.opener(open_messages=open_messages) as read:
        for submission in missing:
            if time.monotonic() > end:
                return False
            _keep_features(submission, read)
    return True


def _keep_features(submission: Submission, read: reading.Reader) -> None:
    """One that does not open, or is gone meanwhile, teaches nothing."""
    try:
        words = sorted(impersonal_features(read(submission)))
        with transaction.atomic():
            row = MessageFeatures(submission=submission)
            row.sealed = vault.seal_message(_padded(json.dumps(words)), context=row.context)
            row.save(force_insert=True)
    except (reading.NotReadable, IntegrityError) as error:
        logger.warning("nothing was learned from a message: %s", type(error).__name__)


def _counted(open_messages: OpenMessages) -> Counts:
    """The words that enough senders brought, in how many messages of each kind."""
    rows = MessageFeatures.objects.filter(submission__in=Submission.objects.judged()).select_related("submission")
    judged = [(row.submission, _unsealed(row, open_messages)) for row in rows]
    senders: dict[str, set[str]] = defaultdict(set)
    for submission, words in judged:
        for word in words:
            senders[word].add(_sender(submission))
    counting = {word for word, brought_by in senders.items() if len(brought_by) >= SENDERS}
    spam = [words & counting for submission, words in judged if submission.verdict == Verdict.SPAM]
    return Counts.of(spam, [words & counting for submission, words in judged if submission.verdict != Verdict.SPAM])


def _sender(submission: Submission) -> str:
    return submission.email_digest or submission.phone_digest or submission.sender_digest


def _unsealed(row: MessageFeatures, open_messages: OpenMessages) -> set[str]:
    try:
        return set(json.loads(open_messages.unseal(row.sealed, context=row.context)))
    except sealing.SealingError:
        return set()


def _written(counts: Counts) -> bytes:
    return _padded(json.dumps(asdict(counts), sort_keys=True))


def _padded(text: str) -> bytes:
    content = text.encode()
    return content + b" " * (-len(content) % BLOCK)


@lru_cache(maxsize=2)  # the same for every submission until something is learned
def _opened(sealed: bytes) -> Counts:
    return Counts(**json.loads(sealing.unwrap(server_key.derive(CONTEXT), sealed, context=CONTEXT)))
