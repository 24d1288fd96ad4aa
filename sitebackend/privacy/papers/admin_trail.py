"""The audit trail in the cockpit: to read and to filter, never to change."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from sitebackend.admin_site import ReadOnlyAdmin
from sitebackend.models import Event, Operator
from sitebackend.privacy import trail
from sitebackend.privacy.trail import Wanted

PER_PAGE = 50
LAST_PAGE = 1000


@admin.register(Event)
class TrailAdmin(ReadOnlyAdmin):
    """Its list is the whole trail, from all the places where it is written down."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        self.require_view(request)
        wanted, page = _wanted(request), _page(request)
        found = trail.lines(wanted, start=(page - 1) * PER_PAGE, number=PER_PAGE + 1)
        kinds = trail.kinds()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Audit trail"),
            "opts": self.opts,
            "wanted": wanted,
            "lines": [(line, kinds.get(line.kind, trail.name_of(line.kind))) for line in found[:PER_PAGE]],
            "kinds": kinds.items(),
            "operators": Operator.objects.order_by("username"),
            "newer": _link(request, page - 1) if page > 1 else "",
            "older": _link(request, page + 1) if len(found) > PER_PAGE and page < LAST_PAGE else "",
        }
        return TemplateResponse(request, "papers/admin/trail.html", context)


def _wanted(request: HttpRequest) -> Wanted:
    """What the filters ask for; nonsense asks for nothing, and NUL is no text for PostgreSQL."""
    asked = {name: str(value).replace("\0", "") for name, value in request.GET.items()}
    return Wanted(
        operator=_account(asked.get("operator", "")),
        kind=asked.get("kind", ""),
        key=asked.get("key", "").strip(),
        since=_day(asked.get("since", "")),
        until=_day(asked.get("until", "")),
    )


def _account(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _page(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return max(1, min(int(text), LAST_PAGE)) if text.isdecimal() and len(text) < 5 else 1


def _link(request: HttpRequest, page: int) -> str:
    query = request.GET.copy()
    query["page"] = str(page)
    return f"?{query.urlencode()}"
