"""Page views per second: the fast path, Django without it, nginx with a file, and a WSGI application that says hello.

    uv run python -m tests.load.pages_throughput [ROUNDS] [PAGES]

Needs wrk and nginx (Debian packages of these names). All are asked in turn, ROUNDS times two seconds each, over
32 kept connections with the headers of a browser; the medians are printed. All give the same number of bytes:
the packed page. The two hellos run on the server of the site with the same number of threads, one with two
headers, one with as many as the site sends. Wanted: at least 90 % of hello, 70 % of nginx, 20 times Django.
Then all is measured once more with PAGES pages, the first of them all the time and each of them in turn. Load
and servers share the machine: read the proportions.
"""

import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

from tests.running_site import RunningSite, free_port, site

PATH = "/leistungen/netzwerke/"
CONNECTIONS, SECONDS = 32, 2
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
Measured = dict[str, list[tuple[float, float]]]


def main(rounds: int = 7, pages: int = 10_000) -> None:
    with site() as running, ExitStack() as stack:
        body, headers = page(running)
        targets = {
            "fast path": running.url + PATH,
            "Django": f"{running.url}{PATH}?past=memory",  # a query string leads past the fast path
            "hello": stack.enter_context(hello(running, len(body), [])),
            "hello with the site's headers": stack.enter_context(hello(running, len(body), headers)),
            "nginx": stack.enter_context(nginx(running, body)),
        }
        measured = {name: [] for name in targets}
        for _ in range(rounds):
            for name, address in targets.items():
                measured[name].append(load(address))
        tell(f"few pages, {len(body)} bytes and {len(headers)} headers, {memory(running)}", measured)
        running.manage("demo_data", "--customers", "0", "--submissions", "0", "--pages", str(pages))
        again = {"fast path": [load(targets["fast path"]) for _ in range(rounds)], **all_in_turn(running, rounds)}
        tell(f"{pages} pages more, {memory(running)}", again)


def page(running: RunningSite) -> tuple[bytes, list[tuple[str, str]]]:
    """The packed page and its headers, once it is kept."""
    ask = Request(running.url + PATH, headers=BROWSER)
    urlopen(ask).close()
    with urlopen(ask) as answer:
        own = ("date", "server", "connection", "content-type", "content-length")
        return answer.read(), [(name, value) for name, value in answer.headers.items() if name.lower() not in own]


def load(address: str, *options: str) -> tuple[float, float]:
    """Answers per second, and the milliseconds in which 99 of 100 came."""
    said = [part for name, value in BROWSER.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--latency", *said, *options, address]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in report, report
    rate = re.search(r"Requests/sec:\s+([\d.]+)", report)
    p99 = re.search(r"Latency Distribution.* 99%\s+([\d.]+)(us|ms|s)", report, re.DOTALL)
    assert rate
    assert p99
    return float(rate[1]), float(p99[1]) * {"us": 0.001, "ms": 1, "s": 1000}[p99[2]]


def all_in_turn(running: RunningSite, rounds: int) -> Measured:
    """Each page of the sitemap, one after the other; the first walk, which renders them, is not measured."""
    with urlopen(f"{running.url}/sitemap.xml") as answer:
        index = answer.read().decode()
    parts = re.findall(r"<loc>[^<]*?(/sitemap[^<]*)</loc>", index) or ["/sitemap.xml"]
    found: list[str] = []
    for part in parts:
        with urlopen(running.url + part.replace("&amp;", "&")) as answer:
            found += re.findall(r"<loc>https?://[^/]+([^<]*)</loc>", answer.read().decode())
    kept = [path for path in found if "/probe-" in path]
    for path in kept:
        urlopen(Request(running.url + path, headers=BROWSER)).close()
    file, script = running.folder / "paths", running.folder / "in_turn.lua"
    file.write_text("\n".join(kept))
    script.write_text(EACH_IN_TURN.format(file=file))
    return {f"{len(kept)} pages in turn": [load(running.url, "-s", str(script)) for _ in range(rounds)]}


@contextmanager
def hello(running: RunningSite, size: int, more: list[tuple[str, str]]) -> Iterator[str]:
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
    with running_until_the_end(running, [*server, *options], port):
        yield f"http://127.0.0.1:{port}/"


@contextmanager
def nginx(running: RunningSite, body: bytes) -> Iterator[str]:
    """The same bytes as a file."""
    folder, port = running.folder / "nginx", free_port()
    (folder / "t").mkdir(parents=True)
    folder.chmod(0o755)
    running.folder.chmod(0o755)
    (folder / "page.html").write_bytes(body)
    (folder / "page.html").chmod(0o644)
    (folder / "nginx.conf").write_text(NGINX.format(port=port, folder=folder))
    with running_until_the_end(running, ["nginx", "-p", folder, "-c", folder / "nginx.conf"], port):
        yield f"http://127.0.0.1:{port}/page.html"


@contextmanager
def running_until_the_end(running: RunningSite, command: list[object], port: int) -> Iterator[None]:
    process = subprocess.Popen(
        [str(part) for part in command], cwd=running.folder, env={"PATH": os.environ["PATH"]}, stderr=subprocess.DEVNULL
    )
    try:
        running.wait_for(lambda: answers(port))
        yield
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


def tell(title: str, measured: Measured) -> None:
    medians = {name: statistics.median(rate for rate, _p99 in rounds) for name, rounds in measured.items()}
    print(title)  # noqa: T201 - the script's result
    for name, rounds in measured.items():
        rates = [rate for rate, _p99 in rounds]
        p99 = statistics.median(p99 for _rate, p99 in rounds)
        share = medians["fast path"] / medians[name]
        spread = f"{min(rates):.0f}-{max(rates):.0f}"
        print(f"  {name}: {medians[name]:.0f}/s ({spread}), p99 {p99:.1f} ms; fast path = {share:.2f} of it")  # noqa: T201


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
