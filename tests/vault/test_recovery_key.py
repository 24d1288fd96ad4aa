"""The printed recovery key: it comes back from paper, and a typo is named by its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitebackend.vault import recovery_key
from sitebackend.vault.errors import RecoveryKeyMistyped

SECRETS = st.binary(min_size=32, max_size=32)
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def changed(printed: str, place: int, sign: str) -> str:
    signs = list(printed.replace("-", ""))
    signs[place] = sign
    return "".join(signs)


@given(SECRETS)
def test_what_was_printed_is_read_again(secret: bytes) -> None:
    printed = recovery_key.printed(secret)
    assert [len(group) for group in printed.split("-")] == [5] * 12
    assert recovery_key.parse(printed) == secret


@given(SECRETS)
def test_it_is_read_however_a_person_types_it(secret: bytes) -> None:
    printed = recovery_key.printed(secret)
    typed = printed.lower().replace("-", "  ").replace("1", "l").replace("0", "o")
    assert recovery_key.parse(f"\n{typed}\n") == secret


@given(SECRETS, st.integers(min_value=0, max_value=59), st.sampled_from(ALPHABET))
def test_one_wrong_sign_is_named_with_its_place_and_the_right_one(secret: bytes, place: int, sign: str) -> None:
    printed = recovery_key.printed(secret)
    right = printed.replace("-", "")[place]
    if sign == right:
        return
    with pytest.raises(RecoveryKeyMistyped) as found:
        recovery_key.parse(changed(printed, place, sign))
    assert (found.value.group, found.value.sign) == (place // 5 + 1, place % 5 + 1)
    assert f"„{right}“" in str(found.value)


@given(SECRETS, st.integers(min_value=0, max_value=58))
def test_two_signs_in_the_wrong_order_are_a_typo(secret: bytes, place: int) -> None:
    signs = list(recovery_key.printed(secret).replace("-", ""))
    if signs[place] == signs[place + 1]:
        return
    signs[place], signs[place + 1] = signs[place + 1], signs[place]
    with pytest.raises(RecoveryKeyMistyped):
        recovery_key.parse("".join(signs))


@given(SECRETS, st.permutations(range(12)))
def test_groups_in_the_wrong_order_are_a_typo(secret: bytes, order: list[int]) -> None:
    groups = recovery_key.printed(secret).split("-")
    shuffled = [groups[index] for index in order]
    if shuffled == groups:
        return
    with pytest.raises(RecoveryKeyMistyped):
        recovery_key.parse("-".join(shuffled))


@given(st.text(max_size=80))
def test_anything_else_is_a_typo(text: str) -> None:
    with pytest.raises(RecoveryKeyMistyped):
        recovery_key.parse(text)


def test_a_missing_sign_is_told_by_the_count() -> None:
    printed = recovery_key.printed(bytes(range(32)))
    with pytest.raises(RecoveryKeyMistyped, match="59"):
        recovery_key.parse(printed[:-1])


def test_a_sign_that_never_occurs_is_named_with_its_place() -> None:
    printed = recovery_key.printed(bytes(range(32)))
    with pytest.raises(RecoveryKeyMistyped) as found:
        recovery_key.parse(changed(printed, 7, "U"))
    assert (found.value.group, found.value.sign) == (2, 3)
