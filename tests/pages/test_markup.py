"""The allow-list: hostile, pasted and imported HTML comes out plain, and nothing is cleaned twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitebackend.pages.markup import plain_text, sanitise

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="https://example.org" onclick="alert(1)" style="position:fixed" target="_blank">x</a>',
    '<p style="background:url(https://example.org/pixel)">x</p>',
    '<iframe src="https://example.org"></iframe>',
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    '<form action="https://example.org"><input name="q"></form>',
    "<b<script>alert(1)</script>",
    "<style>*{display:none}</style>",
    '<link rel="stylesheet" href="https://example.org/x.css">',
]


@pytest.mark.parametrize("markup", HOSTILE)
def test_nothing_that_runs_or_loads_by_itself_survives(markup: str) -> None:
    cleaned = sanitise(markup)
    dangers = (
        "<script",
        "onerror",
        "onclick",
        "javascript:",
        "data:",
        "<img",
        "<svg",
        "<iframe",
        "style",
        "<form",
        "<link",
    )
    assert not [danger for danger in dangers if danger in cleaned]


def test_what_the_editor_makes_stays_as_it_is() -> None:
    markup = (
        '<h2>Titel</h2><p>Ein <strong>fetter</strong> <em>Satz</em> mit <a href="/kontakt/">Link</a>.<br>Neu</p>'
        '<ol start="3"><li><p>drei</p></li></ol><blockquote><p>Zitat</p></blockquote><hr>'
        '<table><tbody><tr><th colspan="2">Kopf</th></tr><tr><td>a</td><td>b</td></tr></tbody></table>'
    )
    assert sanitise(markup) == markup


@pytest.mark.parametrize(
    "url", ["https://example.org/", "mailto:info@example.de", "tel:+493012345", "/impressum/", "#oben"]
)
def test_links_that_a_page_needs_are_allowed(url: str) -> None:
    assert sanitise(f'<p><a href="{url}">x</a></p>') == f'<p><a href="{url}">x</a></p>'


def test_a_paste_from_word_comes_out_plain() -> None:
    pasted = (
        '<p class="MsoNormal" style="margin:0cm"><b><span lang="DE" style="font-size:12pt">Angebot</span></b>'
        "<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>"
        "<h1>Preise</h1><!--[if gte mso 9]><xml></xml><![endif]-->"
    )
    assert sanitise(pasted) == "<p><strong>Angebot</strong></p><h2>Preise</h2>"


def test_a_paste_from_wordpress_keeps_its_text_and_loses_its_blocks() -> None:
    pasted = (
        '<!-- wp:paragraph {"fontSize":"large"} --><p class="has-large-font-size">Guten <i>Tag</i></p>'
        '<!-- /wp:paragraph --><div class="wp-block-group"><h5>Klein</h5></div>'
    )
    assert sanitise(pasted) == "<p>Guten <em>Tag</em></p><h4>Klein</h4>"


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert sanitise(sanitise(text)) == sanitise(text)


def test_plain_text_keeps_words_apart_and_characters_whole() -> None:
    assert plain_text("<h2>Titel</h2><p>Müller &amp; Söhne<br>1 &lt; 2</p><ul><li>a</li><li>b</li></ul>") == (
        "Titel Müller & Söhne 1 < 2 a b"
    )
