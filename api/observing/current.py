"""The request that is being answered, for whatever logs or counts meanwhile.

Its id is random, of this request alone, and stored nowhere. We take none from outside, because a
sender could put anything into it.
"""

from contextvars import ContextVar

import msgspec


class RequestRecord(msgspec.Struct):
    """What is known of the request that is being answered; `status` is 0 before the response."""

    id: str
    method: str
    began: float
    route: str = ""
    status: int = 0
    seconds: float = 0.0


CURRENT: ContextVar[RequestRecord | None] = ContextVar("request", default=None)


def current_request_id() -> str:
    """The id of the request that is being answered, or ""."""
    record = CURRENT.get()
    return record.id if record else ""
