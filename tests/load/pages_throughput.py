"""Page views per second: the fast path, Django without it, and a WSGI application that says hello.

    uv run python -m tests.load.pages_throughput [SECONDS] [PORT]

All three run on the same server with the same workers and threads and give the same number of bytes; the load
comes from ApacheBench (`ab`, Debian's apache2-utils) over 32 kept connections. Wanted: the fast path at least
at 90 % of hello and at 20 times Django. Load and server share the machine: read the proportions.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from tests.running_site import RunningSite, site

CONNECTIONS = 32
HELLO = """
body = b"x" * {size}
headers = [("content-type", "text/html; charset=utf-8"), ("content-length", str(len(body)))]
def application(environ, start_response):
    start_response("200 OK", headers)
    return [body]
"""


def main(seconds: int = 8, port: int = 8102) -> None:
    with site() as running:
        address = f"{running.url}/leistungen/netzwerke/"
        with urlopen(address) as answer:
            size = len(answer.read())
        fast = views_per_second(address, seconds)
        slow = views_per_second(f"{address}?past=memory", seconds)  # a query string leads past the fast path
        with hello(running, size, port) as other:
            plain = views_per_second(other, seconds)
    for name, (rate, p99) in {"fast path": fast, "Django": slow, "hello": plain}.items():
        print(f"{name}: {rate:.0f}/s, p99 {p99} ms")  # noqa: T201 - the script's result
    print(f"{size} bytes; {fast[0] / plain[0]:.0%} of hello, {fast[0] / slow[0]:.0f} times Django")  # noqa: T201


def views_per_second(address: str, seconds: int) -> tuple[float, int]:
    command = ["ab", "-q", "-k", "-c", str(CONNECTIONS), "-t", str(seconds), "-n", "10000000", address]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    failed = re.search(r"Non-2xx responses", report)
    assert not failed, report
    rate = re.search(r"Requests per second:\s+([\d.]+)", report)
    p99 = re.search(r"^\s+99%\s+(\d+)", report, re.MULTILINE)
    assert rate
    assert p99
    return float(rate[1]), int(p99[1])


@contextmanager
def hello(running: RunningSite, size: int, port: int) -> Iterator[str]:
    """The smallest application on the server of the site, started as the site's is."""
    (running.folder / "hello.py").write_text(HELLO.format(size=size))
    server = [Path(sys.executable).parent / "granian", "--interface", "wsgi", "--port", str(port)]
    options = ["--workers", "1", "--blocking-threads", "64", "--backlog", "4096", "hello:application"]
    process = subprocess.Popen([*server, *options], cwd=running.folder, stderr=subprocess.DEVNULL)
    try:
        running.wait_for(lambda: answers(f"http://127.0.0.1:{port}/"))
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()


def answers(address: str) -> bool:
    try:
        with urlopen(address):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
