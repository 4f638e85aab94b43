"""Withholds what would point at a person; the last step before a report exists.

`edition` is the one way from computed figures to a page, a file or a mail. The numbers are decision
0005, what is hidden beside small cells and why is decision 0013.
"""

from collections.abc import Sequence

import msgspec

from analysis.disclosure import claims, events, moves, ratios, samples, texts
from analysis.disclosure.counts import (
    FEWEST_EVENTS,
    FEWEST_FOR_RATE,
    FEWEST_RESPONDENTS,
    FEWEST_TEXTS,
    FEWEST_TO_COUNT,
    FEWEST_UNFLAGGED,
    ROUNDING,
    base,
    cell,
    persons,
    told,
)
from analysis.disclosure.passage import Passage
from survey.alerts import Alert
from survey.changes import Moved
from survey.editions import Edition, Safe

__all__ = [
    "FEWEST_EVENTS",
    "FEWEST_FOR_RATE",
    "FEWEST_RESPONDENTS",
    "FEWEST_TEXTS",
    "FEWEST_TO_COUNT",
    "FEWEST_UNFLAGGED",
    "ROUNDING",
    "base",
    "cell",
    "derived",
    "edition",
    "persons",
    "told",
]


def edition(found: Edition, earlier: Sequence[Edition] = ()) -> Safe:
    """The edition as it may be read by anybody, with a log of what was withheld.

    `earlier` are the editions that have been told before and overlap in time: together with them,
    too, nobody may work out a small count. An edition that has passed stays as it is.
    """
    if isinstance(found, Safe):
        return found
    passage = Passage(found.city, earlier)
    gated = of_residents(passage, of_events(passage, found))
    gated = msgspec.structs.replace(gated, **of_texts(passage, found))
    gated = msgspec.structs.replace(
        gated,
        funnels=tuple(moves.funnel(one, gated) for one in found.funnels),
        moved=moves.moved(found.moved, gated),
        alerts=tuple(moves.alert(one, found.city) for one in found.alerts),
        withheld=withheld(gated),
        disclosure=passage.log(),
    )
    return Safe(**{field: getattr(gated, field) for field in gated.__struct_fields__})


def derived(safe: Safe, moved: Sequence[Moved], alerts: Sequence[Alert]) -> Safe:
    """With what was made from the safe edition itself: no finer than it, and one event no place."""
    return msgspec.structs.replace(
        safe,
        moved=moves.moved(moved, safe),
        alerts=tuple(moves.alert(one, safe.city) for one in alerts),
    )


def of_events(passage: Passage, found: Edition) -> Edition:
    """Counts of deployments and complaints; what has most to tell is told first."""
    window = claims.rates_window(found)
    complaints = events.rates(passage, "complaints", found.complaints, (("complaints",), window))
    deployments = events.rates(passage, "deployments", found.deployments, (("uses",), window))
    return msgspec.structs.replace(
        found,
        complaints=complaints,
        deployments=deployments,
        this_period=events.this_period(passage, found),
        tactics=events.tactics(passage, found),
        uses_by_week=events.by_week(passage, found),
        received=events.received(passage, found),
        about_taser=events.about_taser(passage, found),
        persons=events.persons_of(passage, found),
        beside=events.beside(passage, found),
        restated=events.restated(passage, found.restated),
        disparities=ratios.disparities(passage, found),
        fired=ratios.fired(passage, found),
        completeness=events.completeness(found.completeness),
        association=events.association(found.association),
        published_association=events.association(found.published_association),
    )


def of_residents(passage: Passage, found: Edition) -> Edition:
    """What residents drawn by chance said."""
    weighed = samples.weighed(found.weighting)
    index = samples.estimates(passage, "index", found.index, weighed=weighed)
    return msgspec.structs.replace(
        found,
        index=index,
        index_series=tuple(
            msgspec.structs.replace(point, estimate=samples.estimate(point.estimate))
            for point in found.index_series
        ),
        tiles=tuple(samples.tile(one, index) for one in found.tiles),
        weighting=samples.weighting(found.weighting),
        reliability=samples.reliability(found.reliability),
        agreement=samples.agreement(passage, found.agreement, weighed=weighed),
        groups=samples.groups(
            passage, found.groups, found.index[0] if found.index else None, weighed=weighed
        ),
        small_areas=samples.small_areas(passage, found.small_areas, index),
    )


def of_texts(passage: Passage, found: Edition) -> dict[str, object]:
    """What people wrote."""
    themes = texts.themes(passage, found)
    return {
        "themes": themes,
        "campaigns": texts.campaigns(passage, found),
        "new_codebook": texts.new_codebook(passage, found) if themes else None,
    }


def withheld(gated: Edition) -> int:
    tables = (gated.index, gated.complaints, gated.deployments, gated.themes)
    return sum(one.status == "withheld" for table in tables for one in table)
