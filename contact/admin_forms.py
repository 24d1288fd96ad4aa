"""What the operator fills in, in the inbox."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contact.forms import ContactForm, one_line, storable, visible
from contact.message import LABELS
from contact.models import Channel
from sitebackend import nonce
from sitebackend.delete_reasons import DeleteReason
from sitebackend.formats.fields import DateTimeField
from sitebackend.formats.typed_text import UncutField, mark_required

OTHER_CHANNELS = [(channel.value, channel.label) for channel in Channel if channel != Channel.FORM]


class InquiryForm(ContactForm):
    """An inquiry that came another way. People on the telephone do not say everything: little is required."""

    channel = forms.ChoiceField(label=_("It came by"), choices=OTHER_CHANNELS)
    received_at = DateTimeField(
        label=_("When?"),
        initial=timezone.localtime,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    field_order = ("channel", "received_at", *LABELS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("nonce", nonce.issue())
        del self.fields["extra"]
        for name in LABELS:
            self.fields[name].required = name == "message"
            self.fields[name].help_text = ""
            self.fields[name].widget.attrs["autocomplete"] = "off"
        mark_required(self.fields.values())

    def clean_received_at(self) -> datetime:
        received_at: datetime = self.cleaned_data["received_at"]
        if received_at > timezone.now():
            raise forms.ValidationError(_("It cannot have come in the future."))
        return received_at


class FindForm(forms.Form):
    words = forms.CharField(
        label=_("Find an inquiry"),
        max_length=200,
        help_text=_("Reference, e-mail address or telephone number, complete; spelling does not matter."),
    )


class DeleteForm(forms.Form):
    """The reason stands in the audit trail; the text of the message never does."""

    reason = forms.ChoiceField(label=_("Why?"), choices=DeleteReason, widget=forms.RadioSelect)
    plan_hash = forms.CharField(widget=forms.HiddenInput)


class NoteForm(forms.Form):
    text = UncutField(
        label=_("New note"), longest=5000, validators=[storable, visible], widget=forms.Textarea({"rows": 3})
    )


class KeyForm(forms.Form):
    """A public certificate, as a file."""

    file = forms.FileField(
        label=_("New public key"),
        max_length=200,
        help_text=_("The exported certificate, never the secret key: gpg --export --armor YOUR-ADDRESS."),
    )


class WordForm(forms.Form):
    """The word of a trial message."""

    word = forms.CharField(
        label=_("Word of the trial message"),
        max_length=40,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class ReadingForm(forms.Form):
    """The passphrase goes into the vault, never into the page again."""

    passphrase = forms.CharField(
        label=_("Passphrase of the operator's secret key"),
        strip=False,
        max_length=500,
        validators=[storable, one_line],
        widget=forms.PasswordInput({"autocomplete": "off"}),
    )
