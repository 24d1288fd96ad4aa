"""An answer as a page, as JSON, as a table, as cards of contact data (Art. 15 and 20 GDPR)."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from sitebackend.privacy.documents.answer import Answer, Entry
from sitebackend.privacy.documents.words import labels, your_rights
from sitebackend.spreadsheets import table

_PLACE = {"street": "street", "city": "city", "code": "postal_code", "country": "country"}


def as_html(answer: Answer) -> str:
    """One page without anything from outside, to read, print or keep."""
    with translation.override(answer.language):
        rights = your_rights(answer.site["where_to_complain"])
        context = {"answer": answer, "about": labels(), "rights": rights}
        page = render_to_string("privacy/answer.html", context)
    style = (Path(settings.BASE_DIR) / "static" / "css" / "answer.css").read_text()
    return page.replace("</head>", f"<style>\n{style}</style>\n</head>", 1)


def as_json(answer: Answer) -> str:
    """The same, structured."""
    facts = {
        "reference": answer.reference,
        "received_on": answer.received_on,
        "controller": answer.site,
        "holdings": [
            {"name": told.name, **told.about, "items": [_item(entry) for entry in told.entries]}
            for told in answer.holdings
        ],
    }
    return json.dumps(facts, ensure_ascii=False, indent=2)


def as_csv(answer: Answer) -> bytes:
    """One line per value, for a spreadsheet."""
    with translation.override(answer.language):
        headings = [_("Holding"), _("Item"), _("Recorded"), _("What"), _("Value")]
    return table(
        headings,
        (
            [str(told.about["title"]), entry.title, entry.recorded_at, value.label, _cell(value.machine)]
            for told in answer.holdings
            for entry in told.entries
            for value in entry.values
        ),
    )


def as_vcards(answer: Answer) -> str:
    """The person's contact data as they are held, for any address book: vCard 3.0 (RFC 2426)."""
    return "".join(_vcard(entry.card) for entry in answer.entries if entry.card)


def _item(entry: Entry) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for value in entry.values:
        label, number = value.label, 1
        while label in values:
            number += 1
            label = f"{value.label} {number}"
        values[label] = value.machine
    missing = {"follows_separately": entry.missing} if entry.missing else {}
    return {"title": entry.title, "recorded_at": entry.recorded_at, "values": values, **missing}


def _cell(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(map(str, content))
    return "" if content is None else str(content)


def _vcard(told: dict[str, Any]) -> str:
    import vobject
    from vobject.vcard import Address, Name

    card = vobject.vCard()
    card.add("fn").value = told.get("name") or told.get("company", "")
    card.add("n").value = Name(family=told.get("last_name", ""), given=told.get("first_name", ""))
    for reached in (told, *told.get("further", ())):
        if reached is told or any(reached.get(name) for name in _PLACE.values()):
            card.add("adr").value = Address(**{part: reached.get(name, "") for part, name in _PLACE.items()})
        for line, name in (("tel", "phone"), ("email", "email")):
            if reached.get(name):
                card.add(line).value = reached[name]
    if "company" in told:
        card.add("org").value = [told["company"]]
    return str(card.serialize())
