"""How lists, search and the customer page grow: `uv run python -m tests.load.customers_lists --sizes 1000 10000`.

Fills a site of its own step by step with invented customers (and ten times as many submissions with
`--submissions`), and prints the milliseconds of each page at each size, over 15 requests: the median of the
processor's time (which other work on the machine does not change), and of the clock's the median and the worst.
The goal is 300 ms at 100,000 customers and 1,000,000 submissions on two cores. `--records N` adds N technical
records of ten customers and measures a search that opens them all and finds one (goal: one second; nearly all
of it is 20,000 multiplications on Curve25519, two a record). `--previews` measures a page of the inbox with its 50
previews open as well (goal: 300 ms).

The site lies in a temporary folder, or in `--folder`, where a later run finds it filled.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

REQUESTS = 15
OWNERS = 10  # customers that the technical records belong to
PASSPHRASE = "load"  # of the operator key


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="sb-load-") as folder:
        _site_in(options.folder or Path(folder))
        for size in options.sizes:
            _fill(customers=size, submissions=10 * size if options.submissions else 0)
            _measure_pages(size)
        if options.previews:
            _measure_previews()
        if options.records:
            _measure_search(options.records)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="*", default=[1000, 10_000])
    parser.add_argument("--submissions", action="store_true")
    parser.add_argument("--records", type=int, default=0)
    parser.add_argument("--previews", action="store_true")
    parser.add_argument("--folder", type=Path)
    return parser.parse_args()


def _site_in(folder: Path) -> None:
    os.environ |= {"ENV_FILE": os.devnull, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    os.environ["TEST_DATABASE_URL"] = f"sqlite:///{folder}/site.sqlite3"
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.DATA_DIR = folder
    settings.ALLOWED_HOSTS = ["*"]
    settings.OPERATOR_KEY_FILE = [folder / "operator.asc"]
    call_command("migrate", verbosity=0)
    _keys(folder)


def _keys(folder: Path) -> None:
    from django.utils import timezone

    from sitebackend.crypto import openpgp, sealing, server_key
    from sitebackend.operator_key import secret_key_path
    from sitebackend.vault.models import Vault

    server_key.ensure()
    if (folder / "vault.key").exists():
        return
    public, secret = openpgp.generate("Load <load@example.de>", passphrase=PASSPHRASE)
    (folder / "operator.asc").write_bytes(public)
    secret_key_path().parent.mkdir(exist_ok=True)
    secret_key_path().write_bytes(secret)
    public, private = sealing.new_key_pair()
    (folder / "vault.key").write_bytes(private)
    Vault.objects.create(public_key=public, made_at=timezone.now())


def _fill(*, customers: int, submissions: int) -> None:
    """Up to these numbers."""
    from django.core.management import call_command

    from contact.models import Submission
    from customers.models import Customer

    missing = {
        "customers": max(0, customers - Customer.objects.count()),
        "submissions": max(0, submissions - Submission.objects.count()),
    }
    start = time.perf_counter()
    call_command("demo_data", **missing, yes=True)
    print(f"+ {missing} in {time.perf_counter() - start:.0f} s", flush=True)  # noqa: T201


def _client() -> Any:
    from django.test import Client

    from sitebackend.models import Operator

    operator = Operator.objects.filter(username="load").first() or Operator.objects.create_superuser("load")
    client = Client()
    client.force_login(operator)
    return client


def _measure_pages(size: int) -> None:
    from customers.models import Customer

    client, middle = _client(), Customer.objects.order_by("number")[size // 2]
    customers = "/admin/customers/customer/"
    pages = {
        "list": (customers, {}),
        "last page of the list": (f"{customers}?p={-(-size // 50)}", {}),
        "list by name": (f"{customers}?o=2", {}),
        "list, do not contact": (f"{customers}?do_not_contact__exact=1", {}),
        "customer page": (f"{customers}{middle.pk}/", {}),
        "inbox": ("/admin/contact/submission/", {}),
        "cockpit": ("/admin/", {}),
        "search, many hits": (f"{customers}search/", {"words": "möller"}),
        "search, one hit": (f"{customers}search/", {"words": middle.email}),
        "search, no hit": (f"{customers}search/", {"words": "gibtesnicht"}),
        "search, two words": (f"{customers}search/", {"words": "bäckerei leipzig"}),
        "search, telephone": (f"{customers}search/", {"words": f"0341 {size // 2:06d}"}),
    }
    for name, (path, data) in pages.items():
        send = client.post if data else client.get
        _say(size, name, lambda send=send, path=path, data=data: send(path, data).status_code == 200)


def _measure_previews() -> None:
    from django.conf import settings
    from django.utils import timezone

    from contact import previews, reading
    from contact.models import Submission
    from sitebackend.models import Operator
    from sitebackend.vault import sessions

    reading.allow(passphrase=PASSPHRASE)
    for place, submission in enumerate(Submission.objects.all()[:50]):
        previews.keep(submission, {"name": f"Erika Mustermann {place}", "message": "Der Drucker streikt. " * 9})
    client = _client()
    token = sessions.start(operator=Operator.objects.get(username="load"), private=_private(), now=timezone.now())
    client.cookies[settings.VAULT_COOKIE_NAME] = token

    def is_shown() -> bool:
        page = client.get("/admin/contact/submission/").content.decode()
        return page.count("<b data-sealed>") == 50

    _say(Submission.objects.count(), "inbox, 50 previews open", is_shown)


def _measure_search(number: int) -> None:
    from datetime import UTC, datetime

    from customers.models import TechnicalRecord
    from customers.services.technical import search_technical_records
    from sitebackend.vault.opened import OpenVault

    _add_records(number - TechnicalRecord.objects.count())
    opened = OpenVault(_private(), locks_at=datetime(2099, 1, 1, tzinfo=UTC))

    def found() -> bool:
        return len(list(search_technical_records(open_vault=opened, words=f"router {number - 1}"))) > 0

    _say(TechnicalRecord.objects.count(), "search all open records", found)


def _private() -> bytes:
    from django.conf import settings

    return (Path(settings.DATA_DIR) / "vault.key").read_bytes()


def _add_records(number: int) -> None:
    from customers.models import Customer
    from customers.services.technical import add_technical_record
    from tests.customers.conftest import agree_to_technical_data

    owners = list(Customer.objects.filter(grant=None)[:OWNERS]) if number > 0 else []
    for owner in owners:
        agree_to_technical_data(owner)
    for place in range(number):
        content = {"name": f"Router {place}", "addresses": "192.0.2.1", "password": "geheim" * 5}
        add_technical_record(customer=owners[place % OWNERS], kind="network_element", content=content)


def _say(size: int, name: str, request: Callable[[], bool]) -> None:
    clock, processor = [], []
    for _again in range(REQUESTS):
        start, used = time.perf_counter(), time.process_time()
        assert request(), name
        clock.append(1000 * (time.perf_counter() - start))
        processor.append(1000 * (time.process_time() - used))
    by_clock = f"by the clock {median(clock):8.1f}, at worst {max(clock):8.1f} ms"
    print(f"{size:>9}  {name:<26} {median(processor):8.1f} ms  {by_clock}", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
