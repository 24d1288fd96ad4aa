"""What the operator confirms about the machine."""

from django import forms


class ShownTimeForm(forms.Form):
    """The time that stood on the page: a clock that moved on meanwhile, by more than a doubt, was not confirmed."""

    shown = forms.DateTimeField(input_formats=["%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z"])
