"""For the page of an answer."""

from typing import Any

from django import template

register = template.Library()


@register.filter
def part(about: dict[str, Any], name: str) -> str:
    """One part of a holding's description; several are joined."""
    told = about[name]
    return ", ".join(told) if isinstance(told, list) else str(told)
