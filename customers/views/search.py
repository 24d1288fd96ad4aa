"""Finding a customer. What the operator types names a person, so it travels in the request's body only: an address
would keep it in the browser's history, in bookmarks and in the log of a web server in front."""

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.forms.search import SearchForm
from customers.models import Customer
from customers.views.base import CustomersFormPage

PER_PAGE = 50


class Search(CustomersFormPage):
    """The hits as a list, page by page; each page is asked for with the words in the body again."""

    permission = "customers.view_customer"
    form_class = SearchForm
    template_name = "admin/customers/found.html"

    title = _("Find a customer")

    def get_success_url(self) -> str:
        return reverse("admin:customers_customer_search")

    def form_valid(self, form: forms.Form) -> HttpResponse:
        pages = Paginator(Customer.objects.matching(form.cleaned_data["words"]).for_lists(), PER_PAGE)
        found = pages.get_page(form.cleaned_data["page"] or 1)
        return self.render_to_response(self.get_context_data(form=form, found=found))
