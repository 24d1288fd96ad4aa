"""From memory comes only what Django would answer just now, and nothing a request says can change that."""

import gzip
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from ipaddress import ip_network
from itertools import product
from math import inf
from pathlib import Path
from typing import Any

import brotli
import pytest
import time_machine
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from consent import offer as offers
from consent.providers import PROVIDERS, add
from sitebackend import wsgi
from sitebackend.backup import gate
from sitebackend.models import SiteSettings
from sitebackend.pages import fast_path, preview, services, theme, version
from sitebackend.pages.answers import best_coding
from sitebackend.pages.fast_path import LONGEST_ASKED, MOST_ASKED, FastPath, Variant
from sitebackend.pages.models import Page, SiteVersion
from tests.consent.conftest import sealed_cookie
from tests.pages.conftest import MakePage

pytestmark = pytest.mark.django_db
HOST = "www.example.de"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
Get = Callable[..., "Answer"]


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    is_from_memory: bool


@pytest.fixture
def kept(starter_site: None) -> Iterator[FastPath]:
    """The whole stack; the version is read anew for each request. A test's connection is not closed by requests."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield FastPath(get_wsgi_application(), version=version.read, variant=wsgi.cookie_choice)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def get(kept: FastPath) -> Get:
    """`get("/", HTTP_COOKIE="…")` asks the whole stack."""
    asked: list[str] = []
    django = kept._application

    def counted(environ: dict[str, Any], start_response: Any) -> Any:
        asked.append(environ["PATH_INFO"])
        return django(environ, start_response)

    kept._application = counted

    def ask(path: str, **more: str) -> Answer:
        environ: dict[str, Any] = {"PATH_INFO": path, "HTTP_HOST": HOST, "wsgi.input": BytesIO()}
        environ = {
            "REQUEST_METHOD": "GET",
            "wsgi.url_scheme": "https",
            "SERVER_NAME": "x",
            "SERVER_PORT": "443",
        } | environ
        environ |= {"wsgi.errors": BytesIO(), "wsgi.version": (1, 0), "SCRIPT_NAME": "", "QUERY_STRING": ""} | more
        began: list[tuple[str, list[tuple[str, str]]]] = []
        before = len(asked)
        body = kept(environ, lambda status, headers, *_: began.append((status, headers)))
        content = b"".join(body)
        status, headers = began[0]
        named = {name.lower(): value for name, value in headers}
        return Answer(int(status[:3]), named, content, len(asked) == before)

    return ask


def test_the_second_visitor_is_answered_from_memory_without_the_database(get: Get) -> None:
    first = get("/leistungen/")
    with CaptureQueriesContext(connection) as queries:
        second = get("/leistungen/")
    assert (first.is_from_memory, second.is_from_memory) == (False, True)
    assert (first.status, second.status) == (200, 200)
    assert first.body == second.body
    assert len(queries) == 1  # the version, which a thread reads in the server


def test_both_answers_are_the_same_to_the_last_header(get: Get) -> None:
    first, second = get("/"), get("/")
    assert first.headers == second.headers
    assert first.headers["content-security-policy"].count("default-src 'none'") == 1
    assert "set-cookie" not in first.headers


def test_a_saved_page_is_new_at_once(get: Get) -> None:
    get("/leistungen/")
    page = Page.objects.get(path="leistungen", language="de")
    page.title = "Neue Überschrift"
    services.save_page(page=page, author=None)
    assert "Neue Überschrift" in get("/leistungen/").body.decode()


@pytest.mark.parametrize("change", ["settings", "menu", "trash"])
def test_whatever_a_page_shows_renews_it(get: Get, change: str) -> None:
    get("/impressum/")
    post = Page.objects.get(path="aktuelles/neue-website", language="de")
    if change == "settings":
        site = SiteSettings.current()
        site.owner = "Änne Neu"
        site.save()
    elif change == "trash":
        services.move_to_trash(page=post)
    else:
        post.menu = "footer"
        post.save()
    assert not get("/impressum/").is_from_memory


def test_a_withdrawn_page_is_gone_at_once(get: Get) -> None:
    get("/leistungen/netzwerke/")
    services.move_to_trash(page=Page.objects.get(path="leistungen/netzwerke", language="de"))
    assert get("/leistungen/netzwerke/").status == 404


def test_a_moved_page_redirects_at_once(get: Get) -> None:
    get("/leistungen/netzwerke/")
    page = Page.objects.get(path="leistungen/netzwerke", language="de")
    page.slug = "netze"
    page.save()
    answer = get("/leistungen/netzwerke/")
    assert (answer.status, answer.headers["location"]) == (301, "/leistungen/netze/")


def test_a_scheduled_page_appears_on_time_in_menus_that_were_kept(get: Get, make_page: MakePage) -> None:
    with time_machine.travel(NOW, tick=False):
        Page.objects.update(published_at=NOW - timedelta(days=1))
        make_page(slug="fest", title="Frohes Fest", menu="main", published_at=NOW + timedelta(hours=1))
        get("/")
        assert get("/").is_from_memory
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        assert "Frohes Fest" in get("/").body.decode()


def test_each_language_has_its_own_page(get: Get) -> None:
    get("/")
    assert 'lang="en"' in get("/en/").body.decode()
    assert 'lang="de"' in get("/").body.decode()


def test_who_said_no_in_advance_is_not_given_the_banner_of_others(get: Get) -> None:
    assert "data-cookie-banner" in get("/").body.decode()
    assert "data-cookie-banner" not in get("/", HTTP_SEC_GPC="1").body.decode()
    assert "data-cookie-banner" in get("/").body.decode()


def test_made_up_cookies_make_no_pages_of_their_own(get: Get) -> None:
    get("/", HTTP_COOKIE="__Host-einwilligung=v=x|a=1")
    assert get("/", HTTP_COOKIE="__Host-einwilligung=v=y|b=<script>").is_from_memory


def test_cookies_of_the_admin_make_no_difference(get: Get) -> None:
    get("/")
    answer = get("/", HTTP_COOKIE="__Host-admin-session=abc; __Host-admin-csrf=def")
    assert answer.is_from_memory


@pytest.mark.parametrize(
    "header",
    [
        "HTTP_X_FORWARDED_HOST",
        "HTTP_X_ORIGINAL_URL",
        "HTTP_X_REWRITE_URL",
        "HTTP_ACCEPT_LANGUAGE",
        "HTTP_USER_AGENT",
        "HTTP_REFERER",
        "HTTP_ORIGIN",
        "HTTP_RANGE",
        "HTTP_IF_NONE_MATCH",
        "HTTP_IF_MODIFIED_SINCE",
        "HTTP_ACCEPT_ENCODING",
        "HTTP_COOKIE",
        "HTTP_SEC_GPC",
        "HTTP_X_HTTP_METHOD_OVERRIDE",
        "CONTENT_TYPE",
    ],
)
def test_no_header_poisons_what_others_get(get: Get, header: str) -> None:
    poisoned = get("/", **{header: "evil.example.org/<script>"})
    clean = get("/")
    assert b"evil" not in poisoned.body
    assert (clean.body, clean.headers, clean.status) == (poisoned.body, poisoned.headers, 200)
    assert "evil" not in str(clean.headers)


def test_a_foreign_host_is_refused_before_and_after_the_page_was_kept(get: Get) -> None:
    assert get("/", HTTP_HOST="evil.example.org").status == 400
    get("/")
    assert get("/", HTTP_HOST="evil.example.org").status == 400


@pytest.mark.parametrize("host", [f"{HOST}:444", HOST.upper(), f"{HOST}.", f"{HOST}:443"])
def test_other_spellings_of_the_host_take_no_memory(get: Get, kept: FastPath, host: str) -> None:
    assert get("/", HTTP_HOST=host).body == get("/", HTTP_HOST=host).body
    assert kept._kept.replies == {}


def test_plain_http_is_not_answered_with_what_https_got(get: Get) -> None:
    get("/")
    assert not get("/", **{"wsgi.url_scheme": "http"}).is_from_memory


@pytest.mark.parametrize(("peer", "is_believed"), [("127.0.0.1", True), ("198.51.100.7", False)])
def test_only_a_trusted_proxy_is_believed_that_it_was_https(
    get: Get, settings: Settings, peer: str, is_believed: bool
) -> None:
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1/32")]
    get("/")
    claim = {"wsgi.url_scheme": "http", "HTTP_X_FORWARDED_PROTO": "https", "REMOTE_ADDR": peer}
    assert get("/", **claim).is_from_memory is is_believed


@pytest.mark.parametrize(
    "path", ["/suche/", "/kontakt/", "/admin/", "/gibt-es-nicht/", "/feed/", "/cookies/", "/healthz"]
)
def test_what_is_not_the_same_for_everybody_is_never_kept(get: Get, path: str) -> None:
    get(path)
    assert not get(path).is_from_memory


def test_a_query_and_other_methods_lead_past_memory(get: Get) -> None:
    get("/")
    assert not get("/", QUERY_STRING="utm_source=x").is_from_memory
    assert get("/", REQUEST_METHOD="POST", HTTP_SEC_FETCH_SITE="same-origin").status == 405


def test_a_preview_is_never_kept(get: Get, make_page: MakePage) -> None:
    link = preview.link(make_page(slug="entwurf", status=Page.Status.DRAFT))
    get(link)
    assert not get(link).is_from_memory


def test_while_the_present_version_is_unknown_django_answers(starter_site: None, get: Get) -> None:
    SiteVersion.objects.all().delete()
    get("/")
    assert not get("/").is_from_memory


@pytest.mark.parametrize(("coding", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress), ("", bytes)])
def test_every_coding_unpacks_to_the_same_page(get: Get, coding: str, unpack: Callable[[bytes], bytes]) -> None:
    plain = get("/leistungen/").body
    answer = get("/leistungen/", HTTP_ACCEPT_ENCODING=coding)
    assert unpack(answer.body) == plain
    assert answer.headers.get("content-encoding", "") == coding
    assert answer.headers["content-length"] == str(len(answer.body))
    assert "Accept-Encoding" in answer.headers["vary"]
    assert "Cookie" in answer.headers["vary"]


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("br;q=0, gzip", "gzip"),
        ("gzip;q=0.0,br;q=0", ""),
        ("", ""),
        ("*", ""),
        ("identity;q=0, *;q=0", ""),  # nothing would do; a page that can be read is better than none
        ("identity;q=0", ""),
        ("br; q = 0.000 , gzip;q=0.001", "gzip"),
        ("br;q=1;q=0", "br"),
        ("gzip,,;q=0,", "gzip"),
        ("brx, xgzip", ""),
        ("BR", "br"),
    ],
)
def test_the_coding_is_one_that_the_browser_takes(accepted: str, coding: str) -> None:
    assert best_coding(accepted) == coding


def test_part_of_a_page_is_answered_with_all_of_it(get: Get) -> None:
    whole = get("/")
    assert get("/", HTTP_RANGE="bytes=0-9") == Answer(200, whole.headers, whole.body, is_from_memory=True)


def test_a_browser_that_has_the_page_is_told_so(get: Get) -> None:
    first = get("/", HTTP_ACCEPT_ENCODING="br")
    again = get("/", HTTP_ACCEPT_ENCODING="br", HTTP_IF_NONE_MATCH=f'"x", W/{first.headers["etag"]}')
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert "vary" in again.headers
    other = get("/", HTTP_ACCEPT_ENCODING="gzip", HTTP_IF_NONE_MATCH=first.headers["etag"])
    assert other.status == 200


def test_a_changed_page_has_another_tag(get: Get) -> None:
    tag = get("/impressum/").headers["etag"]
    SiteSettings.objects.first().save()
    assert get("/impressum/").headers["etag"] == tag
    site = SiteSettings.current()
    site.city = "Anderswo"
    site.save()
    assert get("/impressum/").headers["etag"] != tag


def test_asking_for_the_head_gives_the_same_head_and_no_body(get: Get) -> None:
    full = get("/")
    head = get("/", REQUEST_METHOD="HEAD")
    assert (head.is_from_memory, head.body, head.headers) == (True, b"", full.headers)


def test_memory_is_bounded(get: Get, kept: FastPath, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast_path, "MOST_BYTES", 20_000)
    for path in ("/", "/impressum/", "/leistungen/"):
        get(path)
    held = kept._kept
    assert sum(reply.size for reply in held.replies.values()) == held.size <= 20_000
    assert not get("/").is_from_memory
    assert get("/").is_from_memory


def test_made_up_headers_fill_no_memory(get: Get, kept: FastPath) -> None:
    get("/")
    pages = len(kept._kept.replies)
    for number in range(MOST_ASKED + 5):
        get("/", HTTP_COOKIE=f"__Host-einwilligung={number}", HTTP_ACCEPT_ENCODING=f"gzip;q={number}")
    get("/", HTTP_COOKIE="__Host-einwilligung=" + "x" * LONGEST_ASKED)
    get("/", HTTP_SEC_GPC="1" * (LONGEST_ASKED + 1))
    assert len(kept._kept.meant) <= MOST_ASKED
    assert max(len(value or "") for asked in kept._kept.meant for value in asked) < 50
    assert len(kept._kept.replies) == pages


def test_no_cookie_but_the_choice_stays_in_memory(get: Get, kept: FastPath) -> None:
    for cookies in ("__Host-vault=secret", "__Host-einwilligung=v=1; __Host-vault=secret"):
        get("/", HTTP_COOKIE=cookies)
    assert "secret" not in repr(kept._kept)


def test_what_a_server_does_to_the_headers_it_is_given_is_its_own_affair(kept: FastPath, get: Get) -> None:
    before = get("/").headers
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "HTTP_HOST": HOST, "wsgi.url_scheme": "https"}
    kept(environ, lambda status, headers, *_: headers.append(("connection", "close")))
    assert get("/").headers == before


def test_style_sheets_in_made_up_colours_take_no_memory(get: Get, kept: FastPath) -> None:
    site = SiteSettings.current()
    site.brand_colour = "#123456"
    site.save()
    own = theme.url(site)
    get(own)
    assert get(own).is_from_memory
    get(own.replace("123456", "654321"))
    assert not get(own.replace("123456", "654321")).is_from_memory


@pytest.mark.parametrize("value", ["0", "", "11", " 1", "1,1", "true", "١"])
def test_only_the_one_value_of_sec_gpc_counts(get: Get, value: str) -> None:
    get("/", HTTP_SEC_GPC="1")
    assert "data-cookie-banner" in get("/", HTTP_SEC_GPC=value).body.decode()
    assert "data-cookie-banner" not in get("/", HTTP_SEC_GPC="1").body.decode()


@pytest.mark.parametrize("before", ["", "other=1; ", 'other="a;b"; ', "=; ", "__Host-einwilligung=v=x|a=1; "])
def test_a_choice_counts_whatever_cookies_stand_before_it(get: Get, before: str) -> None:
    refused = dict.fromkeys(offers.current().optional_groups(), False)
    asked = get("/")
    quiet = get("/", HTTP_COOKIE=f"{before}{choice(**refused)}")
    assert ("data-cookie-banner" in asked.body.decode(), "data-cookie-banner" in quiet.body.decode()) == (True, False)
    assert get("/").body == asked.body


@pytest.mark.parametrize(
    "path",
    [
        "/leistungen",
        "//leistungen/",
        "/leistungen//",
        "/leistungen/.",
        "/leistungen/../leistungen/",
        "/Leistungen/",
        "/leistungen/\x00",
        "/leistungen/;a=1/",
        "/leistungen%2f",
        "http://evil.example.org/leistungen/",
        "leistungen/",
    ],
)
def test_other_spellings_of_an_address_take_no_memory_and_touch_no_page(get: Get, kept: FastPath, path: str) -> None:
    first = get("/leistungen/")
    held = set(kept._kept.replies)
    for _ in range(2):
        answer = get(path)
        assert (answer.is_from_memory, answer.status) != (True, 200)
    assert set(kept._kept.replies) == held
    assert get("/leistungen/").body == first.body


def test_addresses_without_a_page_take_no_memory(get: Get, kept: FastPath) -> None:
    for number in range(200):
        assert get(f"/{number}/{'x' * 500}/").status == 404
    assert (kept._kept.replies, kept._kept.size) == ({}, 0)


def test_what_was_rendered_for_a_head_is_not_kept(get: Get, kept: FastPath) -> None:
    assert get("/", REQUEST_METHOD="HEAD").status == 200
    assert kept._kept.replies == {}


@pytest.mark.parametrize("tags", ["*", 'W/"x", *', "{tag}", "W/{tag}", '"x",{tag}'])
def test_a_page_that_is_known_is_not_sent_whatever_the_list_looks_like(get: Get, tags: str) -> None:
    tag = get("/").headers["etag"]
    assert get("/", HTTP_IF_NONE_MATCH=tags.format(tag=tag)).status == 304


@pytest.mark.parametrize("tags", ["", ",", "{bare}", '"{bare}br"', "W/", '"x"'])
def test_a_page_that_is_not_known_is_sent(get: Get, tags: str) -> None:
    first = get("/")
    answer = get("/", HTTP_IF_NONE_MATCH=tags.format(bare=first.headers["etag"].strip('"')))
    assert (answer.status, answer.body) == (200, first.body)


@pytest.mark.parametrize(
    "headers",
    [[("Set-Cookie", "a=b")], [("Content-Security-Policy", "script-src 'nonce-abc'")], [("Content-Encoding", "br")]],
    ids=["cookie", "nonce", "encoded already"],
)
def test_a_personal_answer_is_not_kept_even_if_its_view_says_so(headers: list[tuple[str, str]]) -> None:
    asked: list[str] = []

    def careless(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        asked.append("once more")
        environ["sitebackend.pages.keep_until"] = 1e12
        start_response("200 OK", headers)
        return [b"personal"]

    anybody = Variant("", frozenset(), inf)
    application = FastPath(careless, version=lambda: "1", variant=lambda cookies, sec_gpc: anybody)
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.url_scheme": "https"}
    for _ in range(2):
        application(dict(environ), lambda *_: None)
    assert len(asked) == 2


def test_the_version_is_unknown_while_a_restore_is_unfinished(db: None, data_dir: Path) -> None:
    watcher = version.Watcher(on_change=lambda: None)
    version.renew()
    watcher._look()
    assert watcher._seen[1] == version.read()
    ready = gate.folder() / "ready.json"
    ready.parent.mkdir(parents=True)
    ready.write_text("{}")
    watcher._look()
    assert watcher._seen[1] is None
    gate.open_again()


def test_a_version_that_was_read_too_long_ago_does_not_count(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version.Watcher, "_start", lambda watcher: None)
    watcher = version.Watcher(on_change=lambda: None)
    version.renew()
    watcher._look()
    assert watcher() == version.read()
    monkeypatch.setattr(version, "TRUSTED_FOR", 0.0)
    assert watcher() is None


def test_before_a_new_version_counts_what_is_remembered_of_the_old_one_is_forgotten(db: None) -> None:
    seen: list[str | None] = []
    watcher = version.Watcher(on_change=lambda: seen.append(watcher._seen[1]))
    version.renew()
    for _ in range(2):
        watcher._look()
    first = watcher._seen[1]
    version.renew()
    watcher._look()
    assert seen == [None, first]


def choice(*, hours_ago: float = 0, **decisions: bool) -> str:
    return f"__Host-einwilligung={sealed_cookie(hours_ago=hours_ago, **decisions)}"


ALL = {"openstreetmap": True, "youtube": True, "vimeo": True, "spotify": True}


class TestProviders:
    """A page is kept once for each way in which it looks different, and for no other."""

    @pytest.fixture(autouse=True)
    def _four_providers(self, starter_site: None, make_page: MakePage) -> None:
        for provider in PROVIDERS:
            if provider.varname in ALL:
                add(provider=provider)
        offers.forget()
        link = '<p><a href="https://{}">x</a></p>'
        video, song = "www.youtube-nocookie.com/embed/abcdefg", "open.spotify.com/embed/track/1"
        ours = "www.openstreetmap.org/export/embed.html?bbox=1"
        make_page(slug="video", body=link.format(video))
        make_page(slug="alles", body="".join(map(link.format, (video, song, ours, "player.vimeo.com/video/1234"))))

    def test_a_page_without_content_of_others_is_the_same_whatever_was_agreed_to(self, get: Get) -> None:
        get("/leistungen/", HTTP_COOKIE=choice(**ALL))
        for decisions in (dict.fromkeys(ALL, False), ALL | {"vimeo": False}, ALL | {"openstreetmap": False}):
            assert get("/leistungen/", HTTP_COOKIE=choice(**decisions)).is_from_memory

    def test_a_page_varies_by_the_providers_that_it_shows(self, get: Get) -> None:
        agreed = get("/video/", HTTP_COOKIE=choice(**ALL))
        assert "https://www.youtube-nocookie.com" in agreed.headers["content-security-policy"]
        same = get("/video/", HTTP_COOKIE=choice(**ALL | {"vimeo": False, "openstreetmap": False}))
        assert (same.is_from_memory, same.body, same.headers) == (True, agreed.body, agreed.headers)
        other = get("/video/", HTTP_COOKIE=choice(**ALL | {"youtube": False}))
        assert b"<iframe" in agreed.body
        assert b"<iframe" not in other.body
        assert "youtube" not in other.headers["content-security-policy"]

    def test_who_agreed_to_another_provider_is_given_nothing_of_this_one(self, get: Get) -> None:
        get("/video/", HTTP_COOKIE=choice(**ALL))
        for decisions in ({"openstreetmap": True}, {}, {"vimeo": True, "spotify": True}):
            for _ in range(2):
                answer = get("/video/", HTTP_COOKIE=choice(**decisions))
                assert b"<iframe" not in answer.body
                assert "youtube" not in answer.headers["content-security-policy"]

    def test_many_providers_on_one_page_fill_no_memory(self, get: Get, kept: FastPath) -> None:
        for agreed in product([True, False], repeat=len(ALL)):
            get("/alles/", HTTP_COOKIE=choice(**dict(zip(ALL, agreed, strict=True))))
        kinds = {variant for (_page, variant, coding) in kept._kept.replies if not coding}
        assert len(kinds) == 2  # all and none; the others are made anew each time
        assert get("/alles/", HTTP_COOKIE=choice(**ALL)).is_from_memory
        assert not get("/alles/", HTTP_COOKIE=choice(**ALL | {"vimeo": False})).is_from_memory

    def test_what_a_cookie_came_to_counts_no_longer_than_the_choice(self, get: Get) -> None:
        with time_machine.travel(NOW, tick=False) as clock:
            Page.objects.update(published_at=NOW - timedelta(days=1))
            cookie = choice(**ALL)
            assert b"<iframe" in get("/video/", HTTP_COOKIE=cookie).body
            clock.shift(timedelta(hours=23, minutes=59))
            assert b"<iframe" in get("/video/", HTTP_COOKIE=cookie).body
            clock.shift(timedelta(minutes=1))
            late = get("/video/", HTTP_COOKIE=cookie).body
            assert b"<iframe" not in late
            assert b"data-cookie-banner" in late

    def test_a_choice_that_ends_while_the_page_is_made_keeps_nothing_for_others(self, get: Get, kept: FastPath) -> None:
        with time_machine.travel(NOW, tick=False) as clock:
            Page.objects.update(published_at=NOW - timedelta(days=1))
            cookie = choice(**ALL)
            clock.shift(timedelta(hours=23, minutes=59, seconds=59))
            django = kept._application

            def slow(environ: Any, start_response: Any) -> Any:
                clock.shift(timedelta(seconds=2))
                return django(environ, start_response)

            kept._application = slow
            assert b"<iframe" not in get("/video/", HTTP_COOKIE=cookie).body
            kept._application = django
            assert kept._kept.replies == {}
            assert b"<iframe" in get("/video/", HTTP_COOKIE=choice(**ALL)).body
