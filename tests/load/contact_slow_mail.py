"""Two hundred submissions with a mail server that answers at once, and with one that takes 15 seconds for each mail.

    uv run python -m tests.load.contact_slow_mail [PORT]

Meanwhile the operator does what mails somebody in the cockpit. Wanted: every submission stored, none refused, and
none waits noticeably longer with the slow server than with the fast one.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median, quantiles

from tests.load.contact_site import ROOT, Mailbox, Site, new_form, request, running_site

SLOW = 15.0  # seconds until the server answers to a mail
SUBMISSIONS = 200
SENDERS = 8  # at once
USES = 3  # of one form with another text: with the fourth it would be a suspect, which is not mailed

#: What the operator does in the cockpit, and the person is told by mail.
EXTEND = """
from django.utils import timezone
from sitebackend.models import Operator
from sitebackend.privacy.models import DataSubjectRequest
from sitebackend.privacy.services import deadline, intake
from sitebackend.privacy.statement import Statement
now = timezone.now()
asked = DataSubjectRequest(kind="access", channel="mail", received_on=timezone.localdate())
intake.record(asked, said=Statement(name="Erika Beispiel", email="erika@example.org"), now=now)
deadline.extend(asked, by=Operator.objects.first(), now=now)
"""


def main(port: int = 8111) -> None:
    worst = {seconds: _measure(port, seconds) for seconds in (0.0, SLOW)}
    print(f"worst with the slow server ÷ worst with the fast one: {worst[SLOW] / worst[0.0]:.2f}")  # noqa: T201 - result


def post_all(site: Site) -> list[tuple[int, float]]:
    """Post all forms, several at once; gives status and seconds of each."""
    forms = [new_form(site.port, "Nachricht") for _ in range(SUBMISSIONS // USES + 1)]

    def post(number: int) -> tuple[int, float]:
        body = forms[number // USES].replace("message=Nachricht", f"message=Nachricht+{number}")
        began = time.monotonic()
        status, _headers, _page = request(site.port, "POST", "/kontakt/", body, network=number)
        return status, time.monotonic() - began

    with ThreadPoolExecutor(SENDERS) as senders:
        return list(senders.map(post, range(SUBMISSIONS)))


@contextmanager
def operator_at_work(site: Site, mailbox: Mailbox) -> Iterator[None]:
    """Begins when a mail is being handed over, and ends when the operator's step has."""
    mailbox.begun.clear()
    command = [sys.executable, str(ROOT / "manage.py"), "shell", "--no-imports", "--command", EXTEND]
    with subprocess.Popen(command, env=site.environment) as operator:
        if not mailbox.begun.wait(60):
            raise TimeoutError("the site sends no mail")
        yield
    if operator.returncode:
        raise subprocess.CalledProcessError(operator.returncode, command)


def _measure(port: int, seconds: float) -> float:
    with running_site(port=port) as (site, mailbox):
        mailbox.answers_after = seconds
        with operator_at_work(site, mailbox):
            answers = post_all(site)
        ((stored,),) = site.rows("SELECT COUNT(*) FROM contact_submission")
    refused = sum(status != 303 for status, _took in answers)
    times = sorted(took for _status, took in answers)
    print(  # noqa: T201 - the script's result
        f"mail server answers after {seconds:.0f} s: {stored} of {SUBMISSIONS} stored, {refused} refused, "
        f"median {1000 * median(times):.0f} ms, p95 {1000 * quantiles(times, n=20)[-1]:.0f} ms, "
        f"worst {1000 * times[-1]:.0f} ms"
    )
    return times[-1]


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
