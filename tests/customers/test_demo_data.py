"""Invented data in any number, as the site itself would have made them."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from contact.models import Submission
from customers.models import Customer, NumberRange
from sitebackend.mail.models import OutgoingMail
from sitebackend.pages.models import Page

pytestmark = pytest.mark.django_db


def demo_data(**numbers: int) -> None:
    call_command("demo_data", stderr=StringIO(), **numbers)


def test_customers_submissions_and_pages_come_in_the_wanted_number(
    vault_key: bytes, operator_key: Path, settings: Settings
) -> None:
    settings.HTTPS = False
    before = Page.objects.count()
    demo_data(customers=25, submissions=30, pages=2)
    demo_data(customers=5)
    assert (Customer.objects.count(), Submission.objects.count(), Page.objects.count() - before) == (30, 30, 2)
    assert NumberRange.objects.get().highest == 30
    assert not Customer.objects.without_basis().exists()
    assert Customer.objects.matching("möller 5").exists()
    assert Customer.objects.matching("0170 000024").count() == 1


def test_submissions_share_one_ciphertext_and_nothing_waits_to_be_mailed(
    operator_key: Path, settings: Settings
) -> None:
    settings.HTTPS = False
    demo_data(submissions=3)
    assert Submission.objects.values("message").distinct().count() == 1
    assert not OutgoingMail.objects.unsent().exists()


def test_who_is_a_customer_also_wrote_and_has_few_namesakes(
    vault_key: bytes, operator_key: Path, settings: Settings
) -> None:
    settings.HTTPS = False
    demo_data(customers=300, submissions=300)
    customer = Customer.objects.order_by("number")[7]
    for column, most in (("email_digest", 1), ("phone_digest", 1), ("name_digest", 3)):
        same = {column: getattr(customer, column)}
        assert Customer.objects.filter(**same).count() == Submission.objects.filter(**same).count() == most


def test_nobody_comes_again_after_somebody_was_erased(vault_key: bytes, settings: Settings) -> None:
    settings.HTTPS = False
    demo_data(customers=2)
    first = set(Customer.objects.values_list("email", flat=True))
    Customer.objects.latest("number").delete()
    demo_data(customers=1)
    assert Customer.objects.latest("number").email not in first


def test_a_real_site_is_asked_first(vault_key: bytes) -> None:
    with pytest.raises(CommandError):
        demo_data(customers=1)
    assert not Customer.objects.exists()
