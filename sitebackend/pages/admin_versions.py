"""Earlier versions of a page in the cockpit: read them, see what changed, bring one back."""

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
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
    """Adds the versions' addresses to the admin of a page."""

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:key>/versions/", wrap(self.versions), name=f"{name}_versions"),
            path("<uuid:key>/versions/restore/", wrap(require_POST(self.restore)), name=f"{name}_restore"),
            path("<uuid:key>/versions/forget/", wrap(require_POST(self.forget)), name=f"{name}_forget"),
            *super().get_urls(),
        ]

    def versions(self, request: HttpRequest, key: UUID) -> HttpResponse:
        page = self._page(request, key)
        revisions = list(Revision.objects.of(page).select_related("author"))
        shown = next((version for version in revisions if str(version.pk) == request.GET.get("version")), None)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": page,
            "title": _("Versions of “{title}”").format(title=page.title),
            "revisions": revisions,
            "shown": shown,
            "pieces": compare(shown.content["body"], page.body) if shown else [],
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

    def _page(self, request: HttpRequest, key: UUID) -> Page:
        if not self.has_change_permission(request):
            raise PermissionDenied
        page: Page = get_object_or_404(self.get_queryset(request), pk=key)
        return page

    def _back(self, page: Page) -> HttpResponse:
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", page.pk)
