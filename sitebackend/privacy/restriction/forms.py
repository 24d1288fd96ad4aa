"""The question before restricted data are shown."""

from django import forms
from django.utils.translation import gettext_lazy as _

from sitebackend.models import LookReason


class ShowForm(forms.Form):
    """Why restricted data are to be shown, this once."""

    show_because = forms.ChoiceField(label=_("Why do you look at these data?"), choices=LookReason)
