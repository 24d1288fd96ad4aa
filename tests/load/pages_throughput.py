"""Page views per second: the fast path, Django without it, nginx with a file, and a WSGI application that says hello.

    uv run python -m tests.load.pages_throughput [--folder DIR] [--pages N] [--rounds N]

Needs wrk and nginx (Debian packages of these names) and two processors: the servers have the first, wrk the
second, so every server is measured alone and at its end. All are asked in turn, two seconds each round, over 32
kept connections with the headers of a browser; told are medians, the range of the rounds, the 99th percentile,
and the processor's time for one answer, which a busy machine changes least. A round beside which other processes
took more than 5 % of the machine is measured again; the largest share that had to be accepted is told.
All give the same number of bytes: the packed page. The two hellos run on the server of the site with the same
number of threads, one with two headers, one with as many as the site sends. Django comes last: what it has not
answered when wrk ends goes on for a second, and the threads that it made the server start stay while the load lasts.

With --pages the site holds so many more pages, all of which are rendered; then ten of them are asked for one after
the other, and all of them. --folder keeps the site; with --rounds 0 it is only made, so that a run on a quiet
machine is short.

Wanted: at least 90 % of hello, 70 % of nginx, 20 times Django. Seen with two processors of an Intel Xeon at
2.5 GHz, 5 rounds, others took at most 5 %: 33522/s (29793-37400), p99 4.0 ms; 0.76 of hello (43962/s), 0.82 of
hello with the site's headers, 0.42 of nginx (83483/s), 487 times Django (69/s). Before, on two processors of an AMD
EPYC: 37989/s, p99 1.6 ms; 0.82 of hello, 0.98 of hello with the site's headers, 0.57 of nginx. The fast path itself
takes 0.7 us of Python; the rest is its eleven headers, most of them for security, and the larger process. 70 % of
nginx is out of this server's reach: its hello spends 22-26 us of the processor on an answer, nginx 11-16, and an
RSGI or ASGI hello 42-47, because each request becomes a task of asyncio.

Among 10,000 pages (7 rounds, the same Xeon, busier hosts around it): ten in turn 26016/s (38.3 us each), all in
turn 23356/s (42.6 us: they no longer fit the processor's caches), p99 5.0 ms. The three processes of the site hold
168 MB (PSS) at rest, 283 MB loaded, 401 MB with 10,000 pages in all codings.
"""

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

from tests.running_site import RunningSite, free_port

