"""Words in the characters that an address may have."""

import re

from sitebackend.pages import search


def slug_of(words: str) -> str:
    """Small letters, digits and hyphens; umlauts as two letters."""
    return re.sub(r"[^a-z0-9]+", "-", search.fold(words))[:60].strip("-")
