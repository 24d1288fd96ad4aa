"""The operator changes what visitors are asked, and reads what that means and how it was answered."""

import re

import pytest
from cookie_consent.models import Cookie, CookieGroup
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.test import Client

from consent import counts, offer
from consent.models import BannerWording, Edition, ExternalHost, GroupWording
from sitebackend.models import Operator

HOST = "www.example.de"


@pytest.fixture
def operator(db: None) -> Client:
    client = Client(headers={"Host": HOST})
    client.force_login(Operator.objects.create_superuser("operator", "operator@example.de", "a long password"))
    return client


def get(operator: Client, path: str) -> HttpResponse:
    return operator.get(f"/admin/consent/{path}", secure=True)  # type: ignore[return-value]


def form_of(response: HttpResponse) -> dict[str, str]:
    """Every field of the page's form with its value, as a browser would send it back."""
    form = response.context["adminform"].form  # type: ignore[attr-defined]
    fields = {form[name].html_name: form[name].value() for name in form.fields}
    for inline in response.context["inline_admin_formsets"]:  # type: ignore[attr-defined]
        for part in [inline.formset.management_form, *inline.formset.forms]:
            fields |= {part[name].html_name: part[name].value() for name in part.fields}
    return {name: str(value) for name, value in fields.items() if value is not None and value is not False}


def post(operator: Client, path: str, fields: dict[str, str]) -> HttpResponse:
    return operator.post(f"/admin/consent/{path}", fields, secure=True, follow=True)  # type: ignore[return-value]


def test_the_form_says_that_everybody_will_be_asked_again(operator: Client, external: CookieGroup) -> None:
    for _ in range(3):
        counts.count(edition=offer.current().edition, accepted=["external"], refused=[])
    page = get(operator, f"group/{external.pk}/change/").content.decode()
    assert "alle Besucher neu gefragt" in page
    assert "3 Entscheidungen" in page


def test_a_changed_wording_is_a_new_edition(operator: Client, external: CookieGroup) -> None:
    before = offer.current().edition
    path = f"group/{external.pk}/change/"
    fields = form_of(get(operator, path)) | {"wordings-0-name": "Fremde Inhalte"}
    response = post(operator, path, fields)
    assert "mit dem neuen Wortlaut gefragt" in response.content.decode()
    assert offer.current().edition != before
    assert list(Edition.objects.values_list("number", flat=True)) == [2, 1]
    external.refresh_from_db()
    assert external.name == "Fremde Inhalte"


def test_saving_without_a_change_asks_nobody_again(operator: Client, external: CookieGroup) -> None:
    before = offer.current().edition
    path = f"group/{external.pk}/change/"
    response = post(operator, path, form_of(get(operator, path)))
    assert "mit dem neuen Wortlaut gefragt" not in response.content.decode()
    assert offer.current().edition == before


def test_a_host_is_agreed_in_the_groups_form(operator: Client, external: CookieGroup) -> None:
    path = f"group/{external.pk}/change/"
    fields = form_of(get(operator, path)) | {
        "hosts-TOTAL_FORMS": "2",
        "hosts-1-host": "tiles.example.org",
        "hosts-1-provider": "Karten AG, Irland",
    }
    wrong = post(operator, path, fields | {"hosts-1-host": "https://other.example.org/"})
    assert ExternalHost.objects.count() == 1
    assert "ohne https://" in wrong.content.decode()
    post(operator, path, fields)
    assert provider_of("https://tiles.example.org/1.png") == "external"


def test_a_second_provider_needs_a_group_of_its_own(operator: Client, external: CookieGroup) -> None:
    path = f"group/{external.pk}/change/"
    fields = form_of(get(operator, path)) | {
        "hosts-TOTAL_FORMS": "2",
        "hosts-1-host": "player.example.org",
        "hosts-1-provider": "Film GmbH, Deutschland",
    }
    refused = post(operator, path, fields)
    assert "eine eigene Gruppe" in refused.content.decode()
    assert ExternalHost.objects.count() == 1
    with pytest.raises(ValidationError):
        ExternalHost(group=external, host="player.example.org", provider="Film GmbH, Deutschland").full_clean()


class TestAProviderThatIsKnown:
    PATH = "group/providers/"

    def test_is_added_with_one_press(self, operator: Client) -> None:
        page = get(operator, self.PATH).content.decode()
        assert "YouTube hinzufügen" in page
        response = post(operator, self.PATH, {"provider": "youtube"})
        assert "werden jetzt nach YouTube gefragt" in response.content.decode()
        assert provider_of("https://www.youtube-nocookie.com/embed/abc") == "youtube"
        group = CookieGroup.objects.get(varname="youtube")
        assert [wording.provider for wording in group.wordings.order_by("language")] == [
            "Google Ireland Limited, Irland; auch Google LLC, USA",
            "Google Ireland Limited, Ireland; also Google LLC, USA",
        ]
        assert "YouTube hinzufügen" not in get(operator, self.PATH).content.decode()

    def test_is_added_once_however_often_it_is_pressed(self, operator: Client) -> None:
        for _ in range(2):
            post(operator, self.PATH, {"provider": "vimeo"})
        assert CookieGroup.objects.filter(is_required=False).count() == 1

    def test_answers_the_editor_without_a_page(self, operator: Client) -> None:
        answer = operator.post(
            f"/admin/consent/{self.PATH}", {"provider": "vimeo"}, secure=True, headers={"X-Cookie-Consent-Fetch": "1"}
        )
        assert (answer.status_code, answer.content) == (204, b"")
        assert offer.current().optional_groups() == {"vimeo"}

    def test_leaves_the_name_of_a_group_of_the_operators_alone(self, operator: Client) -> None:
        CookieGroup.objects.create(varname="vimeo", name="Meins")
        post(operator, self.PATH, {"provider": "vimeo"})
        assert provider_of("https://player.vimeo.com/video/1") == "vimeo-2"

    @pytest.mark.parametrize("name", ["", "nobody", "essential", "\x00"])
    def test_is_one_of_the_list(self, operator: Client, name: str) -> None:
        assert operator.post(f"/admin/consent/{self.PATH}", {"provider": name}, secure=True).status_code == 422
        assert CookieGroup.objects.count() == 1


