"""A menu of two levels: a page that lies below another one of the same menu stands below it there."""

from collections.abc import Iterable

from sitebackend.pages.models import Page


def nested(pages: Iterable[Page]) -> list[tuple[Page, list[Page]]]:
    """`pages` of one language in their order: those on top, each with those below it, however deep."""
    found = list(pages)
    tops = {page.path: page for page in found if page.path}
    below: dict[str, list[Page]] = {}
    for page in found:
        below.setdefault(_topmost(page.path, tops), []).append(page)
    return [
        (page, [other for other in below[page.path] if other is not page])
        for page in found
        if _topmost(page.path, tops) == page.path
    ]


def _topmost(path: str, known: Iterable[str]) -> str:
    """The shortest of the `known` paths that `path` lies below; else its own."""
    parts = path.split("/")
    above = ("/".join(parts[:length]) for length in range(1, len(parts)))
    return next((one for one in above if one in known), path)
