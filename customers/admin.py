"""The customers' room in the cockpit: lists here, everything of one customer on a page of its own."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from customers import invoicing_list
from customers.clear_file import ClearFile
from customers.forms.duplicates import AsksForDuplicates, ContactPointFormSet
from customers.forms.search import SearchForm
from customers.models import BillingDocument, ConsentEntry, ContactPoint, Customer, NumberRange, Wording
from customers.models.customer import CustomerQuerySet
from customers.services.billing import keep_findable
from customers.views import billing, consents, importing, inactive, master_data, search, technical
from customers.views.base import download, page_of
from sitebackend import audit
from sitebackend.admin_site import OperatorModelAdmin
from sitebackend.cockpit.pages import hang, operator_of
from sitebackend.models import Act, Actor


class CustomerList(ChangeList):
    """Leads to the page with everything, not to the form."""

    def url_for_result(self, result: Any) -> str:
        return page_of(result)

    def get_queryset(self, *args: Any, **kwargs: Any) -> Any:
        rows: Any = super().get_queryset(*args, **kwargs)
        return rows.for_lists()


class ToConfirm(admin.SimpleListFilter):
    title = _("data confirmed")
    parameter_name = "confirm"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("due", _("more than a year ago"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.to_confirm(timezone.now()) if self.value() == "due" else queryset


class ToConfirmInWriting(admin.SimpleListFilter):
    title = _("confirmed in writing")
    parameter_name = "written"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waiting", _("oral consent, not confirmed yet"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        waiting = ConsentEntry.objects.unconfirmed().values("customer")
        return queryset.filter(pk__in=waiting) if self.value() == "waiting" else queryset


class WithoutDeletion(OperatorModelAdmin):
    """Nothing here is deleted from a list: erasing has its preview, keeping has its dates."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ContactPoints(admin.StackedInline):  # type: ignore[type-arg]
    """Further telephones, mail addresses and addresses, below the customer's own."""

    model = ContactPoint
    formset = ContactPointFormSet
    extra = 0
    fields = (("kind", "label", "for_invoices"), "value", ("street", "postal_code", "city", "country"))


