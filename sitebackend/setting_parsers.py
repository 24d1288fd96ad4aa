"""What a setting may be: each function takes the text of a setting and gives its value.

A ValueError says what is wrong with the text; `settings.read` adds the name, what is expected and an example.
"""

import re
import shlex
from collections.abc import Callable
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from urllib.parse import urlsplit

import environ

from sitebackend.formats import email_address as addresses

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
#: Where a message can stand, for its period: seen to, waiting for that, held back by the spam checks.
MESSAGE_STATES = ("done", "open", "suspect")
_HOST = re.compile(r"[a-z0-9][a-z0-9._-]*|\[[0-9a-f:.]+\]")
_IMPLIED_PORTS = {"http": 80, "https": 443, "smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}
_CACHES = {"rediscache": "redis", "redis": "redis", "rediss": "rediss", "valkey": "redis", "valkeys": "rediss"}
CONTACT_FIELDS = ("name", "street", "postal_code", "city", "phone", "email", "message")
_MAILER_OPTIONS = {
    "EMAIL_HOST": "host",
    "EMAIL_PORT": "port",
    "EMAIL_HOST_USER": "username",
    "EMAIL_HOST_PASSWORD": "password",
    "EMAIL_USE_TLS": "use_tls",
    "EMAIL_USE_SSL": "use_ssl",
}


def one_of(*allowed: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"“{value}” is not among {', '.join(allowed)}")
        return value

    return parse


def words(value: str) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()]


def whole_number(value: str) -> int:
    if not value.isdecimal():
        raise ValueError(f"“{value}” is not a whole number")
    return int(value)


def between(least: int, most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not least <= (number := whole_number(value)) <= most:
            raise ValueError(f"{number} is not between {least} and {most}")
        return number

    return parse


#: A period of no days would take everything away at once.
days = between(1, 36_500)


def fingerprint(value: str) -> str:
    if not re.fullmatch("[0-9a-f]{64}", value):
        raise ValueError("it is not 64 hexadecimal digits")
    return value


def upload_command(value: str) -> list[str]:
    command = shlex.split(value)
    if not any("{file}" in word for word in command[1:]):
        raise ValueError("{file} is not among its words")
    return command


def web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an address that begins with https://")
    if not parts.hostname.isascii():  # Python would look up a stranger's (`ascii_host`)
        raise ValueError("write its domain in ASCII, with xn--, as browsers copy it")
    return value


def site_url(value: str) -> str:
    """The address as browsers write it in `Origin`: small letters, IDNA 2008, no port that goes without saying."""
    parts = urlsplit(value)
    host, port = ascii_host(parts.hostname or ""), parts.port
    host = f"[{host}]" if ":" in host else host
    extras = (parts.path.strip("/"), parts.query, parts.fragment, parts.username)
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host) or any(extras):
        raise ValueError(f"“{value}” is not the address of a site")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("plain http is for trying out on this machine only")
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != _IMPLIED_PORTS[parts.scheme] else "")


def secret_key(value: str) -> str:
    if len(value) < 40:
        raise ValueError("it is too short to be random")
    return value


def email_address(value: str) -> str:
    """For the wire: the domain in ASCII. What only servers with SMTPUTF8 take would stop all mail elsewhere."""
    address = addresses.parse(value)
    if address.needs_smtputf8:
        raise ValueError("before the @ it has letters that not every mail server takes")
    return address.wire


def ascii_host(host: str) -> str:
    """A host as it is looked up. Python itself would ask for a stranger's: `faß.de` is `fass.de` to its own codec."""
    try:
        return host if host.isascii() else addresses.ascii_domain(host)
    except addresses.AddressError as error:
        raise ValueError("it names no domain") from error


