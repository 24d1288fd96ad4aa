"""Without a usable operator key nothing is taken in, nothing is lost, and everybody who must know is told."""

import json
from collections.abc import Iterator
from html import unescape

import pytest

from tests.running_site import Answer, RunningSite

FIELDS = {
    "name": "Tjark Wübbena",
    "street": "Deichweg 4",
    "postal_code": "26548",
    "city": "Norderney",
    "phone": "04932 5550199",
    "email": "tjark@example.org",
    "message": "Unser Router ist ins Watt gefallen.\r\nBitte rufen Sie an.",
}
COUNT = "from contact.models import Submission; print(Submission.objects.count())"


@pytest.fixture
def answer(running_site: RunningSite) -> Iterator[Answer]:
    """What a sender is told while the key file is away."""
    key = running_site.data / "keys" / "operator.asc"
    aside = key.rename(key.with_suffix(".aside"))
    yield running_site.send(FIELDS)
    aside.rename(key)


def test_the_sender_keeps_what_was_typed_and_learns_another_way(running_site: RunningSite, answer: Answer) -> None:
    assert answer.status == 503
    page = unescape(answer.body)
    assert [value for value in FIELDS.values() if value.replace("\r\n", "\n") not in page.replace("\r\n", "\n")] == []
    assert "mailto:" in page
    assert "tel:" in page


def submissions_mailed(site: RunningSite) -> int:
    """The operator gets other mails too, of the lost key itself above all."""
    return sum(b"\nX-Reference: " in mail for mail in site.mails)


def test_nothing_is_stored_and_nothing_mailed(running_site: RunningSite, answer: Answer) -> None:
    stored, mailed = running_site.shell(COUNT), submissions_mailed(running_site)
    assert running_site.send(FIELDS).status == 503
    assert (running_site.shell(COUNT), submissions_mailed(running_site)) == (stored, mailed)
    assert not [mail for mail in running_site.mails if b"tjark" in mail]


def test_the_operator_is_told(running_site: RunningSite, answer: Answer) -> None:
    assert running_site.get("/readyz").status == 503
    assert running_site.get("/healthz").status == 200
    told = running_site.manage("status", code=1)
    assert "operator.asc" in told.stdout
    findings = json.loads(running_site.manage("status", "--json", code=1).stdout)
    assert "operator_key.unusable" in json.dumps(findings)


def test_the_next_sender_is_served_as_soon_as_the_key_is_back(running_site: RunningSite) -> None:
    key = running_site.data / "keys" / "operator.asc"
    aside = key.rename(key.with_suffix(".aside"))
    assert running_site.send(FIELDS).status == 503
    aside.rename(key)
    assert running_site.send(FIELDS).status == 200
