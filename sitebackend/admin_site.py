"""The operator's cockpit: Django's admin, with what is due today on its index page.

What must never happen: the admin's own history keeps a copy of a person who was erased. Django writes the
name of every row, and of every row of an inline, into its log. So every admin of this project derives from
`OperatorModelAdmin`, whose log lines say which kind of row, its random key, and which fields: never a value.
"""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import AdminDateWidget, AdminSplitDateTime, AdminTimeWidget
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import models
from django.db.models import Model
from django.forms import Field, TextInput
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.i18n import JavaScriptCatalog

from sitebackend import findings, second_factor
from sitebackend.cockpit import accounts, guarded_form, login, pages, sign_in_again
from sitebackend.cockpit import clock as clock  # hangs itself below /admin/
from sitebackend.cockpit import test_mail as test_mail  # hangs itself below /admin/
from sitebackend.cockpit import viewing as viewing  # hangs itself below /admin/
from sitebackend.cockpit.forms import OperatorLoginForm
from sitebackend.cockpit.proof import needs_proof
from sitebackend.cockpit.roles import Role
from sitebackend.findings import Finding
from sitebackend.formats import fields

if TYPE_CHECKING:
    _ModelAdmin = ModelAdmin[Any]
else:  # it takes a parameter for the type checker only
    _ModelAdmin = ModelAdmin

_SHORT_INPUT = TextInput(attrs={"class": "vIntegerField"})


