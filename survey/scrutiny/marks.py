"""What members of a scrutiny panel say of a record: alone first, then together."""

from typing import Literal, get_args

import msgspec

MarkColour = Literal["green", "amber", "red", "unsure"]
COLOURS: tuple[MarkColour, ...] = get_args(MarkColour)
LONGEST_WORDS = 4_000


class OwnMark(msgspec.Struct, frozen=True, kw_only=True):
    """A mark as a member gives it; `unsure` means that they cannot tell."""

    colour: MarkColour
    reasons: tuple[str, ...] = ()
    words: str = ""
    watched_video: bool = False


class MemberMark(OwnMark, frozen=True, kw_only=True):
    """A mark of a record by the member on a seat of the meeting; who that is stays in the store."""

    record: str
    seat: int


class MinorityView(msgspec.Struct, frozen=True):
    """A view that differs from the joint mark, without a name."""

    colour: MarkColour
    words: str


class JointMark(msgspec.Struct, frozen=True, kw_only=True):
    """What the panel says of a record together, with the views that differ."""

    record: str
    colour: MarkColour
    reasons: tuple[str, ...] = ()
    words: str = ""
    minority: tuple[MinorityView, ...] = ()


class SeatProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a member is: records marked, stepped aside from, and left. Never which mark."""

    account: str
    name: str
    seat: int
    marked: int
    aside: int
    left: int
