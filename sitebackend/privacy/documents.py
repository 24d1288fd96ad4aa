"""The copy of a person's data, for people (HTML) and machines (JSON), with all that Art. 15(1) GDPR wants told."""

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.template.loader import render_to_string
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from sitebackend.models import SiteSettings
from sitebackend.privacy import registry
from sitebackend.privacy.models import DataSubjectRequest
from sitebackend.privacy.registry import Description, Export


def archive(request: DataSubjectRequest, copies: Sequence[Export]) -> bytes:
    """A ZIP file with both, and with the files that are part of the copy."""
    buffer = io.BytesIO()
    copies, files = _files_apart(copies)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(_("answer") + ".html", as_html(request, copies))
        file.writestr(_("answer") + ".json", as_json(request, copies))
        for name, content in files.items():
            file.writestr(name, content)
    return buffer.getvalue()


def as_html(request: DataSubjectRequest, copies: Sequence[Export]) -> str:
    """One page without anything from outside, to read, print or keep."""
    told = [(description, [copy for copy in copies if copy.item.source == name]) for name, description in _told(copies)]
    context = {"request": request, "site": SiteSettings.current(), "told": told, "site_url": settings.SITE_URL}
    return render_to_string("privacy/answer.html", context)


def as_json(request: DataSubjectRequest, copies: Sequence[Export]) -> str:
    """The same, structured (Art. 20 GDPR)."""
    facts = {
        "reference": request.reference,
        "received_on": request.received_on,
        "holdings": [
            {
                "name": name,
                **_fields(description),
                "items": [_item(copy) for copy in copies if copy.item.source == name],
            }
            for name, description in _told(copies)
        ],
    }
    return json.dumps(facts, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)


def _files_apart(copies: Sequence[Export]) -> tuple[list[Export], dict[str, bytes]]:
    """Values that are files (an invoice, a signed consent) become names of files beside the pages."""
    files: dict[str, bytes] = {}
    told: list[Export] = []
    for number, copy in enumerate(copies, start=1):
        names = {label: f"{number:03}-{get_valid_filename(label)}" for label in copy.values}
        files |= {names[label]: value for label, value in copy.values.items() if isinstance(value, bytes)}
        values = {label: names[label] if isinstance(value, bytes) else value for label, value in copy.values.items()}
        told.append(replace(copy, values=values))
    return told, files


def _told(copies: Sequence[Export]) -> list[tuple[str, Description]]:
    """The holdings that something of the person is in."""
    names = {copy.item.source for copy in copies}
    return [(source.name, source.describe()) for source in registry.sources() if source.name in names]


def _fields(description: Description) -> dict[str, Any]:
    return {
        name: [str(part) for part in value] if isinstance(value, tuple) else str(value)
        for name in Description.__dataclass_fields__
        for value in [getattr(description, name)]
    }


def _item(copy: Export) -> dict[str, Any]:
    return {
        "title": str(copy.item.title),
        "recorded_at": copy.item.recorded_at,
        "values": {str(label): value for label, value in copy.values.items()},
        "follows_separately": str(copy.sealed),
    }
