"""The operators in the admin, who may come in, and the business data that the whole site shares."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth import logout
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm, UserCreationForm
from django.forms import Textarea, TextInput
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from sitebackend.admin_site import OperatorModelAdmin
from sitebackend.cockpit import accounts, notices
from sitebackend.cockpit.pages import operator_of
from sitebackend.cockpit.roles import Role, give_role, in_charge, roles_of
from sitebackend.models import Act, Event, Operator, SiteSettings


def role_field() -> forms.ChoiceField:
    """One field says what an account may do."""
    return forms.ChoiceField(label=_("Role"), choices=Role.choices, widget=forms.RadioSelect)


class OperatorCreationForm(UserCreationForm):  # type: ignore[type-arg]
    role = role_field()


class OperatorForm(UserChangeForm):  # type: ignore[type-arg]
    role = role_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].initial = next(iter(roles_of(self.instance)), None)

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        stays = self.cleaned_data.get("is_active") and self.cleaned_data.get("role") == Role.OPERATIONS
        if not stays and in_charge() == [self.instance]:
            self.add_error(None, _("This is the last account with the role Betrieb: give it to another account first."))
        return cleaned


@admin.register(Operator)
class OperatorAdmin(OperatorModelAdmin, UserAdmin):  # type: ignore[type-arg]
    needs_proof = True
    form, add_form = OperatorForm, OperatorCreationForm
    list_display = ("username", "email", "role", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    search_fields = ("username", "email")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("Rights"), {"fields": ("role", "is_active")}),
    )
    add_form_template = "admin/change_form.html"
    add_fieldsets = ((None, {"fields": ("username", "email", "role", "password1", "password2")}),)

    @admin.display(description=_("role"))
    def role(self, operator: Operator) -> str:
        return ", ".join(str(role.value) for role in roles_of(operator)) or "–"

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        give_role(form.instance, Role(form.cleaned_data["role"]))
        if not change:
            notices.note_and_tell(Act.ACCOUNT_MADE, by=operator_of(request), account=form.instance)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        with accounts.watched(_key(object_id), request):
            response = super().changeform_view(request, object_id, form_url, extra_context)
        if request.method == "POST" and not request.session.exists(str(request.session.session_key)):
            logout(request)  # a change to the own account has ended this very session
            return redirect("admin:index")
        return response

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        with accounts.watched(_key(id), request):
            return super().user_change_password(request, id, form_url)

    def has_delete_permission(self, request: HttpRequest, obj: Operator | None = None) -> bool:
        """The history goes with its account: until the trail knows nothing of it any more, it is made inactive only."""
        return super().has_delete_permission(request, obj) and not (obj and _is_known_to_the_trail(obj))


def _key(object_id: str | None) -> UUID | None:
    """Return the key of an account, or None for what is none: it finds no account."""
    try:
        return UUID(object_id or "")
    except ValueError:
        return None


def _is_known_to_the_trail(operator: Operator) -> bool:
    return LogEntry.objects.filter(user=operator).exists() or Event.objects.filter(operator=operator).exists()


@admin.register(SiteSettings)
class SiteSettingsAdmin(OperatorModelAdmin):
    """One row: its list leads straight to it."""

    needs_proof = True
    fieldsets = (
        (None, {"fields": ("business_name", "claim", "opening_hours")}),
        (_("Imprint"), {"fields": ("owner", "street", "postal_code", "city", "country", "vat_number")}),
        (_("How to reach us"), {"fields": ("email", "phone")}),
        (_("Data protection"), {"fields": ("supervisory_authority", "federal_state")}),
        (
            _("Service providers"),
            {
                "fields": (
                    ("hosting_provider", "hosting_contract_on"),
                    ("mail_provider", "mail_contract_on"),
                    ("backup_provider", "backup_contract_on"),
                    "further_providers",
                    "third_countries",
                ),
                "description": _(
                    "Whoever keeps or carries personal data for you: the privacy notice and the record name them. A "
                    "contract under Art. 28 GDPR is one on processing for you (AVV)."
                ),
            },
        ),
        (_("Look"), {"fields": ("logo", "brand_colour", "accent_colour")}),
    )

    class Media:
        css = {"all": ["css/editing.css"]}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name.endswith("_colour"):
            kwargs["widget"] = TextInput(attrs={"type": "color"})
        if db_field.name == "opening_hours":
            kwargs["widget"] = Textarea(attrs={"rows": 4, "class": "vLargeTextField"})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if SiteSettings.objects.exists():
            return redirect("admin:sitebackend_sitesettings_change", "1")
        return redirect("admin:sitebackend_sitesettings_add")

    def save_model(self, request: HttpRequest, obj: SiteSettings, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        notices.note_and_tell(Act.SETTINGS_SET, by=operator_of(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not SiteSettings.objects.exists() and super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: SiteSettings | None = None) -> bool:
        return False
