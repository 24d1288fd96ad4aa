"""Every setting of the site, read once from the environment and `.env`.

Nothing here has an insecure default: what is missing or wrong stops the start with one line that names the
setting, what it expects and an example. README's table lists the same names (a test compares them).
Any secret can be given as `NAME_FILE` instead, holding the path of a file with the value.
"""

import logging
import os
import shlex
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environ.fileaware_mapping import FileAwareMapping

from sitebackend.server_url import login_word
from sitebackend.setting_parsers import CONTACT_FIELDS as CONTACT_FIELDS  # read by forms and notice
from sitebackend.setting_parsers import (
    LOOPBACK,
    between,
    cache_url,
    contact_fields,
    database_url,
    days,
    default_sender,
    email_address,
    email_url,
    fingerprint,
    mail_server,
    mailer,
    message_periods,
    networks,
    one_mail_server,
    one_of,
    secret_key,
    sender,
    site_url,
    upload_command,
    web_address,
    words,
)

BASE_DIR = Path(__file__).resolve().parent.parent


class SecretFiles(FileAwareMapping):
    def __getitem__(self, name: str) -> Any:
        try:
            return super().__getitem__(name)  # type: ignore[no-untyped-call]
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"  # without the value
            raise ImproperlyConfigured(
                f"{name}_FILE: {reason}. Expected the path of a text file that holds {name}, "
                f"for example {name}_FILE=/run/secrets/{name}"
            ) from None


class Environment(environ.Env):
    """A copy of the process environment and `.env`: secrets from the file never reach `os.environ`."""

    ENVIRON: Any = SecretFiles(dict(os.environ))


ENV_FILE = Path(os.environ.get("ENV_FILE", BASE_DIR / ".env"))
logging.getLogger(
    "environ.environ"
).disabled = True  # it would tell lines that it cannot read, with the secrets in them
try:
    Environment.read_env(ENV_FILE, encoding="utf-8-sig")
except UnicodeDecodeError as error:
    raise ImproperlyConfigured(
        f"{ENV_FILE}: byte {error.start} is no UTF-8. Expected lines of text, for example LOG_LEVEL=INFO"
    ) from None

#: Names that this file reads, for the test that compares them with README.
SETTING_NAMES: list[str] = []
#: What was given, wherever it was given, as it was written: a backup takes it along.
SETTINGS_GIVEN: dict[str, str] = {}
_REQUIRED = object()


def read(name: str, expects: str, example: str, *, default: Any = _REQUIRED, parse: Callable[[str], Any] = str) -> Any:
    """Give setting `name`, parsed; stop the start with one helpful line if it is missing or wrong.

    Neither the line nor what stands behind it in a traceback holds a part of the value.
    """
    SETTING_NAMES.append(name)
    value = Environment.ENVIRON.get(name, "").strip()  # as it is written: `Env.str` takes `$x` for another variable
    try:
        if not value and default is not _REQUIRED:
            return default
        if not value:
            raise ValueError("it is not set")
        SETTINGS_GIVEN[name] = value
        return parse(value)
    except (ValueError, ImproperlyConfigured) as error:
        raise ImproperlyConfigured(f"{name}: {error}. Expected {expects}, for example {name}={example}") from None


# --- where it runs

SITE_URL: str = read("SITE_URL", "the site's public https address", "https://www.example.de", parse=site_url)
SECRET_KEY: str = read("SECRET_KEY", "50 random characters", "… (quickstart makes one)", parse=secret_key)
DATA_DIR: Path = read(
    "DATA_DIR",
    "a folder that only this program writes to",
    "/var/lib/sitebackend",
    default=BASE_DIR / "var",
    parse=Path,
).resolve()
HTTPS = SITE_URL.startswith("https://")
DEBUG = False
ALLOWED_HOSTS = [urlsplit(SITE_URL).hostname or ""]
if not HTTPS:
    ALLOWED_HOSTS = sorted(LOOPBACK | {"[::1]"})
TRUSTED_PROXIES = read(
    "TRUSTED_PROXIES",
    "networks of the web servers in front",
    "127.0.0.1/32",
    default=[],
    parse=networks,
)
ACCESS_LOG: str = read(
    "ACCESS_LOG",
    "who keeps an access log of the web server in front: none, provider or own",
    "provider",
    default="none",
    parse=one_of("none", "provider", "own"),
)
ACCESS_LOG_DAYS: int = read(
    "ACCESS_LOG_DAYS",
    "days after which your own web server's access log goes, as you set it there (ACCESS_LOG=own)",
    "14",
    default=14,
    parse=days,
)
HOSTING_PROVIDER: str = read(
    "HOSTING_PROVIDER",
    "name and place of who runs the server, for the privacy notice",
    "Hoster GmbH, Karlsruhe",
    default="",
)
MAIL_PROVIDER: str = read(
    "MAIL_PROVIDER",
    "name and place of who runs the mailbox, for the privacy notice",
    "Mail GmbH, Berlin",
    default="",
)
COOKIE_BANNER: str = read(
    "COOKIE_BANNER",
    "needed (ask about cookies as soon as one external provider is in use) or always",
    "needed",
    default="needed",
    parse=one_of("needed", "always"),
)
LOG_LEVEL: str = read(
    "LOG_LEVEL",
    "DEBUG, INFO, WARNING or ERROR",
    "INFO",
    default="INFO",
    parse=one_of("DEBUG", "INFO", "WARNING", "ERROR"),
)

