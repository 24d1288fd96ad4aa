"""The papers in the cockpit: the Art. 30 record with its versions, and what retention does."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from sitebackend.admin_site import ReadOnlyAdmin
from sitebackend.cockpit.pages import OperatorPage, hang
from sitebackend.privacy import erasure, registry
from sitebackend.privacy.models import RetentionRun
from sitebackend.privacy.papers import admin_breach as admin_breach  # registers itself
from sitebackend.privacy.papers import admin_trail as admin_trail  # registers itself
from sitebackend.privacy.papers import record
from sitebackend.privacy.papers.models import RecordVersion
from sitebackend.retention import periods

RUNS_SHOWN = 30


@admin.register(RecordVersion)
class RecordVersionAdmin(ReadOnlyAdmin):
    """Its list leads straight to the present version; earlier ones are named on its page."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        self.require_view(request)
        present = record.present_version()
        return HttpResponseRedirect(reverse("admin:papers_recordversion_change", args=[present.pk]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One version; with `?since=NUMBER` what has changed since that one."""
        version = self.existing(request, object_id)
        since = RecordVersion.objects.filter(number=_number(request.GET.get("since", ""))).first()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Record of processing activities"),
            "opts": self.opts,
            "version": version,
            "versions": RecordVersion.objects.all(),
            "since": since,
            "differences": record.differences(since, version) if since else (),
        }
        return TemplateResponse(request, "papers/admin/record.html", context)


class RecordFile(OperatorPage):
    """One version as a file."""

    permission = "papers.view_recordversion"

    @property
    def version(self) -> RecordVersion:
        return get_object_or_404(RecordVersion, pk=self.kwargs["pk"])


class RecordCSV(RecordFile):
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        version = self.version
        headers = {"Content-Disposition": f'attachment; filename="art-30-{version.number}.csv"'}
        return HttpResponse(record.as_csv(version), content_type="text/csv; charset=utf-8", headers=headers)


class RecordPDF(RecordFile):
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        from sitebackend.privacy.papers import record_pdf  # takes a second to load

        version = self.version
        headers = {"Content-Disposition": f'attachment; filename="art-30-{version.number}.pdf"'}
        return HttpResponse(record_pdf.as_pdf(version), content_type="application/pdf", headers=headers)


hang(
    "papers/recordversion/<int:pk>/",
    [("csv/", RecordCSV, "papers_record_csv"), ("pdf/", RecordPDF, "papers_record_pdf")],
)


@admin.register(RetentionRun)
class RetentionRunAdmin(ReadOnlyAdmin):
    """One page: every period, what is due and what a hold keeps, and what went on the last days."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        self.require_view(request)
        plan = erasure.due(timezone.localdate())
        context = {
            **self.admin_site.each_context(request),
            "title": _("Retention"),
            "opts": self.opts,
            "periods": periods(),
            "due": [(_title(step.source), step) for step in plan.destructive],
            "held": [(_title(step.source), step) for step in plan.retained],
            "runs": [_went(run) for run in RetentionRun.objects.all()[:RUNS_SHOWN]],
        }
        return TemplateResponse(request, "papers/admin/retention.html", context)


def _title(source: str) -> str:
    known = {holding.name: str(holding.describe().title) for holding in registry.sources()}
    return known.get(source, source)


def _went(run: RetentionRun) -> tuple[date, str]:
    """The day, how many rows of which holdings went on it, and whether they are physically gone."""
    went = [f"{_title(source)}: {', '.join(names) or count}" for source, _action, count, *names in run.receipt]
    if went:
        went.append(_("physically gone") if run.wiped_at else _("the files are being cleaned"))
    return run.day, "; ".join(went) or _("nothing")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 9 else 0
