"""A request comes in, whatever the way: it is stored sealed, and acknowledged the same day.

Nothing here asks whether the person is known: the outside sees the same, in the same time, either way.
"""

import logging
from datetime import datetime

from django.core.exceptions import ImproperlyConfigured
from django.db import Error as AnyDatabaseError
from django.db import IntegrityError
from django.utils.translation import gettext as _

from sitebackend.crypto import lookup
from sitebackend.mail import services as outbox
from sitebackend.privacy import deadlines
from sitebackend.privacy.mail import ACKNOWLEDGEMENT, ARRIVAL
from sitebackend.privacy.models import DataSubjectRequest
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.statement import Statement
from sitebackend.turns import transaction_in_turn

logger = logging.getLogger(__name__)


class IntakeClosed(Exception):
    """A request cannot be stored safely now; nothing of it was kept."""


def receive(*, kind: str, said: Statement, nonce: str, now: datetime) -> DataSubjectRequest:
    """Store a request from the public form; the same form sent again gives the same request. Raises IntakeClosed."""
    try:
        return _received(kind, said, nonce, now)
    except (AnyDatabaseError, OSError, ImproperlyConfigured) as error:
        logger.error("a request was refused: %s", type(error).__name__)
        raise IntakeClosed from error


def _received(kind: str, said: Statement, nonce: str, now: datetime) -> DataSubjectRequest:
    request = DataSubjectRequest(
        kind=kind, received_on=deadlines.local_date(now), recorded_at=now, nonce_digest=lookup.nonce(nonce)
    )
    request.take(said)
    try:
        _store(request, now, ARRIVAL.name)
    except IntegrityError:
        return DataSubjectRequest.objects.get(nonce_digest=request.nonce_digest)
    return request


def record(request: DataSubjectRequest, *, said: Statement, now: datetime) -> None:
    """Store a request that came by mail, telephone or letter, as the operator took it down. Raises Refused."""
    if request.received_on > deadlines.local_date(now):
        raise Refused(_("A request cannot have been received in the future."))
    request.recorded_at = now
    request.take(said)
    _store(request, now)


def mark_acknowledged(request: DataSubjectRequest, *, at: datetime) -> None:
    """The operator acknowledged it by letter or telephone."""
    DataSubjectRequest.objects.to_acknowledge().filter(pk=request.pk).update(acknowledged_at=at)


def _store(request: DataSubjectRequest, now: datetime, *mails: str) -> None:
    """With these mails in the outbox, and its acknowledgement if there is an address."""
    with transaction_in_turn():
        request.save()
        for kind in mails:
            outbox.queue(kind, about=request.pk, now=now)
        if request.statement.email:
            outbox.queue(ACKNOWLEDGEMENT.name, about=request.pk, now=now)
