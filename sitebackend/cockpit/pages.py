"""The operator's own pages: what stands below /admin/ beside Django's lists and forms.

What must never happen: a page shows or does something for an account whose role does not reach it. So a page is a
class that names its permission (one without cannot be hung), it asks for that before it looks at anything, an
address that names nothing included, and `hang` is the only way to it: through the door of the admin.

    class Confirm(OperatorFormPage):
        permission = "customers.change_customer"
        title = _("Master data confirmed")

        def carry_out(self, form: forms.Form) -> None: ...

    hang("customers/customer/", [("<uuid:customer>/confirmed/", Confirm, "customers_customer_confirm")])
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ImproperlyConfigured, PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, resolve, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.defaults import permission_denied
from django.views.generic import FormView, TemplateView

from sitebackend.cockpit import edit_conflict, idempotency
from sitebackend.cockpit.edit_conflict import Conflict
from sitebackend.cockpit.idempotency import FormSentBefore
from sitebackend.cockpit.proof import When
from sitebackend.models import Operator
from sitebackend.uploads import in_memory, tell_too_large

#: The way back from a page: what each step is called, and where it leads.
Crumbs = Sequence[tuple[str | Promise, str]]
_hung: list[tuple[str, type["OperatorPage"], str]] = []


def operator_of(request: HttpRequest) -> Operator:
    """Return who is logged in. Raise PermissionDenied for anybody else, whom the admin's door lets in nowhere."""
    if not isinstance(request.user, Operator):
        raise PermissionDenied
    return request.user


class OperatorPage(TemplateView):
    """A page of the admin, open to those who have `permission`."""

    permission: ClassVar[str] = ""  #: as in `customers.view_customer`
    needs_proof: ClassVar[bool | When] = False  #: a fresh one, for its POSTs
    title: str | Promise = ""
    list_of: ClassVar[str] = ""  #: the list that the page belongs to, as in `customers_customer`
    list_title: ClassVar[str | Promise] = ""
    styles: ClassVar[Sequence[str]] = ()  #: static files beside the admin's own
    scripts: ClassVar[Sequence[str]] = ()
    body_class: ClassVar[str] = ""
    largest_upload: ClassVar[int] = 0  #: bytes of files that are taken, in memory only; 0: the page takes none

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        if not self.has_permission():  # here, for nothing that a subclass dispatches may come before
            raise PermissionDenied

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data())

    def has_permission(self) -> bool:
        """Whether the account may do what this request asks for."""
        return self.operator.has_perm(self.permission)

    @property
    def operator(self) -> Operator:
        return operator_of(self.request)

    @property
    def crumbs(self) -> Crumbs:
        """The way from the start page to here, without its two ends."""
        return [(self.list_title, reverse(f"admin:{self.list_of}_changelist"))] if self.list_of else []

    def frame(self) -> dict[str, Any]:
        """Return what the admin's frame around every page needs."""
        return {**admin.site.each_context(self.request), "title": self.title, "crumbs": self.crumbs, "view": self}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | self.frame()


