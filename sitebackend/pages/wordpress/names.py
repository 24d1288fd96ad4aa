"""The keys of imported things, by which a second run finds them again."""

from uuid import NAMESPACE_URL, UUID, uuid5


def key_of(host: str, what: int | str) -> UUID:
    """Of the page with a number, or the upload at a path, of the site at `host`: the same in each run."""
    return uuid5(NAMESPACE_URL, f"https://{host}/{f'?p={what}' if isinstance(what, int) else what}")
