"""Whatever happens in whatever order: nobody who was erased comes back, and nobody else is touched.

People write, become customers, withdraw, are restricted and erased; backups are made, and old ones restored, with
real encryption and the erasure journal. What must be there after each step is known row by row.

By default few of them; for a long run (150 took 75 seconds):

    HISTORIES=1000 uv run pytest -n 0 tests/backup/test_histories.py
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import gnupg
import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection, connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pytest_django import Settings

from contact import services as contact
from customers.models import Customer, Grant, TechnicalRecord
from customers.models.consent import Channel, Decision, Purpose
from customers.services.consents import plan_withdrawal, withdraw_consent
from customers.services.register import register_customer
from customers.services.technical import add_technical_record
from sitebackend import nonce
from sitebackend.backup import postgresql, restore, services, signing, snapshot
from sitebackend.crypto import openpgp, sealing, server_key
from sitebackend.models import SiteSettings
from sitebackend.privacy import erasure, journal
from sitebackend.privacy.registry import DataSubject
from sitebackend.privacy.restriction import services as restriction
from sitebackend.privacy.restriction.models import Restriction
from sitebackend.setting_parsers import CONTACT_FIELDS
from sitebackend.vault.models import Vault
from tests.customers.conftest import MASTER_DATA, agree_to_technical_data, statements

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
LONG_RUN = "HISTORIES" in os.environ
HISTORIES = int(os.environ.get("HISTORIES", 6 if connection.vendor == "sqlite" else 2))
#: Every table that holds a row of somebody in these histories.
TABLES = (
    "contact_submission",
    "contact_encryptedmessage",
    "customers_customer",
    "customers_consententry",
    "customers_evidence",
    "customers_grant",
    "customers_technicalrecord",
)
Row = dict[str, Any]
Rows = dict[tuple[str, Any], Row]


def rows() -> Rows:
    """Everything that is there of anybody, by table and key."""
    found: Rows = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608 - names from above
            names = [column[0] for column in cursor.description or ()]
            for values in cursor.fetchall():
                row = dict(zip(names, map(_comparable, values), strict=True))
                found[table, row["id"]] = row
    return found


def _comparable(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


@dataclass
class Made:
    """A backup, and what was there when it was made."""

    file: Path
    rows: Rows


@dataclass
class World:
    """Where it all happens; begun anew for each history."""

    media: list[Path]
    data: Path
    secret_key: bytes
    begin_anew: Callable[[], None]


world: World


class Histories(RuleBasedStateMachine):
    """`gone` has every key that was ever erased, the others the customers who withdrew or were restricted."""

    people = Bundle("people")
    backups = Bundle("backups")

    def __init__(self) -> None:
        super().__init__()
        world.begin_anew()
        self.number = 0
        self.gone: set[tuple[str, Any]] = set()
        self.no_contact: set[Any] = set()
        self.no_technical: set[Any] = set()
        self.restricted: set[Any] = set()

    @rule(target=people)
    def somebody_comes(self) -> str:
        self.number += 1
        return f"person{self.number}@example.org"

    @rule(person=people)
    def writes(self, person: str) -> None:
        fields = dict.fromkeys(CONTACT_FIELDS, person)
        contact.receive(fields=fields, reply_to=person, nonce=nonce.issue(), now=timezone.now())

    @rule(person=people)
    def becomes_a_customer(self, person: str) -> None:
        customer = register_customer(
            master_data=MASTER_DATA | {"email": person}, statements=statements(retention="given"), recorded_by=None
        )
        agree_to_technical_data(customer)
        add_technical_record(customer=customer, kind="network", content={"ssid": person})

    @rule(person=people, purpose=st.sampled_from([Purpose.RETENTION, Purpose.TECHNICAL]))
    def withdraws(self, person: str, purpose: str) -> None:
        for customer in Customer.objects.filter(email=person):
            last_word = customer.entries.latest_by_purpose()[purpose]
            if last_word.decision != Decision.GIVEN:
                continue
            before = rows()
            plan = plan_withdrawal(customer=customer, purpose=purpose).digest
            withdraw_consent(
                customer=customer,
                plan=plan,
                purpose=purpose,
                channel=Channel.PHONE,
                given_at=timezone.now(),
                recorded_by=None,
            )
            self._note_gone(before)
            (self.no_technical if purpose == Purpose.TECHNICAL else self.no_contact).add(customer.pk)

    @rule(person=people)
    def is_restricted(self, person: str) -> None:
        keys = list(Customer.objects.filter(email=person).values_list("pk", flat=True))
        if keys and restriction.restrict("customers.master_data", keys, now=timezone.now()):
            self.restricted.update(keys)

    @rule(person=people)
    def is_erased(self, person: str) -> None:
        before, subject = rows(), DataSubject(email=person)
        erasure.erase(subject, plan_hash=erasure.plan(subject).hash, now=timezone.now())
        assert erasure.verify(subject) == ()
        self._note_gone(before)

    @precondition(lambda self: self.number)
    @rule(target=backups)
    def is_backed_up(self) -> Made:
        self.number += 1
        backup = services.create(now=START + timedelta(seconds=self.number))
        return Made(world.media[0] / backup.name, rows())

    @rule(made=consumes(backups), again=st.booleans())
    def an_old_one_is_restored(self, made: Made, again: bool) -> None:
        for _once_or_twice in range(1 + again):
            self._restore(made)
            self._compare(made)

    def _restore(self, made: Made) -> None:
        restore.restore(
            made.file,
            public_key=signing.public_key(),
            secret_key=world.secret_key,
            passphrase="",
            journal_number=journal.position(),
        )
        ContentType.objects.clear_cache()

    def _compare(self, made: Made) -> None:
        """Row by row: what was there and was not erased since is there, as it was but for what must stay done."""
        present = rows()
        expected = {key: row for key, row in made.rows.items() if key not in self.gone}
        added = present.keys() - expected.keys()
        assert expected.keys() <= present.keys()
        assert {table for table, _key in added} <= {"customers_consententry"}  # the ledger says once more what is over
        assert {present[key]["decision"] for key in added} <= {Decision.WITHDRAWN}
        for key, row in expected.items():
            must_stay = key[0] == "customers_customer" and present[key]["do_not_contact"]
            allowed = {"do_not_contact": present[key]["do_not_contact"]} if must_stay else {}
            assert present[key] == row | allowed

    def _note_gone(self, before: Rows) -> None:
        self.gone |= before.keys() - rows().keys()

    @invariant()
    def nobody_erased_is_there(self) -> None:
        assert not self.gone & rows().keys()

    @invariant()
    def what_was_withdrawn_stays_withdrawn(self) -> None:
        for customer in Customer.objects.filter(pk__in=self.no_contact):
            assert customer.do_not_contact
            assert customer.entries.latest_by_purpose()[Purpose.RETENTION].decision == Decision.WITHDRAWN
        for customer in Customer.objects.filter(pk__in=self.no_technical):
            assert not Grant.objects.filter(customer=customer).exists()
            assert customer.entries.latest_by_purpose()[Purpose.TECHNICAL].decision == Decision.WITHDRAWN
        assert not TechnicalRecord.objects.filter(grant__customer__in=self.no_technical).exists()

    @invariant()
    def whoever_is_restricted_stays_so(self) -> None:
        present = set(Customer.objects.filter(pk__in=self.restricted).values_list("pk", flat=True))
        assert set(Restriction.objects.asked().filter(row__in=present).values_list("row", flat=True)) == present

    @invariant()
    def a_customer_number_is_given_once(self) -> None:
        numbers = list(Customer.objects.values_list("number", flat=True))
        assert len(set(numbers)) == len(numbers)


@pytest.fixture(scope="module")
def open_key() -> tuple[bytes, bytes]:
    """A key pair without passphrase: opening a backup takes a fraction of the time."""
    with openpgp.temporary_home() as home:
        gpg = gnupg.GPG(gnupghome=str(home), options=["--no-options"])
        parameters = gpg.gen_key_input(
            key_type="EDDSA",
            key_curve="ed25519",
            subkey_type="ECDH",
            subkey_curve="cv25519",
            name_real="Operator",
            name_email="operator@example.de",
            no_protection=True,
        )
        made = gpg.gen_key(parameters)
        public = gpg.export_keys(made.fingerprint)
        secret = gpg.export_keys(made.fingerprint, secret=True, expect_passphrase=False)
    return public.encode(), secret.encode()


@pytest.fixture
def _world(
    request: pytest.FixtureRequest,
    media: list[Path],
    open_key: tuple[bytes, bytes],
    settings: Settings,
    tmp_path: Path,
) -> Iterator[None]:
    global world
    if connection.vendor == "sqlite":
        request.getfixturevalue("on_disk")
    settings.OPERATOR_KEY_FILE[0].write_bytes(open_key[0])
    server_key.ensure()
    Vault.objects.create(public_key=sealing.new_key_pair()[0], made_at=timezone.now())
    SiteSettings.objects.create(business_name="B", owner="O", email="k@example.de", federal_state="NW")
    pristine = tmp_path / "pristine"
    snapshot.take(pristine)
    shutil.copytree(settings.DATA_DIR, tmp_path / "data as made")

    def begin_anew() -> None:
        connections.close_all()
        _put_back(pristine)
        for folder in [settings.DATA_DIR, *media]:
            shutil.rmtree(folder)
            folder.mkdir()
        shutil.copytree(tmp_path / "data as made", settings.DATA_DIR, dirs_exist_ok=True)
        cache.clear()

    world = World(media, settings.DATA_DIR, open_key[1], begin_anew)
    yield
    begin_anew()


def _put_back(pristine: Path) -> None:
    live = snapshot.live_file()
    if live is None:
        postgresql.put_back(pristine)
        return
    for end in ("-wal", "-shm"):
        live.with_name(live.name + end).unlink(missing_ok=True)
    shutil.copyfile(pristine, live)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_world")
def test_nobody_erased_comes_back_and_nobody_else_is_touched() -> None:
    run_state_machine_as_test(
        Histories,
        settings=hypothesis_settings(
            max_examples=HISTORIES,
            stateful_step_count=20,
            deadline=None,
            derandomize=not LONG_RUN,
            phases=[Phase.generate, *([Phase.shrink] if LONG_RUN else [])],  # to shrink takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
