"""The site's own settings with a test's environment: nothing of a developer's `.env` or `var/` is touched."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_folder = Path(tempfile.mkdtemp(prefix="sb-"))
(_folder / "static").mkdir()  # WhiteNoise warns if there is none
atexit.register(shutil.rmtree, _folder, ignore_errors=True)

os.environ |= {
    "ENV_FILE": os.devnull,
    "SITE_URL": "https://www.example.de",
    "SECRET_KEY": "a key that is only good for tests " * 3,
    "DATA_DIR": str(_folder),
    "OPERATOR_EMAIL": "operator@example.de",
    "MAIL_FROM": "site@example.de",
    "EMAIL_URL": "memorymail://",
    "ADMIN_SECOND_FACTOR": "optional",
}
if url := os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = url

from sitebackend.settings import *  # noqa: E402, F403
from sitebackend.settings import CONTENT_SECURITY_POLICY as CONTENT_SECURITY_POLICY  # noqa: E402
from sitebackend.settings import MIDDLEWARE  # noqa: E402

MIDDLEWARE = ["tests.notice_guard.NoticeGuardMiddleware", *MIDDLEWARE]

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # fast; nothing here is worth guessing
VAULT_PASSPHRASE_COST = {"memory_kib": 64, "iterations": 1, "lanes": 1}  # fast, for the same reason
SECURE_SSL_REDIRECT = False  # the test client speaks plain http
STORAGES = {  # no collectstatic before a test
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
