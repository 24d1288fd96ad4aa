"""What a setting may be: each function takes the text of a setting and gives its value.

A ValueError says what is wrong with the text; `settings.read` adds the name, what is expected and an example.
"""

import shlex
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any
from urllib.parse import urlsplit

import environ

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
#: Where a message can stand, for its period: seen to, waiting for that, held back by the spam checks.
MESSAGE_STATES = ("done", "open", "suspect")
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


def upload_command(value: str) -> list[str]:
    command = shlex.split(value)
    if not any("{file}" in word for word in command[1:]):
        raise ValueError("{file} is not among its words")
    return command


def site_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise ValueError(f"“{value}” is not the address of a site")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("plain http is for trying out on this machine only")
    return value.rstrip("/")


def secret_key(value: str) -> str:
    if len(value) < 40:
        raise ValueError("it is too short to be random")
    return value


def email_address(value: str) -> str:
    if value.count("@") != 1 or any(character.isspace() or character in ",;<>" for character in value):
        raise ValueError("it is not one plain e-mail address")
    return value


def email_url(value: str) -> dict[str, Any]:
    config: dict[str, Any] = environ.Env.email_url_config(value)
    if value.startswith("smtp://") and config["EMAIL_HOST"] not in LOOPBACK:
        raise ValueError("mail to another machine needs TLS")
    if value.startswith("filemail:"):
        config["EMAIL_FILE_PATH"] = urlsplit(value).path
    if value.startswith("smtp"):
        config["EMAIL_BACKEND"] = "sitebackend.smtp.EmailBackend"
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
    config: dict[str, Any] = environ.Env.db_url_config(value)
    if config["ENGINE"] not in ("django.db.backends.sqlite3", "django.db.backends.postgresql"):
        raise ValueError("only SQLite and PostgreSQL are supported")
    return config


def cache_url(value: str) -> dict[str, Any]:
    return dict(environ.Env.cache_url_config(value))


def networks(value: str) -> list[IPv4Network | IPv6Network]:
    return [ip_network(word, strict=False) for word in words(value)]


def message_periods(value: str) -> dict[str, int]:
    """Days by state: one number for every state, or `done=365,suspect=30`; what is not named is kept."""
    if value.isdecimal():
        return dict.fromkeys(MESSAGE_STATES, int(value))
    periods = {}
    for word in words(value):
        state, _sign, days = word.partition("=")
        if state not in MESSAGE_STATES:
            raise ValueError(f"“{state}” is not among {', '.join(MESSAGE_STATES)}")
        periods[state] = whole_number(days)
    return periods


def contact_fields(value: str) -> list[str]:
    unknown = [word for word in words(value) if word not in CONTACT_FIELDS]
    if unknown:
        raise ValueError(f"unknown field {', '.join(unknown)}")
    return words(value)
