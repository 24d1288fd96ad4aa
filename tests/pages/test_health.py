"""What the cockpit says of the pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from sitebackend.findings import collect
from sitebackend.models import Operator
from sitebackend.pages import services
from sitebackend.pages.models import DeadLink, Redirect
from tests.pages.conftest import MakePage

pytestmark = pytest.mark.django_db


def figures() -> dict[str, Any]:
    """But for the pages that a site needs: test_essential.py has them."""
    found = {finding.code: finding.figure for finding in collect(timezone.now()) if finding.code.startswith("pages.")}
    found.pop("pages.essential", None)
    return found


def test_nothing_is_said_of_pages_that_want_nothing(make_page: MakePage) -> None:
    make_page()
    assert figures() == {}


def test_what_goes_live_by_itself_is_counted(make_page: MakePage) -> None:
    later = timezone.now() + timedelta(days=2)
    make_page(slug="spaeter", published_at=later)
    make_page(slug="weg", published_at=later, trashed_at=timezone.now())
    public = make_page(slug="jetzt")
    public.title = "Neu"
    services.keep_waiting(page=public, author=Operator.objects.create_user("x"), publish_at=later)
    assert figures() == {"pages.scheduled": 2}


def test_dead_links_are_counted_until_they_are_mended(make_page: MakePage, operator: Any) -> None:
    page = make_page()
    for path in ("/alt/", "/aelter/"):
        DeadLink.objects.note(path)
    assert figures() == {"pages.dead_links": 2}
    listed = operator.get("/admin/pages/deadlink/").content.decode()
    assert "/admin/pages/redirect/add/?path=%2Falt%2F" in listed or "/admin/pages/redirect/add/?path=/alt/" in listed
    form = operator.get("/admin/pages/redirect/add/?path=/alt/").content.decode()
    assert 'value="/alt/"' in form
    operator.post("/admin/pages/redirect/add/", {"path": "/alt/", "page": str(page.pk), "target": ""})
    assert Redirect.objects.get().path == "/alt/"
    assert figures() == {"pages.dead_links": 1}