class OperatorFormPage(OperatorPage, FormView):  # type: ignore[type-arg]
    """One form, one verb: subclasses say what to carry out. What is refused stands at the form, with status 422."""

    template_name = "cockpit/form.html"
    button: str | Promise = _("Save")
    intro: str | Promise = ""
    done: str | Promise = _("Saved.")
    refusals: ClassVar[tuple[type[Exception], ...]] = ()  #: what `carry_out` raises to say no; the message says why
    once: ClassVar[bool] = False  #: True: sent twice, it is carried out once
    in_one_transaction: ClassVar[bool] = True  #: False: `carry_out` calls a program, or takes long
    edits: ClassVar[bool] = False  #: True: the form shows what is stored, and never saves over another change
    conflict: Conflict | None = None

    def carry_out(self, form: Any) -> HttpResponse | None:
        """Do it. Return an answer of its own, or nothing: then `done` is said, and it goes on to `get_success_url`."""
        raise NotImplementedError

    def refusal(self, error: Exception) -> tuple[str | None, str]:
        """Return the field that a refusal is about, if it is about one, and its words."""
        return None, str(error)

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        tell_too_large(form, self.request)
        return form

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = {"button": self.button, "intro": self.intro, "back": self.get_success_url()}
        context = super().get_context_data(**page, has_file=bool(self.largest_upload), **kwargs)
        if self.once or self.edits:
            context["form_token"] = idempotency.issue()
        if self.edits:
            context |= {"form_version": self._version(context["form"]), "edit_conflict": self.conflict}
        return context

    def _version(self, form: forms.Form) -> str:
        """What the form shows; sent and refused for another reason, it stays what it was."""
        is_sent = form.is_bound and not self.conflict
        state = edit_conflict.state_of(form)
        return self.request.POST.get(edit_conflict.FIELD, "") if is_sent else edit_conflict.version_of(state)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form; sent again it leads where it led, before anything in it is looked at."""
        answer = partial(super().post, request, *args, **kwargs)
        if not (self.once or self.edits):
            return answer()
        try:
            return idempotency.once(request, answer, leads_to=self.leads_to, in_one_transaction=self.in_one_transaction)
        except FormSentBefore as before:
            if before.is_same:
                messages.info(request, idempotency.saved_once(before))
                return redirect(before.answer or self.get_success_url())
            return answer() if self.edits else self._asks_again(before.answer)

    def leads_to(self, response: HttpResponse) -> str:
        """Where what was saved is seen. Empty: nothing was saved."""
        return idempotency.redirect_of(response)

    def _asks_again(self, answer: str) -> HttpResponse:
        form = self.get_form()
        form.full_clean()
        form.add_error(None, idempotency.asks_again(answer))
        return self.form_invalid(form, status=409)

    def form_valid(self, form: forms.Form) -> HttpResponse:
        version, state = self.request.POST.get(edit_conflict.FIELD, ""), edit_conflict.state_of(form)
        if self.edits and (changed := edit_conflict.changed_since(version, state)):
            changes = edit_conflict.changes_in(form, changed, state, {})
            self.conflict = Conflict(changes=changes, version=edit_conflict.version_of(state))
            form.add_error(None, edit_conflict.not_saved())
            return self.form_invalid(form, status=409)
        try:
            response = self.carry_out(form)
        except ValidationError as error:
            form.add_error(None, error.messages)
            return self.form_invalid(form)
        except self.refusals as error:
            form.add_error(*self.refusal(error))
            return self.form_invalid(form)
        return response or self.go_on()

    def form_invalid(self, form: forms.Form, *, status: int = 422) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=status)

    def go_on(self) -> HttpResponse:
        messages.success(self.request, str(self.done))
        return redirect(self.get_success_url())


def hang(prefix: str, pages: Iterable[tuple[str, type[OperatorPage], str]]) -> None:
    """Hang pages below /admin/<prefix>: route, class, and the name that `reverse` knows as `admin:<name>`.

    Raise ImproperlyConfigured for a page that names no permission.
    """
    for route, page, name in pages:
        if not page.permission:
            raise ImproperlyConfigured(f"{page.__qualname__} names no permission")
        _hung.append((f"{prefix}{route}", page, name))


def hung() -> Sequence[tuple[str, type[OperatorPage], str]]:
    """Return all pages: route below /admin/, class, name."""
    return tuple(_hung)


def urls(door: Callable[..., Any]) -> list[URLPattern]:
    """Return the addresses of all pages, each behind `door`, the admin site's own check of who comes in."""
    return [path(route, _behind(door, page), name=name) for route, page, name in _hung]


def _behind(door: Callable[..., Any], page: type[OperatorPage]) -> Any:
    view = door(page.as_view())
    return in_memory(view, page.largest_upload) if page.largest_upload else view


def may_open(request: HttpRequest, address: str) -> bool:
    """Return whether the account may see what stands at an address below /admin/: a page, or a list of a model."""
    view = resolve(urlsplit(address).path).func
    if model_admin := getattr(view, "model_admin", None):
        return bool(model_admin.has_view_permission(request))
    page = getattr(view, "view_class", None)
    permission = page.permission if page and issubclass(page, OperatorPage) else ""
    return not permission or operator_of(request).has_perm(permission)


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler403: below /admin/ the page says that the account's role does not reach so far."""
    if not request.path_info.startswith("/admin/") or not isinstance(request.user, Operator):
        return permission_denied(request, exception)
    context = {**admin.site.each_context(request), "title": _("Not with this account")}
    return TemplateResponse(request, "cockpit/refused.html", context, status=403).render()
