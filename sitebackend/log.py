"""Log lines without anybody's data.

What must never happen: an exception's message ("Key (email)=(…) already exists"), a path or a form value
reaches a log. So a traceback is written as its frames and the class of the exception, without the message,
Django's request log keeps the class of the answer only, and of granian's lines, which hold whole tracebacks
as text, the first line is kept. (sitebackend.wsgi logs what would reach granian.)
"""

import logging
import traceback
from types import TracebackType

_Exception = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class PrivateFormatter(logging.Formatter):
    """`time level logger message`, and of exceptions their class and frames only."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        if message := self._instead(record):
            record = logging.makeLogRecord(record.__dict__ | {"msg": message, "args": ()})
        record.exc_text = None
        return super().format(record)

    def _instead(self, record: logging.LogRecord) -> str:
        if record.name == "django.request":
            return "request failed"
        return record.getMessage().partition("\n")[0] if record.name.startswith("_granian") else ""

    def formatException(self, ei: _Exception) -> str:
        kind, error, trace = ei
        lines = [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
        name = f"{kind.__module__}.{kind.__qualname__}" if kind else "no exception"
        while error is not None and error.__cause__ is not None:
            error = error.__cause__
            name += f" from {type(error).__module__}.{type(error).__qualname__}"
        return "\n".join([name, *lines])
