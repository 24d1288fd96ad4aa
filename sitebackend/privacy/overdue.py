"""The page on which the operator lets go what should have gone before.

What must never happen: a shortened period or old data that were filed let go at one blow what
nobody looked at. So retention by itself erases what fell due since its last run; the rest stands here, and only
what was shown goes.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sitebackend.cockpit.pages import OperatorPage, hang
from sitebackend.monitoring.clock import ClockInDoubt
from sitebackend.privacy import deadlines, registry
from sitebackend.privacy.erasure import ErasureIncomplete, PlanOutdated
from sitebackend.privacy.models import RetentionRun
from sitebackend.privacy.services import execution


class Overdue(OperatorPage):
    permission = "sitebackend.change_clockmark"
    needs_proof = True
    template_name = "privacy/admin/overdue.html"
    title = _("Due before the last run")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        now = timezone.now()
        plan = execution.overdue(now)
        steps = plan.destructive if plan else ()
        rows = [(registry.source(step.source).describe().title, step, len(step.rows)) for step in steps]
        last = RetentionRun.objects.last_day(deadlines.local_date(now))
        return super().get_context_data(**kwargs, now=now, last=last, rows=rows, plan_hash=plan.hash if plan else "")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            count = execution.erase_overdue(timezone.now(), plan_hash=request.POST.get("plan_hash", ""))
        except (PlanOutdated, ErasureIncomplete, ClockInDoubt) as refusal:
            messages.error(request, str(refusal))
            return self.render_to_response(self.get_context_data(), status=422)
        messages.success(request, ngettext("{n} row went.", "{n} rows went.", count).format(n=count))
        return redirect("admin:index")


hang("retention/overdue/", [("", Overdue, "privacy_overdue")])
