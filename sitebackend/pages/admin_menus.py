"""The menus in the cockpit: which page stands where, moved by hand, by arrow keys or by number."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.forms import BaseModelFormSet, modelformset_factory
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from sitebackend.cockpit import edit_conflict
from sitebackend.cockpit.edit_conflict import Change, Conflict
from sitebackend.cockpit.pages import OperatorPage, hang
from sitebackend.formats.fields import WholeNumberField
from sitebackend.pages.menu import nested
from sitebackend.pages.models import Page

_Places = modelformset_factory(
    Page, fields=("menu", "menu_order"), field_classes={"menu_order": WholeNumberField}, extra=0
)


class Menus(OperatorPage):
    permission = "pages.change_page"
    list_of, list_title = "pages_page", _("Pages")
    title = _("Menus")
    template_name = "admin/pages/menus.html"
    styles = ("css/editing.css",)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page(_Places(queryset=_placed()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        places = _Places(request.POST, queryset=_placed())
        if not places.is_valid():
            return self._page(places, status=422)
        version = request.POST.get(edit_conflict.FIELD, "")
        if changed := edit_conflict.changed_since(version, _state(places)):
            conflict = Conflict([*_changes(places, changed)], edit_conflict.version_of(_state(places)))
            messages.error(request, edit_conflict.not_saved())
            return self._page(places, status=409, conflict=conflict)
        owner = admin.site.get_model_admin(Page)
        for page in places.save():
            owner.log_change(request, page, [{"changed": {"fields": [str(_("menu"))]}}])
        messages.success(request, _("The menus are saved."))
        return redirect("admin:pages_page_menus")

    def _page(
        self, places: "BaseModelFormSet[Any, Any]", *, status: int = 200, conflict: Conflict | None = None
    ) -> HttpResponse:
        languages = [(name, _lists(places, language)) for language, name in settings.LANGUAGES]
        sent = self.request.POST.get(edit_conflict.FIELD, "") if not conflict else conflict.version
        version = sent or edit_conflict.version_of(_state(places))
        state = {"form_version": version, "edit_conflict": conflict}
        context = self.get_context_data(places=places, languages=languages, **state)
        return self.render_to_response(context, status=status)


hang("pages/page/", [("menus/", Menus, "pages_page_menus")])


def _placed() -> Any:
    return Page.objects.kept().exclude(template=Page.Template.POST).order_by("menu_order", "title")


def _state(places: "BaseModelFormSet[Any, Any]") -> dict[str, str]:
    """What is stored of each page's place."""
    return {str(row.instance.pk): _shown(row, row.initial["menu"], row.initial["menu_order"]) for row in places.forms}


def _changes(places: "BaseModelFormSet[Any, Any]", names: Iterable[str]) -> Iterator[Change]:
    rows = {str(row.instance.pk): row for row in places.forms}
    for row in (rows[name] for name in names if name in rows):
        mine = _shown(row, row["menu"].data, row["menu_order"].data)
        stored = _shown(row, row.initial["menu"], row.initial["menu_order"])
        yield Change(row.instance.title, mine, stored)


def _shown(row: Any, menu: str, place: Any) -> str:
    return f"{Page.Menu(menu).label}, {place}"


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
