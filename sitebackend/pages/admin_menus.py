"""The menus in the cockpit: which page stands where, moved by hand, by arrow keys or by number."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.forms import BaseModelFormSet, modelformset_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from sitebackend.admin_site import OperatorModelAdmin
from sitebackend.formats.fields import WholeNumberField
from sitebackend.pages.menu import nested
from sitebackend.pages.models import Page

_Places = modelformset_factory(
    Page, fields=("menu", "menu_order"), field_classes={"menu_order": WholeNumberField}, extra=0
)


def menus(admin: OperatorModelAdmin, request: HttpRequest) -> HttpResponse:
    if not admin.has_change_permission(request):
        raise PermissionDenied
    pages = Page.objects.kept().exclude(template=Page.Template.POST).order_by("menu_order", "title")
    places = _Places(request.POST or None, queryset=pages)
    if request.method == "POST" and places.is_valid():
        for page in places.save():
            admin.log_change(request, page, [{"changed": {"fields": [_("menu")]}}])
        messages.success(request, _("The menus are saved."))
        return redirect("admin:pages_page_menus")
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": _("Menus"),
        "places": places,
        "languages": [(name, _lists(places, language)) for language, name in settings.LANGUAGES],
    }
    return TemplateResponse(request, "admin/pages/menus.html", context, status=422 if places.is_bound else 200)


def _in_order(rows: list[Any]) -> Iterator[tuple[Page, bool]]:
    """As visitors see them: each, and whether it stands below the one before. In the main menu alone it shows."""
    for menu in Page.Menu.values:
        for page, below in nested(row.instance for row in rows if row.initial["menu"] == menu):
            yield page, False
            yield from ((lower, menu == Page.Menu.MAIN) for lower in below)


def _lists(places: "BaseModelFormSet[Any, Any]", language: str) -> list[tuple[str, str, list[Any]]]:
    """Each menu's value, its name and its rows; what is in no menu comes last."""
    row_of = {form.instance.pk: form for form in places.forms if form.instance.language == language}
    rows = []
    for page, is_below in _in_order([*row_of.values()]):
        row = row_of[page.pk]
        row.is_below = is_below
        rows.append(row)
    kinds = [Page.Menu.MAIN, Page.Menu.FOOTER, Page.Menu.NONE]
    return [(kind.value, str(kind.label), [row for row in rows if row.initial["menu"] == kind]) for kind in kinds]
