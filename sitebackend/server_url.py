"""The address of a server with the login to it, as settings hold it: `scheme://user:password@host:port/path?options`.

What must never happen: a part of a password stands in a message, or a password is silently another than the one that
was written. So nothing here repeats what it reads, and errors of libraries, which do, are replaced. A sign that would
end the login too early, and a `%` that stands for nothing or for a sign that needs no escape, are refused, and the
escaping is told.
"""

import re
from typing import NamedTuple
from urllib.parse import unquote

ESCAPES = (
    "in user and password # is written %23, / is %2F, ? is %3F, @ is %40, : is %3A and % itself is %25; "
    "letters and digits are never written with a %"
)
_BAD_ESCAPE = re.compile(r"%(?![0-9a-f]{2})", re.IGNORECASE)
#: Of letters, digits and -._~ (RFC 3986, 2.3): `%41` in a password is more likely the password's own than an A.
_NEEDLESS_ESCAPE = re.compile(r"%(2[de]|3\d|4[1-9a-f]|5[\daf]|6[1-9a-f]|7[\dae])", re.IGNORECASE)
_PLACE = re.compile(
    r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?)?(?::(?P<port>\d{1,5}))?", re.IGNORECASE
)


class ServerURL(NamedTuple):
    scheme: str
    user: str
    password: str
    place: str  #: host and port, as written
    tail: str  #: path and options, as written


def read(value: str) -> ServerURL:
    """Take the parts. Raise ValueError, which tells the escaping and nothing of the value."""
    scheme, _sign, rest = value.partition("://")
    end = min((rest.index(sign) for sign in "/?#" if sign in rest), default=len(rest))
    login, _at, place = rest[:end].rpartition("@")
    tail = rest[end:]
    if "@" in tail or "#" in tail:
        raise ValueError(f"its parts cannot be told apart: {ESCAPES}")
    user, _colon, password = login.partition(":")
    return ServerURL(scheme, _unescaped(user), _unescaped(password), place, tail)


def host_and_port(place: str) -> tuple[str, int]:
    """Take the two apart, an IPv6 address without its brackets; empty and 0 where not said. Raise ValueError."""
    found = _PLACE.fullmatch(place)
    port = int(found["port"] or 0) if found else 0
    if not found or port > 65535:
        raise ValueError(
            f"host and port cannot be read: a name in ASCII letters, a colon, a number up to 65535; {ESCAPES}"
        )
    return (found["host"] or "").strip("[]"), port


def host_name(value: str) -> str:
    """A setting that holds the name of a server and nothing else."""
    host, port = host_and_port(value)
    if port or not host:
        raise ValueError("it is not the name of one server alone")
    return host


def login_word(value: str) -> str:
    """User or password. What no login can carry is refused here, and not by the server at night (RFC 4616, 2)."""
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in value):
        raise ValueError("it holds a control character, such as a tab or the end of a line")
    return value


def _unescaped(text: str) -> str:
    if _BAD_ESCAPE.search(text) or _NEEDLESS_ESCAPE.search(text):
        raise ValueError(f"a % stands in it that is no escape: {ESCAPES}")
    try:
        return login_word(unquote(text, errors="strict"))
    except UnicodeDecodeError:
        raise ValueError(f"a % stands in it that is no escape: {ESCAPES}") from None
