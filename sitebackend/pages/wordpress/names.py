"""The keys of imported things, by which a second run finds them again, and their names here."""

from pathlib import PurePosixPath
from uuid import NAMESPACE_URL, UUID, uuid5

from sitebackend.pages.slugs import free_name
from sitebackend.pages.wordpress.folder import without_size


def key_of(host: str, what: int | str) -> UUID:
    """Of the page with a number, or the upload at a path, of the site at `host`: the same in each run."""
    return uuid5(NAMESPACE_URL, f"https://{host}/{f'?p={what}' if isinstance(what, int) else what}")


def name_of(path: str, taken: set[str], *, or_else: str) -> str:
    """A name for the upload at `path`, which is taken from now on."""
    name = free_name(PurePosixPath(without_size(path)).stem, taken, or_else=or_else)
    taken.add(name)
    return name
