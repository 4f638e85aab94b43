"""An edition in a list: one sentence and a small picture."""

import datetime

import msgspec

from api.editions import contents
from api.editions.cells import report_tile
from api.editions.report import KeyFigure, ReportTile
from api.formatting import format_day, format_number, format_sentence, format_whole
from api.translating import edition_gettext as _
from survey.editions.edition import Edition


class IndexSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The city's perception index with its interval, and the days that it covers."""

    value: str
    low: str
    high: str
    answers: str
    start: datetime.date
    end: datetime.date


class EditionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """An edition in a list; `sentence` is the first of its headline, `stats` its key figures, both
    in English.

    `index` and `uses` (of a week) are None if they are withheld or do not exist.
    """

    kind: str
    start: datetime.date
    end: datetime.date
    number: int
    city: str
    label: str
    period: str
    sentence: str
    index: IndexSummary | None
    uses: str | None
    squares: tuple[ReportTile, ...]
    stats: tuple[KeyFigure, ...] = ()

    @property
    def address(self) -> str:
        return f"/reports/{self.kind}/{self.start}"

    @property
    def key(self) -> tuple[datetime.date, str, int]:
        """The cursor after which the next page of a list starts."""
        return self.start, self.kind, self.number

    def count(self, position: str) -> int:
        """How many boroughs have this position: below, within or above what chance allows."""
        return sum(one.standing == position for one in self.squares)


def edition_summary(edition: Edition, label: str) -> EditionSummary:
    tiles = edition.tiles if edition.index else ()
    this_week = edition.this_period if edition.kind == "weekly" else None
    events = this_week.events if this_week else None
    return EditionSummary(
        kind=edition.kind,
        start=edition.start,
        end=edition.end,
        number=edition.number,
        city=edition.city,
        label=label,
        period=days_in_words(edition.start, edition.end),
        sentence=format_sentence(edition.headline[0]) if edition.headline else "",
        index=index_summary(edition),
        uses=format_whole(events) if events else None,
        squares=tuple(report_tile(tile) for tile in tiles),
        stats=tuple(contents.key_figures(edition)),
    )


def days_in_words(start: datetime.date, end: datetime.date) -> str:
    """A range of days; the month and year appear once if they are the same."""
    if (start.year, start.month) == (end.year, end.month):
        first = str(start.day)
    elif start.year == end.year:
        first = format_day(start).rsplit(" ", 1)[0]
    else:
        first = format_day(start)
    return _("{first} to {last}").format(first=first, last=format_day(end))


def index_summary(edition: Edition) -> IndexSummary | None:
    for one in edition.index:
        if one.domain == edition.city and not (
            one.value is None or one.low is None or one.high is None
        ):
            return IndexSummary(
                value=format_number(one.value),
                low=format_number(one.low),
                high=format_number(one.high),
                answers=format_whole(one.n or 0),
                start=edition.index_from or edition.start,
                end=edition.end,
            )
    return None
