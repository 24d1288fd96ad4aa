"""The operator takes down a request that came by mail, telephone or letter."""

from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from sitebackend import retention
from sitebackend.formats.fields import EmailAddressField
from sitebackend.formats.typed_text import UncutField
from sitebackend.mail.smtputf8 import check_offered
from sitebackend.privacy import deadlines
from sitebackend.privacy.forms import LONGEST_MESSAGE
from sitebackend.privacy.models import Channel, DataSubjectRequest
from sitebackend.privacy.statement import Statement


class RecordForm(forms.ModelForm):  # type: ignore[type-arg]
    """Whatever of it the person said; a way to answer is needed."""

    STATEMENTS = ("name", "email", "phone", "address", "postal_code", "number", "message")

    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    email = EmailAddressField(label=_("E-mail address"), required=False, validators=[check_offered])
    phone = forms.CharField(label=_("Telephone"), max_length=60, required=False)
    address = forms.CharField(
        label=_("Postal address"), max_length=500, required=False, widget=forms.Textarea({"rows": 3})
    )
    postal_code = forms.CharField(
        label=_("Postal code"), max_length=20, required=False, help_text=_("With it, the name is searched for as well.")
    )
    number = forms.CharField(label=_("Customer number or reference"), max_length=50, required=False)
    message = UncutField(
        label=_("Message"), longest=LONGEST_MESSAGE, required=False, widget=forms.Textarea({"rows": 6}),
        help_text=format_lazy(
            _("Only what the answer needs. It is sealed, and goes {days} days after the answer."),
            days=retention.REQUEST_TEXT_DAYS,
        ),
    )  # fmt: skip

    class Meta:
        model = DataSubjectRequest
        fields: ClassVar = ["kind", "channel", "received_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channel = self.fields["channel"]
        assert isinstance(channel, forms.ChoiceField)  # noqa: S101 - for the type checker
        channel.choices = [choice for choice in Channel.choices if choice[0] != Channel.FORM]
        channel.initial = Channel.MAIL

    def clean_received_on(self) -> Any:
        if self.cleaned_data["received_on"] > deadlines.local_date(timezone.now()):
            raise forms.ValidationError(_("A request cannot have been received in the future."))
        return self.cleaned_data["received_on"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not any(cleaned.get(field) for field in ("email", "phone", "address")):
            raise forms.ValidationError(
                _("Give an e-mail address, a telephone number or a postal address: the answer must go somewhere.")
            )
        return cleaned

    def said(self) -> Statement:
        return Statement(**{name: self.cleaned_data[name] for name in self.STATEMENTS})
