"""The page on which the operator says that the clock is right."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sitebackend.cockpit.pages import OperatorPage, hang
from sitebackend.models import Actor
from sitebackend.monitoring import clock
from sitebackend.monitoring.forms import ShownTimeForm


class ConfirmClock(OperatorPage):
    """Shows the time to compare; only the time that was shown counts as confirmed."""

    permission = "sitebackend.change_clockmark"
    template_name = "cockpit/clock.html"
    title = _("Is the clock right?")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        page = {"doubt": clock.doubt(now), "now": now, "shown": now.isoformat(), "ahead": list(clock.dated_ahead(now))}
        if page["doubt"]:
            page["would_go"] = list(clock.would_go(now))
        return super().get_context_data(**kwargs, **page, unnoted=clock.unnoted_ahead(now))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        now = timezone.now()
        if not _was_shown(request, now):
            return self.render_to_response(self.get_context_data())
        clock.confirm(now, actor=Actor.OPERATOR, operator=self.operator)
        if clock.doubt(now):
            messages.error(
                request, _("The server that TIME_SOURCE names says otherwise. Correct or remove the setting.")
            )
            return self.render_to_response(self.get_context_data())
        messages.success(request, _("Noted: the clock is right. What waited for it goes on within a minute."))
        return redirect("admin:index")


def _was_shown(request: HttpRequest, now: datetime) -> bool:
    form = ShownTimeForm(request.POST)
    return form.is_valid() and abs(now - form.cleaned_data["shown"]) < clock.BEHIND


hang("clock/", [("", ConfirmClock, "clock")])
