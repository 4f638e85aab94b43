"""Withholds what would point at a person; the last step before a report exists.

Thresholds are decision 0005: counts of persons or events 1 to 4 are withheld and others rounded
to base 5; a rate needs 10 events; a survey figure needs 30 respondents and is flagged below 100;
what was written needs 10 texts. Withheld cells beside a total take the next smallest with them,
since the total would give them back.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from survey.editions import Edition
from survey.reports import (
    Association,
    Beside,
    Estimate,
    NewCodebook,
    Rate,
    Received,
    Recoded,
    Restated,
    Status,
    ThemeShare,
    Tile,
)

FEWEST_EVENTS = 5
ROUNDING = 5
FEWEST_FOR_RATE = 10
FEWEST_TO_COUNT = 10
FEWEST_RESPONDENTS = 30
FEWEST_UNFLAGGED = 100
FEWEST_TEXTS = 10

Cell = TypeVar("Cell", Estimate, Rate, ThemeShare)


def edition(found: Edition) -> Edition:
    """The edition as it may be read by anybody; counts what was withheld."""
    index = estimates(found.index)
    complaints = rates(found.complaints)
    deployments = rates(found.deployments)
    themes = kept(shares(found.themes), found.city)
    series = tuple(
        msgspec.structs.replace(point, estimate=estimate(point.estimate))
        for point in found.index_series
    )
    cells: list[Estimate | Rate | ThemeShare] = [*index, *complaints, *deployments, *themes]
    return msgspec.structs.replace(
        found,
        received=tuple(received(row) for row in found.received),
        index=index,
        index_series=series,
        beside=tuple(beside(row) for row in found.beside),
        complaints=complaints,
        deployments=deployments,
        tactics=tuple((tactic, persons(count)) for tactic, count in found.tactics),
        themes=themes,
        association=association(found.association),
        published_association=association(found.published_association),
        tiles=tuple(tile(one, index) for one in found.tiles),
        campaigns=tuple(one for one in found.campaigns if one.texts >= FEWEST_TEXTS),
        restated=tuple(restated(row) for row in found.restated),
        new_codebook=new_codebook(found.new_codebook) if themes else None,
        withheld=sum(cell.status == "withheld" for cell in cells),
    )


def persons(count: int | None) -> int | None:
    """A count of persons or events: none for 1 to 4, else rounded to base 5; 0 stays 0."""
    if count is None or 0 < count < FEWEST_EVENTS:
        return None
    return ROUNDING * round(count / ROUNDING)


def told(count: int) -> str:
    """A count of persons or events in a sentence."""
    rounded = persons(count)
    return f"fewer than {FEWEST_EVENTS}" if rounded is None else f"about {rounded:,}"


def association(found: Association | None) -> Association | None:
    return found and msgspec.structs.replace(found, events=persons(found.events))


def estimate(found: Estimate) -> Estimate:
    n = found.n or 0
    if n < FEWEST_RESPONDENTS or found.value is None:
        return hide(found, n=found.n if n >= FEWEST_TO_COUNT else None)
    status: Status = "flagged" if n < FEWEST_UNFLAGGED else found.status
    return msgspec.structs.replace(found, status=status)


def hide(found: Estimate, n: int | None) -> Estimate:
    return msgspec.structs.replace(
        found,
        n=n,
        effective_n=None,
        value=None,
        standard_error=None,
        low=None,
        high=None,
        status="withheld",
    )


def estimates(found: Sequence[Estimate]) -> tuple[Estimate, ...]:
    """Means need no complement: a city's mean does not give back a borough's."""
    return tuple(estimate(one) for one in found)


def rate(found: Rate) -> Rate:
    events = persons(found.events)
    if events is None:
        return hide_rate(found)
    if (found.events or 0) < FEWEST_FOR_RATE:
        return msgspec.structs.replace(
            found, events=events, per_10_000=None, low=None, high=None, status="flagged"
        )
    return msgspec.structs.replace(
        found,
        events=events,
        per_10_000=rounded(found.per_10_000),
        low=rounded(found.low),
        high=rounded(found.high),
    )


def rounded(figure: float | None) -> float | None:
    """Two decimals, as the page shows it: nothing finer leaves the house by another door."""
    return None if figure is None else round(figure, 2)


def hide_rate(found: Rate) -> Rate:
    return msgspec.structs.replace(
        found, events=None, per_10_000=None, low=None, high=None, status="withheld"
    )


def rates(found: Sequence[Rate]) -> tuple[Rate, ...]:
    """A table of rates, the city's total first; one that has passed before stays as it is."""
    if any(one.status == "withheld" for one in found):
        return tuple(found)
    return complement([rate(one) for one in found], hide_rate, lambda one: one.events or 0)


