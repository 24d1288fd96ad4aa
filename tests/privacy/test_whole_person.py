"""The heart, shown: a person in every holding is told everything, and then is gone, to the last byte.

On SQLite the database lies in a file here, so that the file, its write-ahead log and the data folder can be
searched for every value that anybody typed. On PostgreSQL the rows are searched, and the files around them.
"""

import json
import logging
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sitebackend.crypto import lookup, sealing
from sitebackend.log import PrivateFormatter
from sitebackend.models import Operator, SiteSettings
from sitebackend.privacy import documents, erasure, journal, registry, traces
from sitebackend.privacy.models import DataSubjectRequest, Identity, Kind, Outcome
from sitebackend.privacy.services import answer, identity
from sitebackend.vault.models import Vault
from sitebackend.vault.opened import OpenVault
from tests.privacy.people import EVENTS, NOW, Person, customer_of, happen, request

#: how many lives are tried; PRIVACY_EXAMPLES=300 tries more (a hundred take less than a minute)
EXAMPLES = int(os.environ.get("PRIVACY_EXAMPLES", "8"))
SIGNS = st.characters(categories=("Lu", "Ll", "Nd"), max_codepoint=0x24F)


@pytest.fixture
def vault_key(journal_folder: Path, operator_key: Path) -> bytes:
    public, private = sealing.new_key_pair()
    Vault.objects.create(public_key=public, made_at=timezone.now())
    SiteSettings.objects.create(business_name="B", owner="O", email="k@example.de", federal_state="NW")
    return private


@pytest.fixture
def everything_below(
    request: pytest.FixtureRequest,
    django_db_serialized_rollback: None,
    transactional_db: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Path]:
    """One folder with the data folder, temporary files, a log of everything that is said; SQLite's files as well."""
    folder = tmp_path
    if connection.vendor == "sqlite":
        request.getfixturevalue("on_disk")
    (folder / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "tmp"))
    handler = logging.FileHandler(folder / "log")
    handler.setFormatter(PrivateFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield folder
    root.removeHandler(handler)
    root.setLevel(level)
    handler.close()


def _rows() -> dict[tuple[str, str], tuple[Any, ...]]:
    """Every row of every table, by table and key."""
    return {
        (model._meta.label, str(row[0])): row
        for model in apps.get_models(include_auto_created=True)
        for row in model._default_manager.values_list("pk", *(f.attname for f in model._meta.concrete_fields))
    }


def _found_in_files(values: set[str], folder: Path) -> list[tuple[str, str]]:
    """Which values stand, as UTF-8 or as JSON spells them, in which file below `folder`."""
    spellings = {value: {value.encode(), json.dumps(value).strip('"').encode()} for value in values}
    contents = {file.name: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    return [
        (value, name)
        for name, content in contents.items()
        for value, spelled in spellings.items()
        if any(spelling in content for spelling in spelled)
    ]


WORD = st.text(SIGNS, min_size=12, max_size=20)
LIVES = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(EVENTS)), min_size=3, max_size=9)


@given(words=st.lists(WORD, min_size=3, max_size=3, unique=True), life=LIVES)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_after_an_erasure_no_byte_is_left_and_everybody_else_is_untouched(
    everything_below: Path, vault_key: bytes, words: list[str], life: list[tuple[int, str]]
) -> None:
    _start_over()
    people = [Person(number, word) for number, word in enumerate(words)]
    for number, event in life:
        happen(people[number], event)
    her, *others = people
    before = _rows()
    plan = erasure.plan(her.subject)
    told = [registry.export(person.subject, _open(vault_key)) for person in others]

    erasure.erase(her.subject, plan_hash=plan.hash, now=NOW)

    _nothing_but_the_plan_went(before, plan)
    assert erasure.verify(her.subject) == ()
    assert [registry.export(person.subject, _open(vault_key)) for person in others] == told
    assert traces.wipe()
    assert _found_in_files({*her.values, her.email}, everything_below) == []
    rows = str(_rows())
    assert [value for value in (*her.values, her.email) if value in rows] == []
    assert [value for value in her.values if value in str(vars(cache))] == []


def _start_over() -> None:
    """Examples share one database: everybody of the one before goes, past every rule."""
    with connection.constraint_checks_disabled(), transaction.atomic():
        for model in apps.get_models():
            if model._meta.app_label in ("contact", "customers", "privacy") and model._meta.label not in KEPT:
                model._base_manager.all()._raw_delete("default")


KEPT = ("customers.Wording", "customers.NumberRange", "customers.Archive")


