"""The papers in the cockpit: the Art. 30 record with its versions, and what retention does."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from sitebackend.admin_site import ReadOnlyAdmin
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

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        return [
            path("<int:pk>/csv/", guarded(self.csv), name="papers_record_csv"),
            path("<int:pk>/pdf/", guarded(self.pdf), name="papers_record_pdf"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        self.require_view(request)
        present = record.present_version()
        return HttpResponseRedirect(reverse("admin:papers_recordversion_change", args=[present.pk]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """One version; with `?since=NUMBER` what has changed since that one."""
        version = self.version(request, object_id)
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

    def version(self, request: HttpRequest, key: object) -> RecordVersion:
        self.require_view(request)
        version: RecordVersion | None = self.get_object(request, str(key))
        if version is None:
            raise Http404
        return version

    def csv(self, request: HttpRequest, pk: int) -> HttpResponse:
        version = self.version(request, pk)
        headers = {"Content-Disposition": f'attachment; filename="art-30-{version.number}.csv"'}
        return HttpResponse(record.as_csv(version), content_type="text/csv; charset=utf-8", headers=headers)

    def pdf(self, request: HttpRequest, pk: int) -> HttpResponse:
        from sitebackend.privacy.papers import record_pdf  # takes a second to load

        version = self.version(request, pk)
        headers = {"Content-Disposition": f'attachment; filename="art-30-{version.number}.pdf"'}
        return HttpResponse(record_pdf.as_pdf(version), content_type="application/pdf", headers=headers)


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
    went = [f"{_title(source)}: {count}" for source, _action, count in run.receipt]
    if went:
        went.append(_("physically gone") if run.wiped_at else _("the files are being cleaned"))
    return run.day, "; ".join(went) or _("nothing")


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 9 else 0
