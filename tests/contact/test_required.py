"""What must be filled in is marked for eyes and ears, with what it is for; browsers can fill it in."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from sitebackend.setting_parsers import CONTACT_FIELDS

REQUEST_FORM = "/datenschutz/anfrage/"


def fields_of(client: Client, path: str = "/kontakt/") -> dict[str, dict[str, Any]]:
    """By name: attributes of each field that is shown, its label and the text that describes it."""
    page = client.get(path).content.decode()
    found = {}
    for tag in re.findall(r"<(?:input|textarea)\b[^>]*>", page.partition("<main")[2]):
        given = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        label = re.search(rf'<label for="{given.get("id")}"[^>]*>(.*?)</label>', page, re.DOTALL)
        told = [re.search(rf'id="{key}"[^>]*>(.*?)<', page) for key in given.get("aria-describedby", "").split()]
        words = " ".join(match[1] for match in told if match)
        found[given["name"]] = given | {"label": label[1] if label else "", "described": words}
    return found


@pytest.fixture(autouse=True)
def _with_key(operator_key: object, db: None) -> None:
    pass


def test_by_default_every_field_of_the_promise_is_asked_for_and_marked(client: Client) -> None:
    fields = fields_of(client)
    for name in CONTACT_FIELDS:
        assert fields[name]["aria-required"] == "true"
        assert "Pflichtfeld" in fields[name]["label"]


def test_what_the_operator_leaves_free_is_marked_as_free(client: Client, settings: Settings) -> None:
    settings.CONTACT_REQUIRED_FIELDS = ["email", "message"]
    fields = fields_of(client)
    marked = {name for name in CONTACT_FIELDS if "Pflichtfeld" in fields[name]["label"]}
    assert marked == {name for name in CONTACT_FIELDS if fields[name].get("aria-required")} == {"email", "message"}
    assert all("freiwillig" in fields[name]["label"] for name in CONTACT_FIELDS if name not in marked)


def test_each_field_says_what_it_is_for(client: Client) -> None:
    fields = fields_of(client)
    assert all(fields[name]["described"] for name in ("name", "phone", "email", "message"))


def test_the_addresss_three_fields_say_it_together(client: Client) -> None:
    page = client.get("/kontakt/").content.decode()
    group = re.search(
        r'role="group"[^>]*aria-describedby="address-purpose">(.*?)<p class="help" id="address-purpose">',
        page,
        re.DOTALL,
    )
    assert group
    assert re.findall(r'name="(\w+)"', group[1]) == ["street", "postal_code", "city"]


def test_the_request_form_marks_them_as_well(client: Client) -> None:
    fields = fields_of(client, REQUEST_FORM)
    assert [name for name in fields if fields[name].get("aria-required")] == ["name", "email"]
    page = client.get(REQUEST_FORM).content.decode()
    assert 'role="radiogroup" aria-required="true"' in page
    assert page.count("Pflichtfeld)") == 3
    assert page.count("freiwillig)") == 2


def test_the_streets_line_is_one_that_browsers_fill_in(client: Client) -> None:
    """`street-address` is for a field of several lines."""
    assert fields_of(client)["street"]["autocomplete"] == "address-line1"


def test_no_field_forbids_the_browser_to_bring_back_what_was_typed(client: Client) -> None:
    assert "autocomplete" not in fields_of(client)["message"]
    assert "autocomplete" not in fields_of(client, REQUEST_FORM)["number"]


@pytest.mark.parametrize("path", ["/kontakt/", REQUEST_FORM])
def test_a_browser_may_bring_the_form_back_as_it_was(client: Client, path: str) -> None:
    assert "no-store" not in client.get(path)["Cache-Control"]
    assert "private" in client.get(path)["Cache-Control"]


@pytest.mark.parametrize("path", ["/kontakt/", REQUEST_FORM])
def test_one_place_takes_the_focus_after_an_error(client: Client, path: str) -> None:
    assert client.post(path, {}).content.decode().count("autofocus") == 1
