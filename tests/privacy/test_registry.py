"""The heart: every field of every table is either told of by a source or said, with a reason, to hold nobody."""

from collections.abc import Iterable

import pytest
from django.apps import apps
from django.db.models import AutoField, Field, ManyToManyField, Model, UUIDField

from sitebackend.personal_data import Operators
from sitebackend.privacy import registry
from sitebackend.privacy.registry import DataSubject, Description, PersonalDataSource


def names(model: type[Model]) -> set[str]:
    return {field.name for field in fields_of(model) if not is_meaningless_key(field)}


def fields_of(model: type[Model]) -> Iterable[Field]:
    return [*model._meta.local_fields, *model._meta.local_many_to_many]


def is_meaningless_key(field: Field) -> bool:
    """A random or running number says nothing of anybody; a key that is somebody's number would."""
    return field.primary_key and isinstance(field, UUIDField | AutoField) and not field.remote_field


def told() -> dict[type[Model], set[str]]:
    fields: dict[type[Model], set[str]] = {}
    for source in registry.sources():
        for model, held in source.models.items():
            fields.setdefault(model, set()).update(held)
    return fields


MODELS = [model for model in apps.get_models() if not model._meta.proxy]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_field_is_told_of_or_said_to_hold_nobody(model: type[Model]) -> None:
    listed = set(registry.fields_without_personal_data().get(model, {}))
    assert names(model) - told().get(model, set()) - listed == set()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_field_is_said_to_be_both(model: type[Model]) -> None:
    listed = set(registry.fields_without_personal_data().get(model, {}))
    assert told().get(model, set()) & listed == set()


def test_nothing_is_listed_that_does_not_exist_any_more() -> None:
    listed = {model: set(held) for model, held in registry.fields_without_personal_data().items()}
    stale = [
        f"{model._meta.label}.{field}"
        for fields in (told(), listed)
        for model, held in fields.items()
        for field in held - {field.name for field in fields_of(model)}
    ]
    assert stale == []


def test_every_listing_has_a_reason() -> None:
    without = [
        f"{model._meta.label}.{field}"
        for model, reasons in registry.fields_without_personal_data().items()
        for field, reason in reasons.items()
        if len(reason) < 5
    ]
    assert without == []


def test_every_table_between_two_models_is_known_by_the_field_that_makes_it() -> None:
    made_by_fields = {
        field.remote_field.through
        for model in MODELS
        for field in model._meta.local_many_to_many
        if isinstance(field, ManyToManyField)
    }
    hidden = set(apps.get_models(include_auto_created=True)) - set(apps.get_models())
    assert hidden <= made_by_fields


@pytest.mark.parametrize("source", registry.sources(), ids=lambda source: source.name)
def test_every_source_says_all_that_the_law_wants_said(source: PersonalDataSource) -> None:
    description = source.describe()
    for statement in Description.__dataclass_fields__:
        value = getattr(description, statement)
        parts = value if isinstance(value, tuple) else (value,)
        assert parts, statement
        assert all(str(part).strip() for part in parts), statement


@pytest.mark.django_db
@pytest.mark.parametrize("source", registry.sources(), ids=lambda source: source.name)
def test_a_source_finds_nobody_for_an_unknown_or_empty_person(source: PersonalDataSource) -> None:
    unknown = DataSubject(
        email="niemand@example.org",
        phone="+49 30 5550000",
        name="Niemand Nirgends",
        postal_code="00000",
        customer_number="K-00000",
        reference="XXXX-XXXX",
    )
    assert [list(source.find(person)) for person in (unknown, DataSubject())] == [[], []]
    assert [list(source.export(person)) for person in (unknown, DataSubject())] == [[], []]


def test_two_sources_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two personal-data sources"):
        registry.register(Operators)
