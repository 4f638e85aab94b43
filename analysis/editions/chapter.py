"""What a chapter of an edition is: its fields or tables of figures, and how they pass the gate.

Rules of tables are written once. From the rules follow what is withheld, how it is rounded, and
what later editions must know of its counts. A count, figure or fact that no rule names is not
published.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from msgspec.structs import replace

from analysis import disclosure
from analysis.disclosure.gates import FieldTreatments
from analysis.disclosure.session import CountGate, DisclosureSession, PublicCounts
from analysis.editions.inputs import EditionInputs
from analysis.editions.workings import Workings
from survey.editions import Edition, SafeEdition
from survey.editions.figures import FigureTable, TableCount, TableFigure

REST = ""  # what the rows of a list leave of the count that they add up to
# The counts that a field of a published edition reveals.
FieldCounts = Callable[[Edition], Iterator[disclosure.PublishedCount]]
NO_COUNTS: Mapping[str, FieldCounts] = {}
# Values of some fields of `Edition`, by name: what a chapter adds to the edition.
ChapterFields = Mapping[str, object]


class CountRule(NamedTuple):
    """How a count passes the gate, and its `series`: this name, then the table's key and the row.

    A total of 0 may be shown. Counts with `cells` are a list: a cell is withheld if it is 0 or
    small, or would give away another cell; together the cells add up to the count `whole`, if one
    is named. No cell is shown if the count that `least` names is below the number given there. If a
    count with `repeats` is withheld, the last one that a current edition published takes its place.
    """

    series: str
    rounding: disclosure.RoundingRule = disclosure.EVENTS
    cells: bool = False
    whole: str = ""
    least: tuple[str, int] | None = None
    repeats: bool = False


class FigureRule(NamedTuple):
    """How a figure passes the gate.

    A share is `of` a count. It is withheld if that count is withheld, if share times count is fewer
    than `rounding` lets a list show, or if the figure `beside` it in its row is withheld. A figure
    without a count is about no person (how well a machine reads, say) and is given to three digits.
    """

    of: str = ""
    rounding: disclosure.RoundingRule = disclosure.TEXTS
    beside: str = ""


def nothing_made(_: FigureTable) -> Iterable[TableFigure]:
    return ()


class TableRules(NamedTuple):
    """What tables of a kind hold, and by which rule each count and figure passes.

    A table is left out if it lacks a count that it `needs`, its own or that of a table above it
    (one whose key begins this table's key). If it `stays`, the last table that a current edition
    published takes its place, or else it says that there are `few`. `made` gives the figures that
    follow from published counts, and sees nothing else.
    """

    kind: str
    facts: Sequence[str]
    counts: Mapping[str, CountRule]
    figures: Mapping[str, FigureRule] = {}
    needs: Sequence[str] = ()
    stays: bool = False
    made: Callable[[FigureTable], Iterable[TableFigure]] = nothing_made

    def known_counts(self, table: FigureTable) -> Iterator[disclosure.PublishedCount]:
        """What readers know from the counts of a table that has passed the gate."""
        for count in table.counts:
            rule = self.counts[count.name]
            whole = self.series(table, rule.whole) if rule.whole else None
            series = self.series(table, count.name, count.row)
            days = table.first, count.until or table.last
            yield disclosure.PublishedCount(series, days, count.count, rule.rounding, whole)

    def series(self, table: FigureTable, count: str, row: str = "") -> disclosure.Series:
        return self.counts[count].series, *table.key, *((row,) if row else ())


class TableStep(NamedTuple):
    """What the gate of a count may look at: its table before the gate, and what has passed so
    far.
    """

    session: DisclosureSession
    rules: TableRules
    computed: FigureTable
    gated: FigureTable


def gated_table(
    session: DisclosureSession,
    rules: TableRules,
    table: FigureTable,
    *,
    passed: Sequence[FigureTable] = (),
    current: Sequence[Edition] = (),
) -> FigureTable | None:
    """The table with what its rules let pass, and nothing else; None if it is left out.

    `passed` are the tables of the edition that have passed before it.
    """
    above = [parent for parent in passed if parent.key == table.key[: len(parent.key)]]
    for name in set(rules.needs) - rules.counts.keys():
        if all(parent.count(name) is None for parent in above):
            return None
    facts = tuple(fact for fact in table.facts if fact[0] in rules.facts)
    gated = replace(table, facts=facts, counts=(), figures=())
    for name in rules.counts if not table.missing else ():
        step = TableStep(session, rules, table, gated)
        gated = replace(gated, counts=(*gated.counts, *gated_counts(step, name)))
        if name in rules.needs and gated.count(name) is None:
            if not rules.stays:
                return None
            few = replace(gated, missing="few", counts=())
            return last_table(table, current, name) or with_figures(rules, table, few)
    return with_figures(rules, table, gated)


def gated_counts(step: TableStep, name: str) -> Iterator[TableCount]:
    """The counts of a name as they may be published."""
    session, rules, year, _ = step
    rule, days = rules.counts[name], year.days
    mine = {
        rules.series(year, name, count.row): count for count in year.counts if count.name == name
    }
    if not rule.cells:
        for series, table_count in mine.items():
            shown = replace(
                table_count,
                count=session.total(series, days, table_count.count, rule=rule.rounding),
            )
            if rule.repeats and shown.count is None and (last := session.last_shown(series, days)):
                shown = replace(table_count, count=last[0], until=last[1])
            yield shown
    elif mine:
        cells = gated_cells(
            step, name, {series: own_count.count for series, own_count in mine.items()}
        )
        for series, table_count in mine.items():
            yield replace(table_count, count=cells[series[-1]])


def gated_cells(
    step: TableStep, name: str, counts: Mapping[disclosure.Series, int | None]
) -> Mapping[str, int | None]:
    """The cells of a list by the last part of their series, decided together."""
    session, rules, table, gated = step
    rule = rules.counts[name]
    cells = {series[-1]: count for series, count in counts.items()}
    if rule.least and (gated.count(rule.least[0]) or 0) < rule.least[1]:
        return dict.fromkeys(cells)
    whole = None
    if rule.whole:
        of = rules.counts[rule.whole].rounding
        series = rules.series(table, rule.whole)
        whole = disclosure.PublishedCount(series, table.days, gated.count(rule.whole), of)
        rest = (table.count(rule.whole) or 0) - sum(cell or 0 for cell in cells.values())
        cells |= {REST: rest} if rest > 0 else {}
    about = next(iter(counts))[:-1], table.days
    return session.table(whole, cells, about, rule=rule.rounding)


def with_figures(rules: TableRules, table: FigureTable, gated: FigureTable) -> FigureTable:
    """The gated table with those figures of `table` that the gated counts allow, and with the
    figures that the rules work out from the gated counts.
    """
    for figure in table.figures:
        rule = rules.figures.get(figure.name)
        if rule and not (rule.of and gated.missing):
            cells = [disclosure.significant_digits(cell) for cell in figure.cells]
            if rule.of:
                many = rule.rounding.cell(round((figure.value or 0) * (table.count(rule.of) or 0)))
                beside = not rule.beside or gated.figure(rule.beside, figure.row).value is not None
                shown = many and beside and gated.count(rule.of) is not None
                cells = [
                    disclosure.rounded_figure(cell) if shown else None for cell in figure.cells
                ]
            passed = replace(figure, **dict(zip(("value", "low", "high"), cells, strict=True)))
            gated = replace(gated, figures=(*gated.figures, passed))
    return replace(gated, figures=(*gated.figures, *rules.made(gated)))


def last_table(
    own_table: FigureTable, current: Sequence[Edition], count: str
) -> FigureTable | None:
    """What a current edition last published of the table, if it has the count.

    Where too few were added since, repeating it reveals nothing.
    """
    known = (
        table
        for edition in current
        for table in edition.tables_of(own_table.kind)
        # What an edition repeats is another one's.
        if table.key == own_table.key
        and table.count(count)
        and table.last == edition.end < own_table.last
    )
    return max(known, key=lambda known_table: known_table.last, default=None)


class GateStep(NamedTuple):
    """What the gate of a field may look at.

    `computed` is the edition before it, `gated` what has passed so far; `session` remembers every
    published count, and `current` are the published editions, neither withdrawn nor corrected.
    """

    session: DisclosureSession
    computed: Edition
    gated: Edition
    current: Sequence[Edition] = ()

    @property
    def uses(self) -> CountGate:
        """The gate of counts of deployments: open if their publisher has released them."""
        return PublicCounts() if self.computed.as_published else self.session


class EditionPair(NamedTuple):
    """An edition before and after disclosure control."""

    full: Edition
    safe: Edition


class Derivation(NamedTuple):
    """The gated edition and how it was made, for fields that are derived from published figures.

    `full` is the edition before the gate; `again` makes the main figures from other inputs, by the
    same functions and through the same gate.
    """

    workings: Workings
    full: Edition
    safe: SafeEdition
    again: Callable[[EditionInputs], EditionPair]


FieldGate = Callable[[GateStep], object]


def unless_public(counts: Mapping[str, FieldCounts]) -> Mapping[str, FieldCounts]:
    """The counts by field that only this edition gives: none if their publisher released them."""

    def counts_unless_public(
        of_field: FieldCounts, edition: Edition
    ) -> Iterator[disclosure.PublishedCount]:
        return iter(()) if edition.as_published else of_field(edition)

    return {
        field: functools.partial(counts_unless_public, of_field)
        for field, of_field in counts.items()
    }


def nothing_computed(_: Workings | Derivation) -> ChapterFields:
    return {}


def no_tables(_: Workings) -> Iterator[FigureTable]:
    return iter(())


class Chapter(NamedTuple):
    """A chapter: what it computes, and how its fields pass the gate.

    `gates` names every field of `Edition` that belongs to the chapter: a function gives its public
    value; 'plain' is not a figure (which, when, where, or words chosen from published figures);
    'digits' rests on all cells together and is rounded to three digits. `structs` does the same for
    the fields of its Structs. A field that is not named is published empty. `counts` gives the
    counts that each field of a published edition reveals: these fields, and no others, are what
    later editions know of it. `derive` gives fields made from the gated edition.

    A chapter of tables needs none of these: `compute_tables` gives its figures, and the rules of
    each kind in `tables` say how they pass.
    """

    name: str
    compute: Callable[[Workings], ChapterFields] = nothing_computed
    gates: Mapping[str, FieldGate | Literal["plain", "digits"]] = {}
    structs: Mapping[type, FieldTreatments] = {}
    counts: Mapping[str, FieldCounts] = NO_COUNTS
    derive: Callable[[Derivation], ChapterFields] = nothing_computed
    tables: Sequence[TableRules] = ()
    compute_tables: Callable[[Workings], Iterator[FigureTable]] = no_tables