class OperatorSite(AdminSite):
    """The admin, for operators who have shown their second factor; libraries' own admins stay out."""

    site_header = _("Cockpit")
    site_title = _("Cockpit")
    index_title = _("Today")
    login_form = OperatorLoginForm
    index_template = "admin/cockpit.html"

    def i18n_javascript(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """As Django's, with the words of the text editor."""
        view = JavaScriptCatalog.as_view(packages=["django.contrib.admin", "django_prose_editor"])
        return cast("HttpResponse", view(request))

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """As Django's, for admins that keep the history clean. Others, which packages bring along, are left out."""
        if admin_class and issubclass(admin_class, OperatorModelAdmin):
            _require_permissions(admin_class)
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and second_factor.is_satisfied(request.user)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Django's door, at which nothing that was typed is lost, and which asks for a proof where the view says so."""
        guarded = super().admin_view(view, cacheable)
        return sign_in_again.guard(view, guarded, lets_in=self.has_permission)

    @needs_proof()
    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        with accounts.watched(request.user.pk, request):
            return super().password_change(request, extra_context)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The form; or, for somebody who has logged in without having a second factor, its set-up."""
        if request.method == "GET" and super().has_permission(request) and second_factor.is_missing(request.user):
            return redirect("admin:second_factor")
        return super().login(request, extra_context)

    def get_urls(self) -> list[Any]:
        """Leaving and setting up the second factor are open to those who are not through the door yet."""
        return [
            path("logout/", self.logout, name="logout"),
            path("second-factor/", _for_set_up(login.set_up), name="second_factor"),
            path("second-factor/qr.svg", login.qr_code, name="second_factor_qr"),
            path("second-factor/codes/", _for_set_up(login.renew_codes), name="recovery_codes"),
            *pages.urls(self.admin_view),
            # its redirects tell of rows without asking for a right; no list of ours leads there
            *(pattern for pattern in super().get_urls() if getattr(pattern, "name", "") != "view_on_site"),
        ]

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        """As Django's; to an account without a right in it, an app is closed, not missing."""
        is_known = any(model._meta.app_label == app_label for model in self._registry)
        if is_known and not request.user.has_module_perms(app_label):
            raise PermissionDenied
        return super().app_index(request, app_label, extra_context)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """By the rooms of the settings, in their order: what belongs together for the operator stands together."""
        apps: list[dict[str, Any]] = super().get_app_list(request, app_label)
        if app_label:
            return apps
        lists = {model["model"]._meta.label_lower: model for app in apps for model in app["models"]}
        rooms = (
            (name, [lists[label] for label in labels if label in lists]) for name, labels in settings.COCKPIT_ROOMS
        )
        return [{"name": name, "models": models} for name, models in rooms if models]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """What wants the operator, the worst first; then everything else. Each account sees what its role works on."""
        found = [_reachable(request, one) for one in findings.collect(datetime.now(UTC)) if _concerns(request, one)]
        shown = {"findings": found, "roles": [role for role in Role if role != Role.OPERATIONS]}
        return super().index(request, {**shown, **(extra_context or {})})


def _concerns(request: HttpRequest, finding: Finding) -> bool:
    operator, app_label = pages.operator_of(request), finding.code.partition(".")[0]
    return operator.has_perm("sitebackend.view_workerjob") or operator.has_module_perms(app_label)


def _reachable(request: HttpRequest, finding: Finding) -> Finding:
    """The finding, without a link that would end at a refusal."""
    return finding if not finding.url or pages.may_open(request, finding.url) else replace(finding, url="")


def _require_permissions(admin_class: type["OperatorModelAdmin"]) -> None:
    """Raise ImproperlyConfigured for a list action that anybody could carry out who sees the list."""
    for action in admin_class.actions or ():
        function = getattr(admin_class, action) if isinstance(action, str) else action
        if not hasattr(function, "allowed_permissions"):
            raise ImproperlyConfigured(f"the action {action} of {admin_class.__name__} names no permission")


def _for_set_up(view: Any) -> Any:
    """The second factor's own pages are open before it is there, and ask for a proof like any other."""
    return sign_in_again.guard(view, view, lets_in=login.may_set_up)


def name_inputs(field: Field) -> None:
    """Give the two inputs of a date with its time a name each; Django labels neither."""
    if isinstance(field.widget, AdminSplitDateTime):
        for part, name in zip(field.widget.widgets, (_("Date"), _("Time")), strict=True):
            part.attrs["aria-label"] = f"{field.label}: {name}"


class OperatorModelAdmin(_ModelAdmin):
    """Base of every admin here: its history names rows by kind and key, and fields, never what they hold."""

    formfield_overrides = {
        models.DateTimeField: {"form_class": fields.SplitDateTimeField, "widget": AdminSplitDateTime},
        models.DateField: {"form_class": fields.DateField, "widget": AdminDateWidget},
        models.TimeField: {"form_class": fields.TimeField, "widget": AdminTimeWidget},
        models.IntegerField: {"form_class": fields.WholeNumberField, "widget": _SHORT_INPUT},
        models.BigIntegerField: {"form_class": fields.WholeNumberField, "widget": _SHORT_INPUT},
        models.DecimalField: {"form_class": fields.AmountField, "widget": _SHORT_INPUT},
    }
    view_on_site = False

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = None if object_id is None else self.existing(request, object_id)
        show = partial(super().changeform_view, request, object_id, form_url, extra_context)
        return show() if request.method != "POST" else guarded_form.save(self, request, row, show)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """As Django's; while one is sent, with the refusal of `guarded_form`."""
        form_class = super().get_form(request, obj, change=change, **kwargs)
        return form_class if request.method != "POST" else guarded_form.guarded(self, request, obj, form_class)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form, row = context["adminform"].form, context.get("original")
        context |= guarded_form.fields_of(self, request, form, row)
        return super().render_change_form(request, context, *args, **kwargs)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        self.existing(request, object_id)
        return super().delete_view(request, object_id, extra_context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        self.existing(request, object_id)
        return super().history_view(request, object_id, extra_context)

    def existing(self, request: HttpRequest, object_id: str) -> Any:
        """Return the row of an address. Raise PermissionDenied without a right to look, then Http404 for none."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        row = None if "\0" in object_id else self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        return row

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Under the name of what it lists; Django's own title asks to choose something to change."""
        title = capfirst(str(self.model._meta.verbose_name_plural))
        if (action := request.POST.get("action")) and action not in self.get_actions(request):
            raise PermissionDenied
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field:
            name_inputs(field)
        return field

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


class ReadOnlyAdmin(OperatorModelAdmin):
    """For logs and papers: to read, not to change. Lists of its own ask `require_view` first."""

    def require_view(self, request: HttpRequest) -> None:
        """Raises PermissionDenied for an account without the right to see this."""
        if not self.has_view_permission(request):
            raise PermissionDenied

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


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
