"""Whoever received a person's data hears of their correction, erasure and restriction (Art. 19 GDPR).

After an erasure nothing leads to the recipients any more. So they are noted on the request before its deed, sealed
with what the person said, and go with that. The operator ticks off who was told; the letter names those.
"""

from collections.abc import Collection
from dataclasses import replace

from django.utils import translation

from sitebackend.privacy import registry
from sitebackend.privacy.models import DataSubjectRequest


def note_received(request: DataSubjectRequest) -> None:
    """Before the deed. The caller saves the request."""
    said = request.statement
    with translation.override(said.language):
        found = registry.recipients(request.subject())
    request.take(replace(said, received_by=_lines([*said.received_by.splitlines(), *found])))


def note_told(request: DataSubjectRequest, told: Collection[str]) -> None:
    """The operator told these. The caller saves the request."""
    request.take(replace(request.statement, told=_lines(told)))


def _lines(names: Collection[str]) -> str:
    return "\n".join(dict.fromkeys(name.strip() for name in names if name.strip()))
