"""The cockpit: who comes in, what its history keeps, what it shows."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.admin.sites import AdminSite
from django.contrib.auth.models import Group, Permission
from django.test import RequestFactory
from model_bakery import baker

from sitebackend.admin_site import OperatorModelAdmin
from sitebackend.models import Operator

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> Operator:
    return Operator.objects.create_superuser("chef", "chef@example.de", "a long enough password")


def logging_admin(operator: Operator) -> tuple[OperatorModelAdmin, object]:
    request = RequestFactory().post("/admin/")
    request.user = operator
    return OperatorModelAdmin(Group, AdminSite()), request


def test_the_history_keeps_the_key_of_a_row_and_not_its_name(operator: Operator) -> None:
    admin, request = logging_admin(operator)
    group = Group.objects.create(name="Erika Musterfrau")
    admin.log_addition(request, group, [{"added": {}}])
    admin.log_change(request, group, [{"changed": {"fields": ["Name"]}}])
    admin.log_deletions(request, Group.objects.all())
    assert LogEntry.objects.count() == 3
    for entry in LogEntry.objects.all():
        assert "Erika" not in f"{entry.object_repr}{entry.change_message}"
        assert entry.object_id == str(group.pk)


def test_the_history_names_changed_fields_in_words(operator: Operator) -> None:
    admin, request = logging_admin(operator)
    admin.log_change(request, Group.objects.create(name="x"), [{"changed": {"fields": ["Name"]}}])
    assert "Name" in LogEntry.objects.get().get_change_message()


def test_the_history_keeps_no_name_of_an_inline_row(operator: Operator) -> None:
    admin, request = logging_admin(operator)

    class Form:
        changed_data = ["name"]
        fields = {"name": type("F", (), {"label": "Name"})()}
        instance = None
        initial: dict[str, str] = {}

    class Formset:
        new_objects = [baker.prepare(Permission, name="Erika Musterfrau")]
        changed_objects = [(baker.prepare(Permission, name="Erika Musterfrau"), ["name"])]
        deleted_objects = [baker.prepare(Permission, name="Erika Musterfrau")]
        forms = [Form()]

    message = admin.construct_change_message(request, Form(), [Formset()])
    admin.log_change(request, Group.objects.create(name="x"), message)
    assert len(message) == 4
    assert "Erika" not in LogEntry.objects.get().change_message
    assert "–" in LogEntry.objects.get().get_change_message()
