"""What the pages hold on people: nothing but what the operator publishes."""

from sitebackend.pages.models import Page
from sitebackend.privacy.registry import holds_no_personal_data

_PUBLISHED = "text that the operator publishes to everybody"
_SETTING = "how and where the page is shown"

holds_no_personal_data(
    Page,
    id="random",
    language=_SETTING,
    parent=_SETTING,
    slug=_PUBLISHED,
    path=_PUBLISHED,
    title=_PUBLISHED,
    navigation_title=_PUBLISHED,
    description=_PUBLISHED,
    body=_PUBLISHED,
    template=_SETTING,
    menu=_SETTING,
    menu_order=_SETTING,
    status=_SETTING,
    published_at=_SETTING,
    translation_of=_SETTING,
    created_at="a time",
    updated_at="a time",
)