PATH = "/leistungen/netzwerke/"
CONNECTIONS, SECONDS = 32, 2
COUNT = "from sitebackend.pages.models import Page; print(Page.objects.filter(slug__startswith='probe-').count())"
BROWSER = {"Accept-Encoding": "gzip, deflate, br, zstd", "Accept-Language": "de", "User-Agent": "Mozilla/5.0"}
HELLO = """
body = b"x" * {size}
headers = [("content-type", "text/html; charset=utf-8"), ("content-length", str(len(body)))] + {more}
def application(environ, start_response):
    start_response("200 OK", headers)
    return [body]
"""
NGINX = """
worker_processes 1; pid nginx.pid; daemon off; error_log stderr crit;
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=100;
  client_body_temp_path t; proxy_temp_path t; fastcgi_temp_path t; uwsgi_temp_path t; scgi_temp_path t;
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""
EACH_IN_TURN = """
local paths, place = {{}}, 0
for path in io.lines("{file}") do paths[#paths + 1] = path end
request = function() place = place % #paths + 1; return wrk.format("GET", paths[place]) end
"""
FEW = 10
QUIET, TRIES = 0.05, 5  # the share of the machine that others may take, and how often a round is measured for it
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Round:
    rate: float  #: answers per second
    p99: float  #: milliseconds in which 99 of 100 came
    spent: float  #: microseconds of the processor for one answer
    others: float  #: share of the machine that went to other processes


@dataclass(frozen=True, slots=True)
class Target:
    name: str
    address: str
    server: int  #: its process
    options: Sequence[str] = ()


def main() -> None:
    options = _options()
    servers, load = min(os.sched_getaffinity(0)), max(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="site-") as temporary, ExitStack() as stack:
        running = RunningSite(options.folder or Path(temporary), {})
        missing = options.pages - int(running.shell(COUNT))
        if missing > 0:
            running.manage("demo_data", "--customers", "0", "--submissions", "0", "--pages", str(missing))
        if not options.rounds:
            return
        os.sched_setaffinity(0, {servers})  # and so of all processes that are started from here on
        stack.callback(running.stop)
        running.start()
        measure(running, stack, options, load)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, help="keep the site here, and go on with one that is kept")
    parser.add_argument("--pages", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def measure(running: RunningSite, stack: ExitStack, options: argparse.Namespace, load: int) -> None:
    idle, (body, headers) = memory(running), page(running)
    assert running._server
    own = running._server.pid
    targets = [
        Target("fast path", running.url + PATH, own),
        Target("hello", *stack.enter_context(hello(running, len(body), []))),
        Target("hello with the site's headers", *stack.enter_context(hello(running, len(body), headers))),
        Target("nginx", *stack.enter_context(nginx(running, body))),
    ]
    if options.pages:
        targets += in_turn(running, own)
    django = Target("Django", f"{running.url}{PATH}?past=memory", own)  # a query string leads past the fast path
    measured: dict[str, list[Round]] = {target.name: [] for target in [*targets, django]}
    ask(targets[0], load)  # meanwhile the worker has started
    for group in (targets, [django]):
        for _ in range(options.rounds):
            for target in group:
                measured[target.name].append(quiet(target, load))
    tell(f"{len(body)} bytes, {len(headers) + 2} headers; idle {idle}, loaded {memory(running)}", measured)


def page(running: RunningSite) -> tuple[bytes, list[tuple[str, str]]]:
    """The packed page and its headers, once it is kept."""
    ask = Request(running.url + PATH, headers=BROWSER)
    urlopen(ask).close()
    with urlopen(ask) as answer:
        own = ("date", "server", "connection", "content-type", "content-length")
        return answer.read(), [(name, value) for name, value in answer.headers.items() if name.lower() not in own]


def quiet(target: Target, load: int) -> Round:
    """The round beside which others took least; the first that is quiet enough will do."""
    tried: list[Round] = []
    while len(tried) < TRIES and not (tried and tried[-1].others <= QUIET):
        tried.append(ask(target, load))
    return min(tried, key=lambda one: one.others)


def ask(target: Target, load: int) -> Round:
    said = [part for name, value in BROWSER.items() for part in ("-H", f"{name}: {value}")]
    wrk = ["taskset", "-c", str(load), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", *said]
    before, server, children = machine(), spent_by(target.server), spent_by_children()
    report = subprocess.run([*wrk, *target.options, target.address], capture_output=True, text=True, check=True).stdout
    server = spent_by(target.server) - server
    busy, whole = (after - earlier for after, earlier in zip(machine(), before, strict=True))
    assert "Non-2xx" not in report, report
    found = re.search(r" 99%\s+([\d.]+)(us|ms|s)\s+(\d+) requests in .*Requests/sec:\s+([\d.]+)", report, re.DOTALL)
    assert found, report
    milliseconds = float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000}[found[2]]
    others = (busy - server - (spent_by_children() - children)) / whole
    return Round(float(found[4]), milliseconds, server / int(found[3]) * 1e6, others)


def machine() -> tuple[float, float]:
    """Seconds that all processors were busy (or taken away by the host), and all seconds that they had."""
    user, nice, system, idle, waiting, *more = map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:9])
    busy = user + nice + system + sum(more)
    return busy / TICKS, (busy + idle + waiting) / TICKS


def spent_by(process: int) -> float:
    """Seconds of the processor, with all processes below."""
    fields = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in family(process)]
    return sum(int(field[11]) + int(field[12]) for field in fields) / TICKS


def spent_by_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def in_turn(running: RunningSite, server: int) -> list[Target]:
    """Few and then all of the many pages, one after the other; the first walk, which renders them, is not measured."""
    with urlopen(f"{running.url}/sitemap.xml") as answer:
        found = re.findall(r"<loc>https?://[^/]+(/probe-[^<]*)</loc>", answer.read().decode())
    began = time.monotonic()
    for path in found:
        urlopen(Request(running.url + path, headers=BROWSER)).close()
    rendering = (time.monotonic() - began) / len(found) * 1000
    names = {FEW: f"{FEW} pages in turn", len(found): f"{len(found)} in turn (rendered in {rendering:.0f} ms each)"}
    return [Target(name, running.url, server, walk(running, found[:number])) for number, name in names.items()]


def walk(running: RunningSite, paths: list[str]) -> tuple[str, str]:
    """Options that let wrk ask for these addresses, one after the other."""
    file, script = (running.folder / f"{kind}-{len(paths)}" for kind in ("paths", "walk"))
    file.write_text("\n".join(paths))
    script.write_text(EACH_IN_TURN.format(file=file))
    return "-s", str(script)


@contextmanager
def hello(running: RunningSite, size: int, more: list[tuple[str, str]]) -> Iterator[tuple[str, int]]:
    """The smallest application on the server of the site, started as the site's is."""
    name, port = f"hello_{len(more)}", free_port()
    (running.folder / f"{name}.py").write_text(HELLO.format(size=size, more=more))
    server = [
        Path(sys.executable).parent / "granian",
        "--interface",
        "wsgi",
        "--port",
        str(port),
        "--log-level",
        "error",
    ]
    options = ["--workers", "1", "--blocking-threads", "64", "--backlog", "4096", f"{name}:application"]
    with running_until_the_end(running, [*server, *options], port) as process:
        yield f"http://127.0.0.1:{port}/", process


@contextmanager
def nginx(running: RunningSite, body: bytes) -> Iterator[tuple[str, int]]:
    """The same bytes as a file."""
    folder, port = running.folder / "nginx", free_port()
    (folder / "t").mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    running.folder.chmod(0o755)
    (folder / "page.html").write_bytes(body)
    (folder / "page.html").chmod(0o644)
    (folder / "nginx.conf").write_text(NGINX.format(port=port, folder=folder))
    with running_until_the_end(running, ["nginx", "-p", folder, "-c", folder / "nginx.conf"], port) as process:
        yield f"http://127.0.0.1:{port}/page.html", process


@contextmanager
def running_until_the_end(running: RunningSite, command: list[object], port: int) -> Iterator[int]:
    process = subprocess.Popen(
        [str(part) for part in command], cwd=running.folder, env={"PATH": os.environ["PATH"]}, stderr=subprocess.DEVNULL
    )
    try:
        running.wait_for(lambda: answers(port))
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/page.html"):
            return True
    except OSError:
        return False


def memory(running: RunningSite) -> str:
    """Of all processes of the site together: what each has for itself, and its part of what they share (PSS)."""
    assert running._server
    sizes = [proportional(process) for process in family(running._server.pid)]
    return f"{sum(sizes):.0f} MB in {len(sizes)} processes"


def family(process: int) -> list[int]:
    lists = Path(f"/proc/{process}/task").glob("*/children")  # each thread has its own
    children = [int(child) for each in lists for child in each.read_text().split()]
    return [process, *(member for child in children for member in family(child))]


def proportional(process: int) -> float:
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    found = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def tell(title: str, measured: dict[str, list[Round]]) -> None:
    print(title)  # noqa: T201 - the script's result
    own = [one.rate for one in measured["fast path"]]
    for name, rounds in measured.items():
        rates = [one.rate for one in rounds]
        shares = [mine / rate for mine, rate in zip(own, rates, strict=True)]
        p99, spent = (statistics.median(getattr(one, field) for one in rounds) for field in ("p99", "spent"))
        print(  # noqa: T201
            f"  {name}: {statistics.median(rates):.0f}/s ({min(rates):.0f}-{max(rates):.0f}), p99 {p99:.1f} ms, "
            f"{spent:.1f} us each; fast path = {statistics.median(shares):.2f} of it "
            f"({min(shares):.2f}-{max(shares):.2f}); others took up to {max(one.others for one in rounds):.0%}"
        )


if __name__ == "__main__":
    main()
