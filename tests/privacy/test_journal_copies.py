"""The journal put together again from whatever copies there are; what cannot be, is refused."""

from pathlib import Path
from uuid import uuid4

import pytest

from sitebackend.privacy import journal, journal_copies
from sitebackend.privacy.journal import JournalDamaged
from tests.privacy.conftest import NOON

pytestmark = pytest.mark.usefixtures("journal_folder")


@pytest.fixture
def four() -> bytes:
    """A journal of four lines."""
    for source in "abcd":
        journal.append([(source, "delete", [uuid4()])], now=NOON)
    return journal.path().read_bytes()


def copy(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def lines(content: bytes) -> list[bytes]:
    return content.splitlines(keepends=True)


def test_nobody_erased_is_an_empty_journal(tmp_path: Path) -> None:
    assert journal_copies.united([]) == b""
    assert journal_copies.beside(tmp_path / "absent") == []


def test_the_longest_of_several_copies_counts(four: bytes, tmp_path: Path) -> None:
    short = copy(tmp_path, "erasures.jsonl", b"".join(lines(four)[:2]))
    assert journal_copies.united([short, journal.path()]) == four


def test_what_was_mailed_in_pieces_goes_on_where_the_backups_own_copy_ends(four: bytes, tmp_path: Path) -> None:
    copy(tmp_path, "erasures.jsonl", b"".join(lines(four)[:2]))
    copy(tmp_path, "erasures-000004-000004.jsonl", journal.raw(4, 4))
    copy(tmp_path, "erasures-000002-000003.jsonl", journal.raw(2, 3))
    assert journal_copies.united(journal_copies.beside(tmp_path)) == four


def test_a_mail_programs_line_ends_and_blank_lines_are_no_harm(four: bytes, tmp_path: Path) -> None:
    changed = copy(tmp_path, "erasures.jsonl", b"\r\n" + four.replace(b"\n", b"\r\n") + b"\r\n")
    assert journal_copies.united([changed]) == four


def test_a_half_written_last_line_was_never_acted_upon(four: bytes, tmp_path: Path) -> None:
    torn = copy(tmp_path, "erasures.jsonl", four + b'{"number": 5, "at": "20')
    assert journal_copies.united([torn]) == four


def test_a_damaged_line_is_taken_from_another_copy(four: bytes, tmp_path: Path) -> None:
    damaged = copy(tmp_path, "erasures.jsonl", four.replace(b'"source": "b"', b'"source": "x"'))
    with pytest.raises(JournalDamaged, match="Zeile 2"):
        journal_copies.united([damaged])
    assert journal_copies.united([damaged, journal.path()]) == four


def test_a_line_that_no_copy_has_is_missed(four: bytes, tmp_path: Path) -> None:
    first, _second, third, fourth = lines(four)
    gap = copy(tmp_path, "erasures.jsonl", first + third + fourth)
    with pytest.raises(JournalDamaged, match="Zeile 2"):
        journal_copies.united([gap])


def test_two_copies_that_went_different_ways_are_refused(four: bytes, tmp_path: Path) -> None:
    journal.path().write_bytes(b"".join(lines(four)[:3]))
    journal.append([("other", "delete", [uuid4()])], now=NOON)
    with pytest.raises(JournalDamaged, match="Zeile 4"):
        journal_copies.united([journal.path(), copy(tmp_path, "erasures.jsonl", four)])
