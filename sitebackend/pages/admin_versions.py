"""A page's versions in the cockpit: read them, see what changed, bring one back; and write one that waits."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from sitebackend.admin_site import OperatorModelAdmin
from sitebackend.models import Operator
from sitebackend.pages import services
from sitebackend.pages.comparison import compare
from sitebackend.pages.models import Page, Revision


def operator_of(request: HttpRequest) -> Operator:
    return cast(Operator, request.user)  # the admin lets nobody else in


class VersionsAdmin(OperatorModelAdmin):
    """Adds the versions' addresses to the admin of a page, and “save as draft” beside a published one.

    Who edits a page sees the text that waits for it; saving publishes that, “save as draft” keeps it waiting.
    """

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:key>/versions/", wrap(self.versions), name=f"{name}_versions"),
            path("<uuid:key>/versions/restore/", wrap(require_POST(self.restore)), name=f"{name}_restore"),
            path("<uuid:key>/versions/forget/", wrap(require_POST(self.forget)), name=f"{name}_forget"),
            path("<uuid:key>/versions/discard/", wrap(require_POST(self.discard)), name=f"{name}_discard"),
            *super().get_urls(),
        ]

    def versions(self, request: HttpRequest, key: UUID) -> HttpResponse:
        page = self._page(request, key)
        revisions = list(Revision.objects.of(page).select_related("author"))
        waiting = Revision.objects.waiting_for(page)
        all_of_them = [waiting, *revisions] if waiting else revisions
        chosen = [version for version in all_of_them if str(version.pk) == request.GET.get("version")]
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": page,
            "title": _("Versions of “{title}”").format(title=page.title),
            "revisions": revisions,
            "waiting": waiting,
            **(_difference(chosen[0], page) if chosen else {}),
        }
        return TemplateResponse(request, "admin/pages/versions.html", context)

    def restore(self, request: HttpRequest, key: UUID) -> HttpResponse:
        page = self._page(request, key)
        revision = get_object_or_404(Revision.objects.of(page), pk=UUID(request.POST.get("version", "")))
        services.restore_version(revision=revision, author=operator_of(request))
        self.log_change(request, page, [{"changed": {"fields": [_("version")]}}])
        messages.success(request, _("The page says again what it said then."))
        return self._back(page)

    def forget(self, request: HttpRequest, key: UUID) -> HttpResponse:
        page = self._page(request, key)
        count = services.forget_versions(page=page)
        messages.success(request, _("{count} earlier versions are deleted.").format(count=count))
        return self._back(page)

    def discard(self, request: HttpRequest, key: UUID) -> HttpResponse:
        page = self._page(request, key)
        services.discard_waiting_text(page=page)
        messages.success(request, _("The draft is discarded. The form shows what visitors see."))
        return self._back(page)

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
        return self._back(obj)

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

    def _page(self, request: HttpRequest, key: UUID) -> Page:
        if not self.has_change_permission(request):
            raise PermissionDenied
        page: Page = get_object_or_404(self.get_queryset(request), pk=key)
        return page

    def _back(self, page: Page) -> HttpResponse:
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", page.pk)


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
