"""Full-text search over pages and posts: SQLite's FTS5, or PostgreSQL's with German stemming.

Words are folded first (ä = ae, ß = ss, no accents, no capitals), on both sides, so that “Müller” and
“mueller” find each other. The end of a word may be missing. The index knows all pages; who may see which
is asked of the pages, so a draft is never found.
"""

import re
import unicodedata
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from django.db import connection

if TYPE_CHECKING:
    from sitebackend.pages.models import PageQuerySet

Pages = TypeVar("Pages", bound="PageQuerySet")
MOST_WORDS = 8
MOST_HITS = 50
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_CONFIGURATION = {"de": "german", "en": "english"}


def fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", text).lower().translate(_GERMAN))
    return "".join(character for character in plain if not unicodedata.combining(character))


def words(query: str) -> list[str]:
    return re.findall(r"\w+", fold(query))[:MOST_WORDS]


def find(pages: Pages, query: str, language: str) -> Pages:
    """Those of `pages` that have every word of `query`, the best first."""
    wanted = words(query)
    if not wanted:
        return pages.none()
    found = _find_in_postgresql if connection.vendor == "postgresql" else _find_in_sqlite
    return found(pages.filter(language=language), wanted, language)


def index(key: UUID, title: str, text: str) -> None:
    """Bring SQLite's index up to date; PostgreSQL does it by itself."""
    if connection.vendor == "sqlite":
        forget(key)
        with connection.cursor() as cursor:
            row = [key.hex, fold(title), fold(text)]
            cursor.execute("INSERT INTO pages_search (page, title, words) VALUES (%s, %s, %s)", row)


def forget(key: UUID) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM pages_search WHERE page = %s", [key.hex])


def _find_in_sqlite(pages: Pages, wanted: list[str], language: str) -> Pages:
    query = " AND ".join(f'"{word}"*' for word in wanted)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT page FROM pages_search WHERE pages_search MATCH %s ORDER BY bm25(pages_search, 0, 8, 1) LIMIT %s",
            [query, MOST_HITS * 4],
        )
        keys = [UUID(row[0]) for row in cursor.fetchall()]
    return pages.in_order_of(keys)[:MOST_HITS]


def _find_in_postgresql(pages: Pages, wanted: list[str], language: str) -> Pages:
    from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector  # needs psycopg

    configuration = _CONFIGURATION[language]
    query = SearchQuery(" & ".join(f"{word}:*" for word in wanted), config=configuration, search_type="raw")
    vector = SearchVector("search_text", config=configuration)
    hits = pages.annotate(vector=vector).filter(vector=query)
    by_length = SearchRank(vector, query, normalization=2)  # a title counts for more in a short text
    return hits.annotate(rank=by_length).order_by("-rank", "title")[:MOST_HITS]
