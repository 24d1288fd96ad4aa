"""A holding small enough to see through: operators, found by their address."""

import json
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import ClassVar
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest
from django.db import connection, connections

from sitebackend.models import Operator
from sitebackend.privacy import registry
from sitebackend.privacy.registry import Action, DataSubject, Description, Export, Item, PersonalDataSource, Step
from sitebackend.privacy.versions import version_of
from tests.customers.conftest import admin_client as admin_client
from tests.customers.conftest import customer as customer
from tests.customers.conftest import new_customer as new_customer
from tests.customers.conftest import operator as operator
from tests.customers.conftest import unlocked_client as unlocked_client
from tests.customers.conftest import vault_key as vault_key

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


class Accounts(PersonalDataSource):
    """Accounts without a staff flag go, staff stays until the year's end."""

    name = "test.accounts"
    models: ClassVar = {Operator: ("email",)}

    def describe(self) -> Description:
        return Description(
            title="Accounts",
            persons=("operators",),
            categories=("name",),
            purposes=("testing",),
            legal_basis="§ 0",
            recipients=("nobody",),
            retention="until the year's end",
            origin="made up",
            location="database",
        )

    def find(self, subject: DataSubject) -> Iterable[Item]:
        for account in Operator.objects.filter(email=subject.email):
            yield Item(
                source=self.name,
                identifier=str(account.pk),
                title="Account",
                recorded_at=account.date_joined,
                matched_by=("email",),
                person=str(uuid5(NAMESPACE_OID, account.email)),
            )

    def export(self, subject: DataSubject) -> Iterable[Export]:
        for item in self.find(subject):
            yield Export(item=item, values={"Name": Operator.objects.get(pk=item.identifier).last_name})

    def plan(self, subject: DataSubject) -> Iterable[Step]:
        found = Operator.objects.filter(email=subject.email)
        for action, staff in ((Action.DELETE, False), (Action.RETAIN, True)):
            rows = found.filter(is_staff=staff)
            yield Step(
                source=self.name,
                action=action,
                rows=tuple(rows.values_list("pk", flat=True)),
                version=version_of(rows),
                law="§ 0",
                reason="staff" if staff else "none left",
                until=date(2026, 12, 31) if staff else None,
            )

    def erase(self, action: Action, rows: Collection[UUID]) -> int:
        return Operator.objects.filter(pk__in=rows).delete()[0]

    def due(self, today: date) -> Iterable[Step]:
        gone = Operator.objects.filter(date_joined__year__lt=today.year)
        yield Step(
            source=self.name,
            action=Action.DELETE,
            rows=tuple(gone.values_list("pk", flat=True)),
            version=version_of(gone),
            law="§ 0",
            reason="its year is over",
        )


@pytest.fixture
def accounts(monkeypatch: pytest.MonkeyPatch) -> Accounts:
    """The only holding of the site, for this test."""
    source = Accounts()
    monkeypatch.setattr(registry, "_sources", {source.name: source})
    return source


@pytest.fixture
def on_disk(django_db_serialized_rollback: None, transactional_db: None, tmp_path: Path) -> Iterator[Path]:
    """A copy of the migrated database in a file of its own, with the settings that the site runs with."""
    if connection.vendor != "sqlite":
        pytest.skip("only on SQLite")
    file, memory = tmp_path / "site.sqlite3", connections["default"]
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(file)])
    connections["default"] = memory.copy()
    connections["default"].settings_dict["NAME"] = str(file)
    yield file
    connections["default"].close()
    connections["default"] = memory


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_bytes().splitlines()]
