"""Finding a customer. What the operator types names a person, so it travels in the request's body only: an address
would keep it in the browser's history, in bookmarks and in the log of a web server in front."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.generic import FormView

from customers.forms.search import SearchForm
from customers.models import Customer

PER_PAGE = 50


class Search(FormView):  # type: ignore[type-arg]
    """The hits as a list, page by page; each page is asked for with the words in the body again."""

    form_class = SearchForm
    template_name = "admin/customers/found.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        frame = admin.site.each_context(self.request) | {"title": _("Find a customer")}
        return super().get_context_data(**frame, **kwargs)

    def form_valid(self, form: SearchForm) -> HttpResponse:
        pages = Paginator(Customer.objects.matching(form.cleaned_data["words"]).for_lists(), PER_PAGE)
        found = pages.get_page(form.cleaned_data["page"] or 1)
        return self.render_to_response(self.get_context_data(form=form, found=found))

    def form_invalid(self, form: SearchForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)
