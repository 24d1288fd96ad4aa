"""A request comes in, whatever the way: it is stored sealed, and acknowledged the same day.

Nothing here asks whether the person is known: the outside sees the same, in the same time, either way.
"""

from datetime import datetime

from django.db import IntegrityError
from django.utils.translation import gettext as _

from sitebackend.crypto import lookup
from sitebackend.mail import AGAIN_AFTER, try_to_send
from sitebackend.privacy import deadlines, mail
from sitebackend.privacy.models import DataSubjectRequest
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.statement import Statement
from sitebackend.turns import transaction_in_turn


def receive(*, kind: str, said: Statement, nonce: str, now: datetime) -> DataSubjectRequest:
    """Store a request from the public form; the same form sent again gives the same request."""
    request = DataSubjectRequest(
        kind=kind, received_on=deadlines.local_date(now), recorded_at=now, mail_after=now,
        nonce_digest=lookup.nonce(nonce),
    )  # fmt: skip
    request.take(said)
    try:
        with transaction_in_turn():
            request.save()
    except IntegrityError:
        return DataSubjectRequest.objects.get(nonce_digest=request.nonce_digest)
    return request


def record(request: DataSubjectRequest, *, said: Statement, now: datetime) -> None:
    """Store a request that came by mail, telephone or letter, as the operator took it down. Raises Refused."""
    if request.received_on > deadlines.local_date(now):
        raise Refused(_("A request cannot have been received in the future."))
    request.recorded_at = request.mail_after = now
    request.take(said)
    request.save()


def acknowledge_due(now: datetime) -> int:
    """Worker job: acknowledge by mail what came in; gives how many mails went out."""
    return sum(_acknowledged(request, now) for request in DataSubjectRequest.objects.to_mail(now))


def mark_acknowledged(request: DataSubjectRequest, *, now: datetime) -> None:
    """The operator acknowledged it by letter or telephone."""
    DataSubjectRequest.objects.to_acknowledge().filter(pk=request.pk).update(acknowledged_at=now)


def _acknowledged(request: DataSubjectRequest, now: datetime) -> bool:
    if not try_to_send("acknowledgement", lambda: mail.acknowledge(request)):
        DataSubjectRequest.objects.filter(pk=request.pk).update(mail_after=now + AGAIN_AFTER)
        return False
    return bool(DataSubjectRequest.objects.to_acknowledge().filter(pk=request.pk).update(acknowledged_at=now))
