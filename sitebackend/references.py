"""References: the random codes that people and operator quote, easy to say on the telephone."""

import secrets

SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that sounds or looks like another: no 0 O 1 I L U
LENGTH = 11  # with its hyphens


def new_reference() -> str:
    """Random, as in K7M-4QX-9PT: 44 bits."""
    signs = [secrets.choice(SIGNS) for _ in range(9)]
    return "-".join("".join(signs[start : start + 3]) for start in (0, 3, 6))


def tidy_reference(typed: str) -> str:
    """A reference as somebody wrote it, in the spelling that is stored: `k7m 4qx9pt` is K7M-4QX-9PT."""
    signs = "".join(sign for sign in typed.upper() if sign.isalnum())
    return "-".join((signs[:3], signs[3:6], signs[6:]))
