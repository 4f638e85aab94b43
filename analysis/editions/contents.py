"""The chapters of an edition, in the order in which their figures pass the gate.

The most informative counts come first: what is decided later gives way to what is shown already.
"""

from collections.abc import Iterator, Mapping

from analysis.disclosure.claims import PublishedCount
from analysis.disclosure.fields import SHARED, FieldTreatments, Treatment
from analysis.editions import front
from analysis.editions.chapter import Chapter, FieldCounts
from analysis.editions.chapters import (
    alerts,
    changes,
    demands,
    deployments,
    disparities,
    encounters,
    funnels,
    index,
    panels,
    published,
    quality,
    received,
    response,
    sample,
    scrutiny,
    themes,
    tone,
    trends,
    twelve_months,
)
from analysis.editions.figure_tables import TableRules
from survey.editions.edition import Edition, SafeEdition

CHAPTERS: tuple[Chapter, ...] = (
    deployments.CHAPTER,
    received.CHAPTER,
    published.CHAPTER,
    # Sums over a year give way to the counts of the period and of quarters.
    twelve_months.CHAPTER,
    trends.CHAPTER,
    quality.CHAPTER,
    disparities.CHAPTER,
    sample.CHAPTER,
    response.CHAPTER,
    index.CHAPTER,
    panels.CHAPTER,
    themes.CHAPTER,
    # A theme's tone is shown only where its count has passed.
    tone.CHAPTER,
    demands.CHAPTER,
    # Reports of panels are public already, and their marks are counted in no other chapter.
    scrutiny.CHAPTER,
    # People of a stream of their own, who are counted in no other chapter.
    encounters.CHAPTER,
    # Funnels and changes show only what the tables above have passed.
    funnels.CHAPTER,
    changes.CHAPTER,
    alerts.CHAPTER,
    # The headline is written from what the other chapters have derived.
    front.CHAPTER,
)


def edition_treatments() -> dict[type, FieldTreatments]:
    """How every field of an edition is treated, at every depth; a field without is withheld."""
    fields: dict[str, Treatment] = {
        field: "plain" if gate == "plain" else "gated"
        for chapter in CHAPTERS
        for field, gate in chapter.gates.items()
    }
    # Tables hold nothing but what their rules have passed.
    fields["tables"] = "gated"
    found: dict[type, FieldTreatments] = {Edition: fields, SafeEdition: fields, **SHARED}
    for chapter in CHAPTERS:
        found |= chapter.structs
    return found


TREATMENTS: Mapping[type, FieldTreatments] = edition_treatments()


# The rules of tables, by kind.
TABLES: Mapping[str, TableRules] = {
    rules.kind: rules for chapter in CHAPTERS for rules in chapter.tables
}


def table_counts(edition: Edition) -> Iterator[PublishedCount]:
    for table in edition.tables:
        yield from TABLES[table.kind].known_counts(table)


# The counts that each field reveals, by field.
COUNTS: Mapping[str, FieldCounts] = {
    field: counts for chapter in CHAPTERS for field, counts in chapter.counts.items()
} | {"tables": table_counts}


def published_counts(edition: Edition) -> Iterator[PublishedCount]:
    """Every count of events, persons and texts in an edition that has passed the gate."""
    for counts in COUNTS.values():
        yield from counts(edition)
