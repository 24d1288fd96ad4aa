"""1,000 acknowledged submissions while everything is killed 30 times: none lost, none stored twice, each mailed.

    uv run python -m tests.load.contact_chaos [SUBMISSIONS] [KILLS] [PORT]

Senders behave as browsers do: who gets no answer sends the same form again. Acknowledged is what the thanks
page showed a reference for. Exit code 1 if any of the three promises is broken.
"""

import random
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.load.contact_site import Mailbox, Site, new_form, request, running_site

SENDERS = 8


def main(submissions: int = 1000, kills: int = 30, port: int = 8101) -> int:
    with running_site(port=port) as (site, mailbox):
        sent = threading.Event()
        chaos = threading.Thread(target=kill_again_and_again, args=(site, kills, sent))
        chaos.start()
        with ThreadPoolExecutor(SENDERS) as senders:
            acknowledged = list(senders.map(lambda number: send(site.port, number), range(submissions)))
        sent.set()
        chaos.join()
        wait_for_mails(site)
        return report(site, mailbox, acknowledged)


def send(port: int, number: int) -> str:
    """Send one form until the thanks page shows its reference."""
    body = location = ""
    while True:
        try:
            body = body or new_form(port, f"Nachricht {number}")
            location = location or request(port, "POST", "/kontakt/", body, network=number)[1].get("location", "")
            if location:
                return request(port, "GET", location)[1]["x-reference"]
        except (OSError, EOFError, AssertionError, KeyError):
            time.sleep(0.05)
        except Exception as error:  # a connection cut in the middle of an answer
            if type(error).__module__ != "http.client":
                raise


def kill_again_and_again(site: Site, kills: int, sent: threading.Event) -> None:
    for _ in range(kills):
        if sent.wait(random.uniform(0.5, 3)):  # noqa: S311 - no secret
            break
        site.kill()
        site.start()


def wait_for_mails(site: Site) -> None:
    """Leases of workers that died end after two minutes."""
    end = time.monotonic() + 300
    while site.rows("SELECT 1 FROM contact_submission WHERE next_attempt_at IS NOT NULL") and time.monotonic() < end:
        time.sleep(1)


def report(site: Site, mailbox: Mailbox, acknowledged: list[str]) -> int:
    stored = Counter(str(row[0]) for row in site.rows("SELECT reference FROM contact_submission"))
    lost = set(acknowledged) - set(stored)
    not_mailed = set(acknowledged) - set(mailbox.taken)
    repeats = sum(mailbox.taken.values()) - len(mailbox.taken)
    doubles = len(stored) - len(set(acknowledged))
    print(  # noqa: T201 - the script's result
        f"acknowledged {len(set(acknowledged))}, stored {len(stored)}, lost {len(lost)}, stored twice {doubles}, "
        f"not mailed {len(not_mailed)}, mails repeated {repeats}"
    )
    return 1 if lost or doubles or not_mailed else 0


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
