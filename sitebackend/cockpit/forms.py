"""What is asked for when an operator who is logged in must show again who is there."""

from typing import Any

import django_otp
from django.http import HttpRequest

from sitebackend.admin_login import OperatorLoginForm


class ProofForm(OperatorLoginForm):
    """The login form for the session's own account: the name is known, the code is asked for if there is a device."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        del self.fields["username"]
        if not django_otp.user_has_device(request.user):
            del self.fields["code"]
        self.fields["password"].widget.attrs["autofocus"] = True

    def clean(self) -> dict[str, Any]:
        self.cleaned_data["username"] = self.request.user.get_username()
        return super().clean()