def share(found: ThemeShare) -> ThemeShare:
    if (found.texts or 0) < FEWEST_TEXTS:
        return hide_share(found)
    return found if (found.voices or 0) >= FEWEST_TEXTS else without_voices(found)


def restated(row: Restated) -> Restated:
    return msgspec.structs.replace(row, was=persons(row.was), now=persons(row.now))


def new_codebook(found: NewCodebook | None) -> NewCodebook | None:
    """Without themes of which fewer than ten texts came or went: two figures would tell how few."""
    if found is None:
        return None
    moved = (
        row for row in found.recoded if abs((row.after or 0) - (row.before or 0)) >= FEWEST_TEXTS
    )
    return msgspec.structs.replace(
        found, texts=persons(found.texts), recoded=tuple(map(recoded, moved))
    )


def recoded(row: Recoded) -> Recoded:
    before, after = (
        None if 0 < (texts or 0) < FEWEST_TEXTS else texts for texts in (row.before, row.after)
    )
    return msgspec.structs.replace(row, before=before, after=after)


def without_voices(found: ThemeShare) -> ThemeShare:
    """Ten texts of which most are one campaign's: how few others wrote is not told."""
    return msgspec.structs.replace(found, voices=None, voice_share=None, voice_net_sentiment=None)


def hide_share(found: ThemeShare) -> ThemeShare:
    return msgspec.structs.replace(
        found,
        texts=None,
        share=None,
        machine_share=None,
        voices=None,
        voice_share=None,
        voice_net_sentiment=None,
        net_sentiment=None,
        low=None,
        high=None,
        status="withheld",
    )


def shares(found: Sequence[ThemeShare]) -> tuple[ThemeShare, ...]:
    return tuple(share(one) for one in found)


def kept(found: Sequence[ThemeShare], city: str) -> tuple[ThemeShare, ...]:
    """The city's themes, and those of boroughs that can be shown: a list of blanks helps nobody."""
    return tuple(one for one in found if one.domain == city or one.status != "withheld")


def beside(row: Beside) -> Beside:
    """Perception that its publisher has released stays; counts of deployments pass the rule."""
    if row.deployments is None:
        return row
    return msgspec.structs.replace(row, deployments=rate(row.deployments))


def received(row: Received) -> Received:
    return msgspec.structs.replace(
        row,
        sampled=row.sampled if (row.sampled or 0) >= FEWEST_TO_COUNT else None,
        open=persons(row.open),
        complaints=persons(row.complaints),
        open_voices=persons(row.open_voices),
        complaint_voices=persons(row.complaint_voices),
    )


def tile(found: Tile, index: Sequence[Estimate]) -> Tile:
    shown = any(one.domain == found.area and one.status != "withheld" for one in index)
    if shown:
        return found
    return msgspec.structs.replace(found, value=None, standing="withheld")


def complement(
    cells: list[Cell], hidden: Callable[[Cell], Cell], size: Callable[[Cell], int]
) -> tuple[Cell, ...]:
    """Wherever a cell is withheld beside the city's total, withhold the smallest other one too.

    The first cell is the total and stays: without another unknown it would give back a lone cell,
    or several that can only be ones. A cell of none goes last, for it hides least.
    """
    others = [cell for cell in cells[1:] if cell.status != "withheld"]
    if others and len(others) < len(cells) - 1:
        smallest = min(others, key=lambda cell: (size(cell) == 0, size(cell)))
        cells = [hidden(cell) if cell is smallest else cell for cell in cells]
    return tuple(cells)
