"""The form of a breach: dates and numbers in columns, words in the sealed account."""

import re
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sitebackend.formats.typed_text import UncutField
from sitebackend.privacy.papers.account import NAMES, Account
from sitebackend.privacy.papers.models import Breach

_ADDRESS = re.compile(r"\S+@\S+\.\w")
_NUMBER = re.compile(r"(?<![\d.])(?:\+|00?)[1-9][\d /()-]{5,}\d")
_PAST = ("noticed_at", "began_at", "ended_at", "reported_at", "told_at")


def _words(label: Any, help_text: Any = "", *, rows: int = 3) -> forms.CharField:
    widget = forms.Textarea({"rows": rows, "cols": 80})
    return UncutField(label=label, help_text=help_text, longest=10_000, required=False, widget=widget)


class BreachForm(forms.ModelForm):  # type: ignore[type-arg]
    """All may be completed later, but for the time of noticing."""

    happened = _words(
        _("What happened"), _("In a few sentences. Without names, addresses and numbers of persons."), rows=5
    )
    whose = _words(_("Whose data"), _("Such as: customers, senders of messages."), rows=2)
    what = _words(_("Which data"), _("Such as: names, addresses, messages, access data of devices."), rows=2)
    consequences = _words(_("What may follow from it"), _("For the persons: such as spam, fraud, a lost appointment."))
    measures = _words(
        _("What was done about it"), _("Such as: password changed, key withdrawn, backup restored. And what will be.")
    )
    why_no_risk = _words(_("Why a risk is unlikely"), _("Only then need the authority not know (Art. 33(1))."))
    why_late = _words(_("Why it was reported late"), _("Needed after 72 hours."), rows=2)
    why_not_told = _words(_("More about why they are not told"), rows=2)

    class Meta:
        model = Breach
        fields: ClassVar = [
            "noticed_at",
            "began_at",
            "ended_at",
            "confidentiality",
            "integrity",
            "availability",
            "persons",
            "records",
            "risk",
            "reported_at",
            "authority_reference",
            "told_at",
            "not_told",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.sealed:
            account = self.instance.account
            self.initial.update({name: getattr(account, name) for name in NAMES})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in NAMES:
            if _ADDRESS.search(cleaned.get(name) or "") or _NUMBER.search(cleaned.get(name) or ""):
                self.add_error(name, _("Leave out e-mail addresses and telephone numbers: the register names nobody."))
        for name in _PAST:
            if cleaned.get(name) and cleaned[name] > timezone.now():
                self.add_error(name, _("This lies in the future."))
        return cleaned

    def account(self) -> Account:
        return Account(**{name: self.cleaned_data[name] for name in NAMES})
