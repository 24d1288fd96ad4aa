"""“See it as …”: somebody of *Betrieb* looks at the cockpit as another role sees it.

What must never happen: something is done with the rights of a role that is only tried on, or the account keeps them.
So the role lies in the session, is laid over the account for the length of a request, can only take rights away,
and until it is put off again nothing is changed: every request but those that read is refused.
"""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from sitebackend.cockpit.pages import OperatorPage, hang
from sitebackend.cockpit.roles import Role, roles_of
from sitebackend.middleware import SAFE_METHODS, GetResponse
from sitebackend.models import Operator

SEEN_AS = "seen_as"  # in the session


class SeenAsMiddleware:
    """Lays the chosen role over the account, and lets nothing be changed meanwhile."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith("/admin/") and (role := request.session.get(SEEN_AS)):
            self._lay_over(request, role)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponseBase | None:
        seen_as = isinstance(request.user, Operator) and request.user.seen_as
        begins_something = request.path_info == reverse("admin:second_factor")  # showing it makes a new secret
        reads = request.method in SAFE_METHODS and not begins_something
        if not seen_as or reads or request.path_info in _ways_out():
            return None
        words = _("You only look at the cockpit as {role} sees it: nothing is changed meanwhile.").format(role=seen_as)
        context = {"title": _("Only looking"), "reason": words}
        return TemplateResponse(request, "cockpit/refused.html", context, status=403).render()

    def _lay_over(self, request: HttpRequest, role: str) -> None:
        operator = request.user
        if isinstance(operator, Operator) and Role.OPERATIONS in roles_of(operator) and role in Role.values:
            operator.seen_as, operator.is_superuser = role, False


class SeeAs(OperatorPage):
    """Begin with a role, or end it."""

    permission = "sitebackend.change_operator"
    http_method_names = ["post"]

    def has_permission(self) -> bool:
        return bool(self.operator.seen_as) or super().has_permission()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        role = request.POST.get("role", "")
        if role and role not in Role.values:
            raise PermissionDenied
        request.session[SEEN_AS] = role
        if not role:
            messages.success(request, _("You have your own rights again."))
        return redirect("admin:index")


def _ways_out() -> tuple[str, ...]:
    return reverse("admin:see_as"), reverse("admin:logout")


hang("see-as/", [("", SeeAs, "see_as")])
