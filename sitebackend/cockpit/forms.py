"""The way into the admin: one plain form for name, password and code; and who is there, asked once more."""

from typing import Any

import django_otp
from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_totp.models import TOTPDevice

from sitebackend import second_factor

_CODE_FIELD = {"type": "text", "autocomplete": "one-time-code", "autocapitalize": "off", "spellcheck": "false"}


class OperatorLoginForm(AdminAuthenticationForm):
    """Name, password and code in one step. One answer to every failure: it does not tell which of them was wrong."""

    code = forms.CharField(
        label=_("Code"),
        required=False,
        max_length=20,
        widget=forms.PasswordInput(attrs=_CODE_FIELD),  # a password field's manners (never sent back), shown as text
        help_text=_("From the app on your telephone, or a recovery code. Leave it empty if you have set up none."),
    )
    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": _("Name, password or code is wrong. Capital and small letters count."),
    }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        operator = self.get_user()
        if operator and not second_factor.is_satisfied(operator) and not second_factor.is_missing(operator):
            operator.otp_device = second_factor.match(self.request, operator, cleaned.get("code", ""))
            if operator.otp_device is None:
                self.user_cache = None
                raise self.get_invalid_login_error()
        return cleaned


class ConfirmationForm(forms.Form):
    """The first code of a new device proves that the telephone has its secret."""

    code = forms.CharField(
        label=_("Code"),
        max_length=7,
        widget=forms.PasswordInput(attrs={**_CODE_FIELD, "inputmode": "numeric", "autofocus": True}),
    )

    def __init__(self, *args: Any, device: TOTPDevice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.device = device

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"].replace(" ", "")
        if not self.device.verify_token(code):
            raise forms.ValidationError(
                _("This code does not fit. Wait for the next one, and check the clock of your telephone.")
            )
        return code


class ProofForm(OperatorLoginForm):
    """The login form for the session's own account: the name is known, the code is asked for if there is a device."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.known_name = request.user.get_username()
        del self.fields["username"]
        if not django_otp.user_has_device(request.user):
            del self.fields["code"]
        self.fields["password"].widget.attrs["autofocus"] = True

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["username"] = self.known_name
        return super().clean()
