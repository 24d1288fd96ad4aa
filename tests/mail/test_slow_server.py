"""A mail server that takes its time holds up nobody: no lock of the database is held while it is talked to."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contact.mailserver import free_port
from tests.load.contact_site import ROOT, Mailbox, Site, new_form, request, running_site

SLOW = 15.0  # seconds until the server answers to a mail
SUBMISSIONS = 200
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


def post(site: Site, number: int, body: str) -> tuple[int, float]:
    began = time.monotonic()
    status, _headers, _page = request(site.port, "POST", "/kontakt/", body, network=number)
    return status, time.monotonic() - began


def post_all(site: Site, forms: list[str]) -> list[tuple[int, float]]:
    bodies = [
        forms[number // USES].replace("message=Nachricht", f"message=Nachricht+{number}")
        for number in range(SUBMISSIONS)
    ]
    with ThreadPoolExecutor(8) as senders:
        return list(senders.map(lambda number: post(site, number, bodies[number]), range(SUBMISSIONS)))


def wait_for_a_conversation(mailbox: Mailbox) -> None:
    assert mailbox.begun.wait(60), "the site sends no mail"


@pytest.mark.journey
def test_while_a_mail_is_handed_over_slowly_every_submission_is_stored() -> None:
    with running_site(port=free_port()) as (site, mailbox):
        forms = [new_form(site.port, "Nachricht") for _ in range(SUBMISSIONS // USES + 1)]
        mailbox.answers_after = SLOW
        mailbox.begun.clear()
        command = [sys.executable, str(ROOT / "manage.py"), "shell", "--no-imports", "--command", EXTEND]
        with subprocess.Popen(command, env=site.environment) as operator:
            wait_for_a_conversation(mailbox)
            answers = post_all(site, forms)
            assert operator.wait() == 0
        assert {status for status, _seconds in answers} == {303}
        assert site.rows("SELECT COUNT(*) FROM contact_submission") == [(SUBMISSIONS,)]
        assert max(seconds for _status, seconds in answers) < SLOW * 2 / 3
        assert not mailbox.taken, "the mail server was not slow enough for this test to say anything"
