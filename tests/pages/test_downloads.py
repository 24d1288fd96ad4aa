"""PDFs to take along: what is stored is a PDF, whatever its name says, and its address outlives the file."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from sitebackend.pages import downloads, services
from sitebackend.pages.models import Download
from tests.formats import files
from tests.pages.conftest import MakePage

Store = Callable[..., Download]


def pdf(words: str = "Preise 2026") -> bytes:
    return files.pdf(words=words)


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path / Download.FOLDER


@pytest.fixture
def stored(db: None, media: Path) -> Store:
    def store(content: bytes = pdf(), **fields: str) -> Download:
        download = Download(**{"title": "Preisliste", "name": "preisliste"} | fields)
        services.keep_download(download=download, content=content)
        return download

    return store


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><script>alert(1)</script>",
        b"<script>alert(1)</script>" + pdf(),
        b"\n" + pdf(),
        b"PK\x03\x04" + b"\0" * 3000,
        b"\xd0\xcf\x11\xe0macro" * 300,
        pdf()[:-8],
        pdf() + b"PK\x03\x04<script>alert(1)</script>",
        files.pdf(password="nobody knows it"),
        b"%PDF-1.7\n" + b"\0" * downloads.MOST_BYTES + b"%%EOF",
    ],
    ids=[
        "nothing",
        "html",
        "html first",
        "not at once",
        "archive",
        "office",
        "cut off",
        "something behind",
        "locked",
        "too large",
    ],
)
def test_what_is_no_whole_pdf_is_refused_whatever_its_name(operator: Client, media: Path, content: bytes) -> None:
    with pytest.raises(ValidationError):
        downloads.read(BytesIO(content))
    upload = SimpleUploadedFile("preise.pdf", content, "application/pdf")
    html = operator.post("/admin/pages/download/add/", {"title": "Meine Preise", "upload": upload}).content.decode()
    assert "errorlist" in html
    assert "Meine Preise" in html
    assert not media.exists()


def test_the_operator_uploads_a_pdf_and_a_page_places_it(
    operator: Client, client: Client, media: Path, make_page: MakePage
) -> None:
    upload = SimpleUploadedFile("Scan 17.bin", pdf(), "application/octet-stream")
    answer = operator.post("/admin/pages/download/add/", {"title": "Preisliste für <Sie>", "upload": upload})
    assert answer.status_code == 302
    make_page(slug="preise", body="<p>[Datei: preisliste-fuer-sie]</p><p>[Datei: gibt-es-nicht]</p>")
    html = client.get("/preise/").content.decode()
    address = "/media/files/preisliste-fuer-sie.pdf"
    assert f'<a href="{address}" type="application/pdf">Preisliste für &lt;Sie&gt;</a> (PDF, ' in html
    assert "[Datei: gibt-es-nicht]" in html
    assert f'href="{address}"' in operator.get("/admin/pages/download/").content.decode()


def test_a_download_is_answered_as_a_pdf_and_as_nothing_else(client: Client, stored: Store, media: Path) -> None:
    download = stored()
    (media / "geheim.pdf").write_bytes(pdf("geheim"))
    answer = client.get(download.get_absolute_url())
    assert b"".join(answer.streaming_content) == pdf()
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'inline; filename="preisliste.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert not answer.cookies
    assert client.get(download.get_absolute_url(), headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    for address in ("/media/files/geheim.pdf", "/media/files/../site.sqlite3", f"/media/files/{download.file.name}"):
        assert client.get(address).status_code == 404


def test_a_replaced_file_keeps_its_address_and_the_former_one_is_gone(
    operator: Client,
    client: Client,
    stored: Store,
    media: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    download = stored()
    before = f'"{download.digest}"'
    assert client.get(download.get_absolute_url(), headers={"If-None-Match": before}).status_code == 304
    fields = {"title": "Preise", "name": "anders", "upload": SimpleUploadedFile("neu.pdf", pdf("Preise 2027"))}
    with django_capture_on_commit_callbacks(execute=True):
        assert operator.post(f"/admin/pages/download/{download.pk}/change/", fields).status_code == 302
    after = client.get("/media/files/preisliste.pdf", headers={"If-None-Match": before})
    assert b"".join(after.streaming_content) == pdf("Preise 2027")
    assert [path.read_bytes() for path in media.iterdir()] == [pdf("Preise 2027")]


def test_a_new_title_leaves_the_file(operator: Client, stored: Store) -> None:
    download = stored()
    assert operator.post(f"/admin/pages/download/{download.pk}/change/", {"title": "Unsere Preise"}).status_code == 302
    assert Download.objects.get().title == "Unsere Preise"
    assert download.file.read_bytes() == pdf()


def test_a_deleted_download_takes_its_file_along(
    client: Client,
    stored: Store,
    media: Path,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    download = stored()
    with django_capture_on_commit_callbacks(execute=True):
        download.delete()
    assert list(media.iterdir()) == []
    assert client.get("/media/files/preisliste.pdf").status_code == 404


def test_downloads_that_nothing_links_to_are_found(operator: Client, stored: Store, make_page: MakePage) -> None:
    for name in ("als-teil", "als-link", "frueher", "entwurf", "vergessen", "link"):
        stored(name=name, title=f"Titel {name}")
    page = make_page(slug="a", body="<p>[Datei: frueher]</p>")
    services.save_page(page=page, author=None)
    page.body = (
        '<p>[Datei: als-teil]</p><p>Siehe <a href="https://www.example.de/media/files/als-link.pdf">hier</a></p>'
    )
    services.save_page(page=page, author=None)
    page.body = "<p>[Datei: entwurf]</p>"
    services.keep_waiting(page=page, author=None)
    assert {download.name for download in Download.objects.unused()} == {"vergessen", "link"}
    html = operator.get("/admin/pages/download/?use=none").content.decode()
    assert "Titel vergessen" in html
    assert "Titel als-teil" not in html


def test_stray_files_go_after_a_day_and_those_in_use_stay(stored: Store, media: Path) -> None:
    download = stored()
    (media / f"{download.pk.hex}-{'0' * 32}.pdf").write_bytes(pdf("abgebrochen"))
    now = datetime.now(UTC)
    assert services.remove_stray_files(now) == 0
    assert services.remove_stray_files(now + timedelta(days=2)) == 1
    assert list(media.iterdir()) == [download.file]


def test_two_downloads_of_one_title_get_two_names(operator: Client, media: Path) -> None:
    for content in (pdf("a"), pdf("b")):
        upload = SimpleUploadedFile("x.pdf", content)
        assert operator.post("/admin/pages/download/add/", {"title": "AGB", "upload": upload}).status_code == 302
    assert set(Download.objects.values_list("name", flat=True)) == {"agb", "agb-2"}


def test_the_editor_offers_downloads_by_title(operator: Client, client: Client, stored: Store) -> None:
    stored(name="agb", title="Unsere <AGB>")
    stored(name="preise", title="Preise")
    html = operator.get("/admin/pages/download/choice/", {"q": "agb"}).content.decode()
    assert 'value="agb"' in html
    assert "Unsere &lt;AGB&gt;" in html
    assert "preise" not in html
    assert client.get("/admin/pages/download/choice/").status_code == 302
