"""Django's own add and change forms, carried out once and never over somebody else's change.

How: see `idempotency` and `edit_conflict`. The admin's form class is given one more check, which adds what is to be
said as an error of the form; so what was typed stays in its fields, and nothing is saved.
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from sitebackend.cockpit import edit_conflict, idempotency
from sitebackend.cockpit.edit_conflict import Conflict
from sitebackend.cockpit.idempotency import FormSentBefore

if TYPE_CHECKING:
    Admin = ModelAdmin[Any]
_BUTTONS = ("_save", "_continue", "_addanother", "_draft", "_publish", "_close")  #: pressed again to save all the same
_POPUP = "popup:"  # before the key of what was added in a window of its own


def save(owner: "Admin", request: HttpRequest, row: Model | None, show: Callable[[], HttpResponse]) -> HttpResponse:
    """Answer a form that was sent: `show` is Django's own view, `row` what is changed."""
    try:
        response = idempotency.once(request, lambda: _locked(row, show), leads_to=_leads_to)
    except FormSentBefore as before:
        if before.is_same:
            return _answered(owner, request, before)
        if row is None:
            _hold(request, said_before=before.answer)
        response = _locked(row, show)
    if _held(request) and isinstance(response, TemplateResponse):
        response.status_code = 409
    return response


def guarded(owner: "Admin", request: HttpRequest, row: Any, form_class: Any) -> Any:
    """The form class with one more check."""

    class Guarded(form_class):  # type: ignore[misc]
        def full_clean(self) -> None:
            super().full_clean()
            if self.is_bound and (refusal := _refusal(owner, request, self, row)):
                self.add_error(None, refusal)

    return Guarded


def fields_of(owner: "Admin", request: HttpRequest, form: Any, row: Model | None) -> dict[str, Any]:
    """What the page carries in hidden fields, and the conflict if there is one."""
    conflict = _held(request).get("conflict")
    if conflict:
        version = conflict.version
    elif request.method == "POST":
        version = request.POST.get(edit_conflict.FIELD, "")
    else:
        version = edit_conflict.version_of(_state(owner, request, form, row)) if row and form.fields else ""
    return {"form_token": idempotency.issue(), "form_version": version, "edit_conflict": conflict}


def _refusal(owner: "Admin", request: HttpRequest, form: Any, row: Model | None) -> str | SafeString:
    held = _held(request)
    if "said_before" in held:
        return idempotency.asks_again(held["said_before"])
    version = request.POST.get(edit_conflict.FIELD, "")
    if row is None or not version:
        return ""
    state = _state(owner, request, form, row)
    changed = edit_conflict.changed_since(version, state)
    if not changed:
        return ""
    labels = {prefix: label for prefix, _rows, label in _inlines(owner, request, row)}
    conflict = Conflict(
        changes=edit_conflict.changes_in(form, changed, state, labels),
        version=edit_conflict.version_of(state),
        entry=edit_conflict.last_entry(row, version),
        pressed=[(name, str(request.POST[name])) for name in _BUTTONS if name in request.POST],
    )
    _hold(request, conflict=conflict)
    return edit_conflict.not_saved()


def _state(owner: "Admin", request: HttpRequest, form: Any, row: Model | None) -> dict[str, str]:
    state = edit_conflict.state_of(form)
    for prefix, rows, _label in _inlines(owner, request, row):
        state |= edit_conflict.state_of_rows(prefix, rows)
    return state


def _inlines(owner: "Admin", request: HttpRequest, row: Any) -> list[tuple[str, Any, str]]:
    """Prefix, stored rows and name of each inline."""
    found = []
    for formset_class, inline in owner.get_formsets_with_inlines(request, row):
        stored = formset_class.fk.model._default_manager.filter(**{formset_class.fk.name: row.pk}).order_by("pk")
        found.append((formset_class.get_default_prefix(), stored, str(inline.opts.verbose_name)))
    return found


def _locked(row: Model | None, show: Callable[[], HttpResponse]) -> HttpResponse:
    """Show while nobody else changes the row: what was compared is what is then saved."""
    if row is None:
        return show()
    with transaction.atomic():
        type(row)._base_manager.select_for_update(of=("self",)).filter(pk=row.pk).first()
        return show()


def _leads_to(response: HttpResponse) -> str:
    context = getattr(response, "context_data", None) or {}
    if data := context.get("popup_response_data"):
        return f"{_POPUP}{json.loads(data)['value']}"
    return idempotency.redirect_of(response)


def _answered(owner: "Admin", request: HttpRequest, before: FormSentBefore) -> HttpResponse:
    messages.info(request, idempotency.saved_once(before))
    if before.answer.startswith(_POPUP):
        row = owner.get_object(request, before.answer.removeprefix(_POPUP))
        if row is not None:
            return owner.response_add(request, row)
    return HttpResponseRedirect(before.answer)


def _held(request: HttpRequest) -> dict[str, Any]:
    return getattr(request, "form_guard", {})


def _hold(request: HttpRequest, **facts: Any) -> None:
    """What the check found, for the page."""
    request.form_guard = _held(request) | facts  # type: ignore[attr-defined]
