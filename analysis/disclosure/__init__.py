"""Withholds what would point at a person; the last step before a report exists.

`edition` is the one way from computed figures to a page, a file or a mail. The numbers are decision
0005, what is hidden beside small cells and why is decision 0013.
"""

from collections.abc import Sequence

import msgspec

from analysis.disclosure import claims, events, fields, moves, older, ratios, samples, texts
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
from survey.weeks import Quality

GATE = 1

__all__ = [
    "FEWEST_EVENTS",
    "FEWEST_FOR_RATE",
    "FEWEST_RESPONDENTS",
    "FEWEST_TEXTS",
    "FEWEST_TO_COUNT",
    "FEWEST_UNFLAGGED",
    "ROUNDING",
    "as_served",
    "base",
    "cell",
    "derived",
    "edition",
    "persons",
    "told",
]


def edition(found: Edition, earlier: Sequence[Edition] = ()) -> Safe:
    """The edition as it may be read by anybody, with how many of its figures are withheld.

    `earlier` are the editions that have been told before and overlap in time: together with them,
    too, nobody may work out a small count. An edition that has passed stays as it is. What no part
    of the gate has looked at leaves empty (`fields`).
    """
    if isinstance(found, Safe):
        return found
    passage = Passage(found.city, earlier)
    gated = of_residents(of_events(passage, found))
    gated = msgspec.structs.replace(gated, **of_texts(passage, found))
    gated = msgspec.structs.replace(
        gated,
        funnels=tuple(moves.funnel(one, gated) for one in found.funnels),
        moved=moves.moved(found.moved, gated),
        alerts=moves.alerts(found.alerts, found.city),
    )
    return seal_edition(gated)


def derived(safe: Safe, moved: Sequence[Moved], alerts: Sequence[Alert]) -> Safe:
    """With what was made from the safe edition itself: no finer than it, and one event no place."""
    return seal_edition(
        msgspec.structs.replace(
            safe, moved=moves.moved(moved, safe), alerts=moves.alerts(alerts, safe.city)
        )
    )


def as_served(kept: Safe) -> Safe:
    """A kept edition as it may be read today: one that an older gate let pass loses what today's
    withholds; its counts stay as they were published."""
    if kept.gate >= GATE:
        return kept
    gated = older.without_what_told(kept)
    return seal_edition(msgspec.structs.replace(gated, alerts=moves.alerts(kept.alerts, kept.city)))


def seal_edition(gated: Edition) -> Safe:
    """With named fields only, the count of blanks, and the version of the gate."""
    hidden = count_withheld(gated)
    found = fields.with_named_fields_only(
        msgspec.structs.replace(gated, withheld=hidden, disclosure=log(hidden), gate=GATE)
    )
    return Safe(**{field: getattr(found, field) for field in Edition.__struct_fields__})


def log(hidden: int) -> tuple[Quality, ...]:
    """One number that anybody can count: why a figure is withheld would tell how small it is."""
    many = f"{hidden:,} figure{' is' if hidden == 1 else 's are'}" if hidden else "No figure is"
    return (
        Quality(
            "withheld",
            f"{many} withheld in the tables of the index, deployments, complaints and themes. "
            "It is not said which of them rest on few, on none, or stand beside others.",
        ),
    )


def of_events(passage: Passage, found: Edition) -> Edition:
    """Counts of deployments and complaints; what has most to tell is told first."""
    window = claims.rates_window(found)
    complaints = events.rates(passage, found.complaints, (("complaints",), window))
    deployments = events.rates(passage, found.deployments, (("uses",), window))
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
    )


def of_residents(found: Edition) -> Edition:
    """What residents drawn by chance said."""
    weighed = samples.weighed(found.weighting)
    index = samples.estimates(found.index, weighed=weighed)
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
        agreement=samples.agreement(found.agreement, weighed=weighed),
        groups=samples.groups(
            found.groups, found.index[0] if found.index else None, weighed=weighed
        ),
        small_areas=samples.small_areas(found.small_areas, index),
    )


def of_texts(passage: Passage, found: Edition) -> dict[str, object]:
    """What people wrote."""
    themes = texts.themes(passage, found)
    return {
        "themes": themes,
        "campaigns": texts.campaigns(passage, found),
        "new_codebook": texts.new_codebook(passage, found) if themes else None,
    }


def count_withheld(gated: Edition) -> int:
    """How many figures of four tables are withheld, as anybody can count who reads them."""
    tables = (gated.index, gated.complaints, gated.deployments, gated.themes)
    return sum(one.status == "withheld" for table in tables for one in table)
