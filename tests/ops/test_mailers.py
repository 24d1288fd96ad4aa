"""EMAIL_URL in the words of either Django version."""

import pytest

from sitebackend.setting_parsers import email_url, mailer


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("smtp://127.0.0.1:2525", {"host": "127.0.0.1", "port": 2525, "timeout": 20}),
        ("filemail:///var/mail", {"file_path": "/var/mail"}),
        ("memorymail://", {}),
    ],
)
def test_a_mailer_is_given_the_options_of_its_own_kind_only(url: str, options: dict[str, object]) -> None:
    assert mailer(email_url(url), timeout=20)["OPTIONS"] == options


def test_tls_and_the_login_reach_the_mailer() -> None:
    options = mailer(email_url("smtp+tls://site:pass@mail.example.de:587"), timeout=20)["OPTIONS"]
    assert options == {
        "host": "mail.example.de",
        "port": 587,
        "username": "site",
        "password": "pass",
        "use_tls": True,
        "timeout": 20,
    }
