"""From a request to its answer among many: `uv run python -m tests.load.requests --customers 100000`.

Fills a site of its own (`--folder` keeps it for the next run) with invented customers and ten times as many
submissions, then walks requests for access and for erasure through the operator's pages, from the record to
the finished answer, and prints the seconds that each took by the clock and of the processor: the median and
the longest of `--persons` of each. The goal is under 2 s with 100,000 customers and 1,000,000 submissions.
Access is walked twice: with the vault open on a server that may read submissions, and with the package that is
completed where the operator's secret key is (its command runs in this process, without the start of Python).
The second stage of an erasure (the file rewritten so that nothing is left in it) is told apart: above
512 MB it waits for the night (995 MB: 6 s).
"""

import argparse
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO, StringIO
from pathlib import Path
from statistics import median
from typing import Any

from tests.load.customers_lists import PASSPHRASE, _client, _fill, _private, _site_in

LIST = "/admin/privacy/datasubjectrequest/"


class Took:
    """Seconds of each step, by the clock and of the processor."""

    def __init__(self) -> None:
        self.steps: dict[str, list[tuple[float, float]]] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        clock, processor = time.perf_counter(), time.process_time()
        yield
        spent = (time.perf_counter() - clock, time.process_time() - processor)
        self.steps.setdefault(name, []).append(spent)

    def show(self, title: str) -> None:
        rounds = list(zip(*self.steps.values(), strict=True))
        whole = [tuple(map(sum, zip(*steps, strict=True))) for steps in rounds]
        for name, spent in {**self.steps, "the whole": whole}.items():
            clock, processor = ([pair[part] for pair in spent] for part in (0, 1))
            print(  # noqa: T201
                f"{title:<17}  {name:<28} {median(clock):6.3f} s, longest {max(clock):6.3f} s, "
                f"processor {median(processor):6.3f} s"
            )


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="sb-load-") as temporary:
        folder = options.folder or Path(temporary)
        _site_with(folder, options.customers)
        for title, ask in (("access", _access), ("access by package", _access_by_package), ("erasure", _erasure)):
            took = Took()
            for person in _persons(options.persons):
                ask(took, person)
            took.show(title)
        if options.wipe:
            _wipe()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=10_000)
    parser.add_argument("--persons", type=int, default=15)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--wipe", action="store_true", help="also measure the second stage of an erasure")
    return parser.parse_args()


def _site_with(folder: Path, customers: int) -> None:
    folder.mkdir(exist_ok=True)
    is_new = not (folder / "operator.asc").exists()
    if is_new:
        _site_in(folder)
        _fill(customers=customers, submissions=10 * customers)
        return
    _open_again(folder)


def _open_again(folder: Path) -> None:
    from unittest import mock

    with mock.patch("tests.load.customers_lists._keys"):
        _site_in(folder)
    from django.conf import settings

    settings.OPERATOR_KEY_FILE = [folder / "operator.asc"]


def _persons(number: int) -> list[dict[str, str]]:
    """Customers from all over the table, each with all that they could say of themselves."""
    from customers.models import Customer

    keys = list(Customer.objects.order_by("number").values_list("pk", flat=True))
    chosen = Customer.objects.in_bulk(keys[:: max(1, len(keys) // number)][:number])
    return [
        {
            "name": customer.full_name,
            "email": customer.email,
            "phone": customer.phone,
            "postal_code": customer.postal_code,
            "number": customer.number,
        }
        for customer in chosen.values()
    ]


def _access(took: Took, person: dict[str, str]) -> None:
    """The messages are read here, with the vault open."""
    from contact import reading

    reading.allow(passphrase=PASSPHRASE)
    page, press = _recorded(took, "access", person)
    with took.step("answered, link mailed"):
        press("access")
    assert "step/" not in page()


def _access_by_package(took: Took, person: dict[str, str]) -> None:
    """The messages open only where the operator's secret key is."""
    from contact import reading

    reading.forbid()
    page, press = _recorded(took, "access", person)
    with took.step("package taken"):
        package = press("package")
    with took.step("package completed"):
        finished = _completed(package)
    with took.step("answered, link mailed"):
        press("access", completed=BytesIO(finished))
    assert "step/" not in page()


def _completed(package: bytes) -> bytes:
    from django.core.management import call_command

    os.environ["OPERATOR_KEY_PASSPHRASE"] = PASSPHRASE
    with tempfile.TemporaryDirectory(prefix="sb-load-") as folder:
        path = Path(folder) / "package"
        path.write_bytes(package)
        call_command("subject", "complete", str(path), to=Path(folder), stdout=StringIO())
        return next(Path(folder).glob("*.zip")).read_bytes()


def _erasure(took: Took, person: dict[str, str]) -> None:
    from django.utils import timezone

    from sitebackend.mail.services import deliver_due
    from sitebackend.privacy.models import DataSubjectRequest
    from sitebackend.privacy.services import execution

    page, press = _recorded(took, "erasure", person)
    with took.step("receipt mailed"):
        deliver_due(timezone.now())
    plan = re.search(r'name="plan" value="([^"]+)"', page())
    assert plan
    with took.step("erased as previewed"):
        press("erase", plan=plan[1])
    with took.step("journal told, nothing left"):
        execution.tell_journal(timezone.now())
        deliver_due(timezone.now())
        assert not any(execution.left_over(row) for row in DataSubjectRequest.objects.to_verify())
    DataSubjectRequest.objects.to_verify().update(verified_at=timezone.now())  # measured by --wipe
    with took.step("answered, letter mailed"):
        press("finish", outcome="partly")
        deliver_due(timezone.now())
    assert "step/" not in page()


def _recorded(took: Took, kind: str, person: dict[str, str]) -> tuple[Callable[[], str], Callable[..., bytes]]:
    """Recorded from a letter, looked at, the person compared, looked at again; gives its page and its buttons."""
    from django.utils import timezone

    client = _client_with_open_vault()

    def page() -> str:
        return str(client.get(url).content.decode())

    def press(verb: str, **fields: Any) -> bytes:
        form = "copy" if verb == "package" else "step"
        answer: bytes = client.post(url.replace("change/", f"{form}/{verb}/"), fields, follow=True).content
        is_done = answer.startswith(b"PK") or b'<li class="success">' in answer
        assert is_done, (verb, re.findall(r'<li class="(?:error|warning)">[^<]*', answer.decode()))
        return answer

    typed = {"kind": kind, "channel": "letter", "received_on": timezone.localdate().isoformat(), **person}
    with took.step("recorded"):
        url = client.post(f"{LIST}add/", typed)["Location"]
    with took.step("page with what is held"):
        assert "step/matched" in page()
    with took.step("person compared"):
        press("matched")
    with took.step("page with copy or preview"):
        page()
    return page, press


def _client_with_open_vault() -> Any:
    from django.conf import settings
    from django.utils import timezone

    from sitebackend.models import Operator
    from sitebackend.vault import sessions

    client = _client()
    operator = Operator.objects.get(username="load")
    client.cookies[settings.VAULT_COOKIE_NAME] = sessions.start(
        operator=operator, private=_private(), now=timezone.now()
    )
    return client


def _wipe() -> None:
    from sitebackend.privacy import traces

    start = time.perf_counter()
    assert traces.wipe()
    print(f"the file rewritten: {time.perf_counter() - start:.1f} s, {traces.size() // 2**20} MB")  # noqa: T201


if __name__ == "__main__":
    main()
