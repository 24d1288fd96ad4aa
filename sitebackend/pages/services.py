"""What is done to pages from outside the admin."""

from django.conf import settings
from django.db import transaction

from sitebackend.models import SiteSettings
from sitebackend.pages.models import Page
from sitebackend.pages.starter import EXAMPLE_BUSINESS, STARTER_PAGES, StarterPage


@transaction.atomic
def create_starter_pages() -> int:
    """Give an empty site its example business and pages; a site that has any page is left alone.

    Returns the number of pages made.
    """
    if not SiteSettings.objects.exists():
        SiteSettings.objects.create(email=settings.OPERATOR_EMAIL, **EXAMPLE_BUSINESS)
    if Page.objects.exists():
        return 0
    made: dict[tuple[str, str], Page] = {}
    for language, _name in settings.LANGUAGES:
        for starter in STARTER_PAGES:
            made[language, starter.name] = _create(starter, language, made)
    return len(made)


def _create(starter: StarterPage, language: str, made: dict[tuple[str, str], Page]) -> Page:
    return Page.objects.create(
        language=language,
        parent=made.get((language, starter.parent)),
        slug=starter.slug[language],
        title=starter.title[language],
        description=starter.description[language],
        body=starter.body(language),
        template=starter.template,
        menu=starter.menu,
        menu_order=starter.menu_order,
        status=Page.Status.PUBLISHED,
        translation_of=made.get((settings.LANGUAGE_CODE, starter.name)) if language != settings.LANGUAGE_CODE else None,
    )
