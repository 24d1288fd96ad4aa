"""A link that shows one page as visitors do not see it yet: signed, for seven days, to give to anybody."""

from datetime import timedelta
from uuid import UUID

from django.core import signing
from django.urls import reverse
from django.utils import translation

from sitebackend.pages.models import Page, Revision

VALID = timedelta(days=7)
_SALT = "sitebackend.pages.preview"


def link(page: Page) -> str:
    with translation.override(page.language):
        return reverse("pages:preview", args=[signing.dumps(page.pk.hex, salt=_SALT)])


def page_of(token: str) -> Page | None:
    """The page that the link was made for, with the text that waits for it; None if there is none any more."""
    try:
        key = UUID(signing.loads(token, salt=_SALT, max_age=VALID))
    except signing.BadSignature:
        return None
    page = Page.objects.kept().filter(pk=key).first()
    if page and (waiting := Revision.objects.waiting_for(page)):
        waiting.lay_over(page)
        page.is_waiting_text = True
    return page
