"""Words in the characters that an address may have."""

import re
from collections.abc import Container, Iterator
from itertools import chain, count

from sitebackend.pages import search


def slug_of(words: str) -> str:
    """Small letters, digits and hyphens; umlauts as two letters."""
    return re.sub(r"[^a-z0-9]+", "-", search.fold(words))[:60].strip("-")


def numbered(stem: str) -> Iterator[str]:
    """`stem` itself, then with 2, 3 … behind it."""
    return chain([stem], (f"{stem}-{number}" for number in count(2)))


def free_name(words: str, taken: Container[str], *, or_else: str) -> str:
    """A name made from `words`, with a number behind it if that one is taken."""
    stem = slug_of(words)[:50].strip("-") or or_else
    return next(name for name in numbered(stem) if name not in taken)
