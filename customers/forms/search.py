"""What the operator types to find a customer."""

from django import forms
from django.utils.translation import gettext_lazy as _

from sitebackend.formats.fields import WholeNumberField


class SearchForm(forms.Form):
    words = forms.CharField(
        label=_("Search for a customer"),
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Number, name, company, city, e-mail address or telephone number; spelling does not matter."),
    )
    page = WholeNumberField(min_value=1, required=False, widget=forms.HiddenInput)