# --- the operator

OPERATOR_EMAIL: str = read(
    "OPERATOR_EMAIL", "the address that submissions go to", "operator@example.de", parse=email_address
)
OPERATOR_KEY_FILE: list[Path] = read(
    "OPERATOR_KEY_FILE",
    "the operator's public OpenPGP certificate; two files, comma between, while a key is being changed",
    "/etc/sitebackend/operator.asc",
    default=[DATA_DIR / "keys" / "operator.asc"],
    parse=lambda value: [Path(word) for word in words(value)],
)
ADMIN_SECOND_FACTOR: str = read(
    "ADMIN_SECOND_FACTOR",
    "required or optional",
    "required",
    default="required",
    parse=one_of("required", "optional"),
)
VAULT_FINGERPRINT: str = read(
    "VAULT_FINGERPRINT",
    "the fingerprint of the vault's public key, as the set-up printed it",
    "3f2a…",
    default="",
    parse=fingerprint,
)
VAULT_MESSAGES_FINGERPRINT: str = read(
    "VAULT_MESSAGES_FINGERPRINT",
    "the fingerprint of the key of the lock for messages, as its page shows it",
    "9c41…",
    default="",
    parse=fingerprint,
)

TIME_SOURCE: str = read(
    "TIME_SOURCE",
    "a web address whose server tells the time, to judge this machine's clock by",
    "https://www.ptb.de/",
    default="",
    parse=web_address,
)
ALARM_COMMAND: list[str] = read(
    "ALARM_COMMAND",
    "a program that alarms are given to on its standard input",
    "/usr/local/bin/send-text-message +49…",
    default=[],
    parse=shlex.split,
)

# --- contact, customers, backups

CONTACT_MAIL: str = read(
    "CONTACT_MAIL", "plain, pgp or notice", "plain", default="plain", parse=one_of("plain", "pgp", "notice")
)
CONTACT_REPLY_TO: str = read(
    "CONTACT_REPLY_TO", "outside or inside", "outside", default="outside", parse=one_of("outside", "inside")
)
CONTACT_REQUIRED_FIELDS: list[str] = read(
    "CONTACT_REQUIRED_FIELDS",
    f"names out of {', '.join(CONTACT_FIELDS)}, comma between",
    "name,email,message",
    default=list(CONTACT_FIELDS),
    parse=contact_fields,
)
CONTACT_ACKNOWLEDGE: str = read("CONTACT_ACKNOWLEDGE", "yes or no", "no", default="no", parse=one_of("yes", "no"))
CONTACT_RETENTION_DAYS: dict[str, int] = read(
    "CONTACT_RETENTION_DAYS",
    "days after which submissions go, for all or by state (done, open, suspect)",
    "done=730,suspect=30",
    default={},
    parse=message_periods,
)
BILLING_RETENTION_YEARS: int = read(
    "BILLING_RETENTION_YEARS", "whole years, eight at least by law", "10", default=10, parse=between(1, 100)
)
CUSTOMER_INACTIVE_YEARS: int = read(
    "CUSTOMER_INACTIVE_YEARS", "whole years from 1 to 100", "3", default=3, parse=between(1, 100)
)
BACKUP_TARGETS: list[Path] = read(
    "BACKUP_TARGETS",
    "folders on other media, comma between",
    "/media/usb/backups",
    default=[],
    parse=lambda value: [Path(word) for word in words(value)],
)
BACKUP_UPLOAD_COMMAND: list[str] = read(
    "BACKUP_UPLOAD_COMMAND",
    "a command, run without a shell, in which {file} stands for the backup to carry elsewhere",
    "rclone copyto {file} cloud:backups/{name}",
    default=[],
    parse=upload_command,
)
BACKUP_MAX_AGE_DAYS: int = read("BACKUP_MAX_AGE_DAYS", "days after which a backup goes", "90", default=90, parse=days)

# --- database and cache

