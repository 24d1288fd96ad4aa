"""Sealing: what opens, and all that must not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sitebackend.crypto import sealing

PUBLIC, PRIVATE = sealing.new_key_pair()
KEY = bytes(range(32))


@given(st.binary(max_size=4000))
def test_what_was_sealed_comes_back(plaintext: bytes) -> None:
    sealed = sealing.seal(PUBLIC, plaintext, context="record|1")
    assert sealing.unseal(PRIVATE, sealed, context="record|1") == plaintext


@given(st.binary(max_size=4000))
def test_what_was_wrapped_comes_back(plaintext: bytes) -> None:
    assert sealing.unwrap(KEY, sealing.wrap(KEY, plaintext, context="mail|1"), context="mail|1") == plaintext


def test_another_context_does_not_open() -> None:
    sealed = sealing.seal(PUBLIC, b"x", context="record|1")
    with pytest.raises(sealing.SealingError):
        sealing.unseal(PRIVATE, sealed, context="record|2")


@given(st.integers(min_value=0, max_value=1072), st.integers(min_value=1, max_value=255))
def test_any_changed_byte_is_refused(position: int, change: int) -> None:
    sealed = bytearray(sealing.seal(PUBLIC, b"x", context="record|1"))
    sealed[position] ^= change
    with pytest.raises(sealing.SealingError):
        sealing.unseal(PRIVATE, bytes(sealed), context="record|1")


def test_clear_text_is_never_taken_for_sealed() -> None:
    for value in (b"", b"192.0.2.1", b"\x01", b"\x01 192.0.2.1"):
        with pytest.raises(sealing.SealingError):
            sealing.unseal(PRIVATE, value, context="record|1")


def test_lengths_tell_nothing_within_a_block() -> None:
    lengths = {len(sealing.seal(PUBLIC, b"x" * size, context="c")) for size in (0, 1, 500, sealing.BLOCK - 1)}
    assert len(lengths) == 1
