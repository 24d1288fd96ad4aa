"""Words in the characters that an address may have."""

import re
from typing import Any

from django.db.models import Manager, QuerySet

from sitebackend.pages import search


def slug_of(words: str) -> str:
    """Small letters, digits and hyphens; umlauts as two letters."""
    return re.sub(r"[^a-z0-9]+", "-", search.fold(words))[:60].strip("-")


def free_name(words: str, rows: Manager[Any] | QuerySet[Any], *, or_else: str) -> str:
    """A name that none of `rows` has yet, made from `words`."""
    stem = slug_of(words)[:50].strip("-") or or_else
    names = (stem, *(f"{stem}-{number}" for number in range(2, 10_000)))
    return next(name for name in names if not rows.filter(name=name).exists())
