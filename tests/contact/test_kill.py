"""Real processes, killed: the small brother of tests/load/contact_chaos.py."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.contact.mailserver import free_port
from tests.load.contact_chaos import send
from tests.load.contact_site import running_site


def test_what_the_thanks_page_acknowledged_survives_kill_9_and_is_mailed() -> None:
    with running_site("--no-worker", port=free_port()) as (site, mailbox):
        references: list[str] = []
        for number in range(3):
            send(site.port, number, references)
        site.kill()
        assert not mailbox.taken
        with ThreadPoolExecutor(3) as workers:  # one would do
            list(workers.map(lambda _number: site.manage("worker", "--once"), range(3)))
        assert mailbox.taken == Counter(references)
        assert site.rows("SELECT COUNT(*) FROM mail_outgoingmail WHERE payload IS NOT NULL") == [(0,)]
