"""The backups in the cockpit: to be looked at, and to note a trial that was done elsewhere."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sitebackend.backup.models import Backup
from sitebackend.models import Operator

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LIST = reverse("admin:backup_backup_changelist")
pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(Operator.objects.create_superuser("chef"))
    return client


@pytest.fixture
def whole() -> Backup:
    return Backup.objects.create(
        created_at=NOW,
        name="20261123T120000Z.backup",
        size=1_234_567,
        media=["/media/usb"],
        missed={"/media/nas": "/media/nas ist nicht da."},
        verified_at=NOW,
    )


def note(operator: Client, *backups: Backup) -> None:
    operator.post(LIST, {"action": "note_drill", "_selected_action": [backup.pk for backup in backups]})


def test_the_list_says_where_each_lies_and_how_large_it_is(operator: Client, whole: Backup) -> None:
    page = operator.get(LIST).content.decode()
    assert "/media/usb" in page
    assert "1,2 MB" in page
    assert "ganz, zurückgelesen" in page


def test_one_backups_page_says_where_it_is_missing_and_why(operator: Client, whole: Backup) -> None:
    page = operator.get(reverse("admin:backup_backup_change", args=[whole.pk])).content.decode()
    assert "/media/nas ist nicht da." in page


def test_a_trial_done_elsewhere_is_noted_for_a_whole_one_only(operator: Client, whole: Backup) -> None:
    failed = Backup.objects.create(created_at=NOW.replace(hour=13), name="x", failure="voll")
    note(operator, whole, failed)
    assert Backup.objects.latest_drill(timezone.now()) is not None
    failed.refresh_from_db()
    assert failed.drilled_at is None


@pytest.mark.parametrize("what", ["add", "delete"])
def test_nothing_is_made_or_removed_by_hand(operator: Client, whole: Backup, what: str) -> None:
    arguments = [whole.pk] if what == "delete" else []
    assert operator.post(reverse(f"admin:backup_backup_{what}", args=arguments)).status_code == 403
