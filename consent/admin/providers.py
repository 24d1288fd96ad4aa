"""One press makes a known provider one that visitors are asked about: on its own page, or in the text editor."""

from typing import Any

from cookie_consent.views import is_ajax_like
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from consent import offer as offers
from consent import providers
from consent.models import Group
from sitebackend.cockpit.pages import OperatorPage, hang


class ProvidersPage(OperatorPage):
    permission = "consent.add_group"
    list_of, list_title = "consent_group", _("Groups")
    title = _("Choose a provider")
    template_name = "consent/admin/providers.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        known = [
            (provider, provider.wording(get_language() or "")["provider"], providers.is_agreed(provider))
            for provider in providers.PROVIDERS
        ]
        return super().get_context_data(**kwargs) | {"providers": known}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        provider = providers.by_name(request.POST.get("provider", ""))
        if provider is None:
            messages.error(request, _("This provider is not on the list. Choose one of those below, or add a group."))
            return self.render_to_response(self.get_context_data(), status=422)
        if added := providers.add(provider=provider):
            offers.forget()
            group = Group.objects.get(pk=added.pk)
            admin.site.get_model_admin(Group).log_addition(request, group, [{"added": {}}])
        if is_ajax_like(request):
            return HttpResponse(status=204)
        messages.success(
            request,
            _("Visitors are now asked about {name} before anything of it is loaded.").format(name=provider.name),
        )
        return redirect("admin:consent_group_changelist")


hang("consent/group/", [("providers/", ProvidersPage, "consent_group_providers")])
