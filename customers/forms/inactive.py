"""Why a customer of whom nothing was heard for long is kept."""

from django import forms
from django.utils.translation import gettext_lazy as _


class KeepForm(forms.Form):
    because = forms.CharField(
        label=_("What the data are still needed for"),
        max_length=300,
        help_text=_("The customer reads it in a copy of their data. You are asked again in a year."),
    )
