"""What the pages hold on people: what the operator publishes is nobody's secret; who wrote it is told here."""

from collections.abc import Iterable, Iterator

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from sitebackend.models import Operator
from sitebackend.pages.models import Category, DeadLink, Download, Image, Page, Redirect, Revision, SiteVersion
from sitebackend.privacy.registry import (
    Action,
    DataSubject,
    Description,
    Export,
    Item,
    PersonalDataSource,
    Step,
    holds_no_personal_data,
    register,
)
from sitebackend.privacy.versions import version_of


@register
class Authorship(PersonalDataSource):
    """Which version of which page an operator saved. Only a stored e-mail address leads to one."""

    name = "pages.authorship"
    concerns_the_public = False
    models = {Revision: ("author", "created_at")}

    def describe(self) -> Description:
        return Description(
            title=_("Authors of the pages"),
            persons=(_("operators of the site"),),
            categories=(_("who saved which version of a page, and when"),),
            purposes=(_("bringing an earlier version back, and knowing whose it is"),),
            legal_basis=_("Art. 6(1)(f) GDPR: pages that can be put right again"),
            recipients=(_("nobody"),),
            retention=_("as long as the version is kept"),
            origin=_("from the operator"),
            location=_("database of this site"),
        )

    def find(self, subject: DataSubject) -> Iterator[Item]:
        for revision in _written_by(subject).select_related("page"):
            yield Item(
                source=self.name,
                identifier=str(revision.pk),
                title=_("Version of the page {path}").format(path=revision.page.path),
                recorded_at=revision.created_at,
                matched_by=("email",),
                person=str(revision.author_id),
            )

    def export(self, subject: DataSubject) -> Iterable[Export]:
        return [Export(item=item, values={str(_("saved")): item.recorded_at}) for item in self.find(subject)]

    def plan(self, subject: DataSubject) -> Iterator[Step]:
        written = _written_by(subject)
        if keys := tuple(written.values_list("pk", flat=True)):
            yield Step(
                source=self.name,
                action=Action.RETAIN,
                rows=keys,
                version=version_of(written),
                law=_("Art. 17(1)(a) GDPR: still needed"),
                reason=_("A version names its author as long as the operator keeps it; versions are deleted there."),
            )


def _written_by(subject: DataSubject) -> QuerySet[Revision]:
    return subject.narrow(Revision.objects.filter(author__in=Operator.with_email(subject.email)), column="author")


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
    content="text that the operator published; what named somebody can be deleted from the page's versions",
    is_waiting=_SETTING,
    publish_at=_SETTING,
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
holds_no_personal_data(
    Download,
    id="random",
    title=_PUBLISHED,
    name=_PUBLISHED,
    size="bytes",
    digest="of a file that the operator publishes",
    stored_at="a time",
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
