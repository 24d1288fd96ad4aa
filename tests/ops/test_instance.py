"""One server per address and data directory, with real sockets, files and processes."""

import argparse
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sitebackend.instance import Address, AlreadyRunning, hold_address, hold_folder

CHILD = "import os, time; from sitebackend.instance import die_with; die_with(os.getppid()); print('up', flush=True)"
PARENT = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "{CHILD}; time.sleep(600)"], stdout=sys.stdout)
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def address() -> Address:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return Address("127.0.0.1", server.getsockname()[1])


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("127.0.0.1:8000", "127.0.0.1", 8000), ("[::1]:80", "::1", 80), ("localhost:65535", "localhost", 65535)],
)
def test_an_address_is_read_and_written_the_same(text: str, host: str, port: int) -> None:
    assert Address.parse(text) == Address(host, port)
    assert str(Address(host, port)) == text


@pytest.mark.parametrize("text", ["8000", "127.0.0.1", ":8000", "127.0.0.1:0", "127.0.0.1:65536", "a:b", "a:-1", ""])
def test_what_is_no_address_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"127\.0\.0\.1:8000"):
        Address.parse(text)


def test_an_address_can_be_held_once(address: Address) -> None:
    with hold_address(address), pytest.raises(AlreadyRunning):
        hold_address(address)
    hold_address(address).close()


def test_a_server_that_would_share_its_port_is_noticed(address: Address) -> None:
    with socket.create_server((address.host, address.port), reuse_port=True), pytest.raises(AlreadyRunning):
        hold_address(address)


def test_the_holder_lets_our_own_server_in(address: Address) -> None:
    with hold_address(address), socket.create_server((address.host, address.port), reuse_port=True) as server:
        with socket.create_connection((address.host, address.port)), server.accept()[0]:
            pass
        with pytest.raises(AlreadyRunning):
            hold_address(address)


def test_connections_of_a_server_that_just_ended_do_not_hold_the_address(address: Address) -> None:
    with socket.create_server((address.host, address.port)) as server:
        client = socket.create_connection((address.host, address.port))
        server.accept()[0].close()  # the server closes first: its side waits in TIME_WAIT
        client.close()
    hold_address(address).close()


def test_a_folder_can_be_held_once(tmp_path: Path) -> None:
    with hold_folder(tmp_path), pytest.raises(AlreadyRunning):
        hold_folder(tmp_path)
    hold_folder(tmp_path).close()


def test_two_folders_do_not_hinder_each_other(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    with hold_folder(tmp_path), hold_folder(other):
        pass


def test_a_folder_that_cannot_be_written_is_an_error() -> None:
    with pytest.raises(OSError, match="proc"):
        hold_folder(Path("/proc"))


@pytest.fixture
def family() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A parent process and the number of its child, which asked to die with it."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    said = {parent.stdout.readline().strip(), parent.stdout.readline().strip()}
    child = int((said - {"up"}).pop())
    yield parent, child
    parent.kill()
    parent.communicate()


def test_a_child_dies_with_its_parent(family: tuple[subprocess.Popen[str], int]) -> None:
    parent, child = family
    watch = os.pidfd_open(child)
    os.kill(parent.pid, signal.SIGKILL)
    assert ended(watch)


def test_a_child_lives_while_its_parent_lives(family: tuple[subprocess.Popen[str], int]) -> None:
    _parent, child = family
    os.kill(child, 0)


def ended(watch: int) -> bool:
    """Whether the watched process ends within ten seconds."""
    return bool(select.select([watch], [], [], 10)[0])
