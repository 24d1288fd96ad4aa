"""Who asks: compared with what is held, or proved by a link to an address that is held (Art. 12(6) GDPR).

What must never happen: somebody gets what is held on another whose number, telephone or name they know. So a link
proves its address and nothing else: what only the other words lead to stays out of the answer, and the answer
goes to the address that was proved, unless the operator compares the rest.

An address may be shared. So a link to it proves the mailbox, and not which of its persons asks: where several are
found by it, a second statement decides, or the operator; until then nothing is copied, planned or erased.

Only the result is kept. Copies of identity cards are not asked for: there is no place for them here.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext as _

from sitebackend import audit, retention
from sitebackend.mail import services as outbox
from sitebackend.models import Act, Actor
from sitebackend.privacy import deadlines, persons, registry
from sitebackend.privacy.mail import IDENTITY_LINK, is_marked, link_signer
from sitebackend.privacy.models import DataSubjectRequest, Identity
from sitebackend.privacy.persons import Person, Undecided
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.registry import DataSubject, Item


def held(request: DataSubjectRequest) -> list[Item]:
    """What is held on the person, this very request left out; while nobody is chosen, on all whom the words lead to."""
    return _but_itself(request, registry.find(_subject(request)))


def persons_found(request: DataSubjectRequest) -> list[Person]:
    """Everybody whom the person's words lead to, chosen or not."""
    return persons.found(request.words(), own=str(request.pk), remembered=request.statement.persons or ())


def is_decided(request: DataSubjectRequest) -> bool:
    """Whether it is clear which of those found is meant: one was chosen, or nobody needs to be."""
    return request.statement.persons is not None or not persons.need_a_choice(persons_found(request))


def chosen(request: DataSubjectRequest) -> list[Person]:
    """Those who are meant; none while that is not clear."""
    theirs = persons_found(request)
    said = request.statement.persons
    if said is None:
        return [] if persons.need_a_choice(theirs) else theirs
    keys = {record["key"] for record in said}
    return [person for person in theirs if person.keys & keys]


def may_choose(request: DataSubjectRequest) -> bool:
    """Whether nothing was done yet for anybody."""
    return not request.copied_at and _nothing_done(request)


def choose(request: DataSubjectRequest, keys: Collection[str]) -> None:
    """The request is about these of the found, each named by one key; no key: about none of them. Raises Refused."""
    if not may_choose(request):
        raise Refused(_("Something was done for the person chosen before. Record a request of its own for another."))
    _choose(request, persons.pick(persons_found(request), keys))
    request.save()


def unproved(request: DataSubjectRequest, found: Iterable[Item]) -> list[Item]:
    """What the person's words lead to beside what a link proved: perhaps theirs, perhaps somebody else's.

    `found`: what is `held`.
    """
    if request.identity != Identity.CONFIRMED:
        return []
    proved = {(item.source, item.identifier) for item in found}
    named = _but_itself(request, registry.find(request.statement.subject()))
    others = {
        item.owner for person in persons_found(request) for item in person.items
    }  # they share the mailbox that was proved
    named = [item for item in named if item.owner not in others]
    return [item for item in named if (item.source, item.identifier) not in proved]


def unproved_persons(request: DataSubjectRequest, found: Iterable[Item]) -> list[Person]:
    """Whose that is."""
    owners = {item.owner for item in unproved(request, found)}
    everybody = persons.found(request.statement.subject(), own=str(request.pk)) if owners else []
    return [person for person in everybody if person.keys & owners]


def link_goes_to(request: DataSubjectRequest, found: Iterable[Item]) -> str:
    """The address given if it is held, else the one stored with the one person found. Empty: there is none.

    `found`: what is `held`.
    """
    if any("email" in item.matched_by for item in found):
        return request.statement.email
    return registry.stored_address(_subject(request))


def settle(request: DataSubjectRequest, *, identity: Identity, now: datetime, theirs_too: Collection[str] = ()) -> None:
    """Note what the comparison came to; a clock that stood still runs again. Raises Refused.

    Of several persons one is chosen before. `theirs_too`: of several whom a link did not prove, those who are the
    same person; a single one is.
    """
    if identity == Identity.NOTHING_HELD and held(request):
        raise Refused(_("Something is held. Compare it with what the person says."))
    compared = [*chosen(request), *_compared(unproved_persons(request, held(request)), theirs_too)]
    if identity == Identity.MATCHED:
        request.subject()  # somebody is chosen, or there is but one
    _settle(request, identity, now)
    if identity == Identity.MATCHED and compared:
        _choose(request, persons.pick(compared, {person.key for person in compared}))
        request.save()


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
    return asked if asked and is_marked(asked, mark) else None


@transaction.atomic
def confirm_by_link(token: str, *, now: datetime, number: str = "", postal_code: str = "") -> bool:
    """The person pressed the button behind the link; False if it does not count any more.

    `number`, `postal_code`: what they add to their words, for a mailbox that is not theirs alone.
    """
    request = request_behind(token)
    if request is None:
        return False
    said = request.statement
    number, postal_code = said.number or number.strip(), said.postal_code or postal_code.strip()
    request.take(replace(said, email=said.link_to, number=number, postal_code=postal_code, persons=None))
    _settle(request, Identity.CONFIRMED, now)
    _decide(request)
    audit.note(Act.CONFIRMED, actor=Actor.PERSON, kind="privacy.datasubjectrequest", key=request.pk)
    return True


def _decide(request: DataSubjectRequest) -> None:
    """Of those who share the proved mailbox the one whom a second statement names; else nobody is chosen."""
    said = request.statement.subject()
    theirs = persons.found(said, own=str(request.pk))
    proved = [person for person in theirs if "email" in person.matched_by]
    one = proved[0] if len(proved) == 1 else persons.decided(proved, said)
    if one is not None:
        _choose(request, [one])
        request.save()


def _choose(request: DataSubjectRequest, theirs: Collection[Person]) -> None:
    request.take(replace(request.statement, persons=persons.remember(theirs)))


def _compared(theirs: list[Person], keys: Collection[str]) -> list[Person]:
    """Those whom the keys name, or the one whom there is. Raises Refused."""
    if not persons.need_a_choice(theirs):
        return theirs
    if not keys:
        raise Refused(_("It is of several persons. Tick those who are the person who asks."))
    return persons.pick(theirs, keys)


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


def _subject(request: DataSubjectRequest) -> DataSubject:
    try:
        return request.subject()
    except Undecided:
        return request.words()


def _but_itself(request: DataSubjectRequest, found: Iterable[Item]) -> list[Item]:
    return [item for item in found if item.identifier != str(request.pk)]
