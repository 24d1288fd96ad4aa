"""The version of rows: a hash over everything in them, so that a preview fits what it was made of or nothing.

Inside a transaction the rows are locked as well: what was compared is what is then erased.
"""

import hashlib
from typing import Any

from django.db import connections
from django.db.models import QuerySet


def version_of(rows: QuerySet[Any]) -> str:
    """SHA-256 over every stored field of these rows, in the order of their keys."""
    rows = rows.order_by("pk")
    connection = connections[rows.db]
    if connection.in_atomic_block and connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",))
    names = [field.attname for field in rows.model._meta.concrete_fields]
    digest = hashlib.sha256(rows.model._meta.label.encode())
    for row in rows.select_related(None).values_list(*names):
        digest.update(repr([bytes(value) if isinstance(value, memoryview) else value for value in row]).encode())
    return digest.hexdigest()
