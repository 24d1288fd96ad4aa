"""`manage.py subject`: one question over all rooms, the answer on standard output and nowhere else."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from sitebackend.models import Operator, SiteSettings
from sitebackend.privacy import registry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _jule() -> None:
    Operator.objects.create_superuser("jule", email="jule@example.de", first_name="Jule", last_name="Ostermann")
    SiteSettings.objects.create(
        business_name="Netz & Gerät",
        owner="Jule Ostermann",
        postal_code="26721",
        email="jule@example.de",
        supervisory_authority="LfD Niedersachsen",
    )


def ask(*arguments: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("subject", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_find_names_each_thing_its_source_and_what_led_there() -> None:
    out, _err = ask("find", "--email", "JULE@example.de")
    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == ["sitebackend.operators", "sitebackend.site_settings"]
    assert all("(email)" in line for line in lines)
    assert "Ostermann" not in out


def test_export_gives_the_copy_and_what_the_law_wants_told_with_it() -> None:
    out, _err = ask("export", "--name", "Jule Ostermann", "--postal-code", "26721")
    for words in ("Ostermann", "26721", "§ 5 DDG", "LfD Niedersachsen"):
        assert words in out


def test_export_as_json_is_one_object_with_copy_information_and_rights() -> None:
    out, _err = ask("export", "--email", "jule@example.de", "--json")
    answer = json.loads(out)
    assert [entry["item"]["source"] for entry in answer["items"]] == [
        "sitebackend.operators",
        "sitebackend.site_settings",
    ]
    assert "Ostermann" in answer["items"][0]["values"].values()
    assert len(answer["about"]) == 2
    assert "LfD Niedersachsen" in answer["rights"]


def test_find_as_json_opens_nothing() -> None:
    out, _err = ask("find", "--email", "jule@example.de", "--json")
    assert {"source", "identifier", "title", "recorded_at", "matched_by"} == set(json.loads(out)["items"][0])


@pytest.mark.parametrize("verb", ["find", "export"])
def test_nothing_held_is_an_answer_too(verb: str) -> None:
    out, _err = ask(verb, "--email", "niemand@example.org")
    assert "Zu dieser Person ist nichts gespeichert." in out


@pytest.mark.parametrize("said", [[], ["--name", "Jule Ostermann"], ["--postal-code", "26721"]])
def test_too_little_to_find_anybody_is_wrong_use(said: list[str]) -> None:
    with pytest.raises(CommandError, match="Sagen Sie, um wen es geht") as caught:
        ask("find", *said)
    assert caught.value.returncode == 2


def test_a_failing_source_stops_the_answer_instead_of_shortening_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(person: registry.DataSubject) -> list[registry.Item]:
        raise RuntimeError

    monkeypatch.setattr(registry.sources()[-1], "find", broken)
    with pytest.raises(RuntimeError):
        ask("find", "--email", "jule@example.de")


def test_nothing_personal_goes_to_standard_error(caplog: pytest.LogCaptureFixture) -> None:
    _out, err = ask("export", "--email", "jule@example.de")
    assert err == ""
    assert "jule" not in caplog.text.casefold()
