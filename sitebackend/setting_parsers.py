"""What a setting may be: each function takes the text of a setting and gives its value.

A ValueError says what is wrong with the text; `settings.read` adds the name, what is expected and an example. None
repeats the text, or a part of it: whoever puts a secret into the wrong line would read it in a log.
"""

import re
import shlex
from collections.abc import Callable, Collection
from importlib.util import find_spec
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from sitebackend import server_url
from sitebackend.formats import email_address as addresses
from sitebackend.server_url import ServerURL

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
#: Where a message can stand, for its period: seen to, waiting for that, held back by the spam checks.
MESSAGE_STATES = ("done", "open", "suspect")
_HOST = re.compile(r"[a-z0-9][a-z0-9._-]*|\[[0-9a-f:.]+\]")
_IMPLIED_PORTS = {"http": 80, "https": 443}
_MAIL_PORTS = {"none": 25, "starttls": 587, "ssl": 465}
_SECURITY = {"smtp": "none", "smtp+tls": "starttls", "smtp+ssl": "ssl"}
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
            raise ValueError(f"it is not among {', '.join(allowed)}")
        return value

    return parse


def words(value: str) -> list[str]:
    return [word.strip() for word in value.split(",") if word.strip()]


def whole_number(value: str) -> int:
    if not value.isdecimal():
        raise ValueError("it is not a whole number")
    return int(value)


