"""The erasure journal: whole, numbered, on every medium, or loudly damaged."""

import multiprocessing
import os
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from sitebackend import node
from sitebackend.privacy import journal, journal_line
from tests.privacy.conftest import NOON, lines

pytestmark = pytest.mark.usefixtures("journal_folder")
OLD_LINES = (  # as the first version wrote them
    b'{"number": 1, "at": "2026-11-23T11:00:00+00:00", "source": "a", "action": "delete", '
    b'"rows": ["00000000-0000-0000-0000-000000000001"], '
    b'"chain": "49a5e1f4077969699fef05f4d5629a1e8bc94c7dd4456849b1b24d339cf2b43a"}\n'
    b'{"number": 2, "at": "2026-11-23T11:00:00+00:00", "source": "b", "action": "delete", '
    b'"rows": ["00000000-0000-0000-0000-000000000002"], '
    b'"chain": "e6082dc95a18686877b504a4b0dfdec16fe38a39c93ae4e41414c488618125ef"}\n'
)


def test_an_empty_journal_stands_at_zero() -> None:
    assert journal.position() == 0
    assert journal.entries() == []


def test_a_line_holds_what_was_done_when_why_and_where_to_which_keys_and_nothing_else() -> None:
    row = uuid4()
    assert journal.append([("contact.submissions", "delete", [row])], now=NOON) == 1
    [line] = lines(journal.path())
    assert line.pop("chain")
    assert line == {
        "number": 1,
        "at": "2026-11-23T11:00:00+00:00",
        "source": "contact.submissions",
        "action": "delete",
        "rows": [str(row)],
        "cause": "person",
        "node": str(node.own_name()),
        "mark": None,
    }


def test_a_line_says_that_retention_wrote_it_and_what_was_promised() -> None:
    rows = [uuid4()]
    promised = journal.Mark(objected_on=date(2026, 11, 27), promised_until=date(2034, 12, 31))
    journal.append([("a", "delete", [uuid4()])], now=NOON, cause=journal.Cause.RETENTION)
    journal.append([("b", "promise", rows)], now=NOON, mark=promised)
    journal.append([("b", "promise", rows)], now=NOON, mark=journal.Mark(promised_until=date(2028, 2, 29)))
    first, second, third = journal.entries()
    assert (first.cause, first.node, first.mark) == (journal.Cause.RETENTION, node.own_name(), None)
    assert (second.cause, second.mark) == (journal.Cause.PERSON, promised)
    assert third.mark == journal.Mark(promised_until=date(2028, 2, 29))


def test_lines_of_an_earlier_version_are_read_and_written_on() -> None:
    journal.path().parent.mkdir(parents=True, exist_ok=True)
    journal.path().write_bytes(OLD_LINES)
    assert journal.append([("c", "delete", [uuid4()])], now=NOON) == 3
    old, _second, new = journal.entries()
    assert (old.source, old.cause, old.node, old.mark) == ("a", journal.Cause.PERSON, None, None)
    assert new.node == node.own_name()


@pytest.mark.parametrize("change", [('"retention"', '"person"'), ("2034", "2033"), ('"cause"', '"reason"')])
def test_cause_and_mark_cannot_be_changed_unnoticed(change: tuple[str, str]) -> None:
    promised = journal.Mark(promised_until=date(2034, 12, 31))
    journal.append([("a", "delete", [uuid4()])], now=NOON, cause=journal.Cause.RETENTION, mark=promised)
    journal.path().write_text(journal.path().read_text().replace(*change))
    with pytest.raises(journal.JournalDamaged, match="line 1"):
        journal.entries()


def test_only_the_owner_can_read_it() -> None:
    journal.append([("a", "delete", [uuid4()])], now=NOON)
    assert journal.path().stat().st_mode & 0o777 == 0o600


def test_numbers_go_on_and_entries_come_back_as_written() -> None:
    rows = tuple(sorted(uuid4() for _ in range(3)))
    journal.append([("a", "delete", rows)], now=NOON)
    assert journal.append([("b", "redact", rows[:1]), ("c", "restrict", rows[1:])], now=NOON) == 3
    assert journal.entries() == [
        journal.Entry(1, NOON, "a", "delete", rows, node=node.own_name()),
        journal.Entry(2, NOON, "b", "redact", rows[:1], node=node.own_name()),
        journal.Entry(3, NOON, "c", "restrict", rows[1:], node=node.own_name()),
    ]


def test_many_rows_are_cut_into_lines_that_a_mail_can_carry() -> None:
    rows = [UUID(int=number) for number in range(2 * journal.ROWS_PER_LINE + 1)]
    assert journal.append([("a", "delete", rows)], now=NOON) == 3
    assert [row for entry in journal.entries() for row in entry.rows] == rows


