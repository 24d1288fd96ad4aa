"""A mail server that takes its time holds up nobody: no lock of the database is held while it is talked to."""

import pytest

from tests.contact.mailserver import free_port
from tests.load.contact_site import running_site
from tests.load.contact_slow_mail import SLOW, SUBMISSIONS, operator_at_work, post_all


@pytest.mark.journey
def test_while_a_mail_is_handed_over_slowly_every_submission_is_stored() -> None:
    with running_site(port=free_port()) as (site, mailbox):
        mailbox.answers_after = SLOW
        with operator_at_work(site, mailbox):
            answers = post_all(site)
        assert {status for status, _seconds in answers} == {303}
        assert site.rows("SELECT COUNT(*) FROM contact_submission") == [(SUBMISSIONS,)]
        assert max(seconds for _status, seconds in answers) < SLOW * 2 / 3
        assert sum(mailbox.taken.values()) < SUBMISSIONS / 4, "it was not slow enough for this test to say anything"
