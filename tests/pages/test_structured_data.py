"""What machines are told of the business is what stands on the page, or nothing."""

import json
import re

import pytest
from django.test import Client

from sitebackend.models import SiteSettings
from sitebackend.pages.opening_hours import DAYS, specifications
from sitebackend.pages.structured_data import local_business


@pytest.mark.parametrize(
    ("line", "days", "opens", "closes"),
    [
        ("Montag bis Donnerstag 8–17 Uhr", DAYS[:4], "08:00", "17:00"),
        ("Mo-Fr 08:00-12:30", DAYS[:5], "08:00", "12:30"),
        ("Samstag: 9.15 – 13 Uhr", DAYS[5:6], "09:15", "13:00"),
        ("Monday to Friday 9-17", DAYS[:5], "09:00", "17:00"),
    ],
)
def test_usual_ways_of_writing_are_understood(line: str, days: tuple[str, ...], opens: str, closes: str) -> None:
    (found,) = specifications(line)
    assert (found["dayOfWeek"], found["opens"], found["closes"]) == (list(days), opens, closes)


@pytest.mark.parametrize(
    "line", ["nach Vereinbarung", "Fr–Mo 8–12 Uhr", "Feiertage 9–12 Uhr", "Montag", "8–17 Uhr", ""]
)
def test_a_line_that_is_not_understood_is_not_told_wrongly(line: str) -> None:
    assert list(specifications(line)) == []


def test_empty_facts_are_left_out() -> None:
    facts = local_business(SiteSettings(business_name="Beispiel", email="info@example.de"))
    assert facts["name"] == "Beispiel"
    assert not {"telephone", "vatID", "description", "openingHoursSpecification"} & facts.keys()


@pytest.mark.django_db
def test_the_home_page_carries_the_facts_and_no_name_breaks_out_of_them(client: Client, starter_site: None) -> None:
    SiteSettings.objects.update(business_name="</script><script>alert(1)</script>")
    html = client.get("/").content.decode()
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    assert [json.loads(block)["name"] for block in blocks] == ["</script><script>alert(1)</script>"]
    assert "<script>alert" not in html
