"""Who may change something: judged by the browser's own word outside the admin, by Django's token inside."""

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.template import engines
from django.test import Client, RequestFactory

from sitebackend.middleware import CrossSiteRequestMiddleware

OURS = "https://www.example.de"
CHOICE = "/cookies/decline/"


def post(path: str, **headers: str) -> HttpResponse:
    client = Client(headers={"Host": "www.example.de"})
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(path, {"all_groups": "true"}, headers=named, secure=True)  # type: ignore[return-value]


@pytest.mark.django_db
class TestAChoiceMadeBy:
    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec_Fetch_Site": "same-origin"},
            {"Sec_Fetch_Site": "none"},
            {"Sec_Fetch_Site": "same-origin", "Origin": OURS},
            {"Origin": OURS},
        ],
    )
    def test_our_own_page_counts(self, headers: dict[str, str]) -> None:
        response = post(CHOICE, **headers)
        assert response.status_code == 303
        assert list(response.cookies) == ["__Host-einwilligung"]

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec_Fetch_Site": "cross-site"},
            {"Sec_Fetch_Site": "same-site"},
            {"Sec_Fetch_Site": "cross-site", "Origin": OURS},
            {"Sec_Fetch_Site": "Same-Origin"},
            {"Sec_Fetch_Site": ""},
            {"Sec_Fetch_Site": "same-origin, cross-site"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": ""},
            {"Origin": "http://www.example.de"},
            {"Origin": "https://example.de"},
            {"Origin": "https://www.example.de.evil.example"},
            {"Origin": "https://www.example.de:8443"},
            {"Origin": f"{OURS}/"},
            {"Referer": f"{OURS}/"},
            {},
        ],
    )
    @pytest.mark.parametrize("path", [CHOICE, "/cookies/accept/", "/cookies/", "/en/cookies/accept/"])
    def test_another_site_or_nobody_changes_nothing(self, path: str, headers: dict[str, str]) -> None:
        response = post(path, **headers)
        assert response.status_code == 403
        assert not response.cookies
        assert "<h1>" in response.text

    def test_nobody_is_explained(self) -> None:
        assert "kein Cookie gesetzt" in post(CHOICE).text
        assert "anderen Website" in post(CHOICE, Origin="null").text


@pytest.mark.django_db
class TestAnyOtherFormSentFrom:
    @pytest.mark.parametrize("headers", [{"Sec_Fetch_Site": "same-origin"}, {"Origin": OURS}, {}])
    def test_here_or_without_a_word_is_judged_by_its_view(self, headers: dict[str, str]) -> None:
        assert post("/kontakt/", **headers).status_code == 422

    @pytest.mark.parametrize("headers", [{"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://evil.example"}])
    def test_another_site_is_refused(self, headers: dict[str, str]) -> None:
        assert post("/kontakt/", **headers).status_code == 403


class TestDjangosCsrfCookie:
    def page(self, path: str, cookie: str = "") -> HttpResponse:
        def view(request: object) -> HttpResponse:
            return HttpResponse(engines["django"].from_string("{% csrf_token %}").render({}, request))

        request = RequestFactory(headers={"Cookie": cookie} if cookie else {}).get(path)
        return CrossSiteRequestMiddleware(view)(request)  # type: ignore[arg-type,return-value]

    @pytest.mark.parametrize("cookie", ["", "broken", "x" * 32])
    def test_is_never_set_outside_the_admin(self, cookie: str) -> None:
        """Not even if a template asks for a token by mistake, or the visitor sends a broken cookie."""
        response = self.page("/kontakt/", f"{settings.CSRF_COOKIE_NAME}={cookie}" if cookie else "")
        assert not response.cookies

    def test_protects_the_admin(self) -> None:
        assert list(self.page("/admin/").cookies) == [settings.CSRF_COOKIE_NAME]

    @pytest.mark.django_db
    def test_is_required_in_the_admin_whatever_the_browser_says(self) -> None:
        client = Client(enforce_csrf_checks=True, headers={"Host": "www.example.de", "Sec-Fetch-Site": "same-origin"})
        assert client.post("/admin/login/", {"username": "x", "password": "y"}, secure=True).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "language"), [("/cookies/", "de"), ("/en/cookies/", "en")])
def test_the_path_alone_decides_the_language(path: str, language: str) -> None:
    client = Client(
        headers={"Host": "www.example.de", "Accept-Language": "fr, en;q=0.5", "Cookie": "django_language=en"}
    )
    response = client.get(path, secure=True)
    assert response["Content-Language"] == language
    assert f'lang="{language}"' in response.text