def _open(private: bytes) -> OpenVault:
    return OpenVault(private, locks_at=timezone.now() + timedelta(hours=1))


def _nothing_but_the_plan_went(before: dict[tuple[str, str], tuple[Any, ...]], plan: erasure.Plan) -> None:
    """Rows are gone, or as they were; documents that stay have only lost the way to their customer.

    What the erasure writes into the consent ledger goes with the customer; its link in the chain is nobody's data.
    """
    after = _rows()
    planned = {str(row) for step in plan.destructive for row in step.rows}
    gone = before.keys() - after.keys()
    assert planned <= {key for _label, key in gone}
    changed = {key for key in after.keys() & before.keys() if after[key] != before[key]}
    retained = {str(row) for step in plan.retained for row in step.rows}
    assert {key for _label, key in changed} <= retained
    assert {label for label, _key in after.keys() - before.keys()} <= {"customers.LedgerLink"}


def test_a_person_in_every_holding_is_told_every_value(db: None, vault_key: bytes) -> None:
    her, other = Person(0, "ÄpfelUndBirnen"), Person(1, "KirschenUndNüsse")
    for person in (her, other):
        for event in EVENTS:
            happen(person, event)
    copies = registry.export(her.subject, _open(vault_key))
    asked = DataSubjectRequest.objects.get(email_digest=lookup.email(her.email))
    answer = documents.collect(asked, copies)
    text = documents.as_html(answer) + " ".join(_text_of_files(copies))
    sealed = {value for value in her.values if value.split("-")[0] in ("Name", "Straße", "Ort", "Nachricht")}
    assert {value for value in her.values - sealed if value not in text} == set()
    assert {value for value in other.values if value in text} == set()
    assert [str(copy.item.source) for copy in copies if copy.sealed] == ["contact.submissions"]


def _text_of_files(copies: list[registry.Export]) -> Iterator[str]:
    for copy in copies:
        yield from (content.decode("utf-8", "replace") for _name, content in copy.files)


def test_before_the_erasure_the_search_does_find_master_data(on_disk: Path, vault_key: bytes) -> None:
    her = Person(0, "ÄpfelUndBirnen")
    customer_of(her)
    found = {value for value, _file in _found_in_files(her.values, on_disk.parent)}
    assert found == her.values


def test_a_request_goes_from_the_files_with_its_retention(on_disk: Path, vault_key: bytes) -> None:
    operator = Operator.objects.create_user(username="otto")
    her = Person(0, "ÄpfelUndBirnen")
    asked = request(her)
    identity.settle(asked, identity=Identity.NOTHING_HELD, now=NOW)
    asked.kind = Kind.OBJECTION
    answer.finish(asked, outcome=Outcome.REFUSED, ground="So.", by=operator, now=NOW)
    day = NOW.date() + timedelta(days=31)
    erasure.erase_due(day, plan_hash=erasure.due(day).hash, now=NOW)
    assert traces.wipe()
    row = json.dumps(DataSubjectRequest.objects.values().get(), default=str)
    assert not [value for value in (*her.values, her.email) if value in row]
    assert [entry.rows for entry in journal.entries()] == [(asked.pk,)]


def test_wiping_leaves_no_write_ahead_log(on_disk: Path, vault_key: bytes) -> None:
    customer_of(Person(0, "ÄpfelUndBirnen"))
    log = on_disk.with_name(f"{on_disk.name}-wal")
    assert log.stat().st_size > 0
    assert traces.wipe()
    assert log.stat().st_size == 0


def test_wiping_needs_no_memory_of_the_size_of_the_database(on_disk: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bulk (bytes BLOB)")
        cursor.executemany("INSERT INTO bulk VALUES (randomblob(%s))", [(1_000_000,)] * 60)
        Path("/proc/self/clear_refs").write_text("5")  # the most memory, counted from here on
        before = _most_memory()
        assert traces.wipe()
        assert _most_memory() - before < on_disk.stat().st_size // 4
        cursor.execute("PRAGMA temp_store")
        assert cursor.fetchone() == (2,)


def _most_memory() -> int:
    """Bytes that this process held at most."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) * 1024


def test_while_somebody_reads_the_wiping_says_that_it_is_not_done(on_disk: Path, vault_key: bytes) -> None:
    customer_of(Person(0, "ÄpfelUndBirnen"))
    reader = sqlite3.connect(on_disk)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM customers_customer").fetchone()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout=100")
    assert not traces.wipe()
    reader.close()
    assert traces.wipe()
