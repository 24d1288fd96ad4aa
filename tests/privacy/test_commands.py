"""The same by command: previews first, and only the preview is carried out."""

import json
import re
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from sitebackend.models import Operator
from sitebackend.privacy import journal
from sitebackend.privacy.models import RetentionRun
from tests.privacy.conftest import Accounts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder", "in_english", "accounts")]
ANNA = ("--email", "anna@example.org")


@pytest.fixture
def anna() -> Operator:
    return Operator.objects.create_user(username="anna", email="anna@example.org", last_name="Beispiel")


def _run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_a_plan_shows_holding_action_count_and_reason_and_erases_nothing(anna: Operator) -> None:
    out = _run("subject", "plan", *ANNA)
    assert "test.accounts  delete  1  none left (§ 0)" in out
    assert Operator.objects.count() == 1


def test_erase_without_the_previews_hash_only_shows_it(anna: Operator) -> None:
    assert _run("subject", "erase", *ANNA) == _run("subject", "plan", *ANNA)
    assert Operator.objects.count() == 1


def test_erase_with_the_hash_does_exactly_that_and_names_the_journals_line(anna: Operator) -> None:
    shown = re.search(r"--yes ([0-9a-f]{64})", _run("subject", "plan", *ANNA))
    assert shown
    out = _run("subject", "erase", *ANNA, "--yes", shown[1])
    assert "test.accounts  delete  1" in out
    assert f"Line {journal.position()} " in out
    assert Operator.objects.count() == 0


def test_an_outdated_hash_is_refused_with_exit_code_1(anna: Operator) -> None:
    with pytest.raises(CommandError, match="changed after the preview") as refusal:
        _run("subject", "erase", *ANNA, "--yes", "0" * 64)
    assert refusal.value.returncode == 1
    assert Operator.objects.count() == 1


def test_plan_and_receipt_are_there_for_machines(anna: Operator) -> None:
    plan = json.loads(_run("subject", "plan", *ANNA, "--json"))
    assert [(step["source"], step["action"], step["rows"]) for step in plan["items"]] == [
        ("test.accounts", "delete", [str(anna.pk)])
    ]
    receipt = json.loads(_run("subject", "erase", *ANNA, "--json", "--yes", plan["hash"]))
    assert receipt == {"done": [["test.accounts", "delete", 1]], "journal_number": 1}


def test_retention_shows_what_is_due_and_acts_only_when_told(anna: Operator) -> None:
    Operator.objects.update(date_joined=datetime(2020, 1, 1, tzinfo=UTC))
    assert "test.accounts  delete  1  its year is over" in _run("retention", "plan")
    assert "its year is over" in _run("retention", "run")
    assert Operator.objects.count() == 1
    assert _run("retention", "run", "--yes") == "1 row went.\n"
    assert Operator.objects.count() == 0
    assert RetentionRun.objects.get().receipt == [["test.accounts", "delete", 1]]


def test_retention_with_nothing_due_says_so(anna: Operator, accounts: Accounts) -> None:
    assert _run("retention", "run") == "Nothing is due.\n"


def test_the_retention_plan_shows_every_period_with_its_beginning_and_reason(
    anna: Operator, settings: Settings
) -> None:
    settings.CONTACT_RETENTION_DAYS = dict.fromkeys(("done", "open", "suspect"), 90)
    settings.BILLING_RETENTION_YEARS = 10
    out = _run("retention", "plan")
    assert "messages and recorded inquiries: 90 days. arrival." in out
    assert "invoices, credit notes, statements: 10 calendar years. end of the calendar year of issue." in out
    assert out.endswith("\n\nNothing is due.\n")
