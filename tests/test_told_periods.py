"""A sentence takes its period from the constant or setting that keeps it: with another one it says another."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pytest_django import Settings

from consent import starter
from consent.providers import PROVIDERS
from sitebackend import retention, throttle
from sitebackend.formats.periods import spell_out
from sitebackend.privacy.papers.measures import measures

CATALOGUE = Path(settings.BASE_DIR) / "sitebackend/locale/de/LC_MESSAGES/django.po"
NUMBER = r"(?:\d+|an?|one|two|three|four|five|seven|ten|fifteen|thirty|last)"
TYPED = re.compile(rf"^msgid \"(.*\b{NUMBER} (?:minute|hour|day|week)s?\b.*)\"$", re.MULTILINE)
#: typed by hand, and why: no constant of this program decides it, or it is a count of days and no period
ALLOWED = {
    "72 hours": "Art. 33(1) GDPR",
    "once a day": "the worker's jobs are daily by their names",
    "within a minute": "the worker's round is shorter",
    "in a minute": "the worker's round is shorter",
    "longer than one day": "the law of the house about the cookie choice, not a setting's value",
    "within a day": "the heading of a count",
    "and two days": "two dates, not a length of time",
    "on a day": "a date",
}


@pytest.mark.parametrize(
    ("period", "german"),
    [
        (timedelta(minutes=1), "1 Minute"),
        (timedelta(minutes=10), "10 Minuten"),
        (timedelta(seconds=61), "2 Minuten"),
        (timedelta(minutes=90), "90 Minuten"),
        (timedelta(hours=1), "1 Stunde"),
        (timedelta(hours=36), "36 Stunden"),
        (timedelta(days=1), "1 Tag"),
        (timedelta(days=14), "14 Tage"),
    ],
)
def test_a_period_is_spelled_out_in_its_largest_whole_unit(period: timedelta, german: str) -> None:
    with translation.override("de"):
        assert spell_out(period) == german


def test_no_text_has_a_period_typed_by_hand() -> None:
    found = TYPED.findall(CATALOGUE.read_text())
    assert [text for text in found if not any(words in text for words in ALLOWED)] == []
    assert [words for words in ALLOWED if not any(words in text for text in found)] == []


@pytest.mark.django_db
@pytest.mark.usefixtures("operator_key")
@pytest.mark.parametrize("form", ["contact:form", "privacy:request"])
def test_whoever_has_to_wait_is_told_how_long(client: Client, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.setattr(throttle, "PERIOD", timedelta(minutes=25))
    answers: list[Any] = [client.post(reverse(form), {"name": "E"}) for _ in range(121)]
    assert answers[-1].status_code == 429
    assert "in 25 Minuten" in answers[-1].content.decode()
    assert answers[-1].headers["Retry-After"] == "1500"


@pytest.mark.django_db
def test_whoever_guessed_too_often_is_told_how_long(client: Client, settings: Settings) -> None:
    settings.AXES_COOLOFF_TIME = 0.5
    answers: list[Any] = [client.post("/admin/login/", {"username": "chef", "password": "guess"}) for _ in range(6)]
    assert answers[-1].status_code == 429
    assert "in 30 Minuten" in answers[-1].content.decode()


@pytest.mark.django_db
def test_the_measures_tell_how_long_the_choice_lives(settings: Settings) -> None:
    settings.COOKIE_CONSENT_MAX_AGE = 7200
    with translation.override("de"):
        assert "lebt 2 Stunden" in str(measures())


@pytest.mark.parametrize(
    ("template", "name", "said"),
    [
        ("privacy/email/confirm_body.txt", "link_days", "9 Tage gültig"),
        ("privacy/email/access_body.txt", "copy_days", "innerhalb von 9 Tagen"),
    ],
)
@pytest.mark.django_db
def test_a_mail_with_a_link_tells_how_long_it_works(template: str, name: str, said: str) -> None:
    with translation.override("de"):
        assert said in render_to_string(template, {name: 9})


@pytest.mark.django_db
@pytest.mark.parametrize(("page", "period"), [("confirm", "LINK_LIVES"), ("fetch", "ANSWER_LIVES")])
def test_the_page_of_a_dead_link_tells_its_period(
    client: Client, monkeypatch: pytest.MonkeyPatch, page: str, period: str
) -> None:
    monkeypatch.setattr(retention, period, timedelta(days=9))
    assert "9 Tage" in client.get(reverse(f"privacy:{page}", args=["none"])).content.decode()


def test_the_words_that_a_new_site_starts_with_tell_how_long_the_choice_lives() -> None:
    """They are the operator's from then on, so no code fills the period in: another one needs other words."""
    assert "einen Tag lang" in starter.BANNER["de"]["text"]
    assert all("gilt einen Tag" in provider.wording("de")["lifetime"] for provider in PROVIDERS)
    assert timedelta(days=1).total_seconds() == settings.COOKIE_CONSENT_MAX_AGE