def provider_of(url: str) -> str | None:
    found = offer.current().provider_of(url, "de")
    return found and found["varname"]


class TestANewGroup:
    FIELDS = {
        "varname": "statistics",
        "ordering": "3",
        "cookie_set-TOTAL_FORMS": "1",
        "cookie_set-0-name": "zaehler",
        "cookie_set-0-path": "/",
        "wordings-0-language": "de",
        "wordings-0-name": "Statistik",
        "wordings-0-purpose": "Zählt Besuche.",
        "wordings-0-provider": "wir selbst",
        "wordings-0-lifetime": "ein Tag",
        "wordings-1-language": "en",
        "wordings-1-name": "Statistics",
        "wordings-1-purpose": "Counts visits.",
        "wordings-1-provider": "ourselves",
        "wordings-1-lifetime": "one day",
    }

    def test_opens_with_a_wording_for_each_language(self, operator: Client) -> None:
        fields = form_of(get(operator, "group/add/"))
        assert [fields["wordings-0-language"], fields["wordings-1-language"]] == ["de", "en"]

    def test_that_is_about_nothing_asks_nobody(self, operator: Client) -> None:
        fields = form_of(get(operator, "group/add/")) | self.FIELDS | {"cookie_set-TOTAL_FORMS": "0"}
        response = post(operator, "group/add/", fields)
        assert "noch nicht gefragt" in response.content.decode()
        assert CookieGroup.objects.filter(varname="statistics").exists()
        assert offer.current().optional_groups() == frozenset()

    @pytest.mark.usefixtures("external")
    def test_is_asked_for_at_once(self, operator: Client) -> None:
        post(operator, "group/add/", form_of(get(operator, "group/add/")) | self.FIELDS)
        assert offer.current().optional_groups() == {"external", "statistics"}
        visitor = Client(headers={"Host": HOST})
        assert "Statistics" in visitor.get("/en/cookies/", secure=True).content.decode()

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"varname": "v"}, "anderen Namen"),
            ({"varname": "t"}, "anderen Namen"),
            ({"varname": "s"}, "anderen Namen"),
            ({"varname": "essential"}, "bereits"),
            ({"varname": "mit Leerzeichen"}, "varname"),
            ({"wordings-1-language": "de"}, "English"),
            ({"wordings-1-purpose": ""}, "erforderlich"),
        ],
    )
    def test_is_refused_when_something_is_missing(self, operator: Client, wrong: dict[str, str], said: str) -> None:
        empty = form_of(get(operator, "group/add/"))
        response = post(operator, "group/add/", empty | self.FIELDS | wrong)
        assert CookieGroup.objects.count() == 1
        assert said in response.content.decode()

    def test_can_be_taken_away_again(self, operator: Client, external: CookieGroup) -> None:
        post(operator, f"group/{external.pk}/delete/", {"post": "yes"})
        assert offer.current().optional_groups() == frozenset()


def test_the_necessary_group_stays(operator: Client) -> None:
    essential = CookieGroup.objects.get(varname="essential")
    assert get(operator, f"group/{essential.pk}/delete/").status_code == 403
    response = post(
        operator, "group/", {"action": "delete_selected", "_selected_action": str(essential.pk), "post": "yes"}
    )
    assert response.status_code == 403
    assert CookieGroup.objects.filter(varname="essential").exists()
    assert Cookie.objects.filter(cookiegroup=essential).count() == 5


@pytest.mark.usefixtures("external")
def test_the_question_itself_can_be_changed_but_not_removed(operator: Client) -> None:
    wording = BannerWording.objects.get(language="de")
    path = f"bannerwording/{wording.pk}/change/"
    post(operator, path, form_of(get(operator, path)) | {"title": "Karten und Videos zeigen?"})
    visitor = Client(headers={"Host": HOST})
    assert "Karten und Videos zeigen?" in visitor.get("/kontakt/", secure=True).content.decode()
    assert get(operator, f"bannerwording/{wording.pk}/delete/").status_code == 403
    assert get(operator, "bannerwording/add/").status_code == 403


def test_editions_are_read_with_their_words_dates_and_answers(operator: Client) -> None:
    first = offer.current().edition
    counts.count(edition=first, accepted=[], refused=["external"])
    GroupWording.objects.filter(language="de").update(purpose="ein <anderer> Zweck")
    offer.forget()
    offer.current()
    overview = get(operator, "edition/").content.decode()
    assert "external abgelehnt: 1" in overview
    assert "bis heute" in overview
    page = get(operator, "edition/2/change/").content.decode()
    assert "ein &lt;anderer&gt; Zweck" in page
    assert "Dürfen wir externe Inhalte laden?" in page
    assert "ein &lt;anderer&gt; Zweck" not in get(operator, "edition/1/change/").content.decode()


@pytest.mark.parametrize("path", ["edition/add/", "edition/1/delete/", "dailycount/add/"])
def test_what_was_asked_and_answered_cannot_be_rewritten(operator: Client, path: str) -> None:
    offer.current()
    assert get(operator, path).status_code == 403


def test_counts_are_numbers_and_nobodys(operator: Client) -> None:
    counts.count(edition=offer.current().edition, accepted=["external"], refused=[])
    page = get(operator, "dailycount/").content.decode()
    assert re.search(r'class="field-count">1<', page)
