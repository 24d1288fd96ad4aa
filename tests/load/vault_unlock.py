"""How long unlocking takes at full strength: `uv run python -m tests.load.vault_unlock`.

Argon2id with 256 MiB, 3 passes and 4 lanes, as real vaults have it. Prints the milliseconds of a POST to the
unlock page by the clock, median and worst of 7. The goal is 1.5 s on two idle cores.
"""

import os
import tempfile
import time
from pathlib import Path
from statistics import median

TIMES = 7
PASSPHRASE = "fünf würfel wörter über allem"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="sb-load-") as folder:
        os.environ |= {"ENV_FILE": os.devnull, "DJANGO_SETTINGS_MODULE": "tests.settings"}
        os.environ["TEST_DATABASE_URL"] = f"sqlite:///{folder}/site.sqlite3"
        _measure(Path(folder))


def _measure(folder: Path) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client
    from django.urls import reverse

    from sitebackend.models import Operator
    from sitebackend.settings import VAULT_PASSPHRASE_COST
    from sitebackend.vault import services

    settings.DATA_DIR, settings.VAULT_PASSPHRASE_COST, settings.ALLOWED_HOSTS = folder, VAULT_PASSPHRASE_COST, ["*"]
    call_command("migrate", verbosity=0)
    services.set_up(passphrase=PASSPHRASE)
    client = Client()
    client.force_login(Operator.objects.create_superuser("load"))
    taken = []
    for _again in range(TIMES):
        start = time.perf_counter()
        assert client.post(reverse("admin:vault_unlock"), {"passphrase": PASSPHRASE}).status_code == 302
        taken.append(1000 * (time.perf_counter() - start))
    print(f"{VAULT_PASSPHRASE_COST}: {median(taken):.0f} ms, at worst {max(taken):.0f} ms")  # noqa: T201


if __name__ == "__main__":
    main()
