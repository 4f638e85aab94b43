"""The gate: the chapters in the order in which they pass it, and what is withheld of each.

`safe_edition` is the only way from computed figures to a page, a file or a mail. The numbers
are decision 0005; what else is hidden next to small cells, and why, is decision 0013.
"""

import datetime
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from analysis.disclosure import PublishedCount, Series, enclosing_series
from analysis.disclosure.gates import SHARED, FieldTreatments, Treatment, with_named_fields_only
from analysis.disclosure.session import DisclosureSession
from analysis.editions import front
from analysis.editions.chapter import (
    Chapter,
    Derivation,
    FieldCounts,
    GateStep,
    TableRules,
    gated_table,
)
from analysis.editions.chapters import (
    alerts,
    changes,
    demands,
    deployments,
    disparities,
    encounters,
    funnels,
    groupings,
    handling,
    history,
    index,
    outcome,
    panels,
    published,
    quality,
    received,
    recommendations,
    response,
    sample,
    scrutiny,
    themes,
    tone,
    trends,
    twelve_months,
)
from survey.editions import IDENTITY_FIELDS, Edition, SafeEdition
from survey.editions.actions import EditionFinding, EditionKey
from survey.editions.caseload import ComplaintRatio
from survey.editions.figures import Association, QualityNote
from survey.sentences import Sentence, plural_sentence, sentence_sources, with_plain_strings

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
    # Groups of boroughs give way to the boroughs' own figures.
    groupings.CHAPTER,
    panels.CHAPTER,
    themes.CHAPTER,
    # A theme's tone is shown only where its count has passed.
    tone.CHAPTER,
    demands.CHAPTER,
    # Reports of panels are public already, and their marks are counted in no other chapter.
    scrutiny.CHAPTER,
    # People of a stream of their own, who are counted in no other chapter.
    encounters.CHAPTER,
    handling.CHAPTER,
    # Funnels and changes show only what the tables above have passed.
    funnels.CHAPTER,
    changes.CHAPTER,
    # Compares what reports have printed.
    recommendations.CHAPTER,
    outcome.CHAPTER,
    # Repeats what earlier reports printed, and what this one prints.
    history.CHAPTER,
    alerts.CHAPTER,
    # The headline is written from what the other chapters have derived.
    front.CHAPTER,
)
# The rules of tables, by kind.
TABLES: Mapping[str, TableRules] = {
    rules.kind: rules for chapter in CHAPTERS for rules in chapter.tables
}
GATE_VERSION = 1  # editions of an older gate lose in `as_served` what a newer one withholds
# Lines of the data quality log that named boroughs or gave exact counts.
REVEALING_LINES = frozenset({"silent_areas", "restated", "few_answers", "unscored"})
# Sentences of an older gate are stored as text, so they are recognised by their words.
RANGE_WORDS = "that the weeks before would give"
FEW_AREAS_WORDS = "Deployments in only"


def edition_treatments() -> dict[type, FieldTreatments]:
    """How each field of an edition is treated, at every depth; an unnamed field is withheld."""
    fields: dict[str, Treatment] = {
        field: "plain" if gate == "plain" else "gated"
        for chapter in CHAPTERS
        for field, gate in chapter.gates.items()
    }
    # Tables hold nothing but what their rules have passed.
    fields["tables"] = "gated"
    treatments: dict[type, FieldTreatments] = {Edition: fields, SafeEdition: fields, **SHARED}
    for chapter in CHAPTERS:
        treatments |= chapter.structs
    return treatments


TREATMENTS: Mapping[type, FieldTreatments] = edition_treatments()


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


def safe_edition(
    edition: Edition, earlier: Sequence[Edition] = (), current: Collection[EditionKey] = ()
) -> SafeEdition:
    """The edition as anybody may read it, with the number of its figures that are withheld.

    `earlier` are the editions made before that overlap in time: nobody may work out a small count
    from all of them together either. Counts and tables are repeated only from the `current` ones
    (published, neither withdrawn nor corrected). An edition that has already passed stays as it is.
    The result first says only which edition it is; each field of each chapter is added as its gate
    lets it pass, so a field without a gate stays empty.
    """
    if isinstance(edition, SafeEdition):
        return edition
    session = open_session(edition.city, earlier)
    standing = [earlier_edition for earlier_edition in earlier if earlier_edition.which in current]
    session.allow_repeats(repeatable_counts(standing, earlier))
    gated = Edition(**{name: getattr(edition, name) for name in front.CHAPTER.gates})
    for chapter in CHAPTERS:
        for name in chapter.gates:
            value = gated_field(chapter, name, GateStep(session, edition, gated, standing))
            gated = replace(gated, **{name: value})
        for rules in chapter.tables:
            for table in edition.tables_of(rules.kind):
                passed = gated_table(session, rules, table, passed=gated.tables, current=standing)
                if passed:
                    gated = replace(gated, tables=(*gated.tables, passed))
    return seal_edition(gated)


def gated_field(chapter: Chapter, name: str, step: GateStep) -> object:
    """The public value of a field; its digits are rounded when the edition is sealed."""
    gate = chapter.gates[name]
    return gate(step) if callable(gate) else getattr(step.computed, name)


def with_derived_fields(given: Derivation) -> SafeEdition:
    """The edition with what each chapter makes from published figures, through the same gate."""
    for chapter in CHAPTERS:
        fields = chapter.derive(given)
        edition = replace(given.safe, **fields)
        # Derived fields add no counts of their own, so earlier editions need not be known here.
        step = GateStep(open_session(edition.city), edition, given.safe)
        values = {
            name: gated_field(chapter, name, step) for name in fields if name in chapter.gates
        }
        given = given._replace(safe=replace(given.safe, **values))
    return seal_edition(given.safe)


