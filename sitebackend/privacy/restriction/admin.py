"""What is restricted now, and its end."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sitebackend.admin_site import ReadOnlyAdmin
from sitebackend.privacy import registry
from sitebackend.privacy.restriction import services
from sitebackend.privacy.restriction.models import Restriction


@admin.register(Restriction)
class RestrictionAdmin(ReadOnlyAdmin):
    list_display = ("what", "reason", "since", "page")
    list_display_links = None
    list_filter = ("reason",)
    actions = ("lift",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Of the list only: lifting is an action."""
        return obj is None and request.user.has_perm("restriction.change_restriction")

    @admin.display(description=_("holding"))
    def what(self, row: Restriction) -> str:
        return str(registry.source(row.holding).describe().title)

    @admin.display(description=_("page"))
    def page(self, row: Restriction) -> str:
        path = registry.source(row.holding).page_of(str(row.row))
        return format_html('<a href="{}">{}</a>', path, _("Open")) if path else "–"

    @admin.action(
        description=_("Lift: the person was told before, or the values are right again"), permissions=["change"]
    )
    def lift(self, request: HttpRequest, chosen: QuerySet[Restriction]) -> None:
        rows = list(chosen)
        for row in rows:
            self.log_change(request, row, [{"deleted": {"name": str(row._meta.verbose_name), "object": "–"}}])
            services.release(row, now=timezone.now())
        done = ngettext("{n} restriction is lifted.", "{n} restrictions are lifted.", len(rows)).format(n=len(rows))
        self.message_user(request, done, messages.SUCCESS)
