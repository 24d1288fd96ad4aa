"""The register of breaches in the cockpit: one form with its clock on top, letters that fill themselves, closing."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from sitebackend.admin_site import OperatorModelAdmin
from sitebackend.cockpit.pages import OperatorPage, hang, operator_of
from sitebackend.privacy.papers import breaches, letters
from sitebackend.privacy.papers.account import NAMES
from sitebackend.privacy.papers.forms import BreachForm
from sitebackend.privacy.papers.models import Breach, Risk
from sitebackend.privacy.refusals import Refused


@admin.register(Breach)
class BreachAdmin(OperatorModelAdmin):
    form = BreachForm
    list_display = ("reference", "noticed_at", "risk", "reported_at", "standing")
    list_filter = ("risk", "noticed_at")
    change_form_template = "papers/admin/breach.html"
    radio_fields = {"risk": admin.VERTICAL}
    fieldsets = (
        (_("1. When"), {"fields": ("noticed_at", "began_at", "ended_at")}),
        (_("2. What"), {"fields": ("happened", "confidentiality", "integrity", "availability")}),
        (_("3. Whom it concerns"), {"fields": ("whose", "persons", "what", "records")}),
        (_("4. Consequences and measures"), {"fields": ("consequences", "measures")}),
        (_("5. The risk"), {"fields": ("risk", "why_no_risk")}),
        (_("6. The supervisory authority"), {"fields": ("reported_at", "authority_reference", "why_late")}),
        (
            _("7. The persons"),
            {
                "fields": ("told_at", "not_told", "why_not_told"),
                "description": _("To be told at once if the risk is high (Art. 34 GDPR)."),
            },
        ),
    )

    @admin.display(description=_("where it stands"))
    def standing(self, breach: Breach) -> str:
        return standing(breach)

    def save_model(self, request: HttpRequest, obj: Breach, form: BreachForm, change: bool) -> None:
        breaches.record(obj, account=form.account(), by=operator_of(request))

    def response_add(self, request: HttpRequest, obj: Breach, post_url_continue: Any = None) -> HttpResponse:
        return self._done(request, obj)

    def response_change(self, request: HttpRequest, obj: Breach) -> HttpResponse:
        return self._done(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A closed entry is shown and no longer changed."""
        breach = self.existing(request, object_id) if object_id else None
        if breach and breach.closed_at:
            context = {**self.admin_site.each_context(request), "opts": self.opts}
            context["title"] = _("Breach {reference}").format(reference=breach.reference)
            return TemplateResponse(request, "papers/admin/closed.html", context | _entry(breach))
        facts: dict[str, Any] = {"title": _("Record a breach")}
        if breach:
            title = _("Breach {reference}").format(reference=breach.reference)
            facts = {"title": title, "subtitle": "", "clock": standing(breach), "left": list(breaches.missing(breach))}
        return super().changeform_view(request, object_id, form_url, facts | (extra_context or {}))

    def _done(self, request: HttpRequest, breach: Breach) -> HttpResponse:
        """Back to the entry; closed, if that was asked for and nothing is missing."""
        messages.success(request, _("Saved."))
        if "_close" in request.POST:
            try:
                breaches.close(breach, now=timezone.now())
            except Refused as refusal:
                messages.error(request, _("Not closed yet. {left}").format(left=refusal))
        return HttpResponseRedirect(reverse("admin:papers_breach_change", args=[breach.pk]))


class BreachLetter(OperatorPage):
    """To read and copy; with `?form=pdf` to print."""

    permission = "papers.view_breach"
    list_of, list_title = "papers_breach", _("Breaches")
    template_name = "papers/admin/letter.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        breach, to = get_object_or_404(Breach, pk=kwargs["pk"]), kwargs["to"]
        if to not in letters.TITLES:
            raise Http404
        letter = letters.letter(breach, to)
        if request.GET.get("form") == "pdf":
            headers = {"Content-Disposition": f'attachment; filename="{breach.reference}-{to}.pdf"'}
            return HttpResponse(letter.as_pdf(), content_type="application/pdf", headers=headers)
        self.title = letters.TITLES[to]
        return self.render_to_response(self.get_context_data(breach=breach, letter=letter))


hang("papers/breach/", [("<uuid:pk>/letter/<str:to>/", BreachLetter, "papers_breach_letter")])


def standing(breach: Breach) -> str:
    """Hours left, or what became of it, in few words."""
    if breach.closed_at:
        return str(_("closed"))
    if breach.reported_at:
        return str(_("reported, not closed"))
    if breach.risk == Risk.UNLIKELY:
        return str(_("not to be reported, not closed"))
    hours = breach.hours_left(timezone.now())
    if hours < 0:
        return ngettext("{n} hour overdue", "{n} hours overdue", -hours).format(n=-hours)
    return ngettext("{n} hour left", "{n} hours left", hours).format(n=hours)


def _entry(breach: Breach) -> dict[str, Any]:
    """Every filled field of the form with its label, section by section."""
    account = {name: getattr(breach.account, name) for name in NAMES}
    sections = []
    for heading, options in BreachAdmin.fieldsets:
        names = [str(name) for name in options["fields"]]
        lines = [(BreachForm.base_fields[name].label, _shown(breach, name, account)) for name in names]
        sections.append((heading, [(label, value) for label, value in lines if value]))
    return {"breach": breach, "sections": [section for section in sections if section[1]]}


def _shown(breach: Breach, name: str, account: dict[str, str]) -> Any:
    if name in account:
        return account[name]
    display = getattr(breach, f"get_{name}_display", None)
    value = display() if display else getattr(breach, name)
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    return _("yes") if value is True else value
