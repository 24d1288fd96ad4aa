"""What the ground keeps on the operators, and that failed logins leave no row."""

from datetime import UTC, datetime

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.test import Client

from sitebackend.models import Operator, SiteSettings
from sitebackend.privacy import erasure, registry
from sitebackend.privacy.registry import Action, DataSubject

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> Operator:
    return Operator.objects.create_superuser(
        "jule", email="Jule@example.de", password="a long enough password", first_name="Jule", last_name="Ostermann"
    )


@pytest.fixture
def business() -> SiteSettings:
    return SiteSettings.objects.create(
        business_name="Netz & Gerät",
        owner="Jule Ostermann",
        street="Am Deich 3",
        postal_code="26721",
        city="Emden",
        phone="+49 (0)4921 555-01",
        email="hallo@example.de",
    )


def found(**statements: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(item.source, item.matched_by) for item in registry.find(DataSubject(**statements))]


def test_an_operator_is_found_by_the_address_of_the_account_whatever_its_case(operator: Operator) -> None:
    assert found(email="jULE@EXAMPLE.de ") == [("sitebackend.operators", ("email",))]


def test_a_name_alone_leads_to_no_account(operator: Operator) -> None:
    assert found(name="Jule Ostermann", postal_code="26721") == []


def test_accounts_without_an_address_are_not_everybodys(operator: Operator) -> None:
    Operator.objects.create_user("nameless")
    assert found(phone="04921 55501") == []


def test_the_copy_of_an_account_has_the_persons_own_actions_and_no_secret(operator: Operator) -> None:
    other = Operator.objects.create_superuser("other", password="another long password")
    for who, what in ((operator, "Page 1"), (other, "Page 2")):
        LogEntry.objects.create(
            user=who,
            content_type=ContentType.objects.get_for_model(SiteSettings),
            object_repr=what,
            action_flag=CHANGE,
            action_time=datetime(2026, 5, 4, 10, tzinfo=UTC),
        )
    (copy,) = registry.export(DataSubject(email="jule@example.de"))
    assert "Ostermann" in copy.values.values()
    assert ["2026-05-04 10:00 UTC: Page 1"] in copy.values.values()
    assert operator.password not in str(copy.values)


@pytest.mark.parametrize(
    ("said", "by"),
    [
        ({"email": "HALLO@example.de"}, ("email",)),
        ({"phone": "04921/55501"}, ("phone",)),
        ({"name": "Ostermann, Jule", "postal_code": "26721"}, ("name",)),
    ],
)
def test_the_owner_is_found_in_the_business_data(business: SiteSettings, said: dict[str, str], by: tuple[str]) -> None:
    assert found(**said) == [("sitebackend.site_settings", by)]
    (copy,) = registry.export(DataSubject(**said))
    assert "Am Deich 3" in copy.values.values()


def test_erasing_a_person_leaves_the_account_and_the_imprint_and_says_why(
    operator: Operator, business: SiteSettings
) -> None:
    steps = erasure.plan(DataSubject(email="jule@example.de", phone="0492155501")).retained
    assert [(step.source, step.action, len(step.rows)) for step in steps] == [
        ("sitebackend.operators", Action.RETAIN, 1),
        ("sitebackend.site_settings", Action.RETAIN, 1),
    ]
    assert all(step.law and step.reason for step in steps)


def test_empty_business_data_match_nobody(db: None) -> None:
    SiteSettings.objects.create(business_name="Netz & Gerät", owner="Jule Ostermann", email="")
    assert found(reference="ABCD") == []


def test_a_failed_login_leaves_no_row_behind(client: Client, operator: Operator) -> None:
    for _attempt in range(4):
        client.post("/admin/login/", {"username": "jule", "password": "guessed"}, headers={"User-Agent": "Probe"})
    assert [model.objects.count() for model in (AccessAttempt, AccessFailureLog, AccessLog, Session)] == [0] * 4
