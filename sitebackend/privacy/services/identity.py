"""Who asks: compared with what is held, or proved by a link to an address that is held (Art. 12(6) GDPR).

What must never happen: somebody gets what is held on another whose number, telephone or name they know. So a link
proves its address and nothing else: what only the other words lead to stays out of the answer, and the answer
goes to the address that was proved, unless the operator compares the rest.

Only the result is kept. Copies of identity cards are not asked for: there is no place for them here.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from sitebackend import audit, retention
from sitebackend.mail import services as outbox
from sitebackend.models import Act, Actor
from sitebackend.privacy import deadlines, registry
from sitebackend.privacy.mail import IDENTITY_LINK, address_mark, link_signer
from sitebackend.privacy.models import DataSubjectRequest, Identity
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.registry import Item


def held(request: DataSubjectRequest) -> list[Item]:
    """What is held on the person, this very request left out."""
    return _but_itself(request, registry.find(request.subject()))


def unproved(request: DataSubjectRequest, found: Iterable[Item]) -> list[Item]:
    """What the person's words lead to beside what a link proved: perhaps theirs, perhaps somebody else's.

    `found`: what is `held`.
    """
    if request.identity != Identity.CONFIRMED:
        return []
    proved = {(item.source, item.identifier) for item in found}
    named = _but_itself(request, registry.find(request.statement.subject()))
    return [item for item in named if (item.source, item.identifier) not in proved]


def link_goes_to(request: DataSubjectRequest, found: Iterable[Item]) -> str:
    """The address given if it is held, else the one stored with the one person found. Empty: there is none.

    `found`: what is `held`.
    """
    if any("email" in item.matched_by for item in found):
        return request.statement.email
    return registry.stored_address(request.statement.subject())


def settle(request: DataSubjectRequest, *, identity: Identity, now: datetime) -> None:
    """Note what the comparison came to; a clock that stood still runs again. Raises Refused."""
    if identity == Identity.NOTHING_HELD and held(request):
        raise Refused(_("Something is held. Compare it with what the person says."))
    _settle(request, identity, now)


@transaction.atomic
def ask_by_link(request: DataSubjectRequest, *, now: datetime) -> None:
    """Have the worker mail a single-use link to a stored address. Raises Refused if there is none."""
    if request.identity or request.answered_at:
        raise Refused(_("The identity is clear already."))
    address = link_goes_to(request, held(request))
    if not address:
        raise Refused(_("No mail address of this person is held. Ask by telephone or letter, as it is held."))
    request.take(replace(request.statement, link_to=address))
    request.link_asked_at, request.link_mailed_at = now, None
    request.save()
    outbox.queue(IDENTITY_LINK.name, about=request.pk, now=now)


def pause(request: DataSubjectRequest, *, now: datetime) -> None:
    """The person was asked, on reasonable doubt, who they are: the clock stands still until they answer."""
    if request.identity or request.paused_on:
        raise Refused(_("The clock can stand still once, while the identity is unclear."))
    request.paused_on = deadlines.local_date(now)
    request.save()


def request_behind(token: str) -> DataSubjectRequest | None:
    """The open request whose link this is; None if it was used, has expired, or never was one."""
    try:
        key, _colon, mark = link_signer.unsign(token, max_age=retention.LINK_LIVES).partition(":")
    except signing.BadSignature:
        return None
    asked = DataSubjectRequest.objects.links_asked().filter(pk=key).first()
    return asked if asked and address_mark(asked) == mark else None


@transaction.atomic
def confirm_by_link(token: str, *, now: datetime) -> bool:
    """The person pressed the button behind the link; False if it does not count any more."""
    request = request_behind(token)
    if request is None:
        return False
    request.take(replace(request.statement, email=request.statement.link_to))
    _settle(request, Identity.CONFIRMED, now)
    audit.note(Act.CONFIRMED, actor=Actor.PERSON, kind="privacy.datasubjectrequest", key=request.pk)
    return True


def _settle(request: DataSubjectRequest, identity: Identity, now: datetime) -> None:
    compares_the_rest = request.identity == Identity.CONFIRMED and identity == Identity.MATCHED
    if request.identity and not (compares_the_rest and _nothing_done(request)):
        raise Refused(_("The identity is clear already."))
    request.take(replace(request.statement, link_to=""))
    request.identity, request.identity_at = identity, now
    if request.is_paused:
        request.resumed_on = deadlines.local_date(now)
    request.save()


def _nothing_done(request: DataSubjectRequest) -> bool:
    return not (request.answered_at or request.erased_at or request.carried_out_at)


def _but_itself(request: DataSubjectRequest, found: Iterable[Item]) -> list[Item]:
    return [item for item in found if item.identifier != str(request.pk)]
