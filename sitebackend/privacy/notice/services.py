"""What the privacy notice says of the software, told by the software: true by construction.

What must never happen: the notice promises what the site does not do. So nothing in here is typed twice:
periods, recipients and log policy come from the settings, holdings from the registry, cookies and external
hosts from the room that sets and holds them. Every sentence carries the name of the fact that it tells: a test
does, under each value of each setting, what the sentence is about, and compares. Each room registers its facts
in a `notice.py`, found the way `admin.py` is found; the operator's own paragraphs stand beside them. Whenever
anything of it changes, a dated version is kept (`NoticeVersion`), and the old ones stay readable.
"""

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from django.db import DatabaseError, transaction
from django.utils import translation

from sitebackend.privacy.notice.models import NoticeVersion
from sitebackend.privacy.registry import Text

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One or more sentences that tell one fact. `fact` is its name in the test that compares it with the site."""

    fact: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    fact: str
    caption: Text
    columns: Sequence[Text]
    rows: Sequence[Sequence[Text]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One heading of the notice. `name` is its anchor; a paragraph is made of sentences."""

    name: str
    title: Text
    paragraphs: Sequence[Sequence[Sentence]] = ()
    tables: Sequence[Table] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What the notice must name before the site may do it."""

    cookies: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()


Facts = Callable[[], Iterable[Section]]
_facts: list[tuple[int, Facts]] = []
_named: list[Callable[[], Named]] = []


def facts(order: int) -> Callable[[Facts], Facts]:
    """Decorator: `function` gives sections in the active language; `order` says where they stand."""

    def register(function: Facts) -> Facts:
        _facts.append((order, function))
        return function

    return register


def names(function: Callable[[], Named]) -> Callable[[], Named]:
    """Decorator: `function` tells which cookies and hosts its sections name."""
    _named.append(function)
    return function


def named() -> Named:
    """Every cookie and every external host that the notice names now."""
    parts = [function() for function in _named]
    return Named(
        cookies=frozenset[str]().union(*(part.cookies for part in parts)),
        hosts=frozenset[str]().union(*(part.hosts for part in parts)),
    )


def sections(language: str) -> list[dict[str, Any]]:
    """All sections in `language`, as plain text that can be kept and compared."""
    with translation.override(language):
        return [_plain(section) for section in typed_sections()]


def typed_sections() -> list[Section]:
    """All sections in the active language, each sentence with the name of its fact."""
    found = [section for _, function in sorted(_facts, key=lambda pair: pair[0]) for section in function()]
    return [section for section in found if section.paragraphs or section.tables]


def _plain(section: Section) -> dict[str, Any]:
    paragraphs = [
        " ".join(str(sentence.text) for sentence in paragraph) for paragraph in section.paragraphs if paragraph
    ]
    tables = [{name: value for name, value in asdict(table).items() if name != "fact"} for table in section.tables]
    plain: dict[str, Any] = {"name": section.name, "title": section.title, "paragraphs": paragraphs, "tables": tables}
    return cast("dict[str, Any]", json.loads(json.dumps(plain, default=str)))


def present_version(*, language: str, own: str = "") -> NoticeVersion:
    """The notice as it stands: facts, and the operator's `own` paragraphs (sanitised HTML). Kept if it is new.

    Whoever reads the notice gets it even when it cannot be kept: the version is then not saved, and logged.
    """
    content = {"own": own, "sections": sections(language)}
    version = NoticeVersion.after(NoticeVersion.objects.newest(language), content, language=language)
    return version if version.pk else _keep(version)


def _keep(version: NoticeVersion) -> NoticeVersion:
    try:
        with transaction.atomic():
            version.save(force_insert=True)
    except DatabaseError:  # a full disk, or another process was quicker
        logger.exception("a version of the privacy notice could not be kept")
    return version
