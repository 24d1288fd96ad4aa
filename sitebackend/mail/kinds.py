"""The kinds of mail that the site sends. Each app registers its own in its `mail.py`:

    register(Kind("vault.event", label=_("notice about the vault"), compose=event_notice))

A mail waits as its kind, what it is about and a few sealed facts. `compose` makes it at the moment it goes out,
from what is so then; None: there is nothing to say any more, and the mail goes without being sent. What hangs on
the delivery (an acknowledgement that counts, "the person has it") is done by `on_delivered`, when the server took it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.mail import EmailMessage
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sitebackend import retention

Facts = Mapping[str, Any]

GIVE_UP_AFTER = timedelta(days=5)  # RFC 5321, 4.5.4.1


def _nothing(about: UUID, facts: Facts, at: datetime) -> None:
    """Nothing hangs on this delivery."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of mail."""

    name: str  #: stable: rows name it
    label: str | Promise
    compose: Callable[[UUID, Facts], EmailMessage | None]
    on_delivered: Callable[[UUID, Facts, datetime], None] = _nothing
    give_up_after: timedelta = GIVE_UP_AFTER
    is_courtesy: bool = False  #: one that cannot be delivered is let go, and nobody is alarmed
    sent_kept_for: timedelta | None = retention.SENT_MAIL  #: its dates; None: as long as what it is about
    report: str = "mail"  #: the findings that speak of it: `<report>.queue`
    area: str | Promise = field(default=_("Outgoing mail"))  #: what they are headed


_kinds: dict[str, Kind] = {}
_held_back: list[Callable[[], Iterable[UUID]]] = []


def register(kind: Kind) -> Kind:
    """Two of one name are a programming error."""
    if kind.name in _kinds:
        raise ValueError(f"two kinds of mail are called {kind.name}")
    _kinds[kind.name] = kind
    return kind


def kind_of(name: str) -> Kind:
    return _kinds[name]


def registered() -> Collection[Kind]:
    return _kinds.values()


def hold_back(keys: Callable[[], Iterable[UUID]]) -> None:
    """While `keys` gives the key of a row, no mail about that row goes out."""
    _held_back.append(keys)


def held_back() -> set[UUID]:
    return {key for keys in _held_back for key in keys()}
