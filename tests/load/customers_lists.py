"""How lists, search and the customer page grow: `uv run python -m tests.load.customers_lists --sizes 1000 10000`.

Fills a site of its own in a temporary folder step by step with invented customers (and ten times as many
submissions with `--submissions`), and prints the milliseconds of each page at each size, over 15 requests: the
median of the processor's time (which other work on the machine does not change) and of the clock's. The goal
is 300 ms at 100,000 customers and 1,000,000 submissions on two cores. `--records N` adds N technical records
and measures a search through all of them, with the vault open.
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


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="sb-load-") as folder:
        _site_in(Path(folder))
        present = 0
        for size in options.sizes:
            _fill(customers=size - present, submissions=10 * (size - present) if options.submissions else 0)
            present = size
            _measure_pages(size)
        if options.records:
            _measure_search(options.records)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--submissions", action="store_true")
    parser.add_argument("--records", type=int, default=0)
    return parser.parse_args()


def _site_in(folder: Path) -> None:
    os.environ |= {"DATA_DIR": str(folder), "ENV_FILE": str(folder / "env"), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    os.environ["DATABASE_URL"] = f"sqlite:///{folder}/site.sqlite3"
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.DATA_DIR = folder
    settings.ALLOWED_HOSTS = ["*"]
    call_command("migrate", verbosity=0)
    _keys(folder)


def _keys(folder: Path) -> None:
    from django.conf import settings
    from django.utils import timezone

    from sitebackend.crypto import openpgp, sealing, server_key
    from sitebackend.vault.models import Vault

    server_key.ensure()
    public, _secret = openpgp.generate("Load <load@example.de>", passphrase="load")
    (folder / "operator.asc").write_bytes(public)
    settings.OPERATOR_KEY_FILE = [folder / "operator.asc"]
    Vault.objects.create(public_key=sealing.new_key_pair()[0], made_at=timezone.now())


def _fill(*, customers: int, submissions: int) -> None:
    from django.core.management import call_command

    start = time.perf_counter()
    call_command("demo_data", customers=customers, submissions=submissions, yes=True)
    print(f"+ {customers} customers, {submissions} submissions in {time.perf_counter() - start:.0f} s")  # noqa: T201


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
        "list": customers,
        "search, many hits": f"{customers}?q=möller",
        "search, one hit": f"{customers}?q={middle.email}",
        "search, no hit": f"{customers}?q=gibtesnicht",
        "search, telephone": f"{customers}?q=0341 {size // 2:06d}",
        "customer page": f"{customers}{middle.pk}/",
        "inbox": "/admin/contact/submission/",
        "cockpit": "/admin/",
    }
    for name, path in pages.items():
        _say(size, name, lambda path=path: client.get(path).status_code == 200)


def _measure_search(number: int) -> None:
    """One customer with all the records: opening them is what costs."""
    from datetime import UTC, datetime

    from customers.models import Customer, TechnicalRecord
    from customers.services.technical import search_technical_records
    from sitebackend.vault.opened import OpenVault
    from tests.customers.conftest import agree_to_technical_data

    private = _rekeyed_vault()
    customer = Customer.objects.all()[0]
    agree_to_technical_data(customer)
    _add_records(customer, number)
    opened = OpenVault(private, locks_at=datetime(2099, 1, 1, tzinfo=UTC))

    def found() -> bool:
        return len(list(search_technical_records(open_vault=opened, words="router 7"))) > 0

    _say(TechnicalRecord.objects.count(), "search all open records", found)


def _rekeyed_vault() -> bytes:
    """The first customer's key is sealed anew to a vault whose private half is known here."""
    from customers.models import Customer
    from sitebackend.crypto import sealing
    from sitebackend.vault import services
    from sitebackend.vault.models import Vault

    public, private = sealing.new_key_pair()
    Vault.objects.update(public_key=public)
    customer = Customer.objects.all()[0]
    customer.public_key, customer.sealed_private_key = services.new_holder_key(context=customer.key_context)
    customer.save()
    return private


def _add_records(customer: Any, number: int) -> None:
    from customers.services.technical import add_technical_record

    for place in range(number):
        content = {"name": f"Router {place}", "addresses": "192.0.2.1", "password": "geheim" * 5}
        add_technical_record(customer=customer, kind="network_element", content=content)


def _say(size: int, name: str, request: Callable[[], bool]) -> None:
    clock, processor = [], []
    for _again in range(REQUESTS):
        start, used = time.perf_counter(), time.process_time()
        assert request(), name
        clock.append(1000 * (time.perf_counter() - start))
        processor.append(1000 * (time.process_time() - used))
    print(f"{size:>9}  {name:<26} {median(processor):8.1f} ms  by the clock {median(clock):8.1f} ms")  # noqa: T201


if __name__ == "__main__":
    main()
