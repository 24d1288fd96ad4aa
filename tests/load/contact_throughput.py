"""How many posts the form takes, with the mail server answering and with it silent, and the pages beside it.

    uv run python -m tests.load.contact_throughput [SECONDS] [WORKERS] [PORT]

16 connections post forms that were opened before the clock starts; one more reads pages all the time.
Wanted on two cores: at least 150 posts/s, p95 at most 150 ms, the same with the mail server silent.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from statistics import median, quantiles

from tests.load.contact_site import Mailbox, Site, new_form, request, running_site

CONNECTIONS = 16
USES = 3  # of one form with another text: with the fourth it would be a suspect, which is not mailed
MOST_PER_SECOND = 400  # more than any machine of this size has taken


def main(seconds: int = 10, workers: int = 2, port: int = 8101) -> None:
    with running_site("--workers", str(workers), port=port) as (site, mailbox):
        measure(site, mailbox, seconds, is_silent=False)
        measure(site, mailbox, seconds, is_silent=True)


def measure(site: Site, mailbox: Mailbox, seconds: int, *, is_silent: bool) -> None:
    mailbox.is_silent = is_silent
    alone = sorted(timed(lambda: request(site.port, "GET", "/")) for _ in range(200))
    numbers = count(1)
    forms = [new_form(site.port, "Nachricht ") for _ in range(seconds * MOST_PER_SECOND // USES)]
    end = time.monotonic() + seconds
    with ThreadPoolExecutor(CONNECTIONS + 1) as connections:
        reader = connections.submit(read_until, site.port, end)
        posts = [connections.submit(post_until, site.port, forms, numbers, end) for _ in range(CONNECTIONS)]
        times = sorted(moment for post in posts for moment in post.result())
        beside = sorted(reader.result())
    print(  # noqa: T201 - the script's result
        f"mail server {'silent' if is_silent else 'answers'}: {len(times) / seconds:.0f} posts/s, "
        f"median {1000 * median(times):.0f} ms, p95 {1000 * p95(times):.0f} ms, worst {1000 * times[-1]:.0f} ms; "
        f"pages alone p95 {1000 * p95(alone):.0f} ms, beside p95 {1000 * p95(beside):.0f} ms"
    )


def post_until(port: int, forms: list[str], numbers: "count[int]", end: float) -> list[float]:
    times = []
    while time.monotonic() < end:
        number = next(numbers)
        body = forms[number // USES].replace("message=Nachricht+", f"message=Nachricht+{number}")
        times.append(timed(lambda body=body, number=number: post(port, body, number)))  # type: ignore[misc]
    return times


def post(port: int, body: str, number: int) -> None:
    status = request(port, "POST", "/kontakt/", body, network=number)[0]
    assert status == 303, status


def read_until(port: int, end: float) -> list[float]:
    times = []
    while time.monotonic() < end:
        times.append(timed(lambda: request(port, "GET", "/")))
        time.sleep(0.02)
    return times


def timed(action: object) -> float:
    start = time.monotonic()
    action()  # type: ignore[operator]
    return time.monotonic() - start


def p95(times: list[float]) -> float:
    return quantiles(times, n=20)[-1]


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
