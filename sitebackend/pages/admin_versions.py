"""A page's versions in the cockpit: read them, see what changed, bring one back; and write one that waits."""

from typing import Any, cast

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from sitebackend.admin_site import OperatorModelAdmin
from sitebackend.cockpit.pages import Crumbs, OperatorPage, hang, operator_of
from sitebackend.pages import services
from sitebackend.pages.comparison import compare
from sitebackend.pages.models import Page, Post, Revision


class VersionsAdmin(OperatorModelAdmin):
    """Adds “save as draft” to the admin of a page, beside a published one.

    Who edits a page sees the text that waits for it; saving publishes that, “save as draft” keeps it waiting.
    """

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Page | None:
        page: Page | None = super().get_object(request, object_id, from_field)
        if page and (waiting := Revision.objects.waiting_for(page)):
            waiting.lay_over(page)
            page.is_waiting_text, page.goes_live_at = True, waiting.publish_at
        return page

    def save_model(self, request: HttpRequest, obj: Page, form: Any, change: bool) -> None:
        if _is_draft_of_public_page(request, obj):
            publish_at = form.cleaned_data["draft_from"]
            services.keep_waiting(page=obj, author=operator_of(request), publish_at=publish_at)
            self._tell_what_a_draft_leaves_out(request, form)
            return
        if "_publish" in request.POST:
            obj.status = Page.Status.PUBLISHED
        services.publish(page=obj, author=operator_of(request))

    def _tell_what_a_draft_leaves_out(self, request: HttpRequest, form: Any) -> None:
        part_of_it = {*Revision.FIELDS, "draft_from"}
        left_out = [str(form.fields[name].label) for name in form.changed_data if name not in part_of_it]
        if left_out:
            fields = ", ".join(left_out)
            messages.warning(request, _("Not part of a draft, so unchanged: {fields}").format(fields=fields))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if not _is_draft_of_public_page(request, form.instance):
            super().save_related(request, form, formsets, change)

    def response_change(self, request: HttpRequest, obj: Page) -> HttpResponse:
        if not _is_draft_of_public_page(request, obj):
            return super().response_change(request, obj)
        messages.success(request, _("The draft is saved. Visitors still see the published text."))
        return redirect(f"admin:pages_{self.opts.model_name}_change", obj.pk)

    def response_post_save_add(self, request: HttpRequest, obj: Page) -> HttpResponseRedirect:
        _show_the_way(request, obj)
        return super().response_post_save_add(request, obj)

    def response_post_save_change(self, request: HttpRequest, obj: Page) -> HttpResponseRedirect:
        _show_the_way(request, obj)
        return super().response_post_save_change(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Page | None = None) -> Any:
        """A draft beside the page there is only of one that visitors see, or will."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj and is_public(obj):
            return fieldsets
        return [
            (title, {**options, "fields": [name for name in options["fields"] if name != "draft_from"]})
            for title, options in fieldsets
        ]


class OnePage(OperatorPage):
    """Below `<page or post>/<its key>/versions/`."""

    permission = "pages.change_page"

    @cached_property
    def admin(self) -> VersionsAdmin:
        """Of the pages, or of the posts, as the address says. Raise Http404 for anything else."""
        model = {"page": Page, "post": Post}.get(self.kwargs["kind"])
        if model is None:
            raise Http404
        return cast(VersionsAdmin, admin.site.get_model_admin(model))

    @cached_property
    def page(self) -> Page:
        page: Page = get_object_or_404(self.admin.get_queryset(self.request), pk=self.kwargs["key"])
        return page


class Versions(OnePage):
    """What the page said before, and what has changed since."""

    template_name = "admin/pages/versions.html"
    styles = ("css/editing.css",)

    @property
    def crumbs(self) -> Crumbs:
        name, options = f"admin:pages_{self.kwargs['kind']}", self.admin.opts
        return [
            (capfirst(str(options.verbose_name_plural)), reverse(f"{name}_changelist")),
            (self.page.title, reverse(f"{name}_change", args=[self.page.pk])),
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        revisions = list(Revision.objects.of(self.page).select_related("author"))
        waiting = Revision.objects.waiting_for(self.page)
        all_of_them = [waiting, *revisions] if waiting else revisions
        chosen = [version for version in all_of_them if str(version.pk) == self.request.GET.get("version")]
        context = {"title": _("Versions of “{title}”").format(title=self.page.title), "revisions": revisions}
        difference = _difference(chosen[0], self.page) if chosen else {}
        return super().get_context_data(**kwargs) | context | {"waiting": waiting} | difference


class VersionDeed(OnePage):
    """A button of the versions' page; back to the form then."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        messages.success(request, self.carry_out())
        return redirect(f"admin:pages_{kwargs['kind']}_change", self.page.pk)

    def carry_out(self) -> str:
        """Do it, and return what is said then."""
        raise NotImplementedError


class Restore(VersionDeed):
    def carry_out(self) -> str:
        chosen = self.request.POST.get("version")
        revision = next((one for one in Revision.objects.of(self.page) if str(one.pk) == chosen), None)
        if revision is None:
            raise Http404
        services.restore_version(revision=revision, author=self.operator)
        self.admin.log_change(self.request, self.page, [{"changed": {"fields": [_("version")]}}])
        return _("The page says again what it said then.")


class Forget(VersionDeed):
    def carry_out(self) -> str:
        return _("{count} earlier versions are deleted.").format(count=services.forget_versions(page=self.page))


class Discard(VersionDeed):
    def carry_out(self) -> str:
        services.discard_waiting_text(page=self.page)
        return _("The draft is discarded. The form shows what visitors see.")


hang(
    "pages/<str:kind>/<uuid:key>/versions/",
    [
        ("", Versions, "pages_versions"),
        ("restore/", Restore, "pages_restore"),
        ("forget/", Forget, "pages_forget"),
        ("discard/", Discard, "pages_discard"),
    ],
)


def _show_the_way(request: HttpRequest, page: Page) -> None:
    if page.is_visible:
        link = format_html('<a href="{}">{}</a>', page.get_absolute_url(), _("See it on the site"))
        messages.success(request, link)


def _is_draft_of_public_page(request: HttpRequest, page: Page) -> bool:
    """“Save as draft” was pressed for such a page."""
    return "_draft" in request.POST and is_public(page)


def is_public(page: Page) -> bool:
    """Whether its row is published, or will be at its time, whatever the form says in memory."""
    return Page.objects.filter(pk=page.pk, status=Page.Status.PUBLISHED).exists()


def _difference(version: Revision, page: Page) -> dict[str, Any]:
    """From an earlier version to now, or from now to what waits."""
    before, after = version.content, Revision.content_of(page)
    if version.is_waiting:
        before, after = after, before
    return {"shown": version, "before": before, "after": after, "pieces": compare(before["body"], after["body"])}
