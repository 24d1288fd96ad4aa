"""The nightly rehearsal of an erasure: who the invented person is, and how the last one went.

`management.rehearsal` carries it out. What must never happen: she is taken for a person. So her address lies in a
domain that cannot exist (RFC 2606), no mail about her rows goes out (`mail.kinds.hold_back`), and reports leave her
out while she is here. Nothing of her is written down: her name follows from the time at which the rehearsal began,
and from the server's key, so a rehearsal that was killed is cleaned up by whoever comes next.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet

from sitebackend.crypto import lookup, server_key
from sitebackend.privacy import registry
from sitebackend.privacy.models import Rehearsal
from sitebackend.privacy.registry import DataSubject

Rows = TypeVar("Rows", bound=QuerySet[Any])


@dataclass(frozen=True, slots=True)
class Invented:
    """A person who never lived; everything of hers holds `token`, which occurs nowhere else."""

    token: str

    @property
    def email(self) -> str:
        return f"{self.token}@rehearsal.invalid"

    @property
    def digest(self) -> str:
        return lookup.email(self.email)

    def subject(self) -> DataSubject:
        """By her address alone: by nothing that a living person could have as well."""
        return DataSubject(email=self.email)


def invented(begun_at: datetime) -> Invented:
    began = begun_at.astimezone(UTC).isoformat().encode()
    return Invented("probe" + hmac.new(server_key.derive("rehearsal"), began, hashlib.sha256).hexdigest()[:24])


def going_on() -> Invented | None:
    """Who is here at this moment; None: no rehearsal is under way, or was cut off."""
    row = Rehearsal.objects.filter(ended_at=None).first()
    return invented(row.begun_at) if row else None


def without_invented(rows: Rows) -> Rows:
    """For reports: `rows` with a column `email_digest`, but hers."""
    person = going_on()
    return rows.exclude(email_digest=person.digest) if person else rows


def held_rows() -> list[UUID]:
    """Her rows: no mail about them goes out."""
    person = going_on()
    return [UUID(item.identifier) for item in registry.find(person.subject())] if person else []


def last_proved() -> Rehearsal | None:
    """The last one that went as it should; None: there was none."""
    return Rehearsal.objects.filter(proved_at__isnull=False).first()
