"""One instance per address and data directory, and no process that outlives its parent.

What must never happen: two servers share a port or a database file without knowing of each other, or a
worker that lost its parent goes on serving old code. granian opens its ports with SO_REUSEPORT, with which
the kernel lets a second server in silently. So the parent holds the address with a socket that was bound
without that option, and an exclusive lock on a file in the data directory; both go with the last process
that holds them, however it ends. Children ask the kernel to be killed together with their parent.

Standard library only: the set-up reads addresses before there are settings.
"""

import argparse
import ctypes
import errno
import fcntl
import os
import signal
import socket
import sys
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class AlreadyRunning(Exception):
    """Another process has the address or the data directory."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen: a host (IPv6 without brackets) and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @classmethod
    def parse(cls, value: str) -> "Address":
        """Read `HOST:PORT` or `[IPv6]:PORT`; usable as an argparse type."""
        host, _, port = value.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise argparse.ArgumentTypeError(f"“{value}” is not HOST:PORT, for example 127.0.0.1:8000")
        return cls(host.strip("[]"), int(port))


def hold_address(address: Address) -> socket.socket:
    """Take the address for as long as the socket lives; the server's own sockets may join it.

    Raises AlreadyRunning if anybody else has it, and OSError if it cannot be had at all.
    """
    family, kind, protocol, _, where = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
    holder = socket.socket(family, kind, protocol)
    try:
        # the connections of a server that just ended do not count, its listening sockets do
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(where)
    except OSError as error:
        holder.close()
        if error.errno == errno.EADDRINUSE:
            raise AlreadyRunning from error
        raise
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return holder


def hold_folder(folder: Path) -> FileIO:
    """Take the data directory for as long as the file is open here or in a forked child.

    Raises AlreadyRunning if another process has it, and OSError if it cannot be written to.
    """
    file = open(folder / "serve.lock", "ab", buffering=0)  # noqa: SIM115 - held open on purpose
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise AlreadyRunning from error
    return file


def die_with(parent: int) -> None:
    """Have this process killed as soon as process `parent` has ended. Only Linux knows how."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we asked
        os._exit(1)
