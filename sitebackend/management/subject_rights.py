"""Rectification, restriction and objection at the terminal: what is offered, and with --yes the deed."""

from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from sitebackend import audit
from sitebackend.models import Act, Actor
from sitebackend.privacy import registry
from sitebackend.privacy.models import Channel
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.registry import DataSubject
from sitebackend.privacy.services import rights


def restrict(person: DataSubject, *, yes: bool, **_options: Any) -> Iterator[str]:
    """Keep what is held on the person without using it."""
    for item in registry.restrictable(person):
        yield f"{item.source}  {item.identifier}  {item.title}"
    if yes:
        received = told(person)
        yield from _done(Act.RESTRICTED, lambda: rights.restrict(person, now=timezone.now()))
        yield from received


def rectify(person: DataSubject, *, yes: bool, set: list[str], **_options: Any) -> Iterator[str]:
    """Show what can be corrected, or correct it: --set street="Neuer Weg 1"."""
    rows = rights.correctable(person)
    for row in rows:
        yield f"{row.source}  {row.row}  {row.title}"
        yield from (f"    {name}: {value}" for name, (_label, value) in row.values.items())
    if not yes:
        return
    if len(rows) != 1:
        raise CommandError(_("Say so much of the person that exactly one record is meant."))
    values = dict(pair.partition("=")[::2] for pair in set)
    received = told(person)
    yield from _done(Act.CORRECTED, lambda: rights.correct(person, row=rows[0].row, values=values, now=timezone.now()))
    yield from received


def object_(person: DataSubject, *, yes: bool, purpose: list[str], channel: str, **_options: Any) -> Iterator[str]:
    """Show the purposes that can be closed, or close those that are named."""
    offered = rights.closable(person)
    for found in offered:
        yield f"{found.source}  {found.purpose}  {found.title}"
        yield from (f"    {consequence}" for consequence in found.consequences)
    if yes:
        keys = [found.key for found in offered if found.purpose in purpose]
        now = timezone.now()
        yield from _done(Act.CLOSED, lambda: rights.close(person, keys=keys, by=None, channel=channel, now=now))


VERBS: dict[str, Callable[..., Iterator[str]]] = {"restrict": restrict, "rectify": rectify, "object": object_}
CHANNELS = tuple(Channel.values)


def told(person: DataSubject) -> list[str]:
    """Who must hear of what is done to this person's data; asked for before, for an erasure leads to nobody."""
    return [_("Tell of it (Art. 19 GDPR): {who}").format(who=who) for who in registry.recipients(person)]


def _done(act: Act, deed: Callable[[], list[rights.Done]]) -> Iterator[str]:
    try:
        done = deed()
    except Refused as refusal:
        raise CommandError(str(refusal)) from refusal
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    audit.note_each(act, ((holding, count) for holding, _measure, count in done), actor=Actor.SHELL)
    yield from (f"{holding}  {measure}  {count}" for holding, measure, count in done)
