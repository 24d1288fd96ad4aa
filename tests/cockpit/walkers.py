"""A site with one of everything, and everybody who may stand before the door of its cockpit: fixtures to import."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from sitebackend.crypto import openpgp, server_key
from sitebackend.models import Operator
from sitebackend.vault import services as vault
from sitebackend.vault import sessions, slots
from sitebackend.vault.models import KeySlot, Lock
from tests.cockpit import world as worlds
from tests.cockpit.deeds import PASSWORD
from tests.cockpit.roles import BETRIEB, NO_ROLE, ROLES
from tests.cockpit.world import VAULT_PASSPHRASE, World

SUPERUSER = "superuser"
OUTSIDE = ("anonymous", "not staff", "switched off", "without the code")
#: who walks in one test; those outside are sent away fast, and share one site
WALKS = ((SUPERUSER,), *((role,) for role in ROLES), (NO_ROLE,), OUTSIDE)


@dataclass(frozen=True)
class Walker:
    """Somebody with a browser. `right` is what the table of roles calls them."""

    name: str
    operator: Operator | None
    cookies: dict[str, str]

    @property
    def right(self) -> str:
        if self.name in OUTSIDE:
            return "outside"
        return BETRIEB if self.name == SUPERUSER else self.name

    def browser(self) -> Client:
        """A new one each time: what an answer did to the cookies must not reach the next request."""
        client = Client(raise_request_exception=False)
        for name, value in self.cookies.items():
            client.cookies[name] = value
        return client


@pytest.fixture(scope="session")
def other_key() -> bytes:
    """The public half of another operator key."""
    return openpgp.generate("Operator (new) <operator@example.de>", passphrase=PASSWORD)[0]


@pytest.fixture
def world(db: None, key_pair: tuple[bytes, bytes], other_key: bytes, settings: Settings, tmp_path: Path) -> World:
    """Everything that an address below /admin/ can name, with its files in a folder of its own."""
    settings.DATA_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.OPERATOR_KEY_FILE = [tmp_path / "operator.asc"]
    settings.OPERATOR_KEY_FILE[0].write_bytes(key_pair[0])
    server_key.ensure()
    chief = Operator.objects.create_superuser("chefin", "chefin@example.de", PASSWORD)
    return worlds.build(chief, key_pair, other_key)


@pytest.fixture
def walker(world: World) -> Callable[[str], Walker]:
    """Makes somebody of WALKS. Whose role opens the vault has it open: a lock refuses nobody who may."""

    def make(name: str) -> Walker:
        if name == "anonymous":
            return Walker(name, None, {})
        account = Operator.objects.create_user(name, f"{name.replace(' ', '-')}@example.de", PASSWORD)
        account.is_superuser = name == SUPERUSER
        account.is_staff = name != "not staff"
        account.save()
        role = BETRIEB if name in OUTSIDE else name
        if role in ROLES:
            account.groups.add(Group.objects.get(name=role))
        cookies = signed_in(account)
        if name == "switched off":
            Operator.objects.filter(pk=account.pk).update(is_active=False)
        if name == "without the code":
            TOTPDevice.objects.create(user=account, confirmed=True, name="TOTP")
        return Walker(name, account, cookies)

    return make


@pytest.fixture
def chief(world: World) -> Client:
    """For reading the forms that the others send."""
    account = Operator.objects.get(username="chefin")
    return Walker(SUPERUSER, account, signed_in(account)).browser()


def signed_in(account: Operator) -> dict[str, str]:
    client = Client()
    client.force_login(account)
    cookies = {django_settings.SESSION_COOKIE_NAME: client.cookies[django_settings.SESSION_COOKIE_NAME].value}
    fresh = Operator.objects.get(pk=account.pk)  # asked for its rights only now, when it has its role
    return cookies | (open_vault(fresh) if vault.may_open(fresh, Lock.VAULT) else {})


def open_vault(account: Operator) -> dict[str, str]:
    """The cookie of an unlock session, whether or not the account may have one."""
    slot = KeySlot.objects.get(kind=KeySlot.Kind.PASSPHRASE)
    private = slots.open_with_passphrase(slot, VAULT_PASSPHRASE)
    return {django_settings.VAULT_COOKIE_NAME: sessions.start(operator=account, private=private, now=timezone.now())}
