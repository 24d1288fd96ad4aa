"""The Art. 30 record: complete by the law's letters, true by construction, kept whenever it changes."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader
from pytest_django import Settings

from consent import offer
from consent.models import ExternalHost
from sitebackend.models import Operator, SiteSettings
from sitebackend.privacy import registry
from sitebackend.privacy.papers import record
from sitebackend.privacy.papers.models import RecordVersion

pytestmark = pytest.mark.django_db
LIST = "/admin/papers/recordversion/"


@pytest.fixture(autouse=True)
def site() -> SiteSettings:
    return SiteSettings.objects.create(
        business_name="Netz & Gerät", owner="Jule Ostermann", street="Am Deich 3", postal_code="26721", city="Emden",
        email="hallo@example.de", phone="04921 55501", supervisory_authority="LfD Niedersachsen",
    )  # fmt: skip


@pytest.fixture
def operator(client: Client) -> Operator:
    operator = Operator.objects.create_superuser("jule")
    client.force_login(operator)
    return operator


def words(version: RecordVersion) -> str:
    return str(version.content)


def test_every_holding_is_an_activity_and_so_is_delivering_the_site() -> None:
    titles = [title for title, _said in record.present_version().activities()]
    assert len(titles) == len(registry.sources()) + 1
    assert {str(source.describe().title) for source in registry.sources()} < set(titles)


def test_every_activity_says_all_that_article_30_wants() -> None:
    version = record.present_version()
    assert {"Wessen Daten", "Zwecke", "Kategorien", "Empfänger", "Aufbewahrung"} <= set(version.content["headings"])
    assert all(value for _title, said in version.activities() for _heading, value in said)


def test_controller_contact_authority_and_transfers_are_named() -> None:
    text = words(record.present_version())
    for told in ("Jule Ostermann", "Am Deich 3, 26721 Emden", "04921 55501", "LfD Niedersachsen", "Drittländer"):
        assert told in text


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("BACKUP_MAX_AGE_DAYS", 41, "nach 41 Tagen"),
        ("BACKUP_TARGETS", [], "kein Datenträger"),
        ("ADMIN_SECOND_FACTOR", "optional", "zweite Faktor ist freiwillig"),
        ("ADMIN_SECOND_FACTOR", "required", "Passwort und zweiten Faktor"),
        ("CONTACT_MAIL", "pgp", "verschlüsselte E-Mail"),
        ("ACCESS_LOG", "provider", "Hoster, dessen Webserver"),
        ("AXES_FAILURE_LIMIT", 7, "Nach 7 falschen"),
    ],
)
def test_it_follows_the_settings(settings: Settings, tmp_path: Any, setting: str, value: Any, said: str) -> None:
    settings.BACKUP_TARGETS = [tmp_path]
    setattr(settings, setting, value)
    assert said in words(record.present_version())


def test_external_content_is_told_with_its_hosts() -> None:
    offer.forget()
    before = words(record.present_version())
    group = ExternalHost.group.field.related_model.objects.create(varname="video", name="Video")
    ExternalHost.objects.create(group=group, host="video.example.org", provider="V", privacy_url="https://v.example")
    offer.forget()
    assert "video.example.org" not in before
    assert "video.example.org" in words(record.present_version())


def test_a_version_is_kept_when_it_says_something_new_and_only_then(settings: Settings) -> None:
    with time_machine.travel(datetime(2026, 3, 1, 12, tzinfo=UTC)):
        first = record.present_version()
    with time_machine.travel(datetime(2026, 4, 1, 12, tzinfo=UTC)):
        assert record.present_version() == first  # a month alone changes nothing
        settings.ACCESS_LOG = "own"
        second = record.present_version()
    assert [first.number, second.number] == [1, 2]
    assert first.valid_until == second.valid_from == datetime(2026, 4, 1, 12, tzinfo=UTC)
    assert second.valid_until is None
    assert words(first) != words(second)


def test_the_worker_looks_once_an_hour(settings: Settings) -> None:
    assert [record.keep_if_new(timezone.now()) for _again in range(2)] == [1, 0]
    settings.ACCESS_LOG = "own"
    assert record.keep_if_new(timezone.now()) == 0
    cache.clear()
    assert record.keep_if_new(timezone.now()) == 1


def test_two_versions_are_compared_place_by_place(settings: Settings, site: SiteSettings) -> None:
    before = record.present_version()
    site.owner = "Jule Meier"
    site.save()
    settings.ACCESS_LOG = "own"
    changed = record.differences(before, record.present_version())
    assert [difference.place for difference in changed] == ["Verantwortlicher", "Ausliefern der Website: Empfänger"]
    assert [(piece.kind, piece.text) for piece in changed[0].pieces if piece.kind != "same"] == [
        ("removed", "Ostermann"),
        ("added", "Meier"),
    ]


def test_the_list_leads_to_the_present_version_with_the_earlier_ones(
    client: Client, operator: Operator, settings: Settings
) -> None:
    first = record.present_version()
    settings.ACCESS_LOG = "own"
    page = client.get(LIST, follow=True).content.decode()
    assert "Fassung 2" in page
    assert LIST in client.get("/admin/privacy/datasubjectrequest/").content.decode()
    assert f"{LIST}{first.pk}/change/" in page
    assert "Ersetzt am" not in page
    assert "Ersetzt am" in client.get(f"{LIST}{first.pk}/change/").content.decode()


def test_the_page_shows_what_has_changed_since(
    client: Client, operator: Operator, settings: Settings, tmp_path: Any
) -> None:
    settings.BACKUP_TARGETS = [tmp_path]
    record.present_version()
    settings.BACKUP_MAX_AGE_DAYS = 41
    second = record.present_version()
    page = client.get(f"{LIST}{second.pk}/change/?since=1").content.decode()
    assert "<del>90</del><ins>41</ins>" in page
    assert client.get(f"{LIST}{second.pk}/change/?since=nonsense").status_code == 200


def test_as_a_table_it_opens_in_a_german_spreadsheet(client: Client, operator: Operator) -> None:
    version = record.present_version()
    response = client.get(f"{LIST}{version.pk}/csv/")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    text = response.content.decode()
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text[1:]), delimiter=";"))
    assert rows == [version.content["headings"], *version.content["activities"]]


def test_as_a_file_to_print_it_says_all_that_the_page_says(client: Client, operator: Operator) -> None:
    version = record.present_version()
    response = client.get(f"{LIST}{version.pk}/pdf/")
    assert response["Content-Type"] == "application/pdf"
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(response.content)).pages)
    flat = "".join(text.split())
    said = [value for _title, values in version.activities() for _heading, value in values]
    said += [line for _goal, lines in version.content["measures"] for line in lines]
    assert [value for value in said if "".join(value.split()) not in flat] == []
    assert b"pdfaid:part" in response.content


def test_two_processes_that_look_at_once_keep_one_version(monkeypatch: pytest.MonkeyPatch) -> None:
    first = record.present_version()
    monkeypatch.setattr("sitebackend.privacy.papers.models.RecordVersionQuerySet.newest", lambda rows: None)
    assert record.present_version() == first
    assert RecordVersion.objects.count() == 1


@pytest.mark.parametrize(
    "page",
    [
        LIST,
        f"{LIST}%d/change/",
        f"{LIST}%d/csv/",
        f"{LIST}%d/pdf/",
        "/admin/privacy/retentionrun/",
        "/admin/sitebackend/event/",
        "/admin/papers/breach/",
    ],
)
def test_an_account_without_the_right_sees_none_of_the_papers(client: Client, page: str) -> None:
    client.force_login(Operator.objects.create_user("helper", is_staff=True))
    path = page % record.present_version().pk if "%d" in page else page
    assert client.get(path).status_code == 403


@pytest.mark.parametrize("kind", ["recordversion", "breach"])
def test_a_key_that_is_none_leads_nowhere(client: Client, operator: Operator, kind: str) -> None:
    assert client.get(f"/admin/papers/{kind}/nonsense/change/").status_code == 404


def test_nobody_changes_or_deletes_a_version(client: Client, operator: Operator) -> None:
    version = record.present_version()
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{version.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(f"{LIST}{version.pk}/change/", {"number": 7})
    version.refresh_from_db()
    assert version.number == 1
