"""The question at the form: is this somebody who is here already? Whoever ticks that it is not goes on."""

import hashlib
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict

from customers.models import ContactPoint, Customer
from customers.services.duplicates import Duplicate, possible_duplicates

ANSWER = "is_another"  #: name of the box; its value says which question was answered


def ask(found_by: Mapping[str, Collection[str]], *, besides: UUID, answers: Collection[str]) -> None:
    """Raise ValidationError with the question, unless nobody is like this or it was answered for just these."""
    duplicates = possible_duplicates(found_by, besides=besides)
    if duplicates and _question(duplicates) not in answers:
        context = {"duplicates": duplicates, "name": ANSWER, "value": _question(duplicates)}
        raise ValidationError(render_to_string("admin/customers/_duplicates.html", context))


def _question(duplicates: Collection[Duplicate]) -> str:
    return hashlib.sha256("".join(sorted(str(found.customer.pk) for found in duplicates)).encode()).hexdigest()[:16]


def _answers(data: Mapping[str, Any]) -> Collection[str]:
    return data.getlist(ANSWER) if isinstance(data, MultiValueDict) else ()


class AsksForDuplicates(forms.ModelForm):  # type: ignore[type-arg]
    """Base of the forms for master data: asks once everything else is right, about what is new in them."""

    def full_clean(self) -> None:
        super().full_clean()
        if not self.is_bound or self.errors:
            return
        customer: Customer = self.instance
        customer.index()
        now = {"email": {customer.email_digest}, "phone": {customer.phone_digest}, "name": {customer.name_digest}}
        stored = Customer.objects.filter(pk=customer.pk).first()
        before = stored.found_by() if stored else {}
        try:
            new = {statement: digests - before.get(statement, set()) for statement, digests in now.items()}
            ask(new, besides=customer.pk, answers=_answers(self.data))
        except ValidationError as question:
            self.add_error(None, question)


class ContactPointFormSet(BaseInlineFormSet):  # type: ignore[type-arg]
    """Asks about further contact details that are new or changed."""

    def clean(self) -> None:
        super().clean()
        new: dict[str, set[str]] = {}
        for form in self.forms:
            if form.is_valid() and form.has_changed() and not form.cleaned_data.get("DELETE"):
                point: ContactPoint = form.instance
                point.index()
                new.setdefault("name" if point.kind == "address" else point.kind, set()).add(point.digest)
        ask(new, besides=self.instance.pk, answers=_answers(self.data))
