"""What the pages hold on people: nothing but what the operator publishes."""

from sitebackend.pages.models import Category, DeadLink, Image, Page, Redirect, Revision, SiteVersion
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
    picture=_SETTING,
    template=_SETTING,
    menu=_SETTING,
    menu_order=_SETTING,
    status=_SETTING,
    published_at=_SETTING,
    translation_of=_SETTING,
    search_text=_PUBLISHED,
    categories=_SETTING,
    trashed_at="a time",
    created_at="a time",
    updated_at="a time",
)
holds_no_personal_data(Category, id="a number", language=_SETTING, title=_PUBLISHED, slug=_PUBLISHED)
holds_no_personal_data(
    Revision,
    id="random",
    page=_SETTING,
    created_at="a time",
    content="text that the operator published; what named somebody can be deleted from the page's versions",
    author="the operator's own account",
    is_waiting=_SETTING,
)
holds_no_personal_data(
    Image,
    id="random",
    name=_PUBLISHED,
    alternative=_PUBLISHED,
    is_decorative=_SETTING,
    caption=_PUBLISHED,
    width="pixels",
    height="pixels",
    fallback_kind="a format",
    created_at="a time",
    encoded_at="a time",
)
holds_no_personal_data(SiteVersion, id="a number", token="random")  # noqa: S106 - a field's name
holds_no_personal_data(Redirect, id="a number", path=_PUBLISHED, page=_SETTING, target=_PUBLISHED)
holds_no_personal_data(
    DeadLink,
    id="a number",
    path="an address that a page of this site links to, never one that a visitor typed",
    count="a number",
    last_seen="a day",
)
