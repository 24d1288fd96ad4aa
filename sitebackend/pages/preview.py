"""A link that shows one page before visitors can see it: signed, for seven days, to give to anybody."""

from datetime import timedelta
from uuid import UUID

from django.core import signing
from django.urls import reverse
from django.utils import translation

from sitebackend.pages.models import Page

VALID = timedelta(days=7)
_SALT = "sitebackend.pages.preview"


def link(page: Page) -> str:
    with translation.override(page.language):
        return reverse("pages:preview", args=[signing.dumps(page.pk.hex, salt=_SALT)])


def page_of(token: str) -> Page | None:
    """The page that the link was made for; None if it is none, too old, or the page is gone."""
    try:
        key = UUID(signing.loads(token, salt=_SALT, max_age=VALID))
    except signing.BadSignature:
        return None
    return Page.objects.kept().filter(pk=key).first()
