"""One form per kind of technical record. The forms are the schema: what they hold is what is sealed."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.forms.consents import UploadField
from customers.models.technical import Kind
from sitebackend.formats.typed_text import UncutField

LONGEST_NAME = 40  # characters of a free field's name; a longer beginning of a line is a sentence


def _line(label: Any, help_text: Any = "", *, required: bool = False) -> forms.CharField:
    attributes = {"autocomplete": "off", "spellcheck": "false"}
    widget = forms.TextInput(attrs=attributes)
    return forms.CharField(label=label, help_text=help_text, required=required, max_length=500, widget=widget)


def _lines(label: Any, help_text: Any = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})
    return UncutField(label=label, help_text=help_text, required=False, longest=20_000, widget=widget)


class SecretField(forms.CharField):
    """A password: kept as typed, shown as dots, copied with a button."""

    def __init__(self, label: Any) -> None:
        widget = forms.PasswordInput(render_value=True, attrs={"autocomplete": "new-password"})
        super().__init__(label=label, required=False, strip=False, max_length=1000, widget=widget)


class RecordForm(forms.Form):
    """What every kind has. Subclasses add their own fields between the name and the further details."""

    name = _line(_("Name"), _("How you call it, for example “office network”."), required=True)
    details = _lines(_("Further details"), _("One per line. “Rack: cellar, left” becomes a field of its own."))
    attachment = UploadField(
        label=_("Attachment"), required=False, help_text=_("A configuration dump for example, at most 10 MB.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["name", *(name for name in self.fields if name not in ("name", "details", "attachment"))])

    def content(self) -> dict[str, Any]:
        """What is sealed: every field but the file, empty ones left out."""
        return {name: value for name, value in self.cleaned_data.items() if value and name != "attachment"}


class NetworkForm(RecordForm):
    vlan = _lines(_("VLANs"), _("One per line: number and name, as in “10 office”."))
    subnets = _lines(_("Subnets"), _("One per line, as in 192.0.2.0/24."))
    gateway = _line(_("Gateway"))
    dns = _line(_("DNS servers"))
    dhcp = _line(_("DHCP range"))
    ssid = _line(_("WLAN name (SSID)"))
    encryption = _line(_("WLAN encryption"))
    wlan_password = SecretField(_("WLAN password"))
    guest_ssid = _line(_("Second WLAN (SSID), for guests for example"))
    guest_password = SecretField(_("Password of the second WLAN"))
    internet = _lines(_("Internet access"), _("Provider, contract number, hotline."))


class NetworkElementForm(RecordForm):
    type = _line(_("Type"), _("Router, switch, access point, firewall …"))
    model = _line(_("Manufacturer and model"))
    serial = _line(_("Serial number"))
    firmware = _line(_("Firmware"))
    addresses = _lines(_("Addresses"), _("IP and MAC addresses, one per line."))
    ports = _lines(_("Ports"), _("What is connected where."))
    location = _line(_("Place"))
    username = _line(_("User name"))
    password = SecretField(_("Password"))


class DeviceForm(RecordForm):
    type = _line(_("Type"), _("PC, server, printer, telephone …"))
    model = _line(_("Manufacturer and model"))
    serial = _line(_("Serial number"))
    system = _line(_("Operating system and version"))
    addresses = _lines(_("Addresses"), _("IP and MAC addresses, one per line."))
    location = _line(_("Place"))
    username = _line(_("User name"))
    password = SecretField(_("Password"))


class ServiceForm(RecordForm):
    provider = _line(_("Provider"))
    contract = _line(_("Contract or customer number"))
    address = _line(_("Address"), _("Web address or server name."))
    hotline = _line(_("Hotline"))
    runs_until = _line(_("Runs until"))


class CredentialForm(RecordForm):
    address = _line(_("Where it is for"), _("Web address, server or program."))
    username = _line(_("User name"))
    password = SecretField(_("Password"))
    recovery = SecretField(_("Recovery code or PIN"))


class SearchForm(forms.Form):
    words = _line(_("Words"), _("All of them must be in the record; spelling does not matter."), required=True)


FORMS: dict[str, type[RecordForm]] = {
    Kind.NETWORK: NetworkForm,
    Kind.NETWORK_ELEMENT: NetworkElementForm,
    Kind.DEVICE: DeviceForm,
    Kind.SERVICE: ServiceForm,
    Kind.CREDENTIAL: CredentialForm,
}


def labelled(kind: str, content: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    """What a record holds besides its name as (label, value, is a secret), in the order of its form.

    A line “name: value” of the further details is a field of its own. What an earlier version of the form had and
    this one does not comes last, under its old name.
    """
    fields = {name: field for name, field in FORMS[kind]().fields.items() if name != "name"}
    known = [
        (str(field.label), content[name], isinstance(field, SecretField))
        for name, field in fields.items()
        if name in content and name != "details"
    ]
    return (
        known
        + _free_fields(content.get("details", ""), str(fields["details"].label))
        + [(name, value, True) for name, value in content.items() if name not in {"name", *fields}]
    )


def _free_fields(details: str, label: str) -> list[tuple[str, str, bool]]:
    """Lines that name themselves, each under its own name; what is left, under `label`."""
    named, rest = [], []
    for line in details.splitlines():
        name, separator, value = line.partition(": ")
        if separator and value.strip() and len(name) <= LONGEST_NAME:
            named.append((name.strip(), value.strip(), False))
        else:
            rest.append(line)
    return named + ([(label, "\n".join(rest), False)] if "".join(rest).strip() else [])
