"""Two people, or two tabs, change one thing: whoever saves second is told, and shown both.

What must never happen: a save silently puts back what somebody else has changed meanwhile. So a form that shows
what is stored carries a digest of each value that it showed. If one of them is another by the time it is sent,
nothing is saved: the page comes again with what was typed in its fields, beside it what is stored now, and one
button that saves all the same. That button acts on the state that was shown: a third change is told again.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import localize
from django.utils.functional import Promise
from django.utils.translation import gettext as _

FIELD = "form_version"
_SHOWN_AT = "shown at"
State = Mapping[str, str]  #: what the form shows: name of the field, or of an inline's row → value


@dataclass(frozen=True, slots=True)
class Change:
    """One value that somebody else has changed."""

    label: str | Promise
    mine: str  #: as typed
    stored: str  #: as it is now


@dataclass(frozen=True, slots=True)
class Conflict:
    """What to show: the changes, by whom and when if the history knows, and what the next save acts on."""

    changes: Sequence[Change]
    version: str
    entry: LogEntry | None = None  #: the last change that the history knows
    pressed: Sequence[tuple[str, str]] = ()  #: the button that was pressed, to be pressed again


def not_saved() -> str:
    return _("Not saved: this was changed meanwhile, in another window or by somebody else. Both are shown here.")


def state_of(form: forms.BaseForm) -> dict[str, str]:
    """What is stored of each field, also of a form that is bound to something else."""
    return {
        name: _plain(form.get_initial_for_field(field, name))
        for name, field in form.fields.items()
        if not isinstance(field, forms.FileField) and not field.disabled
    }


def state_of_rows(prefix: str, rows: Iterable[Model]) -> dict[str, str]:
    """What is stored of the rows that an inline shows."""
    return {
        f"{prefix} {row.pk}": ", ".join(
            str(value) for field in row._meta.concrete_fields if field.editable and (value := _held(row, field.name))
        )
        for row in rows
    }


def version_of(state: State) -> str:
    """What the form carries."""
    digests = {name: _digest(value) for name, value in state.items()}
    return json.dumps(digests | {_SHOWN_AT: timezone.now().isoformat()})


def changed_since(version: str, state: State) -> list[str]:
    """Names of what is stored otherwise now; new and vanished rows of inlines included."""
    shown = _read(version)
    if not shown:
        return []
    names = dict.fromkeys([*state, *shown])
    return [name for name in names if name != _SHOWN_AT and shown.get(name) != _digest(state.get(name))]


def changes_in(form: forms.BaseForm, names: Iterable[str], state: State, row_labels: Mapping[str, str]) -> list[Change]:
    """The changes as the page shows them, field by field."""
    return [_change(form, name, state, row_labels) for name in names]


def last_entry(row: Model, version: str) -> LogEntry | None:
    """The last line of the history on this row since the form was shown."""
    shown_at = parse_datetime(_read(version).get(_SHOWN_AT) or "")
    if shown_at is None:
        return None
    kind = ContentType.objects.get_for_model(row, for_concrete_model=False)
    lines = LogEntry.objects.filter(content_type=kind, object_id=str(row.pk), action_time__gte=shown_at)
    return lines.select_related("user").order_by("-action_time").first()


def _change(form: forms.BaseForm, name: str, state: State, row_labels: Mapping[str, str]) -> Change:
    if name not in form.fields:
        prefix = name.partition(" ")[0]
        return Change(row_labels.get(prefix, prefix), "", state.get(name) or _("(deleted)"))
    field = form.fields[name]
    label = field.label or name
    stored = form.get_initial_for_field(field, name)
    return Change(label, _shown(field, form[name].data), _shown(field, stored))


def _shown(field: forms.Field, value: Any) -> str:
    """A value as the operator reads it; a password is not read over the shoulder."""
    if isinstance(field.widget, forms.PasswordInput):
        return "•••" if value else ""
    if isinstance(field, forms.BooleanField):
        return _("Yes") if value and value != "False" else _("No")
    if isinstance(field, forms.ModelChoiceField):
        return ", ".join(map(field.label_from_instance, _chosen(field, value)))
    if isinstance(field, forms.ChoiceField):
        labels = {str(key): str(label) for key, label in _flat(field.choices)}
        return ", ".join(labels.get(str(part), str(part)) for part in _as_list(value))
    if isinstance(value, datetime):
        return str(localize(timezone.localtime(value)))
    return " ".join(str(localize(part)) for part in _as_list(value))


def _chosen(field: Any, value: Any) -> Any:
    keys = [part.pk if isinstance(part, Model) else part for part in _as_list(value)]
    try:
        return list(field.queryset.filter(pk__in=keys)) if field.queryset is not None else []
    except (ValueError, TypeError, forms.ValidationError):
        return []


def _flat(choices: Any) -> Iterable[tuple[Any, Any]]:
    for key, label in choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield key, label


def _as_list(value: Any) -> list[Any]:
    parts = value if isinstance(value, list | tuple) else [value]
    return [part for part in parts if part not in (None, "")]


def _held(row: Model, name: str) -> Any:
    display = getattr(row, f"get_{name}_display", None)
    return display() if display else getattr(row, name)


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return json.dumps(sorted(map(_plain, value)))
    if isinstance(value, Model):
        return str(value.pk)
    if isinstance(value, datetime) and timezone.is_aware(value):
        return value.astimezone(timezone.get_default_timezone()).replace(microsecond=0).isoformat()
    return "" if value is None else str(value).replace("\r\n", "\n")


def _digest(value: str | None) -> str | None:
    return None if value is None else hashlib.sha256(value.encode(errors="surrogatepass")).hexdigest()[:12]


def _read(version: str) -> dict[str, str]:
    try:
        read = json.loads(version)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}
