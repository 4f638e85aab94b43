"""The search of the inbox, as it is in the address, and the labels of its choices."""

import datetime
import re
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec

from survey.cases.complaints import ACTIVE_STATUSES, CaseStatus, Channel
from survey.problems import Invalid
from survey.receipts import parse_case_number
from survey.store.cases.inbox import InboxSearch

MOST_WORDS = 200
STATUSES = {
    "all": "All, including closed and merged ones",
    "new": "New",
    "open": "Open",
    "waiting": "Waiting for the person",
    "decided": "Decided",
    "disputed": "Disputed",
    "closed": "Closed",
    "merged": "Merged into another",
}
CHANNELS = {
    "online": "Online",
    "phone": "By telephone",
    "paper": "On paper",
    "in_person": "In person",
}
OLDER_NUMBER = re.compile(r"[A-Z2-9]{4}-[A-Z2-9]{4}")
ACCOUNT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class CaseSearch(msgspec.Struct, frozen=True, omit_defaults=True):
    """The search in the address of the inbox; empty means every open case."""

    q: str = ""
    status: Literal["all"] | CaseStatus | None = None
    area: str | None = msgspec.field(default=None, name="borough")
    kind: str | None = None
    handler: str | None = None
    overdue: Literal["yes"] | None = None
    channel: Channel | None = None
    since: datetime.date | None = None
    until: datetime.date | None = None

    def parameters(self) -> dict[str, Any]:
        """The search as the parameters of an address."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    def query(self) -> str:
        return urlencode(self.parameters())

    def inbox_search(self, today: datetime.date, me: str) -> InboxSearch:
        chosen = me if self.handler == "me" else self.handler
        statuses: tuple[CaseStatus, ...] | None = ACTIVE_STATUSES if self.status is None else None
        if self.status is not None and self.status != "all":
            statuses = (self.status,)
        return InboxSearch(
            today=today,
            statuses=statuses,
            area=self.area,
            kind=self.kind,
            handler=chosen if chosen and ACCOUNT.fullmatch(chosen) else None,
            nobody=chosen == "nobody",
            overdue=self.overdue == "yes",
            channel=self.channel,
            words=self.q or None,
            since=self.since,
            until=self.until,
        )


def typed_case_number(words: str) -> str | None:
    """The case number in what was typed, with or without its check letter; None if it is not
    one.
    """
    plain = words.strip().upper()
    return parse_case_number(plain) or (plain if OLDER_NUMBER.fullmatch(plain) else None)


def parse_case_search(query: dict[str, str]) -> CaseSearch:
    given = {
        name: value.strip()[:MOST_WORDS]
        for name, value in query.items()
        # A search inside a form may bring a NUL, which PostgreSQL does not take in a text.
        if value.isprintable() and value.strip()
    }
    try:
        asked = msgspec.convert(given, CaseSearch)
    except msgspec.ValidationError:
        raise unknown_filter() from None
    # The column is a UUID: anything else would be an error of PostgreSQL.
    if asked.handler not in (None, "me", "nobody") and not ACCOUNT.fullmatch(asked.handler or ""):
        raise unknown_filter()
    return asked


unknown_filter = Invalid.of(
    "cases.filter",
    "This search is not possible: a choice in the address is not known.",
    "Go back and choose from what the page offers.",
)