def between(least: int, most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not least <= (number := whole_number(value)) <= most:
            raise ValueError(f"it is not between {least} and {most}")
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
    parts = _split(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an address that begins with https://")
    if not parts.hostname.isascii():  # Python would look up a stranger's (`ascii_host`)
        raise ValueError("write its domain in ASCII, with xn--, as browsers copy it")
    return value


def _split(value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _number = parts.port
    except ValueError:  # its words may repeat the value
        raise ValueError("it cannot be read as an address. Port out of range, or no number?") from None
    return parts


def site_url(value: str) -> str:
    """The address as browsers write it in `Origin`: small letters, IDNA 2008, no port that goes without saying."""
    parts = _split(value)
    host, port = ascii_host(parts.hostname or ""), parts.port
    host = f"[{host}]" if ":" in host else host
    extras = (parts.path.strip("/"), parts.query, parts.fragment, parts.username)
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host) or any(extras):
        raise ValueError("it is not the address of a site")
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


def sender(value: str) -> str:
    """One address, or a name with an address behind it: `Netz & Gerät <site@example.de>`."""
    found = re.fullmatch(r"(?P<name>[^<>]*)<(?P<address>[^<>]+)>", value)
    if not found:
        return email_address(value)
    name, address = found["name"].strip().strip('"'), email_address(found["address"])
    if not name or '"' in name or not name.isprintable():
        raise ValueError("the name before the address cannot be read")
    is_plain = re.fullmatch(r"[\w !#$%&'*+/=?^`{|}~-]+", name)  # RFC 5322, 3.2.3; other signs need quotes
    return f"{name} <{address}>" if is_plain else f'"{name}" <{address}>'


def default_sender(*, operator: str, login: str, site: str) -> str:
    """The login, or an address of the site's domain; never the operator's: nobody expects mail from himself."""
    host = (urlsplit(site).hostname or "").removeprefix("www.")
    domain = operator.rpartition("@")[2] if host in LOOPBACK else host
    own = [login] if "@" in login else []
    choice = (*own, f"website@{domain}", f"noreply@{domain}")
    return next(address for address in choice if address.lower() != operator.lower())


def email_url(value: str) -> dict[str, Any]:
    scheme = value.partition(":")[0]
    if scheme == "memorymail":
        return {"EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend"}
    if scheme == "filemail":
        return _mail_to_files(value.partition("://")[2])
    if scheme not in _SECURITY:
        raise ValueError("it begins with no way to send mail")
    url = server_url.read(value)
    if url.tail not in ("", "/"):
        raise ValueError(f"something stands behind the port: {server_url.ESCAPES}")
    name, colon, number = url.place.partition(":")
    host, port = server_url.host_and_port(ascii_host(name) + colon + number)
    return mail_server(host, port=port, login=(url.user, url.password), security=_SECURITY[scheme])


def _mail_to_files(folder: str) -> dict[str, Any]:
    if not folder.startswith("/"):
        raise ValueError("it names no folder, from the root on")
    return {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend", "EMAIL_FILE_PATH": folder}


def mail_server(host: str, *, port: int, login: tuple[str, str], security: str) -> dict[str, Any]:
    """In the words of Django's settings. `port`: 0 for the usual one."""
    if not host:
        raise ValueError("it names no mail server")
    host = server_url.host_name(f"[{host}]" if host.count(":") > 1 else ascii_host(host))
    if security == "none" and host not in LOOPBACK:
        raise ValueError("mail to another machine needs TLS")
    if bool(login[0]) != bool(login[1]):
        raise ValueError("user and password belong together, and one of them is missing")
    return {
        "EMAIL_BACKEND": "sitebackend.mail.smtp.EmailBackend",
        "EMAIL_HOST": host,
        "EMAIL_PORT": port or _MAIL_PORTS[security],
        "EMAIL_HOST_USER": login[0],
        "EMAIL_HOST_PASSWORD": login[1],
        "EMAIL_USE_TLS": security == "starttls",
        "EMAIL_USE_SSL": security == "ssl",
    }


def one_mail_server(
    by_url: dict[str, Any] | None, by_name: dict[str, Any] | None, given: Collection[str]
) -> dict[str, Any]:
    """What one of the two ways gave. Raise ImproperlyConfigured if both are gone, or neither, or they are mixed."""
    example = "Expected the mail server's name, for example EMAIL_HOST=mail.example.de"
    mixed = [
        name for name in ("EMAIL_HOST", "EMAIL_PORT", "EMAIL_USER", "EMAIL_PASSWORD", "EMAIL_SECURITY") if name in given
    ]
    if by_url and mixed:
        raise ImproperlyConfigured(f"EMAIL_URL: {mixed[0]} is set beside it; take one of the two away. {example}")
    if not (found := by_url or by_name):
        raise ImproperlyConfigured(f"EMAIL_HOST: it is not set, nor is EMAIL_URL. {example}")
    return found


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
    url = server_url.read(value)
    if url.scheme == "sqlite":
        return _sqlite(url)
    try:
        config: dict[str, Any] = environ.Env.db_url_config(value)
    except (ValueError, ImproperlyConfigured):  # its words may hold the password
        raise ValueError(f"host and port cannot be read; {server_url.ESCAPES}") from None
    if config["NAME"] in ("", ":memory:"):
        raise ValueError("it names no database")
    return config


def _sqlite(url: ServerURL) -> dict[str, Any]:
    name = unquote(url.tail[1:])
    if url.place or "?" in url.tail or name in ("", ":memory:"):
        raise ValueError("it names no database: a path begins with a slash and has no ? in it")
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": name}


def cache_url(value: str) -> dict[str, Any]:
    """Redis or Valkey: the others count wrongly between processes, or leave on a disk what must pass with its day."""
    scheme, _colon, rest = value.partition(":")
    if scheme not in _CACHES:
        raise ValueError("it is no shared cache that limits can be counted in; Redis and Valkey are")
    if not find_spec("redis"):
        raise ValueError("its client library is missing. Install it: uv sync --extra redis")
    url = server_url.read(value)
    if "," in url.user + url.password:
        raise ValueError("a comma in the password is written %2C")
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
    try:
        given = [ip_network(word, strict=False) for word in words(value)]
    except ValueError:  # its words repeat the value
        raise ValueError("it is no list of networks") from None
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
            raise ValueError(f"it names a state that is not among {', '.join(MESSAGE_STATES)}")
        periods[state] = days(count)
    return periods


def contact_fields(value: str) -> list[str]:
    if not set(words(value)) <= set(CONTACT_FIELDS):
        raise ValueError("it names an unknown field")
    return words(value)
