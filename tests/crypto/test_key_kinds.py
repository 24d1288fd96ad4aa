"""Keys that people really have: each is read and can be written to, or refused with what it is and what to do."""

import random
import re
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from sitebackend import operator_key
from sitebackend.crypto import armour, openpgp, recognition
from tests.crypto import key_kinds
from tests.crypto.key_kinds import REFUSED, TAKEN, Kind, Workshop, subkey_over

#: These take gpg seconds to make; tests/crypto/key_table.py has them too.
SLOW = ("RSA 4096", "DSA 1024 + ElGamal 1024", "DSA 2048 + ElGamal 2048")


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("keys"))


def with_gpg_alone(kinds: "list[Kind]") -> list[Kind]:
    return [kind for kind in kinds if not kind.needs]


def named(kind: Kind) -> str:
    return kind.name


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.slow if kind.name in SLOW else ()) for kind in with_gpg_alone([*TAKEN])],
    ids=named,
)
def test_what_is_taken_can_be_written_to_and_its_owner_opens_it(kind: Kind, shop: Workshop) -> None:
    made = kind.make(shop)
    certificate = operator_key.usable_certificate_in(made.file)
    assert openpgp.decrypt(operator_key.encrypt_to(certificate, b"x"), secret_key=made.secret, passphrase="") == b"x"
    assert bool(operator_key.weakness(certificate)) == kind.is_weak


@pytest.mark.usefixtures("in_english")
@pytest.mark.parametrize("kind", with_gpg_alone([*REFUSED]), ids=named)
def test_what_is_refused_is_called_by_its_name_with_what_to_do(kind: Kind, shop: Workshop) -> None:
    with pytest.raises(operator_key.OperatorKeyUnusable) as refused:
        operator_key.usable_certificate_in(kind.make(shop).file)
    assert re.search(kind.refused, str(refused.value), re.DOTALL)


@pytest.mark.parametrize(
    "kind",
    ["subkeys to sign and log in as well", "with a photograph", "signed by somebody else", "one of two owners revoked"],
)
def test_what_is_given_away_is_primary_key_owner_and_encryption_subkey(kind: str, shop: Workshop) -> None:
    (made,) = [one.make(shop) for one in TAKEN if one.name == kind]
    certificate = openpgp.inspect(made.file)
    tags = [packet.tag for packet in armour.packets(certificate.binary)]
    assert tags == [armour.PRIMARY, armour.USER_ID, armour.SIGNATURE, armour.SUBKEY, armour.SIGNATURE]
    assert certificate.user_ids == (key_kinds.OWNER,)
    (block,) = armour.blocks(certificate.armoured)
    assert block.content == certificate.binary


def test_the_commands_that_are_told_extend_the_part_that_ran_out(shop: Workshop) -> None:
    """They are typed as they stand."""
    with shop.home() as home:
        home.run("--quick-gen-key", key_kinds.OWNER, "ed25519", "sign", "0", at="20240101T000000")
        home.run("--quick-add-key", home.fingerprint, "cv25519", "encr", "0", at="20240101T000000")
        subkey_over(home)
        certificate = openpgp.inspect(home.made().file)
        assert certificate.problem(datetime.now(UTC)) == "subkey_expired"
        extend, export = certificate.extension(datetime.now(UTC))
        home.run(*extend.split()[1:])
        public = home.run(*export.partition(" > ")[0].split()[1:])
    assert operator_key.usable_certificate_in(public).fingerprint == certificate.fingerprint


@pytest.mark.parametrize("kind", ["signs only", "encryption subkey revoked"])
def test_the_command_that_is_told_adds_a_part_that_encrypts(kind: str, shop: Workshop) -> None:
    (made,) = [one.make(shop) for one in REFUSED if one.name == kind]
    with pytest.raises(operator_key.OperatorKeyUnusable) as refused:
        operator_key.usable_certificate_in(made.file)
    command = re.search(r"gpg (--quick-add-key \S+ \S+ \S+ \S+);", str(refused.value))
    assert command
    with shop.home() as home:
        home.run("--import", given=made.secret)
        home.run(*command[1].split())
        assert operator_key.usable_certificate_in(home.made().file)


# --- whatever the bytes are


def quiet(data: bytes) -> str:
    """What is said of it; nothing but a refusal may be raised."""
    try:
        return openpgp.inspect(data).fingerprint
    except openpgp.OpenPGPError as error:
        return str(error)


def test_cut_off_anywhere_it_is_refused(shop: Workshop) -> None:
    whole = quiet(shop.plain.file)
    for length in range(0, shop.plain.file.index(b"-----END"), 37):
        assert quiet(shop.plain.file[:length]) != whole


def test_one_bit_another_it_is_refused_or_the_same_key(shop: Workshop) -> None:
    """Where the bit lies in the armour's own lines the key is still whole."""
    whole, chance = quiet(shop.plain.file), random.Random(15)  # noqa: S311
    for content in (shop.plain.file, shop.binary):
        for _once in range(60):
            at, altered = chance.randrange(len(content)), bytearray(content)
            altered[at] ^= 1 << chance.randrange(8)
            assert quiet(bytes(altered)) == whole or " " in quiet(bytes(altered))


@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    some.binary(max_size=400),
    some.sampled_from([b"", b"\x99", b"\xc6", b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n", b"\xff\xfe"]),
)
def test_no_bytes_raise_anything_but_a_refusal(noise: bytes, beginning: bytes) -> None:
    """Without gpg, which is not the one that could raise here."""
    data = beginning + noise
    recognition.is_secret(data)
    with suppress(openpgp.OpenPGPError):
        recognition.obstacle(recognition.certificate_in(data), datetime.now(UTC))
