"""Editing pages in the cockpit."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from js_asset import InlineStyle, Media, Script

from sitebackend.admin_site import OperatorModelAdmin
from sitebackend.pages.models import Page

#: The editor looks for its own style element and adds one, without a nonce, only if it finds none.
EDITING = Media(
    css={"all": ["css/editing.css"]},
    js=[InlineStyle("", **{"data-tiptap-style": ""}), Script("js/unsaved.js", type="module")],
)


@admin.register(Page)
class PageAdmin(OperatorModelAdmin):
    list_display = ("title", "address", "status", "menu", "menu_order", "updated_at")
    list_editable = ("menu", "menu_order")
    list_filter = ("language", "status", "menu")
    search_fields = ("title", "path", "body")
    ordering = ("language", "path")
    readonly_fields = ("address",)
    fieldsets = (
        (None, {"fields": ("title", "description", "body")}),
        (_("Publishing"), {"fields": ("status", "published_at")}),
        (_("Address and menu"), {"fields": ("language", "parent", "slug", "menu", "menu_order", "navigation_title")}),
        (_("Layout and translation"), {"fields": ("template", "translation_of")}),
    )

    @admin.display(description=_("address"), ordering="path")
    def address(self, page: Page) -> str:
        return page.get_absolute_url()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field and db_field.name in ("parent", "translation_of"):
            field.label_from_instance = lambda page: f"{page.get_absolute_url()} – {page.title}"
        return field

    def get_view_on_site_url(self, obj: Page | None = None) -> str | None:
        return obj.get_absolute_url() if obj and obj.is_visible else None

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """The editor's import map is an inline script: it gets the nonce that the policy asks for."""
        context["media"] = Media.from_media(context["media"] + EDITING, nonce=str(request.csp_nonce))
        return super().render_change_form(request, context, **kwargs)
