"""Does the form for requests tell by its time whether somebody is known?

    uv run python -m tests.load.request_form_timing

Sends requests of a known person and of strangers by turns, and compares the times of the answers. Needs a machine
that does nothing else.
"""

import re
import statistics
import time
from html import unescape
from urllib.parse import urlencode

from tests.load.contact_site import FIELDS, Site, new_form, request, running_site

PORT = 8771
EACH = 400  # requests of the known person, and as many of strangers
PATH = "/datenschutz/anfrage/"


def main() -> None:
    with running_site("--workers", "1", port=PORT) as (site, _mailbox):
        _become_known(site)
        forms = [_form(number) for number in range(2 * EACH)]
        time.sleep(4)  # a form sent within seconds is taken for a machine's
        times: dict[str, list[float]] = {"known": [], "stranger": []}
        answers: dict[str, set[tuple[int, int]]] = {"known": set(), "stranger": set()}
        for number, nonce in enumerate(forms):
            who = "known" if number % 2 else "stranger"
            took, answer = _sent(number, nonce, FIELDS["email"] if who == "known" else _stranger(number))
            times[who].append(took)
            answers[who].add(answer)
    for who, measured in times.items():
        ordered = sorted(measured)
        p10, p90 = ordered[len(ordered) // 10], ordered[len(ordered) * 9 // 10]
        print(f"{who:9} median {statistics.median(ordered):6.2f} ms  10 % {p10:6.2f}  90 % {p90:6.2f}  {answers[who]}")  # noqa: T201
    difference = statistics.median(times["known"]) - statistics.median(times["stranger"])
    print(f"difference of the medians: {difference:+.2f} ms")  # noqa: T201


def _become_known(site: Site) -> None:
    for number in range(20):
        body = new_form(PORT, f"Nachricht {number}")
        request(PORT, "POST", "/kontakt/", body, network=5000 + number)


def _form(number: int) -> str:
    found = re.search(r'name="nonce" value="([^"]+)"', request(PORT, "GET", PATH, network=number)[2])
    assert found, "no form"
    return unescape(found[1])


def _stranger(number: int) -> str:
    return f"nobod{number % 10}@example.org"[: len(FIELDS["email"])].ljust(len(FIELDS["email"]), "g")


def _sent(number: int, nonce: str, email: str) -> tuple[float, tuple[int, int]]:
    """Milliseconds, and status with length of the answer."""
    typed = {"kind": "access", "name": "Erika Beispiel", "email": email, "number": "", "message": "", "extra": ""}
    body = urlencode(typed | {"nonce": nonce})
    start = time.perf_counter()
    status, headers, page = request(PORT, "POST", PATH, body, network=number)
    took = (time.perf_counter() - start) * 1000
    return took, (status, len(headers.get("location", "")) + len(page))


if __name__ == "__main__":
    main()
