"""What one edition found, short enough for a list: one sentence, and a small picture."""

import datetime

import msgspec

from api.figures import day, number, spoken, whole
from api.sheet.nouns import Square
from api.sheet.perception import square
from survey.editions import Edition


class IndexFound(msgspec.Struct, frozen=True, kw_only=True):
    """The perception index of the whole city with its interval, and the days that it covers."""

    value: str
    low: str
    high: str
    answers: str
    start: datetime.date
    end: datetime.date


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """An edition in a list; `sentence` is its own first one, in English.

    `index` and `uses` (of a week) are None where they are withheld or where there are none.
    """

    kind: str
    start: datetime.date
    end: datetime.date
    number: int
    city: str
    label: str
    period: str
    sentence: str
    index: IndexFound | None
    uses: str | None
    squares: tuple[Square, ...]

    @property
    def address(self) -> str:
        return f"/reports/{self.kind}/{self.start}"

    @property
    def key(self) -> tuple[datetime.date, str, int]:
        """What the next page of a list begins behind."""
        return self.start, self.kind, self.number

    def count(self, standing: str) -> int:
        """How many boroughs lie so."""
        return sum(one.standing == standing for one in self.squares)


def summary_of(edition: Edition, label: str) -> Summary:
    tiles = edition.tiles if edition.index else ()
    this_week = edition.this_period if edition.kind == "weekly" else None
    events = this_week.events if this_week else None
    return Summary(
        kind=edition.kind,
        start=edition.start,
        end=edition.end,
        number=edition.number,
        city=edition.city,
        label=label,
        period=days(edition.start, edition.end),
        sentence=spoken(edition.headline[0]) if edition.headline else "",
        index=index_of(edition),
        uses=whole(events) if events else None,
        squares=tuple(square(tile) for tile in tiles),
    )


def days(start: datetime.date, end: datetime.date) -> str:
    """From one day to another, the month and the year said once where they are the same."""
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day} to {day(end)}"
    if start.year == end.year:
        return f"{day(start).rsplit(' ', 1)[0]} to {day(end)}"
    return f"{day(start)} to {day(end)}"


def index_of(edition: Edition) -> IndexFound | None:
    for one in edition.index:
        if one.domain == edition.city and not (
            one.value is None or one.low is None or one.high is None
        ):
            return IndexFound(
                value=number(one.value),
                low=number(one.low),
                high=number(one.high),
                answers=whole(one.n or 0),
                start=edition.index_from or edition.start,
                end=edition.end,
            )
    return None
