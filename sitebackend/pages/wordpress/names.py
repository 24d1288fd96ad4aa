"""What imported things are called here: keys that a second run finds again, addresses that are allowed."""

import re
from uuid import NAMESPACE_URL, UUID, uuid5

from sitebackend.pages import search


def key_of(host: str, what: int | str) -> UUID:
    """Of the page with a number, or the upload at a path, of the site at `host`: the same in each run."""
    return uuid5(NAMESPACE_URL, f"https://{host}/{f'?p={what}' if isinstance(what, int) else what}")


def slug_of(words: str) -> str:
    """`words` in the characters that an address may have; umlauts as two letters."""
    return re.sub(r"[^a-z0-9]+", "-", search.fold(words))[:70].strip("-")