DATABASES = {
    "default": read(
        "DATABASE_URL",
        "sqlite:///path or postgres://user:password@host/name",
        "postgres://site:…@db.example.de/site",
        default={"ENGINE": "django.db.backends.sqlite3", "NAME": str(DATA_DIR / "site.sqlite3")},
        parse=database_url,
    )
}
#: The SQLite database; None if the database is elsewhere.
DATABASE_FILE = Path(DATABASES["default"]["NAME"]) if DATABASES["default"]["ENGINE"].endswith("sqlite3") else None
if DATABASE_FILE:
    # FULL: what the thanks page acknowledged survives a power cut. secure_delete: deleted rows are overwritten.
    # IMMEDIATE: writers queue at the start of a transaction, they do not fail in its middle.
    DATABASES["default"]["OPTIONS"] = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; "
        "PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=8388608;",
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
    }
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": read(
        "CACHE_URL",
        "a shared cache once there is more than one web process",
        "rediscache://127.0.0.1:6379/1",
        default={
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            # far above Django's 300: whoever fills the cache would push out failed logins and limits
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        },
        parse=cache_url,
    ),
    # django-cookie-consent would keep its groups for an hour per process; consent.offer reads them once a second
    "cookie_groups": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
}

# --- mail

_MAIL_URL = read(
    "EMAIL_URL",
    "smtp+tls://user:password@host:587, smtp+ssl://…:465, smtp:// to this machine only, or filemail:///folder",
    "smtp+tls://site:…@mail.example.de:587",
    default=None,
    parse=email_url,
)
_MAIL_LOGIN = (
    read("EMAIL_USER", "the user name at the mail server", "site@example.de", default="", parse=login_word),
    read("EMAIL_PASSWORD", "its password, with nothing escaped", "…", default="", parse=login_word),
)
_MAIL_SERVER = read(
    "EMAIL_HOST",
    "the mail server's name, EMAIL_USER with EMAIL_PASSWORD, and EMAIL_SECURITY",
    "mail.example.de",
    default=None,
    parse=partial(
        mail_server,
        login=_MAIL_LOGIN,
        port=read("EMAIL_PORT", "the port, if it is not the usual one", "587", default=0, parse=between(1, 65535)),
        security=read(
            "EMAIL_SECURITY",
            "starttls (port 587), ssl (port 465), or none to this machine only",
            "starttls",
            default="starttls",
            parse=one_of("starttls", "ssl", "none"),
        ),
    ),
)
_MAIL = one_mail_server(_MAIL_URL, _MAIL_SERVER, SETTINGS_GIVEN)
MAIL_FROM: str = read(
    "MAIL_FROM",
    "the address that mails come from, if you like with a name",
    "Netz & Gerät <site@example.de>",
    default=default_sender(operator=OPERATOR_EMAIL, login=_MAIL.get("EMAIL_HOST_USER", ""), site=SITE_URL),
    parse=sender,
)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = MAIL_FROM
SENDS_MAIL = "smtp" in _MAIL["EMAIL_BACKEND"]  # else it goes to files, for trying out
MAIL_HOST: str = _MAIL.get("EMAIL_HOST", "")  # its name alone, to be shown
EMAIL_TIMEOUT = 20  # seconds; without it a silent server holds the sender for ever
if django.VERSION >= (6, 1):
    MAILERS = {"default": mailer(_MAIL, timeout=EMAIL_TIMEOUT)}
    del EMAIL_TIMEOUT
else:
    globals().update({name: value for name, value in _MAIL.items() if name.startswith("EMAIL_")})

# --- Django

INSTALLED_APPS = [
    "sitebackend.apps.SiteBackendConfig",
    "sitebackend.mail",
    "sitebackend.vault",
    "sitebackend.privacy",
    "sitebackend.privacy.notice",
    "sitebackend.privacy.restriction",
    "sitebackend.privacy.papers",
    "sitebackend.backup",
    "sitebackend.pages",
    "contact",
    "consent",
    "customers",
    "cookie_consent",
    "django_prose_editor",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "sitebackend.apps.OperatorAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

#: What the cockpit offers, as the operator looks for it: what is used most stands first. A test misses none.
COCKPIT_ROOMS = [
    (
        _("Customers and submissions"),
        [
            "contact.submission",
            "customers.customer",
            "customers.billingdocument",
            "customers.wording",
            "customers.numberrange",
        ],
    ),
    (
        _("Website"),
        [
            "pages.page",
            "pages.post",
            "pages.category",
            "pages.image",
            "pages.download",
            "pages.redirect",
            "pages.deadlink",
            "sitebackend.sitesettings",
        ],
    ),
    (
        _("Data protection"),
        [
            "privacy.datasubjectrequest",
            "restriction.restriction",
            "privacy.retentionrun",
            "papers.breach",
            "papers.recordversion",
        ],
    ),
    (_("Cookie choice"), ["consent.group", "consent.bannerwording", "consent.edition", "consent.dailycount"]),
    (
        _("Operation"),
        ["backup.backup", "mail.outgoingmail", "vault.vaultevent", "sitebackend.event", "sitebackend.operator"],
    ),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "sitebackend.middleware.BrowserFeaturesMiddleware",
    "sitebackend.middleware.AdminNotStoredMiddleware",
    "sitebackend.middleware.PathLanguageMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "sitebackend.middleware.CrossSiteRequestMiddleware",
    "consent.middleware.CookieChoiceMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "sitebackend.cockpit.viewing.SeenAsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "sitebackend.cockpit.browsers.KnownBrowserMiddleware",
    "sitebackend.vault.middleware.VaultRefusalMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "sitebackend.urls"
WSGI_APPLICATION = "sitebackend.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sitebackend.context_processors.site_settings",
            ],
        },
    },
]

