"""The operator's cockpit: Django's admin, with what is due today on its index page.

What must never happen: the admin's own history keeps a copy of a person who was erased. Django writes the
name of every row, and of every row of an inline, into its log. So every admin of this project derives from
`OperatorModelAdmin`, whose log lines say which kind of row, its random key, and which fields: never a value.
"""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    _ModelAdmin = ModelAdmin[Any]
else:  # it takes a parameter for the type checker only
    _ModelAdmin = ModelAdmin


class OperatorSite(AdminSite):
    site_header = _("Cockpit")
    site_title = _("Cockpit")
    index_title = _("Today")


class OperatorModelAdmin(_ModelAdmin):
    """Base of every admin here: its history names rows by kind and key, and fields, never what they hold."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        return _log(request, [obj], ADDITION, message)[0]

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        return _log(request, [obj], CHANGE, message)[0]

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Any]) -> list[LogEntry]:
        return _log(request, queryset, DELETION, [])

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """As Django's, without the names of inlines' rows."""
        lines: list[dict[str, dict[str, Any]]] = super().construct_change_message(request, form, formsets, add)
        for line in lines:
            for change in line.values():
                change.update({"object": "–"} if "object" in change else {})
        return lines


def _log(request: HttpRequest, rows: Iterable[Model], action: int, message: Any) -> list[LogEntry]:
    return LogEntry.objects.bulk_create(
        LogEntry(
            user_id=str(request.user.pk),
            content_type=ContentType.objects.get_for_model(row, for_concrete_model=False),
            object_id=str(row.pk),
            object_repr=f"{row._meta.verbose_name} {row.pk}"[:200],
            action_flag=action,
            change_message=json.dumps(message) if isinstance(message, list) else message,
        )
        for row in rows
    )
