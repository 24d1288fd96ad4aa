"""A WordPress site moves in: what a visitor could read there can be read here, and what was hidden stays hidden."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from sitebackend.models import Operator
from sitebackend.pages import services
from sitebackend.pages.models import Category, Download, Image, Page, Redirect, Revision
from tests.pages.test_downloads import pdf
from tests.pages.test_pictures import photo, photo_with_place
from tests.pages.wxr import item, menu_entry, upload, wxr

pytestmark = pytest.mark.django_db
Run = Callable[..., str]
UPLOADS = "/wp-content/uploads/2019/05/"


@pytest.fixture
def run(tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]) -> Run:
    """Imports an export; what the command says comes back."""
    settings.MEDIA_ROOT = tmp_path / "var"

    def run(data: bytes, *options: str) -> str:
        file = tmp_path / "export.xml"
        file.write_bytes(data)
        call_command("import_wordpress", str(file), *options)
        return capsys.readouterr().out

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the old site's uploads."""
    folder = tmp_path / "uploads"
    (folder / "2019" / "05").mkdir(parents=True)
    (folder / "2019" / "05" / "Laden-vorne.jpg").write_bytes(photo_with_place())
    (folder / "2019" / "05" / "Laden-vorne-300x150.jpg").write_bytes(photo((300, 150)))
    return folder


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_pages_keep_their_place_their_text_and_their_old_address(client: Client, run: Run, scheme: str) -> None:
    us = "<!-- wp:paragraph --><p>Wir &amp; Sie</p><!-- /wp:paragraph -->"
    way, link = "Erste\nZeile\n\nZweiter Absatz", "https://www.alt.example/über-uns/anfahrt/"
    said = run(
        wxr(
            item(3, "Über uns", slug="%C3%BCber-uns", content=us),
            item(5, "Anfahrt", slug="anfahrt", parent=3, link=link, content=way),
            scheme=scheme,
        )
    )
    assert "2  neue Seiten und Beiträge" in said
    assert "<p>Wir &amp; Sie</p>" in client.get("/ueber-uns/").content.decode()
    assert "<p>Erste<br>Zeile</p>" in client.get("/ueber-uns/anfahrt/").content.decode()
    assert client.get("/%C3%BCber-uns/anfahrt/").headers["Location"] == "/ueber-uns/anfahrt/"
    assert client.get("/%C3%BCber-uns/").status_code == 301


def test_posts_keep_their_date_their_topics_and_their_old_address(client: Client, run: Run, starter_site: None) -> None:
    link, topics = "https://www.alt.example/2019/05/neue-zeiten/", {"laden": "Laden", "uncategorized": "Allgemein"}
    news = {"kind": "post", "slug": "neue-zeiten", "excerpt": "Ab <b>Mai</b> &amp; später"}
    run(wxr(item(8, "Neue Öffnungszeiten", link=link, topics=topics, **news)))
    post = Page.objects.get(title="Neue Öffnungszeiten")
    assert (post.path, post.template, post.description) == ("aktuelles/neue-zeiten", "post", "Ab Mai & später")
    assert post.published_at == datetime(2019, 5, 3, 8, 12, tzinfo=UTC)
    assert [topic.title for topic in post.categories.all()] == ["Laden"]
    assert client.get("/2019/05/neue-zeiten/").headers["Location"] == "/aktuelles/neue-zeiten/"
    assert "Neue Öffnungszeiten" in client.get("/aktuelles/?thema=laden").content.decode()


def test_a_site_without_a_list_of_posts_gets_one(client: Client, run: Run) -> None:
    run(wxr(item(8, "Ein Beitrag", kind="post", slug="ein-beitrag")))
    assert "Ein Beitrag" in client.get("/aktuelles/").content.decode()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "draft", "date": "0000-00-00 00:00:00"}, ""),
        ({"status": "private"}, "war privat"),
        ({"status": "pending"}, ""),
        ({"password": "geheim"}, "Passwort"),
        ({"link": "https://www.alt.example/"}, "Startseite"),
    ],
)
def test_what_was_hidden_or_stands_in_the_way_is_a_draft(client: Client, run: Run, fields: dict, words: str) -> None:
    said = run(wxr(item(3, "Geheim", slug="geheim", content="<p>Inhalt</p>", **fields)))
    assert Page.objects.get().status == Page.Status.DRAFT
    assert client.get("/geheim/").status_code == 404
    assert words in said


