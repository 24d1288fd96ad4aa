"""Who asks: compared with what is held, or proved by a link to an address that is held (Art. 12(6) GDPR).

Only the result is kept. Copies of identity cards are not asked for: there is no place for them here.
"""

import logging
from datetime import datetime
from smtplib import SMTPException

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from sitebackend import audit, retention
from sitebackend.models import Act, Actor
from sitebackend.privacy import deadlines, mail, registry
from sitebackend.privacy.models import DataSubjectRequest, Identity
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.registry import Item
from sitebackend.privacy.services.intake import PAUSE_AFTER_FAILURE

logger = logging.getLogger(__name__)
_signer = signing.TimestampSigner(salt="privacy.identity")


def held(request: DataSubjectRequest) -> list[Item]:
    """What is held on the person, this very request left out."""
    found = registry.find(request.statement.subject())
    return [item for item in found if item.identifier != str(request.pk)]


def settle(request: DataSubjectRequest, *, identity: Identity, now: datetime) -> None:
    """Note what the comparison came to; a clock that stood still runs again. Raises Refused."""
    if identity == Identity.NOTHING_HELD and held(request):
        raise Refused(_("Something is held. Compare it with what the person says."))
    _settle(request, identity, now)


def ask_by_link(request: DataSubjectRequest, *, now: datetime) -> None:
    """Have the worker mail a single-use link to the address given, if exactly that address is held. Raises Refused."""
    if request.identity or request.answered_at:
        raise Refused(_("The identity is clear already."))
    if not any("email" in item.matched_by for item in held(request)):
        raise Refused(_("This address is not held. Ask by telephone or letter, at a number or address that is."))
    request.link_asked_at, request.link_mailed_at, request.mail_after = now, None, now
    request.save()


def pause(request: DataSubjectRequest, *, now: datetime) -> None:
    """The person was asked, on reasonable doubt, who they are: the clock stands still until they answer."""
    if request.identity or request.paused_on:
        raise Refused(_("The clock can stand still once, while the identity is unclear."))
    request.paused_on = deadlines.local_date(now)
    request.save()


def mail_links(now: datetime) -> int:
    """Worker job: mail the links that were asked for; gives how many went out."""
    return sum(_mailed(request, now) for request in DataSubjectRequest.objects.links_to_mail(now))


def request_behind(token: str) -> DataSubjectRequest | None:
    """The open request whose link this is; None if it was used, has expired, or never was one."""
    try:
        key = _signer.unsign(token, max_age=retention.LINK_LIVES)
    except signing.BadSignature:
        return None
    return DataSubjectRequest.objects.open().filter(pk=key, identity="", link_asked_at__isnull=False).first()


@transaction.atomic
def confirm_by_link(token: str, *, now: datetime) -> bool:
    """The person pressed the button behind the link; False if it does not count any more."""
    request = request_behind(token)
    if request is None:
        return False
    _settle(request, Identity.CONFIRMED, now)
    audit.note(Act.CONFIRMED, actor=Actor.PERSON, kind="privacy.datasubjectrequest", key=request.pk)
    return True


def _settle(request: DataSubjectRequest, identity: Identity, now: datetime) -> None:
    if request.identity:
        raise Refused(_("The identity is clear already."))
    request.identity, request.identity_at = identity, now
    if request.is_paused:
        request.resumed_on = deadlines.local_date(now)
    request.save()


def _mailed(request: DataSubjectRequest, now: datetime) -> bool:
    rows = DataSubjectRequest.objects.filter(pk=request.pk)
    try:
        mail.ask_for_confirmation(request, token=_signer.sign(str(request.pk)))
    except (SMTPException, OSError) as error:
        logger.warning("a confirmation link waits: %s", type(error).__name__)
        rows.update(mail_after=now + PAUSE_AFTER_FAILURE)
        return False
    return bool(rows.update(link_mailed_at=now))