def repeatable_counts(
    current: Iterable[Edition], earlier: Iterable[Edition]
) -> Iterator[PublishedCount]:
    """The counts that the current editions counted themselves.

    A count that a current edition only repeats is from another edition, which may be withdrawn by
    now: it is used only if older than all `earlier` editions, which then cannot show it.
    """
    oldest = min((earlier_edition.end for earlier_edition in earlier), default=datetime.date.min)
    for edition in current:
        for count in published_counts(edition):
            until = count.days[1]
            if until == edition.end or until < oldest:
                yield count


def open_session(city: str, earlier: Iterable[Edition] = ()) -> DisclosureSession:
    """A disclosure session that knows every count of the editions made before."""
    session = DisclosureSession(city)
    for edition in earlier:
        groupings.add_groups(session, edition)
        session.remember([*published_counts(edition)])
    return session


def edition_with_counts(edition: SafeEdition) -> SafeEdition:
    """A copy of the edition with its published counts, and what a history repeats of it.

    It is stored with the inputs of each later edition, so no more goes along than its gate needs.
    """
    return edition_with_fields(edition, (*COUNTS, *history.PRINTED_FIELDS))


def edition_with_year_counts(edition: SafeEdition) -> SafeEdition:
    """A copy of the edition with its published counts of what is also summed over twelve months."""
    fields = [
        field
        for field, counts in COUNTS.items()
        if any(is_summed_over_year(count.series, edition.city) for count in counts(edition))
    ]
    return edition_with_fields(edition, fields)


def is_summed_over_year(series: Series, city: str) -> bool:
    """Whether a sum over twelve months includes the events of this series."""
    wholes = (series, *enclosing_series(series, city))
    return any(name in twelve_months.SERIES.values() for name, *_ in wholes)


def edition_with_fields(edition: SafeEdition, fields: Iterable[str]) -> SafeEdition:
    """A copy of the edition that has only these fields, and says which edition it is."""
    return SafeEdition(**{name: getattr(edition, name) for name in (*IDENTITY_FIELDS, *fields)})


def as_served(stored: SafeEdition) -> SafeEdition:
    """A stored edition as it may be read today.

    If an older gate passed it, it loses what today's gate withholds; its counts stay as published.
    """
    if stored.gate >= GATE_VERSION:
        return stored
    shown = alerts.publishable_alerts(stored.alerts, stored.city)
    return seal_edition(replace(without_revealing_parts(stored), alerts=shown))


def seal_edition(gated: Edition) -> SafeEdition:
    """The edition with named fields only, its number of blanks, and the gate's version."""
    complaints = () if "complaints" in gated.uncollected else gated.complaints
    tables = (gated.index, complaints, gated.deployments, gated.themes)
    hidden = sum(row.status == "withheld" for table in tables for row in table)
    named = with_named_fields_only(
        replace(gated, withheld=hidden, disclosure=withheld_lines(hidden), gate=GATE_VERSION),
        TREATMENTS,
    )
    safe = SafeEdition(**{field: getattr(named, field) for field in Edition.__struct_fields__})
    # Found in what is left of the edition, so that no source says what was withheld.
    sources = sentence_sources(replace(safe, sentences=()), safe.sentences)
    return with_plain_strings(replace(safe, sentences=sources))


def withheld_lines(hidden: int) -> tuple[QualityNote, ...]:
    """A line with the number of withheld figures; a reason would reveal how small a figure is."""
    if not hidden:
        return (
            QualityNote(
                "withheld",
                Sentence(
                    "No figure is withheld in the tables of the index, deployments, complaints and "
                    "themes."
                ),
            ),
        )
    return (
        QualityNote(
            "withheld",
            plural_sentence(
                "{n} figure is withheld in the tables of the index, deployments, complaints and "
                "themes. We do not say why: a reason could show how small it is.",
                "{n} figures are withheld in the tables of the index, deployments, complaints and "
                "themes. We do not say why each is: a reason could show how small it is.",
                n=hidden,
            ),
        ),
    )


def without_revealing_parts(stored: SafeEdition) -> SafeEdition:
    """The edition without what revealed small counts.

    Removed are the range made from exact counts, boroughs named for having none, the number of
    boroughs without complaints, and a hash of inputs that can be guessed.
    """
    now = stored.this_period
    return replace(
        stored,
        quality=tuple(line for line in stored.quality if line.kind not in REVEALING_LINES),
        this_period=now and replace(now, low=None, high=None),
        findings=tuple(finding for finding in stored.findings if not is_range_finding(finding)),
        association=without_few_areas_caveat(stored.association),
        published_association=without_few_areas_caveat(stored.published_association),
        complained=without_refused_ratio(stored.complained),
        inputs_sha256="",
    )


def is_range_finding(finding: EditionFinding) -> bool:
    return RANGE_WORDS in finding.sentence


def without_few_areas_caveat(association: Association | None) -> Association | None:
    return association and replace(
        association,
        caveats=tuple(
            caveat for caveat in association.caveats if not caveat.startswith(FEW_AREAS_WORDS)
        ),
    )


def without_refused_ratio(ratio: ComplaintRatio | None) -> ComplaintRatio | None:
    """The ratio of complaints, None if it was refused.

    Its sentence revealed how many boroughs had complaints.
    """
    return None if ratio is None or ratio.ratio is None else ratio