def test_what_was_thrown_away_does_not_come(run: Run) -> None:
    run(wxr(item(3, "Weg", status="trash"), item(4, "Leer", status="auto-draft"), item(5, "x", kind="revision")))
    assert not Page.objects.exists()


def test_a_scheduled_post_stays_scheduled(client: Client, run: Run) -> None:
    run(wxr(item(3, "Bald", kind="post", slug="bald", status="future", date="2099-01-01 00:00:00")))
    page = Page.objects.get(slug="bald")
    assert (page.status, page.is_visible) == (Page.Status.PUBLISHED, False)
    assert client.get("/aktuelles/bald/").status_code == 404


def test_a_page_whose_address_is_taken_waits_beside_it(client: Client, run: Run, starter_site: None) -> None:
    before = client.get("/impressum/").content
    said = run(wxr(item(3, "Impressum", slug="impressum", content="<p>Alt</p>"), item(4, "Suche", slug="suche")))
    assert client.get("/impressum/").content == before
    assert Page.objects.get(slug="impressum-2").status == Page.Status.DRAFT
    assert Page.objects.get(slug="suche-2").status == Page.Status.DRAFT
    assert "„Impressum“ ist ein Entwurf unter /impressum-2/" in said


def test_pictures_come_with_their_words_and_without_their_place(run: Run, client: Client, folder: Path) -> None:
    body = (
        '<!-- wp:image {"id":9} --><figure class="wp-block-image"><a href="https://www.alt.example/x">'
        f'<img alt="" src="https://www.alt.example{UPLOADS}Laden-vorne-300x150.jpg"/></a>'
        "<figcaption>Seit 2019</figcaption></figure>"
    )
    export = wxr(
        item(3, "Laden", slug="laden", content=body, meta={"_thumbnail_id": "9"}),
        upload(9, f"{UPLOADS}Laden-vorne.jpg", title="IMG_1", alt="Unser Laden von vorn"),
    )
    said = run(export, "--media", str(folder))
    image, page = Image.objects.get(), Page.objects.get()
    assert (image.name, image.alternative, image.caption) == ("laden-vorne", "Unser Laden von vorn", "Seit 2019")
    assert (image.width, page.picture, page.body) == (500, image, "<p>[Bild: laden-vorne]</p>")
    assert not [path for path in image.files() if path.exists() and b"Mustermann" in path.read_bytes()]
    assert client.get(f"{UPLOADS}Laden-vorne.jpg").headers["Location"] == image.fallback
    assert "1  neue Bilder" in said
    assert 'alt="Unser Laden von vorn"' in client.get("/laden/").content.decode()


def test_pictures_that_are_not_at_hand_are_named_and_left_out(run: Run) -> None:
    body = f'<p>Davor <img src="{UPLOADS}fehlt.jpg"> danach <img src="https://elsewhere.example/pixel.png"></p>'
    said = run(wxr(item(3, "Laden", slug="laden", content=body)))
    assert Page.objects.get().body == "<p>Davor  danach </p>"
    assert f"{UPLOADS}fehlt.jpg" in said
    assert "https://elsewhere.example/pixel.png" in said


def test_no_file_outside_of_the_folder_is_ever_read(run: Run, folder: Path) -> None:
    (folder.parent / "geheim.png").write_bytes(photo(kind="PNG"))
    (folder / "link.png").symlink_to(folder.parent / "geheim.png")
    body = '<p><img src="/wp-content/uploads/../geheim.png"><img src="/wp-content/uploads/link.png"></p>'
    run(wxr(item(3, "x", slug="x", content=body)), "--media", str(folder))
    assert not Image.objects.exists()


