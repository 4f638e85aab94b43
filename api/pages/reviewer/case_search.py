"""Looking for cases: what the address of the inbox asks for, and the words for each choice."""

import datetime
import re
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec

from survey.complaints import LIVE, Channel, Status
from survey.problems import Invalid
from survey.receipts import number_in
from survey.store.inbox import Wanted

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


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the address of the inbox asks for; nothing is every case that is not at its end."""

    q: str = ""
    status: Literal["all"] | Status | None = None
    borough: str | None = None
    kind: str | None = None
    handler: str | None = None
    overdue: Literal["yes"] | None = None
    channel: Channel | None = None
    since: datetime.date | None = None
    until: datetime.date | None = None

    def given(self) -> dict[str, Any]:
        """As the address says it."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    def query(self) -> str:
        return urlencode(self.given())

    def wanted(self, today: datetime.date, me: str) -> Wanted:
        chosen = me if self.handler == "me" else self.handler
        statuses: tuple[Status, ...] | None = LIVE if self.status is None else None
        if self.status is not None and self.status != "all":
            statuses = (self.status,)
        return Wanted(
            today=today,
            statuses=statuses,
            area=self.borough,
            kind=self.kind,
            handler=chosen if chosen and ACCOUNT.fullmatch(chosen) else None,
            nobody=chosen == "nobody",
            overdue=self.overdue == "yes",
            channel=self.channel,
            words=self.q or None,
            since=self.since,
            until=self.until,
        )


def number_typed(words: str) -> str | None:
    """The case number that was pasted, with a check letter or from before there were any."""
    plain = words.strip().upper()
    return number_in(plain) or (plain if OLDER_NUMBER.fullmatch(plain) else None)


def asked_in(query: dict[str, str]) -> Asked:
    given = {
        name: value.strip()[:MOST_WORDS]
        for name, value in query.items()
        if value.isprintable() and value.strip()
    }
    try:
        asked = msgspec.convert(given, Asked)
    except msgspec.ValidationError:
        raise unknown_filter() from None
    if asked.handler not in (None, "me", "nobody") and not ACCOUNT.fullmatch(asked.handler or ""):
        raise unknown_filter()
    return asked


def unknown_filter() -> Invalid:
    return Invalid(
        "cases.filter",
        "This search is not possible: a choice in the address is not known.",
        "Go back and choose from what the page offers.",
    )
