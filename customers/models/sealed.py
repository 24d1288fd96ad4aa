"""What the schema itself can tell of a sealed value: its version byte and that it is padded."""

from django.db.models import BinaryField, Q, Value
from django.db.models.functions import Length, Substr
from django.db.models.lookups import Exact, GreaterThanOrEqual

SHORTEST = 1024  # bytes: sealing pads to blocks, nothing shorter was sealed here
VERSION = b"\x01"


def is_sealed(field: str) -> Q:
    """Condition of a CheckConstraint: clear text that somebody writes past this program is refused."""
    first_byte = Substr(field, 1, 1, output_field=BinaryField())
    return Q(GreaterThanOrEqual(Length(field), SHORTEST)) & Q(
        Exact(first_byte, Value(VERSION, output_field=BinaryField()))
    )
