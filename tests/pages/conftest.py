"""Pages to look at: the starter site, and a maker of single pages."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from consent import offer
from sitebackend.management import first_run
from sitebackend.models import Operator
from sitebackend.pages.models import Page

MakePage = Callable[..., Page]


@pytest.fixture
def starter_site(db: None) -> None:
    """As `quickstart` makes it."""
    first_run._make_pages()
    offer.forget()


@pytest.fixture
def make_page(db: None) -> MakePage:
    def make(title: str = "Eine Seite", **fields: Any) -> Page:
        page = Page(**{"title": title, "slug": "eine-seite", "status": Page.Status.PUBLISHED} | fields)
        page.full_clean()
        page.save()
        return page

    return make


@pytest.fixture
def operator(db: None) -> Client:
    """A browser in which the operator is logged in."""
    client = Client()
    account = Operator.objects.create_superuser("operator")
    client.force_login(account)
    return client
