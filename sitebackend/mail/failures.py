"""Why a mail was not taken: each exception of a conversation in plain words, and what it means for the mail.

What must never happen: a wrong setting counts as a mail's own fault, so that everything that waits becomes
undeliverable at once; or words that findings and lists show name a recipient.
"""

import re
import smtplib
import socket
import ssl
from collections.abc import Collection
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

_NO_LOGIN = {530, 534, 535, 538}  #: RFC 4954, 6
#: How servers say, of whatever they are asked, that they do not send for us.
_NOT_FOR_US = re.compile(r"sender|send ?as|relay|authenticat|\b5\.1\.[78]\b", re.IGNORECASE)
_HOST_MISMATCH, _EXPIRED, _NOT_YET_VALID = {62, 64}, 10, 9  # OpenSSL's X509_V_ERR_…
_ISSUER_UNKNOWN = {18, 19, 20, 21}


class Unanswered(smtplib.SMTPServerDisconnected):
    """All of a mail was handed over, and no answer says what became of it."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a mail was not taken, or is not known to be."""

    reply: str
    for_good: bool = False  #: asking again is of no use
    server_is_down: bool = False  #: nor would others pass
    is_in_doubt: bool = False  #: it may have been taken
    is_setting: bool = False  #: it does not mend itself: a setting is wrong


def explain(error: Exception, *, recipients: Collection[str] = (), server: str = "") -> Failure:
    """What an exception out of sending means for the mail and for those behind it; its reply names no recipient."""
    failure = _explained(error, server or "EMAIL_HOST")
    return replace(failure, reply=without_addresses(failure.reply, recipients)[:300])


def _explained(error: Exception, server: str) -> Failure:
    match error:
        case Unanswered():
            words = _("The mail server took all of it and then did not say whether it has it.")
            return Failure(words, is_in_doubt=True)
        case smtplib.SMTPRecipientsRefused(recipients=recipients):
            return _refused(*next(iter(recipients.values())))
        case smtplib.SMTPSenderRefused():
            return _refused(error.smtp_code, error.smtp_error, is_sender=True)
        case smtplib.SMTPDataError():
            return _refused(error.smtp_code, error.smtp_error)
        case smtplib.SMTPAuthenticationError() if error.smtp_code >= 500:
            return _login_refused(reply_of(error.smtp_code, error.smtp_error))
        case smtplib.SMTPException():
            return _no_conversation(error, server)
        case OSError():
            return _no_connection(error, server)
        case _:
            return Failure(_("The mail could not be made ({kind}).").format(kind=type(error).__name__))


def _refused(code: int, text: bytes | str, *, is_sender: bool = False) -> Failure:
    """The server says no to the sender, a recipient or the content."""
    reply, is_final = reply_of(code, text), 500 <= code < 600
    if is_final and code in _NO_LOGIN:
        return _login_refused(reply)
    too_large = code == 552
    if is_final and not too_large and (is_sender or _NOT_FOR_US.search(without_addresses(reply, ()))):
        words = _("The mail server sends nothing from this sender: {reply}. Are MAIL_FROM and EMAIL_USER right?")
        return _setting(words.format(reply=reply))
    return Failure(reply, for_good=is_final, server_is_down=code == 421)


def _login_refused(reply: str) -> Failure:
    words = _("The mail server refuses the login: {reply}. Are EMAIL_USER and EMAIL_PASSWORD right?")
    return _setting(words.format(reply=reply))


def _no_conversation(error: smtplib.SMTPException, server: str) -> Failure:
    """Greeting, HELO, TLS, login: not about this mail."""
    match error:
        case smtplib.SMTPResponseException() if error.smtp_code < 200:
            return _setting(_no_mail_server(server))
        case smtplib.SMTPResponseException():
            return Failure(reply_of(error.smtp_code, error.smtp_error), server_is_down=True)
        case smtplib.SMTPNotSupportedError() if "STARTTLS" in str(error):
            words = _(
                "{server} does not offer TLS (STARTTLS), and without it nothing is sent. Is EMAIL_SECURITY right?"
            )
            return _setting(words.format(server=server))
        case smtplib.SMTPNotSupportedError() if "UTF8" in str(error):
            words = _("The mail server takes no address with letters such as ä or ß before the @ (SMTPUTF8).")
            return Failure(words, for_good=True)
        case smtplib.SMTPServerDisconnected():
            words = _(
                "{server} took the call and then hung up or said nothing. With EMAIL_SECURITY=ssl the port is 465, "
                "with starttls 587."
            )
            return Failure(words.format(server=server), server_is_down=True)
        case _:
            words = _("{server} offers no login that works here, and EMAIL_USER asks for one.")
            return _setting(words.format(server=server))


def _no_connection(error: OSError, server: str) -> Failure:
    match error:
        case ssl.SSLCertVerificationError():
            return _setting(_certificate(error, server))
        case ssl.SSLError():
            words = _(
                "{server} does not speak TLS in the way that EMAIL_SECURITY says: ssl belongs to port 465, "
                "starttls to 587."
            )
            return _setting(words.format(server=server))
        case socket.gaierror(errno=socket.EAI_AGAIN):
            words = _("No name server answers, so {server} cannot be found. Is this machine connected?")
        case socket.gaierror():
            return _setting(_("There is no machine called {server}. Is EMAIL_HOST spelt right?").format(server=server))
        case ConnectionRefusedError():
            words = _("{server} refuses the connection: no mail server is running there. Are host and port right?")
        case TimeoutError():
            words = _("{server} does not answer. Are host and port right, or is a firewall in between?")
        case _:
            words = _("{server} cannot be reached ({kind}).").replace("{kind}", type(error).__name__)
    return Failure(words.format(server=server), server_is_down=True)


def _certificate(error: ssl.SSLCertVerificationError, server: str) -> str:
    if error.verify_code in _HOST_MISMATCH:
        words = _(
            "The certificate of {server} is for another name. Set EMAIL_HOST to the name that your provider names."
        )
    elif error.verify_code in _ISSUER_UNKNOWN:
        words = _("This machine does not know who issued the certificate of {server}; somebody may be in between.")
    elif error.verify_code in (_EXPIRED, _NOT_YET_VALID):
        words = _("The certificate of {server} is out of date, or the clock of this machine is wrong.")
    else:
        words = _("The certificate of {server} is not accepted: {reason}").replace("{reason}", error.verify_message)
    return words.format(server=server) + " " + _("Nothing was sent.")


def _no_mail_server(server: str) -> str:
    return _("What answers at {server} is no mail server. Are EMAIL_HOST and EMAIL_PORT right?").format(server=server)


def _setting(words: str) -> Failure:
    return Failure(words, server_is_down=True, is_setting=True)


def reply_of(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(words.split())}"[:200]


def without_addresses(reply: str, recipients: Collection[str]) -> str:
    """Servers repeat whom they refuse, in their own words; findings and lists show these words."""
    reply = re.sub(r"[^\s<>]+@[^\s<>]+", "…", reply)
    for address in recipients:
        reply = re.sub(rf"(?<!\w){re.escape(address.partition('@')[0])}(?!\w)", "…", reply, flags=re.IGNORECASE)
    return reply
