"""Withholds what could identify a person; the last step before a report exists.

`safe_edition` is the only way from computed figures to a page, a file or a mail. The numbers
are decision 0005; what else is hidden next to small cells, and why, is decision 0013.
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
    count_text,
    rounded_base,
    rounded_cell,
    rounded_count,
)
from analysis.disclosure.session import DisclosureSession
from survey.editions.chapters.alerts import Alert
from survey.editions.chapters.changes import ChangeDecomposition
from survey.editions.chapters.deployments import QualityNote
from survey.editions.edition import Edition, SafeEdition

GATE_VERSION = 1

__all__ = [
    "FEWEST_EVENTS",
    "FEWEST_FOR_RATE",
    "FEWEST_RESPONDENTS",
    "FEWEST_TEXTS",
    "FEWEST_TO_COUNT",
    "FEWEST_UNFLAGGED",
    "ROUNDING",
    "as_served",
    "count_text",
    "rounded_base",
    "rounded_cell",
    "rounded_count",
    "safe_edition",
    "with_derived_figures",
]


def safe_edition(found: Edition, earlier: Sequence[Edition] = ()) -> SafeEdition:
    """The edition as anybody may read it, with the number of its figures that are withheld.

    `earlier` are the editions published before that overlap in time: nobody may work out a small
    count from all of them together either. An edition that has already passed stays as it is.
    Fields that no part of the gate has checked are left empty (`fields`).
    """
    if isinstance(found, SafeEdition):
        return found
    passage = DisclosureSession(found.city, earlier)
    gated = with_gated_residents(with_gated_events(passage, found))
    gated = msgspec.structs.replace(gated, **gated_text_fields(passage, found))
    gated = msgspec.structs.replace(
        gated,
        funnels=tuple(moves.gated_funnel(one, gated) for one in found.funnels),
        moved=moves.gated_changes(found.moved, gated),
        alerts=moves.gated_alerts(found.alerts, found.city),
    )
    return seal_edition(gated)


def with_derived_figures(
    safe: SafeEdition, moved: Sequence[ChangeDecomposition], alerts: Sequence[Alert]
) -> SafeEdition:
    """The edition with changes and alerts: no finer than its figures, no single event located."""
    return seal_edition(
        msgspec.structs.replace(
            safe,
            moved=moves.gated_changes(moved, safe),
            alerts=moves.gated_alerts(alerts, safe.city),
        )
    )


def as_served(kept: SafeEdition) -> SafeEdition:
    """A stored edition as it may be read today.

    If an older gate passed it, it loses what today's gate withholds; its counts stay as published.
    """
    if kept.gate >= GATE_VERSION:
        return kept
    gated = older.without_revealing_parts(kept)
    return seal_edition(
        msgspec.structs.replace(gated, alerts=moves.gated_alerts(kept.alerts, kept.city))
    )


def seal_edition(gated: Edition) -> SafeEdition:
    """The edition with named fields only, its number of blanks, and the gate's version."""
    hidden = count_withheld(gated)
    found = fields.with_named_fields_only(
        msgspec.structs.replace(
            gated, withheld=hidden, disclosure=withheld_lines(hidden), gate=GATE_VERSION
        )
    )
    return SafeEdition(**{field: getattr(found, field) for field in Edition.__struct_fields__})


def withheld_lines(hidden: int) -> tuple[QualityNote, ...]:
    """The number of withheld figures; a reason would reveal how small a figure is."""
    many = f"{hidden:,} figure{' is' if hidden == 1 else 's are'}" if hidden else "No figure is"
    return (
        QualityNote(
            "withheld",
            f"{many} withheld in the tables of the index, deployments, complaints and themes. "
            "It is not said which of them rest on few, on none, or stand beside others.",
        ),
    )


def with_gated_events(passage: DisclosureSession, found: Edition) -> Edition:
    """Gate the counts of deployments and complaints; the most informative tables come first."""
    window = claims.rates_window(found)
    complaints = events.gated_rates(passage, found.complaints, (("complaints",), window))
    deployments = events.gated_rates(passage, found.deployments, (("uses",), window))
    return msgspec.structs.replace(
        found,
        complaints=complaints,
        deployments=deployments,
        this_period=events.gated_period(passage, found),
        tactics=events.gated_tactics(passage, found),
        uses_by_week=events.gated_weeks(passage, found),
        received=events.gated_received(passage, found),
        about_taser=events.gated_taser_complaints(passage, found),
        persons=events.gated_persons(passage, found),
        beside=events.gated_perception(passage, found),
        restated=events.gated_restatements(passage, found.restated),
        disparities=ratios.gated_disparities(passage, found),
        fired=ratios.gated_fired(passage, found),
        completeness=events.gated_completeness(found.completeness),
    )


def with_gated_residents(found: Edition) -> Edition:
    """Gate the figures on what sampled residents said."""
    weighed = samples.has_usable_weights(found.weighting)
    index = samples.gated_estimates(found.index, weighed=weighed)
    return msgspec.structs.replace(
        found,
        index=index,
        index_series=tuple(
            msgspec.structs.replace(point, estimate=samples.gated_estimate(point.estimate))
            for point in found.index_series
        ),
        tiles=tuple(samples.gated_tile(one, index) for one in found.tiles),
        weighting=samples.gated_weighting(found.weighting),
        reliability=samples.gated_reliability(found.reliability),
        agreement=samples.gated_agreement(found.agreement, weighed=weighed),
        groups=samples.gated_groups(
            found.groups, found.index[0] if found.index else None, weighed=weighed
        ),
        small_areas=samples.gated_small_areas(found.small_areas, index),
    )


def gated_text_fields(passage: DisclosureSession, found: Edition) -> dict[str, object]:
    """Gate the figures on what people wrote."""
    themes = texts.gated_themes(passage, found)
    return {
        "themes": themes,
        "campaigns": texts.gated_campaigns(passage, found),
        "new_codebook": texts.gated_new_codebook(passage, found) if themes else None,
    }


def count_withheld(gated: Edition) -> int:
    """Number of withheld figures in four tables, as any reader could count it."""
    tables = (gated.index, gated.complaints, gated.deployments, gated.themes)
    return sum(one.status == "withheld" for table in tables for one in table)
