"""What a choice may be (django-cookie-consent's fields, and the edition that the visitor saw), and what a group."""

from collections.abc import Collection

from cookie_consent.cache import all_cookie_groups
from cookie_consent.forms import ProcessCookiesForm
from cookie_consent.models import CookieGroup
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext_lazy as _

from consent.choice import RESERVED
from consent.models import PROVIDER_OF_ITS_OWN


class ChoiceForm(ProcessCookiesForm):
    v = forms.CharField(required=False, max_length=16)

    def was_asked(self, edition: str) -> bool:
        """Whether the visitor saw `edition`; a form that does not say is taken to have."""
        return self.cleaned_data["v"] in ("", edition)

    def get_other_groups(self) -> Collection[CookieGroup]:
        """The optional groups that were not chosen."""
        chosen = {group.varname for group in self.get_cookie_groups()}
        return [group for name, group in all_cookie_groups().items() if name not in chosen]


class GroupForm(forms.ModelForm):  # type: ignore[type-arg]
    def clean_varname(self) -> str:
        name: str = self.cleaned_data["varname"]
        if name in RESERVED:
            raise ValidationError(
                _("“%(name)s” has a meaning of its own in the cookie. Choose another name."), params={"name": name}
            )
        return name


class EveryLanguage(BaseInlineFormSet):  # type: ignore[type-arg]
    """One wording per language, none missing."""

    def clean(self) -> None:
        super().clean()
        given = {form.cleaned_data.get("language") for form in self.forms if form.is_valid()}
        if missing := [str(name) for code, name in settings.LANGUAGES if code not in given]:
            raise ValidationError(_("A wording is missing: %(languages)s."), params={"languages": ", ".join(missing)})


class OneProvider(BaseInlineFormSet):  # type: ignore[type-arg]
    """The hosts of one provider."""

    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if form not in self.deleted_forms and form.is_valid()]
        if len({form.cleaned_data["provider"] for form in kept if form.cleaned_data.get("provider")}) > 1:
            raise ValidationError(PROVIDER_OF_ITS_OWN)
