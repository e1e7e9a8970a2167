"""The log as one JSON object a line: route patterns, codes and ids of requests; no bodies, no queries, no people."""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime

LOG = logging.getLogger("hlc.http")


class JsonLines(logging.Formatter):
    """Formats a record and its `facts` as one line of JSON; a message cannot forge a second line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        facts: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        return json.dumps(facts, default=str)


def incident(error: BaseException, **facts: object) -> None:
    """Log what nobody foresaw: the type and the places in the code, never the message, which may hold data."""
    places = [f"{frame.filename.rpartition('/src/')[2]}:{frame.lineno} {frame.name}" for frame in _frames(error)]
    LOG.error("incident", extra={"facts": {"error": type(error).__name__, "places": places[-12:], **facts}})


def _frames(error: BaseException) -> list[traceback.FrameSummary]:
    return list(traceback.extract_tb(error.__traceback__))


def served(operation: str, method: str, status: int, seconds: float, correlation: str) -> None:
    """One line for one request: the operation, never the path, which may be a secret link."""
    LOG.info(
        "request",
        extra={
            "facts": {
                "operation": operation,
                "method": method,
                "status": status,
                "ms": round(seconds * 1000, 2),
                "correlation": correlation,
            }
        },
    )
