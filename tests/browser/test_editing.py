"""The editor in a real browser, under the real policy: an edited page is there for visitors at once."""

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Dialog, Page, expect

from tests.browser.conftest import PHONE, Visit, Visitors
from tests.running_site import RunningSite


def log_in(page: Page, running_site: RunningSite) -> None:
    page.goto("/admin/")
    page.fill("[name=username]", running_site.secrets["admin_username"])
    page.fill("[name=password]", running_site.secrets["admin_password"])
    page.click("[type=submit]")


@pytest.fixture
def logged_in(visitor: Visitors, running_site: RunningSite) -> Visit:
    visit = visitor()
    log_in(visit.page, running_site)
    return visit


@pytest.fixture
def operator(logged_in: Visit) -> Visit:
    """In front of the text of a page."""
    visit = logged_in
    visit.page.goto("/admin/pages/page/?q=leistungen/netzwerke")
    visit.page.get_by_role("link", name="Netzwerke").click()
    visit.page.wait_for_selector(".tiptap")
    return visit


def type_at_the_end(page: Page, text: str) -> None:
    page.locator(".tiptap").click()
    page.keyboard.press("Control+End")
    page.keyboard.type(text)


def test_what_is_typed_in_the_editor_stands_on_the_site(operator: Visit, visitor: Visitors) -> None:
    type_at_the_end(operator.page, " Ein Nachtrag mit „Anführung“ & <Klammer>.")
    with operator.page.expect_navigation():
        operator.page.click("[name=_continue]")
    other = visitor().page
    other.goto("/leistungen/netzwerke/")
    assert "Ein Nachtrag mit „Anführung“ & <Klammer>." in other.inner_text("main")
    assert operator.complaints == []
    assert operator.elsewhere == []


