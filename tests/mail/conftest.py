"""A real mail server, and a kind of mail that the tests send."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.core.mail import EmailMessage

from sitebackend.mail import kinds
from sitebackend.mail.kinds import Facts, Kind
from sitebackend.mail.message import message_id
from tests.contact.conftest import mail_server as mail_server

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HER = "roswitha@example.org"


class Told(list[tuple[UUID, Facts, datetime]]):
    """What was called when the mail server had taken a mail."""

    def __call__(self, about: UUID, facts: Facts, at: datetime) -> None:
        self.append((about, facts, at))


@pytest.fixture
def told() -> Iterator[Told]:
    """The kind "test.letter" is registered; gives what its deliveries told."""

    def letter(about: UUID, facts: Facts) -> EmailMessage | None:
        if facts.get("is_over"):
            return None
        to = facts.get("to", "operator@example.de")
        return EmailMessage("Brief", facts["words"], to=[to], headers={"Message-ID": message_id("letter", about.hex)})

    told = Told()
    kinds.register(Kind("test.letter", label="letter", compose=letter, on_delivered=told))
    kinds.register(Kind("test.courtesy", label="courtesy", compose=letter, is_courtesy=True))
    yield told
    for name in ("test.letter", "test.courtesy"):
        del kinds._kinds[name]
