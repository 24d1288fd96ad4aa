"""The contact form while the site looks after itself: `uv run python -m tests.load.contact_maintenance [PORT]`.

Submissions are sent one after the other, two at a time, at a site that holds many rows already. Meanwhile each kind of
maintenance that writes, or copies what is written, runs as the operator's shell or the worker runs it. Wanted: no
submission is refused; the longest wait for each kind is told beside the one with no maintenance at all.
"""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median

from tests.load.contact_site import Site, new_form, request, running_site

SUBMISSIONS, CUSTOMERS, PAGES = 20_000, 2_000, 200  # that the site holds before
SENDERS = 2  # at once
QUIET = 10  # seconds of the measurement without maintenance

PHYSICAL_STAGE = "from sitebackend.privacy import traces; import time\nwhile not traces.wipe(): time.sleep(1)"
#: What is done, its command, and what it reads from standard input (`{passphrase}` is the vault's).
MAINTENANCE = (
    ("a backup", ("backup", "create"), ""),
    ("the physical stage of an erasure", ("shell", "--no-imports", "--command", PHYSICAL_STAGE), ""),
    ("a new key for the vault", ("vault", "rotate", "--yes"), "{passphrase}\n"),
    ("retention", ("retention", "run", "--yes"), ""),
    ("the worker's round", ("worker", "--once"), ""),
    ("200 pages written", ("demo_data", "--pages", "200", "--customers", "0", "--submissions", "0"), ""),
)


@dataclass
class Answers:
    """What the form answered, and after how many seconds."""

    statuses: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        refused = sum(status != 303 for status in self.statuses)
        return (
            f"{len(self.statuses)} sent, {refused} refused, median {1000 * median(self.seconds):.0f} ms, "
            f"longest {1000 * max(self.seconds):.0f} ms"
        )


@contextmanager
def senders(site: Site) -> Iterator[Answers]:
    """Two visitors who send one message after the other until the block ends."""
    answers, is_over = Answers(), threading.Event()

    def send() -> None:
        while not is_over.is_set():
            number = len(answers.statuses)
            form = new_form(site.port, f"Nachricht {number} {time.monotonic()}")
            began = time.monotonic()
            status = request(site.port, "POST", "/kontakt/", form, network=number)[0]
            answers.seconds.append(time.monotonic() - began)
            answers.statuses.append(status)

    threads = [threading.Thread(target=send) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def main(port: int = 8131) -> None:
    with running_site(port=port) as (site, _mailbox):
        site.environment["BACKUP_TARGETS"] = str(site.folder / "disk")
        amounts = ("--submissions", str(SUBMISSIONS), "--customers", str(CUSTOMERS), "--pages", str(PAGES))
        (site.folder / "disk").mkdir()
        site.manage("demo_data", *amounts)
        with senders(site) as answers:
            time.sleep(QUIET)
        print(f"nothing besides, {QUIET} s: {answers}")  # noqa: T201 - the script's result
        for name, command, typed in MAINTENANCE:
            began = time.monotonic()
            with senders(site) as answers:
                site.manage(*command, typed=typed.format(passphrase=site.secrets["vault_passphrase"]))
            print(f"{name}, {time.monotonic() - began:.1f} s: {answers}", flush=True)  # noqa: T201 - the same


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
