"""`manage.py subject`: what is held on one person, and its erasure. Personal data goes to standard output only."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sitebackend import audit
from sitebackend.management import subject_answers, subject_rights
from sitebackend.models import Act, Actor, SiteSettings
from sitebackend.monitoring.clock import ClockInDoubt
from sitebackend.privacy import erasure, persons, registry
from sitebackend.privacy.persons import Person
from sitebackend.privacy.refusals import Refused
from sitebackend.privacy.registry import DataSubject, Description, Export, Item, Step

SHELL = Actor.SHELL
VERBS = {
    "find": "what is held on a person, opening nothing",
    "export": "the copy of it, with what Art. 15(1) GDPR asks to be told",
    "plan": "what erasing it would do, holding by holding, and the hash of this preview",
    "erase": "the same; with --yes HASH exactly that preview is carried out",
    "restrict": "what can be kept without being used (Art. 18 GDPR); with --yes it is",
    "rectify": "what can be corrected (Art. 16 GDPR); with --set NAME=VALUE and --yes it is",
    "object": "which purposes can be closed (Art. 21 GDPR); with --purpose and --yes they are",
}
PERSON = "of several who are found, the one who is meant; again for another record of the same person"
COMPLETE = "the finished answer out of a package, where the operator's secret key is"
TOLD = {
    "persons": _("Whose data"),
    "categories": _("Categories"),
    "purposes": _("Purposes"),
    "legal_basis": _("Legal basis"),
    "recipients": _("Recipients"),
    "retention": _("Kept for"),
    "origin": _("Source"),
    "location": _("Stored in"),
}
STATEMENTS = tuple(field.name for field in fields(DataSubject) if field.name != "persons")


class Command(BaseCommand):
    help = "Tell what is held on one person, over all rooms of the site, and carry out the person's rights."
    requires_system_checks: list[str] = []  # a mail server that is away keeps nobody from an answer

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        for verb, words in VERBS.items():
            arguments = verbs.add_parser(verb, help=words, description=words)
            for statement in STATEMENTS:
                arguments.add_argument(f"--{statement.replace('_', '-')}", default="")
            arguments.add_argument("--person", dest="keys", metavar="KEY", action="append", default=[], help=PERSON)
            arguments.add_argument("--json", action="store_true", help="one JSON object, for machines")
            _options_of(verb, arguments)
        complete = verbs.add_parser("complete", help=COMPLETE, description=COMPLETE)
        complete.add_argument("package", type=Path)
        complete.add_argument("--to", type=Path, default=Path(), help="the folder for the ZIP and the PDF file")
        complete.add_argument("--encrypt", action="store_true", help="the PDF file under a passphrase, shown once")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["verb"] == "complete":
            return self._show(
                subject_answers.complete(options["package"], to=options["to"], encrypt=options["encrypt"])
            )
        person = DataSubject(**{statement: options[statement] for statement in STATEMENTS})
        if person.is_empty():
            wanted = gettext("Say who: --email, --phone, --customer-number, --reference, or --name with --postal-code.")
            raise CommandError(wanted, returncode=2)
        person = self._chosen(person, options["keys"], options["json"])
        if options["verb"] in subject_rights.VERBS:
            return self._show(subject_rights.VERBS[options["verb"]](person, **options))
        if options.get("zip"):
            return self._show(subject_answers.export(person, to=options["zip"], with_vault=options["vault"]))
        if options.get("yes"):
            return self._erase(person, options["yes"], options["json"])
        if options["verb"] == "export":
            return self._export(person, options["json"])
        answer = {"find": _found, "plan": _planned, "erase": _planned}[options["verb"]](person)
        self.stdout.write(_as_json(answer) if options["json"] else "\n".join(_as_text(answer)))
        return None

    def _chosen(self, person: DataSubject, keys: list[str], as_json: bool) -> DataSubject:
        """The same words, meaning one person. Where it is to be chosen the list is shown, and CommandError raised."""
        found = persons.found(person)
        if not keys and persons.need_a_choice(found):
            told = [_person(one) for one in found]
            self._show(
                [_as_json({"persons": told})] if as_json else [line for one in told for line in _person_lines(one)]
            )
            raise CommandError(_why_to_choose(found))
        try:
            chosen = persons.pick(found, keys)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        return persons.narrowed(person, persons.remember(chosen)) if keys else person

    def _show(self, lines: Iterable[str]) -> None:
        self.stdout.write("\n".join(lines))

    def _export(self, person: DataSubject, as_json: bool) -> None:
        answer = _copied(person)
        audit.note_each(
            Act.EXPORTED, ((copy.item.source, copy.item.identifier) for copy in answer["items"]), actor=SHELL
        )
        self.stdout.write(_as_json(answer) if as_json else "\n".join(_as_text(answer)))

    def _erase(self, person: DataSubject, plan_hash: str, as_json: bool) -> None:
        received = subject_rights.told(person)
        try:
            receipt = erasure.erase(person, plan_hash=plan_hash, now=timezone.now())
        except (erasure.PlanOutdated, erasure.ErasureIncomplete, ClockInDoubt) as refusal:
            raise CommandError(str(refusal)) from refusal
        number = f"#{receipt.journal_number}"
        audit.note_each(Act.ERASED, ((source, number) for source, *_rest in receipt.done), actor=SHELL)
        lines = ["  ".join(map(str, done)) for done in receipt.done]
        lines.append(gettext("Line {n} of the erasure journal.").format(n=receipt.journal_number))
        lines += received
        self.stdout.write(json.dumps(asdict(receipt)) if as_json else "\n".join(lines))


def _options_of(verb: str, arguments: ArgumentParser) -> None:
    if verb == "erase":
        arguments.add_argument("--yes", metavar="HASH", default="", help="the hash that `plan` showed")
    if verb == "export":
        arguments.add_argument("--zip", type=Path, metavar="FILE", help="page, PDF, JSON, CSV and cards in a new file")
        arguments.add_argument(
            "--vault", action="store_true", help="with --zip: open the vault; asks for its passphrase"
        )
    if verb in subject_rights.VERBS:
        arguments.add_argument("--yes", action="store_true", help="do it; without, only show")
    if verb == "rectify":
        arguments.add_argument("--set", metavar="NAME=VALUE", action="append", default=[])
    if verb == "object":
        arguments.add_argument("--purpose", action="append", default=[])
        arguments.add_argument("--channel", choices=subject_rights.CHANNELS, default="letter", help="how it came")


def _found(person: DataSubject) -> dict[str, Any]:
    return {"items": registry.find(person), "persons": [_person(one) for one in persons.found(person)]}


def _copied(person: DataSubject) -> dict[str, Any]:
    copies = registry.export(person)
    holdings = {copy.item.source for copy in copies}
    about = [source.describe() for source in registry.sources() if source.name in holdings]
    return {"items": copies, "about": about, "rights": _rights()}


def _planned(person: DataSubject) -> dict[str, Any]:
    plan = erasure.plan(person)
    return {"items": [step for step in plan.steps if step.rows], "hash": plan.hash}


def _rights() -> str:
    """Art. 15(1)(e) and (f) GDPR."""
    told = gettext(
        "You may ask for correction, erasure or restriction, for your data in a machine-readable form, and object "
        "to their use."
    )
    return f"{told} {SiteSettings.current().where_to_complain()}"


def _as_json(answer: dict[str, Any]) -> str:
    plain = {
        key: value if isinstance(value, str) else [_plain(entry) for entry in value] for key, value in answer.items()
    }
    return json.dumps(plain, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)


def _plain(entry: Any) -> dict[str, Any]:
    facts = entry if isinstance(entry, dict) else asdict(entry)
    return {name: value for name, value in facts.items() if name != "person"} if isinstance(entry, Item) else facts


def _as_text(answer: dict[str, Any]) -> Iterator[str]:
    if not answer["items"]:
        yield gettext("Nothing is held on this person.")
    for entry in answer["items"]:
        yield from _LINES[type(entry)](entry)
    for description in answer.get("about", []):
        yield from _description(description)
    if "rights" in answer:
        yield f"\n{answer['rights']}"
    if "hash" in answer:
        yield gettext("To carry out exactly this: subject erase … --yes {hash}").format(hash=answer["hash"])


def _why_to_choose(found: Collection[Person]) -> str:
    if len(found) > 1:
        return gettext("Several persons are found. Say which one is meant: --person KEY")
    return f"{persons.why_to_choose(found)} --person KEY"


def _person(person: Person) -> dict[str, Any]:
    """Key, kind, number and name of a person, as far as they can be told, and what is held on them."""
    first = person.records[0]
    told = {"key": person.key, "kind": str(first.kind), "number": first.number, "name": person.name}
    return {**told, "title": person.title, "items": [_plain(item) for item in person.items]}


def _person_lines(told: dict[str, Any]) -> Iterator[str]:
    yield f"{told['key']}  {told['title']}"
    yield from (f"    {item['source']}  {item['title']}  ({', '.join(item['matched_by'])})" for item in told["items"])


def _item(item: Item) -> Iterator[str]:
    recorded = timezone.localtime(item.recorded_at)
    yield f"{item.source}  {item.identifier}  {item.title}  {recorded:%Y-%m-%d %H:%M}  ({', '.join(item.matched_by)})"


def _export(copy: Export) -> Iterator[str]:
    yield from _item(copy.item)
    yield from (f"    {label}: {value}" for label, value in copy.values.items())
    yield from (f"    {name}" for name, _content in copy.files)
    if copy.sealed:
        yield f"    {copy.sealed}"


def _description(description: Description) -> Iterator[str]:
    yield f"\n{description.title}"
    for name, label in TOLD.items():
        value = getattr(description, name)
        yield f"    {label}: {'; '.join(map(str, value)) if isinstance(value, tuple) else value}"


def _step(step: Step) -> Iterator[str]:
    until = f"  → {step.until}" if step.until else ""
    yield f"{step.source}  {step.action.label}  {len(step.rows)}{until}  {step.reason} ({step.law})"
    yield from (f"    {note}" for note in (step.consequence, step.by_hand) if note)


_LINES: dict[type, Callable[[Any], Iterator[str]]] = {Item: _item, Export: _export, Step: _step}
