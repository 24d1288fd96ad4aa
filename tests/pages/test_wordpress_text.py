"""Texts of WordPress, old and new, in this site's words: parts where there are some, else plain HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitebackend.pages import markup
from sitebackend.pages.wordpress.text import Surroundings, convert

PICTURES = {"/a.jpg": "eins", "/b.jpg": "zwei", 7: "eins", 8: "zwei"}


def around() -> Surroundings:
    return Surroundings(
        picture=lambda address, words: PICTURES.get(address),
        picture_number=lambda number: PICTURES.get(number),
        caption=lambda name, words: None,
        link=lambda address: address,
        reused=lambda number: {5: "<p>Wiederverwendet</p>"}.get(number, ""),
    )


@pytest.mark.parametrize(
    ("content", "body"),
    [
        ("Erste Zeile\nZweite\n\nNeuer Absatz", "<p>Erste Zeile<br>Zweite</p>\n<p>Neuer Absatz</p>"),
        ("Davor\n\n<ul>\n<li>a</li>\n</ul>\n\nDanach", "<p>Davor</p>\n<ul>\n<li>a</li>\n</ul>\n<p>Danach</p>"),
        (
            '<!-- wp:heading {"level":3} --><h3 class="wp-block-heading">T</h3><!-- /wp:heading -->\n\n'
            "<!-- wp:quote --><blockquote class='wp-block-quote'><!-- wp:paragraph --><p>Z</p><!-- /wp:paragraph -->"
            "<cite>N</cite></blockquote>",
            "<h3>T</h3>\n\n<blockquote><p>Z</p>N</blockquote>",
        ),
        (
            '<!-- wp:table --><figure class="wp-block-table"><table><tbody><tr><td>1</td></tr></tbody></table>'
            "<figcaption>Preise &amp; mehr</figcaption></figure>",
            "<table><tbody><tr><td>1</td></tr></tbody></table><p>Preise &amp; mehr</p>",
        ),
        ("<p>a <img src='/a.jpg'> b</p>", "<p>a </p><p>[Bild: eins]</p><p> b</p>"),
        ("<p><a href='/gross.jpg'><img src='/a.jpg'></a></p>", "<p>[Bild: eins]</p>"),
        ("<p><a href='/x/'>Wort <img src='/a.jpg'></a></p>", '<p><a href="/x/">Wort </a></p><p>[Bild: eins]</p>'),
        (
            "<!-- wp:gallery --><figure class='wp-block-gallery'><figure><img src='/a.jpg'></figure>"
            "<figure><img src='/b.jpg'></figure></figure>",
            "<p>[Galerie: eins, zwei]</p>",
        ),
        ('[gallery ids="7,8,99"]', "<p>[Galerie: eins, zwei]</p>"),
        ('[caption id="x"]<a href="/a.jpg"><img src="/a.jpg" /></a> Der Laden[/caption]', "<p>[Bild: eins]</p>"),
        ('Schreiben Sie:\n\n[contact-form-7 id="12" title="Kontakt"]', "<p>Schreiben Sie:</p>\n<p>[Kontakt]</p>"),
        (
            '<!-- wp:button --><div class="wp-block-button">'
            '<a class="wp-block-button__link" href="/termin/">Termin [neu]</a></div>',
            "<p>[Knopf: Termin [neu) /termin/]</p>",
        ),
        (
            "<!-- wp:embed --><figure class='wp-block-embed'><div class='wp-block-embed__wrapper'>\n"
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ\n</div></figure>",
            '<p><a href="https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ">www.youtube-nocookie.com</a></p>',
        ),
        (
            '<iframe src="https://www.openstreetmap.org/export/embed.html?a=1&b=2"></iframe>',
            '<p><a href="https://www.openstreetmap.org/export/embed.html?a=1&amp;b=2">www.openstreetmap.org</a></p>',
        ),
        ("[embed]https://vimeo.com/123456[/embed]", '<p><a href="https://player.vimeo.com/video/123456">player.vimeo.com</a></p>'),
        (
            "<!-- wp:details --><details><summary>Wann?</summary><p>Heute.</p></details>"
            "<details><summary>Wo?</summary><p>Hier.</p></details><p>Danach</p>",
            "<p>[Fragen]</p><h3>Wann?</h3><p>Heute.</p><h3>Wo?</h3><p>Hier.</p><hr><p>Danach</p>",
        ),
        ('<!-- wp:block {"ref":5} /-->', "<p>Wiederverwendet</p>"),
        ("[vc_row][vc_column]Text[/vc_column][/vc_row]", "<p>Text</p>"),
        ("[spoiler]Inhalt[/spoiler] und [sic] bleibt", "<p>Inhalt und [sic] bleibt</p>"),
        ("<h1>Groß</h1><!--more--><script>alert(1)</script>", "<h2>Groß</h2>"),
    ],
)  # fmt: skip
def test_a_text_comes_over(content: str, body: str) -> None:
    assert convert(content, around()) == body


def test_what_plugins_left_behind_is_told() -> None:
    told = around()
    convert('[vc_row el_id="x"][slider id="3"] [tab]x[/tab]', told)
    assert told.left_out == {"[vc_row]", "[slider]", "[tab]"}


@given(st.text(alphabet=st.sampled_from("<>/[]=\"'abp img=figuretlsdmy!- \n"), max_size=120))
def test_whatever_comes_in_the_editor_could_have_made(text: str) -> None:
    body = convert(text, around())
    assert markup.sanitise(body) == body
