"""The import, step by step on one address: file, columns and consents, preview, done. See customers/importing."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.forms.importing import ImportFileForm, MappingForm, content_of
from customers.importing.cards import read_cards
from customers.importing.table import Table, decoded, is_cards, pack, read_csv
from customers.models import Customer
from customers.refusals import Refused
from customers.services.imports import Preview, import_customers, preview
from customers.uploads import received
from customers.views.base import CustomersPage
from sitebackend.cockpit import idempotency
from sitebackend.cockpit.idempotency import FormSentBefore
from sitebackend.uploads import LARGEST
from sitebackend.vault.errors import VaultError

FILE, COLUMNS, PREVIEW, DONE = range(1, 5)


class Import(CustomersPage):
    """Each step carries what the ones before said, in the page; nothing is kept before the last one."""

    permission = "customers.add_customer"
    largest_upload = LARGEST
    title = _("Import customers")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page(FILE, form=ImportFileForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        steps = {"file": self._upload, "columns": self._columns, "preview": self._preview, "import": self._import}
        try:
            return steps.get(request.POST.get("step", ""), self._upload)()
        except (Refused, VaultError) as refusal:
            messages.error(request, str(refusal))
            return self._page(FILE, status=422, form=ImportFileForm())

    def _upload(self) -> HttpResponse:
        form = ImportFileForm(self.request.POST, self.request.FILES)
        if not form.is_valid():
            return self._page(FILE, status=422, form=form)
        content = received(form.cleaned_data["file"]).content
        return self._page(COLUMNS, form=MappingForm(table=_table(content), initial={"packed": pack(content)}))

    def _columns(self) -> HttpResponse:
        """Back from the preview, with all answers."""
        return self._page(COLUMNS, form=self._form())

    def _preview(self) -> HttpResponse:
        form = self._form()
        if not form.is_valid():
            return self._page(COLUMNS, status=422, form=form)
        return self._previewed(form, preview(form.order()))

    def _import(self) -> HttpResponse:
        form = self._form()
        if not form.is_valid():
            return self._page(COLUMNS, status=422, form=form)
        try:
            return idempotency.once(
                self.request, lambda: self._imported(form), leads_to=_the_list, in_one_transaction=False
            )
        except FormSentBefore as before:
            messages.info(self.request, idempotency.saved_once(before))
            return redirect("admin:customers_customer_changelist")

    def _imported(self, form: MappingForm) -> HttpResponse:
        order, owner = form.order(), admin.site.get_model_admin(Customer)
        try:
            outcomes = import_customers(
                order=order,
                digest=self.request.POST.get("digest", ""),
                recorded_by=self.operator,
                done=lambda customer: owner.log_addition(self.request, customer, [{"added": {}}]),
            )
        except Refused as refusal:
            messages.error(self.request, str(refusal))
            return self._previewed(form, preview(order), status=422)
        return self._page(DONE, shown=Preview(outcomes))

    def _previewed(self, form: MappingForm, shown: Preview, status: int = 200) -> HttpResponse:
        return self._page(PREVIEW, status=status, form=form, shown=shown, form_token=idempotency.issue())

    def _form(self) -> MappingForm:
        table = _table(content_of(self.request.POST.get("packed", "")))
        return MappingForm(self.request.POST, table=table)

    def _page(self, step: int, *, status: int = 200, **context: Any) -> HttpResponse:
        template = {FILE: "import_file", COLUMNS: "import_columns", PREVIEW: "import_preview", DONE: "import_done"}[
            step
        ]
        frame = self.frame() | {"step": step}
        return TemplateResponse(self.request, f"admin/customers/{template}.html", frame | context, status=status)


def _the_list(response: HttpResponse) -> str:
    is_done = getattr(response, "context_data", {}).get("step") == DONE
    return reverse("admin:customers_customer_changelist") if is_done else ""


def _table(content: bytes) -> Table:
    text = decoded(content)
    return read_cards(text) if is_cards(text) else read_csv(text)
