"""What a choice may be: django-cookie-consent's fields, and the edition that the visitor had in front of them."""

from collections.abc import Collection

from cookie_consent.cache import all_cookie_groups
from cookie_consent.forms import ProcessCookiesForm
from cookie_consent.models import CookieGroup
from django import forms


class ChoiceForm(ProcessCookiesForm):
    v = forms.CharField(required=False, max_length=16)

    def was_asked(self, edition: str) -> bool:
        """Whether the visitor saw `edition`; a form that does not say is taken to have."""
        return self.cleaned_data["v"] in ("", edition)

    def get_other_groups(self) -> Collection[CookieGroup]:
        """The optional groups that were not chosen."""
        chosen = {group.varname for group in self.get_cookie_groups()}
        return [group for name, group in all_cookie_groups().items() if name not in chosen]