def test_leaving_with_unsaved_text_asks_first(operator: Visit) -> None:
    asked: list[str] = []

    def note(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    operator.page.on("dialog", note)
    operator.page.goto("/admin/")
    assert asked == []
    operator.page.go_back()
    operator.page.wait_for_selector(".tiptap")
    type_at_the_end(operator.page, " Noch nicht gesichert.")
    operator.page.goto("/admin/")
    assert asked == ["beforeunload"]


FROM_WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office">
<head><style>p.MsoNormal{margin:0}</style></head><body><!--StartFragment-->
<h1 style="mso-line-height-alt:1"><span lang=DE>Preise</span></h1>
<p class=MsoNormal style="margin:0cm"><b><span style="font-size:12.0pt;color:red">Angebot</span></b>
für Sie<o:p></o:p></p>
<p class=MsoListParagraphCxSpFirst style="mso-list:l0 level1 lfo1"><![if !supportLists]>
<span style="mso-list:Ignore">·
<span style="font:7.0pt Times">&nbsp;&nbsp;</span></span><![endif]>erstens</p>
<p class=MsoListParagraphCxSpLast style="mso-list:l0 level1 lfo1">
<span style="mso-list:Ignore">· </span>zweitens</p>
<table class=MsoTableGrid style="border:solid"><tr><td width=100><p class=MsoNormal>Stunde</p></td>
<td><p class=MsoNormal>80 €</p></td></tr></table>
<img src="file:///C:/Users/Erika/image001.png"><!--EndFragment--></body></html>"""
FROM_WORDPRESS = """<!-- wp:heading {"level":3} -->
<h3 class="wp-block-heading has-text-color">Ablauf</h3><!-- /wp:heading -->
<!-- wp:paragraph --><p class="has-large-font-size" style="color:red" onclick="x()">Guten <i>Tag</i>
<a href="https://example.org/" target="_blank" rel="noopener" class="button">Mehr</a></p><!-- /wp:paragraph -->
<!-- wp:list --><ul class="wp-block-list"><li>eins</li></ul><!-- /wp:list -->
<figure class="wp-block-image"><img src="https://example.org/x.jpg" onerror="alert(1)"></figure>
<script>alert(1)</script>"""


def test_a_session_that_ended_costs_no_text(operator: Visit, running_site: RunningSite) -> None:
    page = operator.page
    type_at_the_end(page, " Nach Feierabend geschrieben.")
    operator.context.clear_cookies()
    page.click("[name=_draft]")
    page.fill("[name=sign-in-username]", running_site.secrets["admin_username"])
    page.fill("[name=sign-in-password]", running_site.secrets["admin_password"])
    page.keyboard.press("Enter")
    page.get_by_text("Der Entwurf ist gespeichert.").wait_for()
    assert "Nach Feierabend geschrieben." in page.locator(".tiptap").inner_text()
    page.get_by_role("button", name="Entwurf verwerfen").click()
    page.get_by_text("Der Entwurf ist verworfen.").wait_for()
    assert "Nach Feierabend" not in page.locator(".tiptap").inner_text()


def paste(page: Page, html: str) -> str:
    """What the form will send once `html` was pasted into an empty text."""
    page.locator(".tiptap").click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.locator(".tiptap").evaluate(
        """(text, html) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text/html", html);
          text.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }""",
        html,
    )
    return page.locator("[name=body]").input_value()


def test_a_paste_from_word_is_clean_before_it_is_saved(operator: Visit) -> None:
    assert paste(operator.page, FROM_WORD) == (
        "<h2>Preise</h2><p><strong>Angebot</strong> für Sie</p><ul><li><p>erstens</p></li><li><p>zweitens</p></li></ul>"
        "<table><tbody><tr><td><p>Stunde</p></td><td><p>80 €</p></td></tr></tbody></table>"
    )
    assert operator.elsewhere == []


def test_a_paste_from_wordpress_is_clean_before_it_is_saved(operator: Visit) -> None:
    assert paste(operator.page, FROM_WORDPRESS) == (
        '<h3>Ablauf</h3><p>Guten <em>Tag</em> <a href="https://example.org/">Mehr</a></p><ul><li><p>eins</p></li></ul>'
    )
    assert operator.elsewhere == []


def test_parts_are_placed_by_the_bar(operator: Visit) -> None:
    page = operator.page
    paste(page, "<p>Anfang</p>")
    page.get_by_role("button", name="Öffnungszeiten").click()
    page.get_by_role("button", name="Knopf …").click()
    page.get_by_label("Aufschrift").fill("Termin")
    page.get_by_label("Wohin er führt").fill("/kontakt/")
    page.get_by_role("button", name="Einsetzen", exact=True).click()
    page.get_by_role("button", name="Karte oder Video …").click()
    page.get_by_label("Was zu sehen ist").fill("So arbeiten wir")
    page.get_by_label("Adresse", exact=True).fill("https://www.youtube.com/watch?v=dQw4w9WgXcQ")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Fragen und Antworten").click()
    page.get_by_role("button", name="Aufruf zum Kontakt").click()  # below the questions, not instead of their end
    assert page.locator("[name=body]").input_value() == (
        "<p>Anfang</p><p>[Öffnungszeiten]</p><p>[Knopf: Termin /kontakt/]</p>"
        '<p><a href="https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ">So arbeiten wir</a></p>'
        "<p>[Fragen]</p><h3>Ihre Frage?</h3><p>Ihre Antwort.</p><hr><p>[Kontakt]</p>"
    )
    assert operator.complaints == []


def test_a_pasted_video_is_asked_about_with_one_press(operator: Visit, visitor: Visitors) -> None:
    page = operator.page
    paste(page, "<p>Anfang</p>")
    page.get_by_role("button", name="Karte oder Video …").click()
    page.get_by_label("Was zu sehen ist").fill("So arbeiten wir")
    address, said = page.get_by_label("Adresse", exact=True), page.locator(".part-provider")
    address.fill("https://www.openstreetmap.org/export/embed.html?bbox=1")
    expect(said.get_by_text("werden Besucher gefragt: OpenStreetMap")).to_be_visible()
    address.fill("https://films.example.org/1")
    expect(said.get_by_text("bleibt ein gewöhnlicher Link. Soll sie")).to_be_visible()
    address.fill('<iframe width="9" src="https://player.vimeo.com/video/123456?h=1&amp;a=2" title="x"></iframe>')
    expect(address).to_have_value("https://player.vimeo.com/video/123456?h=1&a=2")
    expect(said.get_by_text("noch nicht gefragt")).to_be_visible()
    page.get_by_role("button", name="Besucher danach fragen").click()
    expect(said.get_by_text("werden Besucher gefragt: Vimeo")).to_be_visible()
    page.keyboard.press("Enter")
    assert page.locator("[name=body]").input_value() == (
        '<p>Anfang</p><p><a href="https://player.vimeo.com/video/123456?h=1&amp;a=2">So arbeiten wir</a></p>'
    )
    other = visitor().page
    other.goto("/cookies/")
    expect(other.get_by_role("checkbox", name="Vimeo")).to_be_visible()
    assert operator.complaints == []
    assert operator.elsewhere == []


def test_a_placed_picture_shows_in_the_editor_and_the_text_stays_a_line(operator: Visit, tmp_path: Path) -> None:
    photo = tmp_path / "serverraum.png"
    Image.new("RGB", (300, 200), "teal").save(photo)
    page = operator.page
    address = page.url
    page.goto("/admin/pages/image/add/")
    page.set_input_files("[name=upload]", photo)
    page.fill("[name=name]", "serverraum")
    page.click("[name=_save]")
    expect(page.locator("[name=alternative]:invalid")).to_be_focused()
    assert page.locator("[name=upload]").evaluate("input => input.files.length") == 1  # not sent, so not lost
    page.fill("[name=alternative]", "Ein Raum mit zwei Schränken")
    with page.expect_navigation():  # a form with files is sent once the site said that it would take it
        page.click("[name=_save]")
    page.goto(address)
    page.wait_for_selector(".tiptap")
    paste(page, "<p>[Bild: serverraum]</p><p>[Öffnungszeiten]</p><p>[Bild: gibt es nicht]</p>")
    shown = page.locator(".tiptap .placed-pictures img")
    expect(shown).to_have_count(2)
    assert shown.first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert [shown.nth(place).get_attribute("alt") for place in range(2)] == ["Ein Raum mit zwei Schränken", None]
    assert page.locator(".tiptap .placed-part").count() == 3
    assert page.locator("[name=body]").input_value() == (
        "<p>[Bild: serverraum]</p><p>[Öffnungszeiten]</p><p>[Bild: gibt es nicht]</p>"
    )
    assert operator.complaints == []
    assert operator.elsewhere == []


def test_a_file_to_download_is_placed_by_the_bar(operator: Visit, visitor: Visitors, tmp_path: Path) -> None:
    prices = tmp_path / "preise.pdf"
    Image.new("RGB", (60, 80), "white").save(prices)
    page = operator.page
    address = page.url
    page.goto("/admin/pages/download/add/")
    page.set_input_files("[type=file]", prices)
    page.fill("[name=title]", "Unsere Preise")
    with page.expect_navigation():  # a form with files is sent once the site said that it would take it
        page.click("[name=_save]")
    page.goto(address)
    page.wait_for_selector(".tiptap")
    paste(page, "<p>Anfang</p>")
    page.get_by_role("button", name="Datei …").click()
    page.get_by_role("dialog").get_by_text("Unsere Preise").click()
    page.get_by_role("button", name="Einsetzen", exact=True).click()
    with page.expect_navigation():
        page.click("[name=_continue]")
    other = visitor().page
    other.goto("/leistungen/netzwerke/")
    link = other.get_by_role("link", name="Unsere Preise").get_attribute("href")
    assert other.request.get(f"{link}").body() == prices.read_bytes()
    assert operator.complaints == []


def places(page: Page, menu: str) -> list[tuple[str, str]]:
    """Title and number of each page in that menu, as they stand there."""
    rows = page.locator(f"[data-language=Deutsch][data-menu={menu}] .menu-row").all()
    return [
        (row.locator(".menu-title").inner_text().split("\n")[0], row.locator("input[inputmode=numeric]").input_value())
        for row in rows
    ]


def test_a_menu_is_arranged_by_dragging_and_by_arrow_keys(logged_in: Visit) -> None:
    page = logged_in.page
    page.goto("/admin/pages/page/menus/")
    rows = page.locator("[data-language=Deutsch][data-menu=main] .menu-row")
    first, second, *_others = [name for name, _place in places(page, "main")]
    rows.nth(0).locator(".menu-handle").hover()
    page.mouse.down()
    box = rows.nth(1).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] - 4, steps=4)
    page.mouse.up()
    assert places(page, "main")[:2] == [(second, "10"), (first, "20")]
    rows.nth(0).locator(".menu-handle").press("ArrowDown")
    assert places(page, "main")[:2] == [(first, "10"), (second, "20")]
    rows.nth(0).locator("select").select_option("footer")
    assert places(page, "footer") == [(first, "10")]
    assert places(page, "main")[0] == (second, "10")
    assert logged_in.complaints == []


def test_a_menu_is_arranged_with_a_finger(visitor: Visitors, running_site: RunningSite) -> None:
    visit = visitor(screen=PHONE, touch=True)
    log_in(visit.page, running_site)
    page = visit.page
    page.goto("/admin/pages/page/menus/")
    before = [name for name, _place in places(page, "main")]
    handles = page.locator("[data-language=Deutsch][data-menu=main] .menu-handle")
    handles.last.scroll_into_view_if_needed()
    start, end = (handles.nth(place).bounding_box() for place in (1, 0))
    assert start
    assert end
    finger = visit.context.new_cdp_session(page)
    x, y, goal = start["x"] + 10, start["y"] + 10, end["y"] + 2
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for part in range(1, 6):
        point = {"x": x, "y": y + (goal - y) * part / 5}
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator("[data-language=Deutsch][data-menu=main] .menu-title").first).to_contain_text(before[1])
    assert [name for name, _place in places(page, "main")][:2] == [before[1], before[0]]
