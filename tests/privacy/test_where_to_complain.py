"""Every paper says where to complain (Art. 13(2)(d), 77 GDPR): out of one place, and never "(please fill in)"."""

from datetime import UTC, datetime

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone, translation
from pytest_django import Settings

from sitebackend import findings
from sitebackend.authorities import AUTHORITIES, PLACEHOLDER
from sitebackend.mail.services import deliver_due
from sitebackend.models import Operator, SiteSettings, State
from sitebackend.pages.services import create_starter_pages
from sitebackend.privacy import documents
from sitebackend.privacy.documents.words import your_rights
from sitebackend.privacy.models import Channel, DataSubjectRequest, Identity, Kind, Outcome
from sitebackend.privacy.notice.models import NoticeVersion
from sitebackend.privacy.notice.services import present_version, sections
from sitebackend.privacy.papers import record
from sitebackend.privacy.services import answer, identity, intake
from sitebackend.privacy.statement import Statement

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("journal_folder")]


def site(**values: str) -> SiteSettings:
    SiteSettings.objects.all().delete()
    return SiteSettings.objects.create(
        business_name="B", owner="O", email="k@example.de", street="Weg 1", postal_code="1", city="Ort", **values
    )


def rights(language: str) -> str:
    found = [section for section in sections(language) if section["name"] in ("rights", "objection", "complaint")]
    return "\n".join(text for section in found for text in (section["title"], *section["paragraphs"]))


@pytest.mark.parametrize("state", [state.value for state in State])
def test_each_state_has_its_authority_with_an_address(state: str) -> None:
    assert site(federal_state=state).authority == AUTHORITIES[state]
    assert any(len(word) == 5 and word.isdecimal() for word in AUTHORITIES[state].split()), "a postal code"
    assert AUTHORITIES[state] in rights("de")
    assert AUTHORITIES[state] in rights("en")


def test_what_private_businesses_in_bavaria_answer_to_sits_in_ansbach() -> None:
    assert "Ansbach" in site(federal_state="BY").authority


def test_what_is_typed_wins_and_the_old_examples_words_are_nothing_typed() -> None:
    assert site(federal_state="NW", supervisory_authority="LfD Ort").authority == "LfD Ort"
    assert site(federal_state="NW", supervisory_authority=PLACEHOLDER).authority == AUTHORITIES["NW"]
    assert site(supervisory_authority=PLACEHOLDER).authority == ""
    assert site(supervisory_authority=" ").authority == ""


@pytest.mark.parametrize(("language", "form"), [("de", "/datenschutz/anfrage/"), ("en", "/en/datenschutz/anfrage/")])
def test_the_notice_names_the_rights_and_leads_to_the_form(
    client: Client, settings: Settings, language: str, form: str
) -> None:
    site()
    told = rights(language)
    for article in ("15", "16", "17", "18", "20", "21", "7(3)" if language == "en" else "7 Abs. 3", "77"):
        assert f"Art. {article}" in told
    assert f"{settings.SITE_URL}{form}" in told
    assert client.get(form).status_code == 200


def test_the_public_notice_shows_it_as_a_link(client: Client, settings: Settings) -> None:
    site(federal_state="NI")
    create_starter_pages()
    page = client.get("/datenschutz/").content.decode()
    assert f'href="{settings.SITE_URL}/datenschutz/anfrage/"' in page
    assert AUTHORITIES["NI"] in page


def test_another_state_makes_another_version_of_the_notice() -> None:
    site(federal_state="NW")
    first = present_version(language="de")
    site(federal_state="BY")
    assert present_version(language="de").number == first.number + 1
    assert NoticeVersion.objects.get(language="de", number=first.number).content == first.content


KNOWN = [{"federal_state": "SN"}, {"supervisory_authority": "LfD Ort"}, {}, {"supervisory_authority": PLACEHOLDER}]


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("known", KNOWN)
def test_every_letter_says_where_and_none_asks_to_fill_in(
    operator: Operator, capsys: pytest.CaptureFixture[str], known: dict[str, str], language: str
) -> None:
    wanted = site(**known)
    with translation.override(language):
        sentence = wanted.where_to_complain()
    request = DataSubjectRequest(kind=Kind.OBJECTION, channel=Channel.LETTER, received_on=timezone.localdate())
    intake.record(request, said=Statement(email="a@example.org", language=language), now=timezone.now())
    deliver_due(timezone.now())
    identity.settle(request, identity=Identity.MATCHED, now=timezone.now())
    request.refresh_from_db()
    answer.finish(request, outcome=Outcome.REFUSED, ground="So.", by=operator, now=timezone.now())
    deliver_due(timezone.now())
    with translation.override(language):
        copy = documents.collect(request, [])
        call_command("subject", "export", email="b@example.org")
    papers = [str(message.body) for message in mail.outbox if message.to == ["a@example.org"]]
    assert len(papers) == 2
    papers += [your_rights(copy.site["where_to_complain"]), capsys.readouterr().out]
    for paper in papers:
        assert sentence in paper
        assert "eintragen" not in paper
    assert ("Art. 77" in sentence, wanted.authority in sentence) == (True, True)


@pytest.mark.parametrize("known", KNOWN)
def test_the_record_of_processing_names_it_or_says_what_is_missing(known: dict[str, str]) -> None:
    wanted = site(**known)
    with translation.override("de"):
        told = dict(record._controller())["Aufsichtsbehörde"]
    assert told == wanted.authority if wanted.authority else "Bundesland" in told


@pytest.mark.parametrize(("https", "state", "found"), [(True, "", True), (True, "HE", False), (False, "", False)])
def test_a_missing_state_is_a_finding_once_the_site_is_in_use(
    settings: Settings, https: bool, state: str, found: bool
) -> None:
    settings.HTTPS = https
    site(federal_state=state)
    codes = {finding.code for finding in findings.collect(datetime.now(UTC))}
    assert ("settings.federal_state" in codes) is found