def test_a_hostile_upload_is_left_out_and_named(run: Run, folder: Path) -> None:
    (folder / "boese.jpg").write_bytes(b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')
    said = run(wxr(item(3, "x", slug="x", content='<img src="/wp-content/uploads/boese.jpg">')), "--media", str(folder))
    assert not Image.objects.exists()
    assert "boese.jpg: Das ist eine SVG-Zeichnung, kein Bild" in said
    assert Page.objects.get().title == "x"


def test_links_lead_to_the_new_addresses(run: Run, starter_site: None) -> None:
    body = (
        '<p><a href="https://alt.example/2019/05/neu/#teil">a</a> <a href="http://www.alt.example/?page_id=4">b</a> '
        '<a href="https://www.alt.example/weg/">c</a> <a href="https://example.org/x?y=1">d</a> '
        '<a href="mailto:a@b.de">e</a></p>'
    )
    said = run(
        wxr(
            item(3, "x", slug="x", content=body),
            item(4, "y", slug="y"),
            item(5, "Neu", kind="post", slug="neu", link="https://www.alt.example/2019/05/neu/"),
        )
    )
    assert Page.objects.get(slug="x").body == (
        '<p><a href="/aktuelles/neu/#teil">a</a> <a href="/y/">b</a> <a href="/weg/">c</a> '
        '<a href="https://example.org/x?y=1">d</a> <a href="mailto:a@b.de">e</a></p>'
    )
    assert "nichts antwortet: /weg/" in said


def test_linked_pdfs_come_along_and_their_old_addresses_lead_on(run: Run, client: Client, folder: Path) -> None:
    (folder / "2019" / "05" / "AGB-Stand-Mai.pdf").write_bytes(pdf())
    (folder / "2019" / "05" / "falsch.pdf").write_bytes(b"<script>alert(1)</script>")
    agb, wrong = f"https://www.alt.example{UPLOADS}AGB-Stand-Mai.pdf", f"{UPLOADS}falsch.pdf"
    body = (
        f'<!-- wp:file --><div class="wp-block-file"><a href="{agb}">Unsere AGB</a><a href="{agb}" '
        'class="wp-block-file__button wp-element-button" download>Herunterladen</a></div><!-- /wp:file -->'
        f'<p>Siehe <a href="{agb}">hier</a> und <a href="{wrong}">dort</a>.</p>'
    )
    export = wxr(item(3, "x", slug="x", content=body), upload(9, f"{UPLOADS}AGB-Stand-Mai.pdf", title="AGB"))
    dry = run(export, "--media", str(folder), "--dry-run")
    assert "2  neue Downloads" in dry
    assert not Download.objects.exists()
    said = run(export, "--media", str(folder))
    assert "1  neue Downloads" in said
    assert f"{wrong}: Das ist eine Webseite, gleich, was der Dateiname sagt." in said
    download, html = Download.objects.get(), Page.objects.get().body
    assert (download.title, download.name) == ("AGB", "agb-stand-mai")
    assert f'<a href="{download.get_absolute_url()}">Unsere AGB</a>' in html
    assert "Herunterladen" not in html
    assert client.get(f"{UPLOADS}AGB-Stand-Mai.pdf").headers["Location"] == download.get_absolute_url()
    assert not Download.objects.unused().exists()
    assert "neue Downloads" not in run(export, "--media", str(folder))


def test_files_that_cannot_come_are_named(run: Run) -> None:
    body = f'<p><a href="{UPLOADS}agb.pdf">AGB</a> <a href="{UPLOADS}auftrag.docx">Auftrag</a></p>'
    said = run(wxr(item(3, "x", slug="x", content=body), upload(9, f"{UPLOADS}agb.pdf")))
    assert f"PDFs, die nicht im Ordner liegen: {UPLOADS}agb.pdf" in said
    assert f"{UPLOADS}auftrag.docx" in said
    assert "nichts antwortet" not in said


def test_menus_keep_their_order(run: Run) -> None:
    said = run(
        wxr(
            item(3, "Über unsere Firma", slug="firma"),
            item(4, "Leistungen", slug="leistungen"),
            item(5, "Impressum", slug="impressum"),
            menu_entry(11, 4, 1),
            menu_entry(12, 3, 2, title="Firma"),
            menu_entry(13, 5, 1, menu="footer-menue"),
            menu_entry(14, 5, 3, parent=12),
        )
    )
    assert [page.menu_title for page in Page.objects.in_menu("main", "de")] == ["Leistungen", "Firma"]
    assert [page.menu_title for page in Page.objects.in_menu("footer", "de")] == ["Impressum"]
    assert "Seite wiederholen, ausgelassen: 1" in said


def test_what_stood_below_another_entry_stands_below_its_page(run: Run, client: Client) -> None:
    said = run(
        wxr(
            item(3, "Server", slug="server"),
            item(4, "Leistungen", slug="leistungen"),
            item(5, "Weit weg", slug="weit-weg"),
            menu_entry(11, 4, 1),
            menu_entry(12, 3, 2, parent=11),
            menu_entry(13, 5, 3, parent=99),
        )
    )
    html = client.get("/").content.decode() + client.get("/leistungen/").content.decode()
    assert client.get("/server/").headers["Location"] == "/leistungen/server/"
    assert html.index('href="/leistungen/"') < html.index("<details") < html.index('href="/leistungen/server/"')
    assert client.get("/weit-weg/").status_code == 200
    assert "ausgelassen: 1" in said


def test_other_peoples_data_stay_behind(run: Run) -> None:
    said = run(wxr(item(3, "x", slug="x", comments=2), item(4, "Tisch", kind="product")))
    everything = " ".join(str(page.__dict__) for page in Page.objects.all()) + said
    assert "max@example.org" not in everything
    assert "erika" not in everything
    assert "Kommentare, ausgelassen, weil es Daten anderer sind: 2" in said
    assert "„product“, ausgelassen: 1" in said


def test_an_english_site_becomes_english_pages(client: Client, run: Run) -> None:
    run(wxr(item(3, "About", slug="about"), language="en-US"))
    assert client.get("/en/about/").status_code == 200
    assert client.get("/about/").headers["Location"] == "/en/about/"


def test_a_dry_run_tells_and_writes_nothing(run: Run, folder: Path) -> None:
    body = f'<p><img src="{UPLOADS}Laden-vorne.jpg"> [slider id="3"]</p>'
    export = wxr(item(3, "x", slug="x", content=body), item(8, "y", kind="post", slug="y", topics={"a": "A"}))
    said = run(export, "--media", str(folder), "--dry-run")
    assert "Es wurde nichts geschrieben" in said
    assert "2  neue Seiten und Beiträge" in said
    assert "1  neue Bilder" in said
    assert "[slider]" in said
    assert [model.objects.count() for model in (Page, Image, Category, Redirect, Revision)] == [0] * 5


def test_a_second_run_changes_nothing(run: Run, folder: Path) -> None:
    body = f'<p><img src="{UPLOADS}Laden-vorne.jpg"></p>'
    export = wxr(
        item(3, "x", slug="x", content=body),
        item(8, "y", kind="post", slug="y", link="https://www.alt.example/2019/y/", topics={"a": "A"}),
    )
    models = (Page, Image, Category, Redirect, Revision)
    run(export, "--media", str(folder))
    before = [list(model.objects.order_by("pk").values()) for model in models]
    said = run(export, "--media", str(folder))
    assert [list(model.objects.order_by("pk").values()) for model in models] == before
    assert "0  neue Seiten und Beiträge" in said
    assert "2  unverändert" in said


def test_a_second_run_renews_what_nobody_has_edited_and_leaves_the_rest_alone(run: Run, folder: Path) -> None:
    body = f'<p>Text</p><p><img src="{UPLOADS}Laden-vorne.jpg"></p>'
    export = wxr(*(item(number, f"Seite {number}", slug=f"seite-{number}", content=body) for number in (3, 4, 5)))
    run(export)
    edited, thrown_away = Page.objects.get(slug="seite-4"), Page.objects.get(slug="seite-5")
    edited.body = "<p>Von Hand</p>"
    services.save_page(page=edited, author=Operator.objects.create_superuser("operator"))
    services.move_to_trash(page=thrown_away)
    said = run(export, "--media", str(folder))
    assert [page.body for page in Page.objects.order_by("slug")] == [
        "<p>Text</p><p>[Bild: laden-vorne]</p>",
        "<p>Von Hand</p>",
        "<p>Text</p>",
    ]
    assert "1  erneuert" in said
    assert "2  in Ruhe gelassen" in said


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><rss><channel>&c;</channel></rss>"""
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><rss/>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (BOMB, "Dokumenttyp oder Entities"),
        (OUTSIDE, "Dokumenttyp oder Entities"),
        (b"<rss><channel>", "Zeile 1"),
        (b"", "Zeile 1"),
        (b'<?xml version="1.0" encoding="nonsense"?><rss/>', "Zeichenkodierung"),
        (b"<rss><channel><title>Ein Feed</title></channel></rss>", "kein Export von WordPress"),
        (b"\x89PNG\r\n", "Zeile 1"),
    ],
    ids=["entities", "a file from outside", "cut off", "empty", "strange encoding", "a feed", "a picture"],
)
def test_what_is_no_harmless_export_is_refused_in_one_line(run: Run, data: bytes, words: str) -> None:
    with pytest.raises(CommandError, match=words) as refused:
        run(data)
    assert "\n" not in str(refused.value)
    assert refused.value.returncode == 1
    assert not Page.objects.exists()


def test_a_file_that_is_not_there_and_a_folder_that_is_none(run: Run, tmp_path: Path) -> None:
    with pytest.raises(CommandError) as missing:
        call_command("import_wordpress", str(tmp_path / "fehlt.xml"))
    with pytest.raises(CommandError) as wrong:
        run(wxr(), "--media", str(tmp_path / "fehlt"))
    assert (missing.value.returncode, wrong.value.returncode) == (1, 2)


def test_bytes_that_xml_forbids_do_not_stop_an_import(run: Run) -> None:
    run(wxr(item(3, "x", slug="x", content="<p>vor\x0b\x08 nach</p>")))
    assert Page.objects.get().body == "<p>vor nach</p>"


@pytest.mark.parametrize("parents", [(3, 3), (4, 3), (99, 3)])
def test_an_export_that_leads_in_a_circle_or_nowhere_still_comes(run: Run, parents: tuple[int, int]) -> None:
    run(wxr(item(3, "a", slug="a", parent=parents[0]), item(4, "b", slug="b", parent=parents[1])))
    assert Page.objects.count() == 2


def test_hostile_words_in_every_field_stay_words(client: Client, run: Run) -> None:
    evil = '"><script>alert(1)</script>'
    run(
        wxr(
            item(3, f"A{evil}", slug=f"../../admin/{evil}", content=evil * 3, excerpt=evil, link=f"https://www.alt.example/{evil}/"),
            item(4, "B", kind="post", slug="//boese.example/", topics={evil: evil}, link="https://[::1"),
            item(5, "C", slug="c", content='<a href="javascript:alert(1)">x</a><a href="//boese.example/">y</a>'),
            upload(9, f"/wp-content/uploads/{evil}.jpg"),
        )
    )  # fmt: skip
    assert Page.objects.exclude(template=Page.Template.POSTS).count() == 3
    for page in Page.objects.all():
        html = client.get(page.get_absolute_url()).content.decode()
        assert "<script>alert" not in html
        assert "javascript:" not in html
