"""What the working group says of an edition, and what it decided to do."""

import datetime
from typing import Literal

import msgspec

ActionStatus = Literal["open", "done", "dropped"]


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """Something decided on an edition: what, by whom, by when."""

    id: str
    what: str
    owner: str
    due: datetime.date
    status: ActionStatus
    agreed_on: datetime.date
    outcome: str = ""