def test_a_half_written_line_is_cut_off_and_its_number_given_again() -> None:
    journal.append([("a", "delete", [uuid4()])], now=NOON)
    with journal.path().open("ab") as file:
        file.write(b'{"number": 2, "at": "2026-')
    assert journal.position() == 1
    assert journal.append([("b", "delete", [uuid4()])], now=NOON) == 2
    assert [entry.source for entry in journal.entries()] == ["a", "b"]


@pytest.mark.parametrize("line", [0, 1])
def test_a_line_changed_afterwards_is_noticed(line: int) -> None:
    journal.append([("a", "delete", [uuid4()]), ("b", "delete", [uuid4()])], now=NOON)
    content = journal.path().read_text().splitlines(keepends=True)
    content[line] = content[line].replace("delete", "retain")
    journal.path().write_text("".join(content))
    with pytest.raises(journal.JournalDamaged, match=f"line {line + 1}"):
        journal.entries()


def test_a_line_taken_out_is_noticed() -> None:
    for source in "abc":
        journal.append([(source, "delete", [uuid4()])], now=NOON)
    first, _second, third = journal.path().read_bytes().splitlines(keepends=True)
    journal.path().write_bytes(first + third)
    with pytest.raises(journal.JournalDamaged, match="line 2"):
        journal.append([("d", "delete", [uuid4()])], now=NOON)


def test_what_is_no_line_at_all_is_named_by_its_place() -> None:
    journal.path().parent.mkdir()
    journal.path().write_bytes(b"\x00\xff\n")
    with pytest.raises(journal.JournalDamaged, match="line 1"):
        journal.position()


def test_every_backup_medium_gets_the_same_bytes(settings: Settings, tmp_path: Path) -> None:
    settings.BACKUP_TARGETS = [tmp_path / "usb", tmp_path / "nas"]
    for folder in settings.BACKUP_TARGETS:
        folder.mkdir()
    journal.append([("a", "delete", [uuid4()])], now=NOON)
    journal.append([("b", "delete", [uuid4()])], now=NOON)
    for folder in settings.BACKUP_TARGETS:
        assert (folder / journal.FILE_NAME).read_bytes() == journal.path().read_bytes()


def test_a_medium_out_of_reach_is_named_and_catches_up_later(settings: Settings, tmp_path: Path) -> None:
    settings.BACKUP_TARGETS = [tmp_path / "unplugged"]
    journal.append([("a", "delete", [uuid4()])], now=NOON)
    assert journal.copy_to_targets() == [tmp_path / "unplugged"]
    (tmp_path / "unplugged").mkdir()
    assert journal.copy_to_targets() == []
    assert journal.entries(tmp_path / "unplugged" / journal.FILE_NAME) == journal.entries()


def test_a_copy_that_knows_more_is_never_overwritten(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "usb").mkdir()
    settings.BACKUP_TARGETS = [tmp_path / "usb"]
    journal.append([("a", "delete", [uuid4()]), ("b", "delete", [uuid4()])], now=NOON)
    longer = (tmp_path / "usb" / journal.FILE_NAME).read_bytes()
    journal.path().write_bytes(longer.splitlines(keepends=True)[0])
    assert journal.copy_to_targets() == [tmp_path / "usb"]
    assert (tmp_path / "usb" / journal.FILE_NAME).read_bytes() == longer


def _append(folder: str, times: int) -> None:
    from django.conf import settings

    settings.DATA_DIR = Path(folder)
    for _ in range(times):
        journal.append([(str(os.getpid()), "delete", [uuid4()])], now=NOON)


def test_two_processes_at_once_lose_and_double_no_number(settings: Settings) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_append, args=(str(settings.DATA_DIR), 20)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert [entry.number for entry in journal.entries()] == list(range(1, 61))


def test_the_newest_number_is_read_from_the_last_whole_line_alone() -> None:
    assert journal.newest_number() == 0
    journal.append([("accounts", "delete", [uuid4() for _ in range(3 * journal.ROWS_PER_LINE)])], now=NOON)
    assert journal.newest_number() == journal.position() == 3
    assert max(map(len, journal.path().read_bytes().splitlines())) < journal_line.LONGEST
    with journal.path().open("ab") as file:
        file.write(b'{"number": 4, "at"')  # a power cut
    assert journal.newest_number() == 3
    with journal.path().open("ab") as file:
        file.write(b"\n")
    with pytest.raises(journal.JournalDamaged):
        journal.newest_number()
