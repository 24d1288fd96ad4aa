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
        acknowledged: list[str] = []
        marks = [submissions * number // (kills + 1) for number in range(1, kills + 1)]
        chaos = threading.Thread(target=kill_at, args=(site, marks, acknowledged))
        chaos.start()
        with ThreadPoolExecutor(SENDERS) as senders:
            list(senders.map(lambda number: send(site.port, number, acknowledged), range(submissions)))
        chaos.join()
        wait_for_mails(site)
        return report(site, mailbox, acknowledged, kills)


def send(port: int, number: int, acknowledged: list[str]) -> None:
    """Send one form until the thanks page shows its reference."""
    body = location = ""
    while True:
        try:
            body = body or new_form(port, f"Nachricht {number}")
            location = location or request(port, "POST", "/kontakt/", body, network=number)[1].get("location", "")
            if location:
                acknowledged.append(request(port, "GET", location)[1]["x-reference"])
                return
        except (OSError, EOFError, AssertionError, KeyError):
            time.sleep(0.05)
        except Exception as error:  # a connection cut in the middle of an answer
            if type(error).__module__ != "http.client":
                raise


def kill_at(site: Site, marks: list[int], acknowledged: list[str]) -> None:
    """Kill everything once so many were acknowledged, at a moment that nobody chose, and start it anew."""
    for mark in marks:
        while len(acknowledged) < mark:
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.2))  # noqa: S311 - no secret
        site.kill()
        site.start()


def wait_for_mails(site: Site) -> None:
    """Leases of workers that died end after two minutes."""
    end = time.monotonic() + 300
    while site.rows("SELECT 1 FROM mail_outgoingmail WHERE next_attempt_at IS NOT NULL") and time.monotonic() < end:
        time.sleep(1)


def report(site: Site, mailbox: Mailbox, acknowledged: list[str], kills: int) -> int:
    stored = Counter(str(row[0]) for row in site.rows("SELECT reference FROM contact_submission"))
    lost = set(acknowledged) - set(stored)
    not_mailed = set(acknowledged) - set(mailbox.taken)
    repeats = sum(mailbox.taken.values()) - len(mailbox.taken)
    doubles = len(stored) - len(set(acknowledged))
    print(  # noqa: T201 - the script's result
        f"{kills} × kill -9: acknowledged {len(set(acknowledged))}, stored {len(stored)}, lost {len(lost)}, "
        f"stored twice {doubles}, not mailed {len(not_mailed)}, mails repeated {repeats}"
    )
    return 1 if lost or doubles or not_mailed else 0


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))
