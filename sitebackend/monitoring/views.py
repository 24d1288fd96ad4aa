"""The page on which the operator says that the clock is right."""

from datetime import datetime

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sitebackend.models import Actor, Operator
from sitebackend.monitoring import clock
from sitebackend.monitoring.forms import ShownTimeForm


@require_http_methods(["GET", "POST"])
def confirm_clock(request: HttpRequest) -> HttpResponse:
    if not (isinstance(request.user, Operator) and request.user.has_perm("sitebackend.change_clockmark")):
        raise PermissionDenied
    now = timezone.now()
    if request.method == "POST" and _was_shown(request, now):
        clock.confirm(now, actor=Actor.OPERATOR, operator=request.user)
        messages.success(request, _("Noted: the clock is right. What waited for it goes on within a minute."))
        return HttpResponseRedirect(reverse("admin:index"))
    context = {
        **admin.site.each_context(request),
        "title": _("Is the clock right?"),
        "doubt": clock.doubt(now),
        "now": now,
        "shown": now.isoformat(),
    }
    return TemplateResponse(request, "admin/clock.html", context)


def _was_shown(request: HttpRequest, now: datetime) -> bool:
    form = ShownTimeForm(request.POST)
    return form.is_valid() and abs(now - form.cleaned_data["shown"]) < clock.BEHIND
