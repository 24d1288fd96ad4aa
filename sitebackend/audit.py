"""Notes for the audit trail: what was done to data and keys outside the admin's forms.

What must never happen: the trail becomes a second copy of what it watches. A note says who, what and on which
row by its random key; there is no place in it for a name, an address or a word of content. Refused logins are
noted without the name that was tried, and once a minute at most: neither the answer's time nor the table's
size tells or suffers from guessing.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib.auth import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.utils import timezone

from sitebackend.models import Act, Actor, Event, Operator

REFUSALS_EVERY = timedelta(minutes=1)


def note(
    act: Act, *, actor: Actor, operator: Operator | None = None, kind: str = "", key: object = "", reason: str = ""
) -> None:
    """One line of the trail, in the transaction of what it tells of."""
    Event.objects.create(
        at=timezone.now(), actor=actor, operator=operator, act=act, kind=kind, key=str(key), reason=reason
    )


def note_each(act: Act, rows: Iterable[tuple[str, object]], *, actor: Actor, operator: Operator | None = None) -> None:
    """One line for each (kind, key)."""
    now = timezone.now()
    lines = (Event(at=now, actor=actor, operator=operator, act=act, kind=kind, key=str(key)) for kind, key in rows)
    Event.objects.bulk_create(lines, batch_size=500)


@receiver(user_logged_in)
def logged_in(sender: Any, user: Any, **kwargs: Any) -> None:
    note(Act.LOGGED_IN, actor=Actor.OPERATOR, operator=user)


@receiver(user_logged_out)
def logged_out(sender: Any, user: Any, **kwargs: Any) -> None:
    if isinstance(user, Operator):
        note(Act.LOGGED_OUT, actor=Actor.OPERATOR, operator=user)


@receiver(user_login_failed)
def refused(sender: Any, **kwargs: Any) -> None:
    lately = timezone.now() - REFUSALS_EVERY
    if not Event.objects.filter(act=Act.LOGIN_REFUSED, at__range=(lately, timezone.now())).exists():
        note(Act.LOGIN_REFUSED, actor=Actor.UNKNOWN)