@admin.register(Customer)
class CustomerAdmin(WithoutDeletion):
    list_display = ("number", "display_name", "shown_city", "shown_phone", "status", "contact")
    list_display_links = ("number", "display_name")
    list_filter = ("status", "do_not_contact", ToConfirm, ToConfirmInWriting)
    show_full_result_count = False
    list_per_page = 50
    fieldsets = (
        (None, {"fields": ("salutation", "first_name", "last_name", "company")}),
        (_("Address"), {"fields": ("street", "postal_code", "city", "country")}),
        (_("Reach"), {"fields": ("phone", "email")}),
        (_("More"), {"fields": ("vat_number", "notes", "notes_purpose", "status", "hold_reason")}),
    )

    form = AsksForDuplicates
    inlines = (ContactPoints,)
    actions = ("export_for_invoicing",)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        keep_findable(customer=form.instance)

    @admin.action(description=_("Export for invoicing (table)"), permissions=["change"])
    def export_for_invoicing(self, request: HttpRequest, queryset: CustomerQuerySet) -> HttpResponse:
        """Those who may be invoiced; each export stands in the trail of every customer in it."""
        chosen = queryset.usable().with_basis()
        rows = ((Customer._meta.label_lower, customer.pk) for customer in chosen)
        audit.note_each(Act.LISTED, rows, actor=Actor.OPERATOR, operator=operator_of(request))
        return download(ClearFile(f"{_('customers')}.csv", "text/csv", invoicing_list.table(chosen)))

    @admin.display(description=_("name"), ordering="company")
    def display_name(self, customer: Any) -> str:
        return str(_("(restricted)")) if customer.is_restricted else customer.display_name

    @admin.display(description=_("city"), ordering="city")
    def shown_city(self, customer: Any) -> str:
        return "" if customer.is_restricted else customer.city

    @admin.display(description=_("telephone"), ordering="phone")
    def shown_phone(self, customer: Any) -> str:
        return "" if customer.is_restricted else customer.phone

    @admin.display(description=_("contact"), ordering="do_not_contact")
    def contact(self, customer: Any) -> str:
        if customer.is_restricted:
            return str(_("restricted: do not use"))
        return str(_("do not contact")) if customer.do_not_contact else ""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What was withdrawn is no status to be set: the ledger's last word makes the customer active again."""
        return ["status"] if obj and obj.status == Customer.Status.NO_BASIS else []

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "status":
            kwargs["choices"] = [choice for choice in Customer.Status.choices if choice[0] != Customer.Status.NO_BASIS]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.restricted_since)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form shows all data to be read at least; those restricted are shown on their page, for a reason."""
        customer = self.get_object(request, object_id)
        if customer and customer.restricted_since and request.method == "GET":
            return redirect(page_of(customer))
        return super().change_view(request, object_id, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"find": SearchForm(), **(extra_context or {})})

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CustomerList

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        response = super().response_change(request, obj)
        stays = {"_continue", "_addanother"} & set(request.POST)
        if not stays:
            response["Location"] = page_of(obj)
        return response


ONE = "<uuid:customer>/"
hang(
    "customers/customer/",
    [
        ("add/", master_data.Register, "customers_customer_add"),
        (ONE, master_data.Overview, "customers_customer_page"),
        (f"{ONE}confirmed/", master_data.Confirm, "customers_customer_confirm"),
        (f"{ONE}keep/", inactive.Keep, "customers_customer_keep"),
        (f"{ONE}let-go/", inactive.LetGo, "customers_customer_let_go"),
        (f"{ONE}consent/<slug:purpose>/", consents.Record, "customers_customer_consent"),
        (f"{ONE}confirmation/", consents.Confirm, "customers_customer_confirmation"),
        (f"{ONE}withdraw/<slug:purpose>/", consents.Withdraw, "customers_customer_withdraw"),
        (f"{ONE}evidence/<uuid:evidence>/", consents.EvidenceFile, "customers_customer_evidence"),
        (f"{ONE}emergency-sheet/", technical.EmergencySheet, "customers_customer_emergency"),
        (f"{ONE}records/add/<slug:kind>/", technical.Add, "customers_customer_record_add"),
        (f"{ONE}records/<uuid:record>/", technical.Change, "customers_customer_record"),
        (f"{ONE}records/<uuid:record>/delete/", technical.Delete, "customers_customer_record_delete"),
        (f"{ONE}records/<uuid:record>/<uuid:attachment>/", technical.AttachmentFile, "customers_customer_attachment"),
        (f"{ONE}documents/add/", billing.File, "customers_customer_document_add"),
        (f"{ONE}documents/add-several/", billing.FileSeveral, "customers_customer_documents_add"),
        ("inactive/", inactive.Inactive, "customers_customer_inactive"),
        ("import/", importing.Import, "customers_customer_import"),
        ("search/", search.Search, "customers_customer_search"),
        ("records/search/", technical.Search, "customers_customer_record_search"),
        ("documents/<uuid:document>/", billing.DocumentFile, "customers_customer_document"),
        ("documents/<uuid:document>/hold/", billing.Hold, "customers_customer_document_hold"),
    ],
)


@admin.register(BillingDocument)
class BillingDocumentAdmin(WithoutDeletion):
    """To find a document, see until when it is kept, and hold it; filing is done from the customer's page."""

    list_display = (
        "number",
        "kind",
        "issued_on",
        "shown_amount",
        "customer",
        "statutory_until",
        "ends_on",
        "legal_hold",
    )
    list_filter = ("kind", "issued_on", "legal_hold")
    list_select_related = ("customer",)
    search_fields = ("number",)
    date_hierarchy = "issued_on"
    show_full_result_count = False
    fields = ("kind", "number", "issued_on", "shown_amount", "statutory_until", "ends_on", "why_kept")
    readonly_fields = ("shown_amount", "ends_on", "why_kept")

    @admin.display(description=_("amount"), ordering="amount")
    def shown_amount(self, document: BillingDocument) -> str:
        return document.shown_amount

    @admin.display(description=_("kept until"), ordering="kept_until")
    def ends_on(self, document: BillingDocument) -> str:
        return date_format(document.ends_on)

    @admin.display(description=_("hold"))
    def why_kept(self, document: BillingDocument) -> str:
        """Why it is here, and the way to hold it: the only one once its customer is gone."""
        words = _("End the hold") if document.legal_hold else _("Hold this document")
        address = reverse("admin:customers_customer_document_hold", args=[document.pk])
        return format_html('{}<br><a href="{}">{}</a>', document.why_kept(), address, words)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Wording)
class WordingAdmin(WithoutDeletion):
    list_display = ("purpose", "version", "valid_from")
    list_filter = ("purpose",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.is_in_use())


@admin.register(NumberRange)
class NumberRangeAdmin(WithoutDeletion):
    list_display = ("__str__", "prefix", "digits", "highest")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
