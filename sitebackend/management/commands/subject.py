"""`manage.py subject`: what is held on one person. Personal data goes to standard output and nowhere else."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict, fields
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sitebackend.models import SiteSettings
from sitebackend.privacy import registry
from sitebackend.privacy.registry import DataSubject, Description, Export, Item

VERBS = {
    "find": "what is held on a person, opening nothing",
    "export": "the copy of it, with what Art. 15(1) GDPR asks to be told",
}
TOLD = {
    "categories": _("Categories"),
    "purposes": _("Purposes"),
    "legal_basis": _("Legal basis"),
    "recipients": _("Recipients"),
    "retention": _("Kept for"),
    "origin": _("Source"),
    "location": _("Stored in"),
}
STATEMENTS = tuple(field.name for field in fields(DataSubject))


class Command(BaseCommand):
    help = "Tell what is held on one person, over all rooms of the site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        for verb, words in VERBS.items():
            arguments = verbs.add_parser(verb, help=words, description=words)
            for statement in STATEMENTS:
                arguments.add_argument(f"--{statement.replace('_', '-')}", default="")
            arguments.add_argument("--json", action="store_true", help="one JSON object, for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        person = DataSubject(**{statement: options[statement] for statement in STATEMENTS})
        if person.is_empty():
            said = "--email, --phone, --customer-number, --reference, or --name together with --postal-code"
            raise CommandError(f"Say who: {said}.", returncode=2)
        answer = _found(person) if options["verb"] == "find" else _copied(person)
        self.stdout.write(_as_json(answer) if options["json"] else "\n".join(_as_text(answer)))


def _found(person: DataSubject) -> dict[str, Any]:
    return {"items": registry.find(person)}


def _copied(person: DataSubject) -> dict[str, Any]:
    copies = registry.export(person)
    holdings = {copy.item.source for copy in copies}
    about = [source.describe() for source in registry.sources() if source.name in holdings]
    return {"items": copies, "about": about, "rights": _rights()}


def _rights() -> str:
    """Art. 15(1)(e) and (f) GDPR."""
    authority = SiteSettings.current().supervisory_authority or gettext("the data protection authority of your state")
    return gettext(
        "You may ask for correction, erasure or restriction, for your data in a machine-readable form, and object "
        "to their use; you may complain to {authority}."
    ).format(authority=authority)


def _as_json(answer: dict[str, Any]) -> str:
    plain = {key: [asdict(entry) for entry in value] if key != "rights" else value for key, value in answer.items()}
    return json.dumps(plain, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)


def _as_text(answer: dict[str, Any]) -> Iterator[str]:
    if not answer["items"]:
        yield gettext("Nothing is held on this person.")
    for entry in answer["items"]:
        yield from _item(entry) if isinstance(entry, Item) else _export(entry)
    for description in answer.get("about", []):
        yield from _description(description)
    if "rights" in answer:
        yield f"\n{answer['rights']}"


def _item(item: Item) -> Iterator[str]:
    recorded = timezone.localtime(item.recorded_at)
    yield f"{item.source}  {item.identifier}  {item.title}  {recorded:%Y-%m-%d %H:%M}  ({', '.join(item.matched_by)})"


def _export(copy: Export) -> Iterator[str]:
    yield from _item(copy.item)
    yield from (f"    {label}: {value}" for label, value in copy.values.items())
    if copy.sealed:
        yield f"    {copy.sealed}"


def _description(description: Description) -> Iterator[str]:
    yield f"\n{description.title}"
    for name, label in TOLD.items():
        value = getattr(description, name)
        yield f"    {label}: {'; '.join(map(str, value)) if isinstance(value, tuple) else value}"
