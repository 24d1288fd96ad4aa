"""The cockpit: who comes in, what its history keeps, what it shows."""

import re
from datetime import datetime

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.sites import AdminSite
from django.contrib.auth.models import Group, Permission
from django.test import Client, RequestFactory
from django.urls import reverse
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from model_bakery import baker

from sitebackend import findings
from sitebackend.admin_site import OperatorModelAdmin
from sitebackend.findings import Finding, Level
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
    admin.log_deletions(request, Group.objects.filter(pk=group.pk))
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


# --- the site


@pytest.fixture
def client_inside(operator: Operator, client: Client) -> Client:
    client.force_login(operator)
    return client


def test_every_admin_keeps_the_history_clean() -> None:
    assert len(admin.site._registry) > 5
    assert all(isinstance(row, OperatorModelAdmin) for row in admin.site._registry.values())


def test_admins_that_packages_bring_along_stay_out() -> None:
    registered = set(admin.site._registry)
    assert registered.isdisjoint({TOTPDevice, StaticDevice, AccessAttempt, Group})


def test_creating_an_operator_leaves_no_name_in_the_history(client_inside: Client) -> None:
    password = "a long enough password too"
    form = {
        "username": "erika.musterfrau",
        "role": "Büro",
        "usable_password": "true",
        "password1": password,
        "password2": password,
    }
    assert client_inside.post(reverse("admin:sitebackend_operator_add"), form).status_code == 302
    made = Operator.objects.get(username="erika.musterfrau")
    entry = LogEntry.objects.get()
    assert entry.object_id == str(made.pk)
    assert "erika" not in f"{entry.object_repr}{entry.change_message}"


def test_deleting_an_operator_leaves_no_name_in_the_history(client_inside: Client) -> None:
    other = Operator.objects.create_user("erika.musterfrau")
    client_inside.post(reverse("admin:sitebackend_operator_delete", args=[other.pk]), {"post": "yes"})
    assert not Operator.objects.filter(pk=other.pk).exists()
    assert "erika" not in LogEntry.objects.get().object_repr


# --- the cockpit


@pytest.fixture
def only_reports(monkeypatch: pytest.MonkeyPatch) -> list[findings.Report]:
    """Nothing is reported but what the test puts here."""
    reports: list[findings.Report] = []
    monkeypatch.setattr(findings, "_reports", reports)
    return reports


def cockpit(client: Client) -> str:
    page = client.get("/admin/").content.decode()
    return re.search(r'<section class="cockpit".*?</section>', page, re.DOTALL)[0]


def test_the_cockpit_shows_the_worst_first_and_what_to_do(
    client_inside: Client, only_reports: list[findings.Report]
) -> None:
    only_reports.append(
        lambda now: [
            Finding(area="Queue", level=Level.FINE, text="empty", url="/admin/contact/"),
            Finding(area="Backup", level=Level.WARNING, text="is old", next_step="Make one."),
            Finding(area="Key", level=Level.ALARM, text="has <expired>", url="/admin/x/"),
        ]
    )
    shown = cockpit(client_inside)
    assert shown.index("has &lt;expired&gt;") < shown.index("is old") < shown.index("Make one.") < shown.index("empty")
    assert 'href="/admin/x/"' in shown
    assert 'href="/admin/contact/"' in shown


def test_a_quiet_day_says_so(client_inside: Client, only_reports: list[findings.Report]) -> None:
    assert "Alles ist in Ordnung" in cockpit(client_inside)
    only_reports.append(lambda now: [Finding(area="Queue", level=Level.FINE, text="empty")])
    assert "Alles ist in Ordnung" in cockpit(client_inside)


def test_a_report_that_fails_does_not_take_the_cockpit_down(
    client_inside: Client, only_reports: list[findings.Report]
) -> None:
    def broken(now: datetime) -> list[Finding]:
        raise RuntimeError("erika.musterfrau")

    only_reports.append(broken)
    assert "Alarm" in cockpit(client_inside)
    assert "erika" not in cockpit(client_inside)


def test_every_list_and_form_of_the_admin_opens_under_the_strict_policy(client_inside: Client) -> None:
    for model, model_admin in admin.site._registry.items():
        base = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        names = [f"{base}_changelist", *([f"{base}_add"] if may_add(model_admin, client_inside) else [])]
        for name in names:
            response = client_inside.get(reverse(name), follow=True)
            assert response.status_code == 200, name
            assert "'unsafe" not in response.headers["Content-Security-Policy"]
            assert_no_inline_code(response.content.decode(), name)


def may_add(model_admin: OperatorModelAdmin, client: Client) -> bool:
    request = RequestFactory().get("/admin/")
    request.user = Operator.objects.get()
    return model_admin.has_add_permission(request)


def assert_no_inline_code(page: str, name: str) -> None:
    scripts = re.findall(r"<script(?![^>]*(?:\bsrc=|\bnonce=|application/json))[^>]*>", page)
    assert not scripts, name
    assert not re.search(r"\son\w+=\"", page), name
    own = re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL)
    assert not re.search(r"<[^>]+\sstyle=", own), name


def test_every_list_has_its_place_in_the_cockpit_once(admin_client: Client) -> None:
    placed = [label for _name, labels in settings.COCKPIT_ROOMS for label in labels]
    assert sorted(placed) == sorted(model._meta.label_lower for model in admin.site._registry)
    shown = re.findall(r'<th scope="row"[^>]*><a href="([^"]+)"', admin_client.get("/admin/").content.decode())
    assert shown[:2] == ["/admin/contact/submission/", "/admin/customers/customer/"]
    assert len(set(shown)) == len(placed)