def email_url(value: str) -> dict[str, Any]:
    scheme = value.partition(":")[0]
    if scheme not in ("smtp", "smtp+tls", "smtp+ssl", "filemail", "memorymail"):
        raise ValueError(f"“{scheme}” is no way to send mail")  # the rest may hold a password
    config: dict[str, Any] = environ.Env.email_url_config(value)
    if scheme == "smtp" and config["EMAIL_HOST"] not in LOOPBACK:
        raise ValueError("mail to another machine needs TLS")
    if scheme == "filemail":
        config["EMAIL_FILE_PATH"] = urlsplit(value).path
    if scheme.startswith("smtp"):
        if not config["EMAIL_HOST"]:
            raise ValueError("it names no mail server")
        config["EMAIL_HOST"] = ascii_host(config["EMAIL_HOST"])
        config["EMAIL_BACKEND"] = "sitebackend.mail.smtp.EmailBackend"
        config["EMAIL_PORT"] = config["EMAIL_PORT"] or _IMPLIED_PORTS[scheme]
    return config


def mailer(config: dict[str, Any], *, timeout: int) -> dict[str, Any]:
    """What `email_url` gave, in the words of Django 6.1's MAILERS. `timeout` in seconds."""
    if config["EMAIL_BACKEND"].endswith("filebased.EmailBackend"):
        return {"BACKEND": config["EMAIL_BACKEND"], "OPTIONS": {"file_path": config["EMAIL_FILE_PATH"]}}
    options = {option: config[name] for name, option in _MAILER_OPTIONS.items() if config.get(name)}
    if "smtp" in config["EMAIL_BACKEND"]:
        options["timeout"] = timeout
    return {"BACKEND": config["EMAIL_BACKEND"], "OPTIONS": options}


def database_url(value: str) -> dict[str, Any]:
    if value.partition(":")[0] not in ("sqlite", "postgres", "postgresql"):
        raise ValueError("only SQLite and PostgreSQL are supported")
    config: dict[str, Any] = environ.Env.db_url_config(value)
    if config["NAME"] in ("", ":memory:"):
        raise ValueError("it names no database")
    return config


def cache_url(value: str) -> dict[str, Any]:
    """Redis or Valkey: the others count wrongly between processes, or leave on a disk what must pass with its day."""
    scheme, _colon, rest = value.partition(":")
    if scheme not in _CACHES:
        raise ValueError(f"“{scheme}” is no shared cache that limits can be counted in; Redis and Valkey are")
    if not find_spec("redis"):
        raise ValueError("its client library is missing. Install it: uv sync --extra redis")
    try:
        parts = urlsplit(f"{_CACHES[scheme]}:{rest}")
        is_complete = bool(parts.path.strip("/") if not parts.netloc else parts.hostname and parts.port != 0)
    except ValueError:  # its words may hold the password
        is_complete = False
    if not is_complete or (parts.netloc and not re.fullmatch(r"/?\d*", parts.path)):
        raise ValueError("it names no server, or no database by its number")
    config = dict(environ.Env.cache_url_config(parts.geturl()))
    return config | {"BACKEND": "sitebackend.http.failover_cache.FailoverCache"}


def networks(value: str) -> list[IPv4Network | IPv6Network]:
    given = [ip_network(word, strict=False) for word in words(value)]
    if any(network.prefixlen == 0 for network in given):
        raise ValueError("that is everybody, and everybody could choose his own address")
    return given


def message_periods(value: str) -> dict[str, int]:
    """Days by state: one number for every state, or `done=365,suspect=30`; what is not named is kept."""
    if value.isdecimal():
        return dict.fromkeys(MESSAGE_STATES, days(value))
    periods = {}
    for word in words(value):
        state, _sign, count = word.partition("=")
        if state not in MESSAGE_STATES:
            raise ValueError(f"“{state}” is not among {', '.join(MESSAGE_STATES)}")
        periods[state] = days(count)
    return periods


def contact_fields(value: str) -> list[str]:
    unknown = [word for word in words(value) if word not in CONTACT_FIELDS]
    if unknown:
        raise ValueError(f"unknown field {', '.join(unknown)}")
    return words(value)
