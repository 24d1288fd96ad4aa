"""/healthz and /readyz: what anybody may ask, and no more."""

from pathlib import Path

import pytest
from django.test import Client
from model_bakery import baker

from contact.models import MAIL_KIND
from sitebackend.mail.models import OutgoingMail, State


def test_the_process_answers_without_looking_at_anything(client: Client) -> None:
    answer = client.get("/healthz")  # no database here: pytest-django forbids it
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
@pytest.mark.usefixtures("operator_key")
def test_ready_when_a_submission_can_be_taken(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "codes": [], "mail": [], "degraded": []})


@pytest.mark.django_db
def test_red_with_a_code_and_nothing_else_when_the_key_is_away(client: Client, operator_key: Path) -> None:
    operator_key.unlink()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "codes": ["operator_key.unusable"], "mail": [], "degraded": []}


@pytest.mark.django_db
@pytest.mark.usefixtures("operator_key")
def test_other_findings_do_not_turn_it_red(client: Client) -> None:
    assert client.get("/readyz").status_code == 200  # though the worker has not run yet


@pytest.mark.django_db
@pytest.mark.usefixtures("operator_key")
def test_a_dead_mail_is_named_and_submissions_are_taken_all_the_same(client: Client) -> None:
    lost = baker.make(OutgoingMail, kind=MAIL_KIND, state=State.UNDELIVERABLE, last_reply="550 no")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["mail"]) == (200, ["contact.undeliverable"])
    assert lost.last_reply not in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_answers_are_not_kept_and_not_posted_to(client: Client, path: str) -> None:
    assert "no-store" in client.get(path)["Cache-Control"]
    assert client.post(path, HTTP_SEC_FETCH_SITE="same-origin").status_code == 405
    assert client.get(path).cookies == {}
