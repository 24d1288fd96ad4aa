"""The outbox in the cockpit: to read, and to decide what becomes of what did not go out."""

import pytest
from django.test import Client

from sitebackend.cockpit.roles import Role, give_role
from sitebackend.mail import services
from sitebackend.mail.models import OutgoingMail, State
from sitebackend.models import Operator
from tests.mail.conftest import HER, NOON, Told

pytestmark = pytest.mark.django_db
LIST = "/admin/mail/outgoingmail/"


@pytest.fixture
def mail(told: Told) -> OutgoingMail:
    services.queue("test.letter", to=HER, facts={"words": "Kanarienvogel", "to": HER}, now=NOON)
    OutgoingMail.objects.update(state=State.UNDELIVERABLE, next_attempt_at=None, last_reply="550 no such mailbox")
    return OutgoingMail.objects.get()


def act(client: Client, action: str, mail: OutgoingMail) -> int:
    return client.post(LIST, {"action": action, "_selected_action": [mail.pk]}).status_code


def test_the_list_shows_kind_state_and_the_servers_words_and_nothing_of_the_mail(
    mail: OutgoingMail, admin_client: Client
) -> None:
    page = admin_client.get(LIST).content.decode()
    assert "letter" in page
    assert "550 no such mailbox" in page
    assert "Kanarienvogel" not in page
    assert HER not in page


def test_it_is_sent_again_or_given_up(mail: OutgoingMail, admin_client: Client) -> None:
    act(admin_client, "send_again", mail)
    mail.refresh_from_db()
    assert mail.state == State.WAITING
    act(admin_client, "give_up", mail)
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize("role", [Role.OFFICE, Role.EDITORIAL])
def test_whoever_may_not_see_it_sees_nothing(mail: OutgoingMail, client: Client, role: Role) -> None:
    operator = Operator.objects.create_user("office")
    give_role(operator, role)
    client.force_login(operator)
    assert client.get(LIST).status_code == 403
    for action in ("send_again", "give_up"):
        assert act(client, action, mail) == 403
    assert OutgoingMail.objects.get().state == State.UNDELIVERABLE
