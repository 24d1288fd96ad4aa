"""Editing pages and posts in the cockpit."""

import json
from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.forms import CheckboxSelectMultiple, ModelChoiceField, Textarea
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from js_asset.js import InlineStyle, Script
from js_asset.media import Media

from sitebackend.admin_site import OperatorModelAdmin
from sitebackend.pages import preview, services
from sitebackend.pages.admin_downloads import DownloadAdmin as DownloadAdmin
from sitebackend.pages.admin_forms import CategoryForm, PageForm
from sitebackend.pages.admin_menus import Menus as Menus
from sitebackend.pages.admin_pictures import ImageAdmin as ImageAdmin
from sitebackend.pages.admin_versions import VersionsAdmin, is_public
from sitebackend.pages.embeds import PLAYERS
from sitebackend.pages.models import Category, DeadLink, Page, Post, Redirect, Revision

#: The editor looks for its own style element and adds one, without a nonce, only if it finds none.
EDITING = Media(
    css={"all": ["css/editing.css"]},
    js=[
        InlineStyle("", **{"data-tiptap-style": ""}),
        Script("js/editing.js", type="module"),
        Script("js/parts.js", type="module"),
    ],
)


def _with_waiting_text(pages: QuerySet[Any]) -> QuerySet[Any]:
    waiting = Revision.objects.filter(page=OuterRef("pk"), is_waiting=True)
    marked: QuerySet[Any] = pages.annotate(
        has_waiting_text=Exists(waiting), draft_from=Subquery(waiting.values("publish_at")[:1])
    )
    return marked


def _shown(time: datetime) -> str:
    return date_format(timezone.localtime(time), "SHORT_DATETIME_FORMAT")


class PageChoice(ModelChoiceField):  # type: ignore[type-arg] # none at run time
    """Pages by address and title."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.get_absolute_url()} – {obj.title}"


class TrashFilter(admin.SimpleListFilter):
    title = _("Trash")
    parameter_name = "trash"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("only", _("in the trash"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.exclude(trashed_at=None) if self.value() == "only" else queryset.filter(trashed_at=None)


@admin.register(Page)
class PageAdmin(VersionsAdmin):
    form = PageForm
    change_form_template = "admin/pages/change_form.html"
    list_display = ["title", "address", "state", "in_menu", "updated_at"]
    list_filter = [TrashFilter, "language", "status", "menu"]
    search_fields = ["title", "path", "body"]
    ordering = ["language", "path"]
    actions = ["move_to_trash", "restore_from_trash"]
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("title", "description", "picture", "body")}),
        (_("Publishing"), {"fields": ("status", "published_at", "draft_from")}),
        (_("Address and menu"), {"fields": ("language", "parent", "slug", "menu", "menu_order", "navigation_title")}),
        (_("Layout and translation"), {"fields": ("template", "translation_of"), "classes": ("collapse",)}),
    )

    @admin.display(description=_("address"), ordering="path")
    def address(self, page: Page) -> str:
        return page.get_absolute_url()

    @admin.display(description=_("menu"), ordering="menu")
    def in_menu(self, page: Page) -> str | None:
        return page.get_menu_display() if page.menu else None

    @admin.display(description=_("status"), ordering="status")
    def state(self, page: Any) -> str:
        """The status in words, with what is still to come."""
        later = page.status == Page.Status.PUBLISHED and not page.is_visible and not page.trashed_at
        words = [_("scheduled") if later else page.get_status_display()]
        if page.draft_from:
            words.append(_("a draft visible from {time}").format(time=_shown(page.draft_from)))
        elif page.has_waiting_text:
            words.append(_("a draft is waiting"))
        return ", ".join(map(str, words))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return _with_waiting_text(super().get_queryset(request)).exclude(template=Page.Template.POST)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in ("parent", "translation_of"):
            kwargs |= {"queryset": Page.objects.kept(), "form_class": PageChoice}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "categories":
            kwargs["widget"] = CheckboxSelectMultiple
        if db_field.name == "description":
            kwargs["widget"] = Textarea(attrs={"rows": 3, "class": "vLargeTextField"})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what lies in the trash is deleted for good."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.trashed_at is not None)

    def get_actions(self, request: HttpRequest, action_location: Any = None) -> dict[str, Any]:
        unwanted = {"move_to_trash"} if request.GET.get("trash") else {"restore_from_trash", "delete_selected"}
        place = {"action_location": action_location} if action_location else {}  # Django 5.2 knows one place only
        actions = super().get_actions(request, **place)
        return {name: action for name, action in actions.items() if name not in unwanted}

    def get_view_on_site_url(self, obj: Page | None = None) -> str | None:
        return obj.get_absolute_url() if obj and obj.is_visible else None

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Page | None = None,
    ) -> HttpResponse:
        """The editor's import map is an inline script: it gets the nonce that the policy asks for."""
        nonce = str(getattr(request, "csp_nonce"))  # noqa: B009 - set by the policy's middleware, unknown to types
        context["media"] = Media.from_media(context["media"] + EDITING, nonce=nonce)
        context |= {"is_page": True, "addresses": Page.objects.published(), "players": json.dumps(PLAYERS)}
        if obj:
            waiting = Revision.objects.waiting_for(obj)
            context |= {
                "preview_url": preview.link(obj),
                "versions_url": reverse("admin:pages_versions", args=[self.opts.model_name, obj.pk]),
                "is_public": is_public(obj),
                "waiting": waiting and waiting.pk,
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    @admin.action(description=_("Move to the trash"), permissions=["change"])
    def move_to_trash(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._each(request, queryset, services.move_to_trash)

    @admin.action(description=_("Restore from the trash, as drafts"), permissions=["change"])
    def restore_from_trash(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._each(request, queryset, services.restore_from_trash)

    def _each(self, request: HttpRequest, queryset: QuerySet[Any], verb: Any) -> None:
        for page in queryset:
            try:
                verb(page=page)
            except ValidationError as error:
                messages.error(request, " ".join(error.messages))
            else:
                self.log_change(request, page, [{"changed": {"fields": [str(_("Trash"))]}}])


@admin.register(Post)
class PostAdmin(PageAdmin):
    list_display = ["title", "address", "state", "published_at"]
    list_filter = [TrashFilter, "language", "status", "categories"]
    ordering = ["-published_at"]
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("title", "description", "picture", "body")}),
        (_("Publishing"), {"fields": ("status", "published_at", "draft_from", "categories")}),
        (_("Address and translation"), {"fields": ("language", "slug", "translation_of")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return _with_waiting_text(OperatorModelAdmin.get_queryset(self, request))


@admin.register(Category)
class CategoryAdmin(OperatorModelAdmin):
    form = CategoryForm
    list_display = ["title", "language", "slug"]


@admin.register(Redirect)
class RedirectAdmin(OperatorModelAdmin):
    list_display = ["path", "page", "target"]
    search_fields = ["path", "target"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs |= {"queryset": Page.objects.kept(), "form_class": PageChoice}
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Redirect, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        DeadLink.objects.filter(path=obj.path).delete()


@admin.register(DeadLink)
class DeadLinkAdmin(OperatorModelAdmin):
    """Read only, but for ticking off what has been mended."""

    list_display = ["path", "count", "last_seen", "mend"]

    @admin.display(description=_("mend"))
    def mend(self, link: DeadLink) -> SafeString:
        address = reverse("admin:pages_redirect_add", query={"path": link.path})
        return format_html('<a href="{}">{}</a>', address, _("Redirect …"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