# --- language, time

LANGUAGE_CODE = "de"
LANGUAGES = [("de", "Deutsch"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "sitebackend" / "locale"]
TIME_ZONE = "Europe/Berlin"
USE_TZ = True

# --- who may come in

AUTH_USER_MODEL = "sitebackend.Operator"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "sitebackend.cockpit.roles.RoleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Argon2id (RFC 9106) of the vault's passphrase; kept in the slot, so that a change counts from the next passphrase on.
VAULT_PASSPHRASE_COST = {"memory_kib": 256 * 1024, "iterations": 3, "lanes": 4}
OTP_TOTP_ISSUER = urlsplit(SITE_URL).hostname
# Failed logins are counted in the cache only, by user and network digest: no address, no user agent, no row.
AXES_HANDLER = "axes.handlers.cache.AxesCacheHandler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "sitebackend.throttle.network_of"
AXES_CLIENT_STR_CALLABLE = "sitebackend.throttle.nobody"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
SILENCED_SYSTEM_CHECKS = ["axes.W001"]  # the in-memory cache counts per process; `serve` asks for CACHE_URL past one
AXES_LOCKOUT_TEMPLATE = "admin/locked_out.html"

# --- cookies: a visitor has none but the cookie choice; the admin's own carry the __Host- prefix over https

_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_PREFIX}admin-session"
CSRF_COOKIE_NAME = f"{_PREFIX}admin-csrf"
VAULT_COOKIE_NAME = f"{_PREFIX}vault"
DEVICE_COOKIE_NAME = f"{_PREFIX}admin-device"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # they name rows: not in a cookie
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 8 * 60 * 60  # seconds: one working day
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_AGE = None
CSRF_TRUSTED_ORIGINS = [SITE_URL]
CSRF_FAILURE_VIEW = "sitebackend.cockpit.sign_in_again.csrf_failure"
COOKIE_CONSENT_NAME = f"{_PREFIX}einwilligung"
COOKIE_CONSENT_MAX_AGE = 24 * 60 * 60  # seconds: one day, no longer (S4)
COOKIE_CONSENT_SECURE = HTTPS
COOKIE_CONSENT_SUCCESS_URL = "cookie_consent_cookie_group_list"
COOKIE_CONSENT_CACHE_BACKEND = "cookie_groups"
COOKIE_CONSENT_LOG_ENABLED = False  # its rows would not say what was agreed to; the cookie carries the proof

# --- the browser's own defences

SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = None  # sitebackend.proxy sets the scheme, for trusted proxies only
SECURE_REFERRER_POLICY = "same-origin"  # no-referrer would make browsers send "Origin: null"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY: dict[str, dict[str, list[Any]]] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}
#: Bytes of a request without its files: more than the longest message, 100,000 signs of four bytes, three signs each.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 20

# --- files

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "sitebackend.static_files.StaticFiles"},
}
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
FILE_UPLOAD_PERMISSIONS = 0o600

# --- log: to standard error, without anybody's data

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"private": {"()": "sitebackend.log.PrivateFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "private"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own lines name paths and hosts, axes' lines users and addresses
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "CRITICAL"},
        "django.server": {"handlers": [], "level": "ERROR", "propagate": False},
        "axes": {"level": "CRITICAL"},
        "gnupg": {"level": "CRITICAL"},
        "pypdf": {"level": "CRITICAL"},  # complains of every file that is not quite right
    },
}

# --- names in the file that nothing here reads, misspelt perhaps: a check tells them

SETTINGS_UNKNOWN: list[str] = sorted(
    name
    for name in Environment.ENVIRON.env.keys() - os.environ.keys()
    if name not in SETTING_NAMES and name.removesuffix("_FILE") not in SETTING_NAMES
)
