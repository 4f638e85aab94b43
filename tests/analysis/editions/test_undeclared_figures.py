"""What no rule names is printed nowhere, and what is printed of counts later editions know."""

import inspect
import random
import re
from collections import defaultdict

import msgspec
import pytest
from msgspec.structs import fields, replace

from analysis.disclosure.gates import empty_value, with_named_fields_only
from analysis.editions import gate
from analysis.editions.gate import TREATMENTS
from api.editions import contents
from api.editions.rows import HEAD, export_periods
from survey.editions import Edition, SafeEdition
from survey.editions.figures import TableCount, TableFigure
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.made_up_edition import bare_edition
from tests.analysis.editions.outcome_editions import full_outcome_edition
from tests.analysis.editions.random_edition import random_full_edition

STRUCTS = [kind for kind in TREATMENTS if kind not in (Edition, SafeEdition)]
# Counts that pass by a rule of their own and that no later edition need know, with the reason.
NOT_KNOWN_LATER = {
    "Estimate.n": "answers, rounded down, of which a mean is shown",
    "Weighting.invited": "letters, rounded",
    "Weighting.answered": "answers, rounded down",
    "Weighting.n": "answers, rounded down",
    "IndexReliability.n": "answers, rounded down",
    "GroupRepresentation.n": "answers, rounded down",
    "SampleResponse.invited": "letters, rounded",
    "SampleResponse.silent": "follows from the other outcomes, which are known",
    "AreaResponse.invited": "letters, rounded",
    "AreaMonths.counts": "exact, as their publisher released them",
    "FigureSeries.counts": "known from the reports that printed them",
    "TrialOutcome.persons": "known from the reports that printed them",
    "Completeness.late": "how many uses were reported late, rounded; of no place or use",
    "NewCodebook.texts": "texts that were coded twice, rounded; of no stream or theme",
    "Funnel.rounded_to": "the step of rounding",
}
# Reports of scrutiny panels pass a gate of their own, which knows the meetings before.
OWN_GATE = (
    *("StratumMarks", "PanelEstimate", "MarkAgreement", "AnswerCounts", "LeftOutRecords"),
    *("StepMarks", "ReasonMarks", "VideoCounts", "NoVideoRecords"),
)


@pytest.fixture(scope="module")
def full():
    """Editions that have passed the gate; together they have something in nearly every field."""
    dice = random.Random(1)
    return (
        full_weekly_edition(),
        full_monthly_edition(),
        gate.safe_edition(random_full_edition(dice)),
        full_outcome_edition(),
    )


def structs_in(value):
    if isinstance(value, msgspec.Struct):
        yield value
        value = [getattr(value, name) for name in value.__struct_fields__]
    if isinstance(value, tuple | list):
        for below in value:
            yield from structs_in(below)


def plain(edition):
    """The edition as if it had not passed the gate yet."""
    return Edition(**{name: getattr(edition, name) for name in Edition.__struct_fields__})


def without_count(value, kind, field):
    """The value without this count, or these counts, in all Structs of the kind."""
    if isinstance(value, msgspec.Struct):
        names = type(value).__struct_fields__
        below = {name: without_count(getattr(value, name), kind, field) for name in names}
        if type(value) is kind:
            below[field] = () if isinstance(below[field], tuple) else None
        return type(value)(**below)
    if isinstance(value, tuple):
        return tuple(without_count(one, kind, field) for one in value)
    return value


def own_functions(functions, name):
    return [one for one in functions if inspect.getmodule(one).__name__.endswith(f".{name}")]


def figures_printed(edition, name):
    """The figures that a chapter prints: those of its rows of files, tables and key figures."""
    for rows in own_functions(contents.EXPORT, name):
        for row in rows(edition, export_periods(edition)):
            yield from [
                cell for cell in row[HEAD.index("n") - 1 :] if isinstance(cell, int | float)
            ]
    sections = *contents.FRONT, *(one for chapter in contents.CHAPTERS for one in chapter.sections)
    for given in own_functions(sections, name):
        for section in given(edition):
            for table in (*section.tables, *section.folded):
                cells = [cell.text for row in table.rows for cell in row[1:]]
                yield from re.findall(r"\d+", " ".join(cells))
    for given in own_functions(contents.KEY_FIGURES, name):
        for figure in given(edition):
            yield from re.findall(r"\d+", figure.value.text)


# The first also prints figures of the others, in one table.
PRINTED_TOGETHER = {"deployments": ("received",)}
CHAPTERS = [chapter.name for chapter in gate.CHAPTERS if chapter.name != "front"]


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_without_its_rules_prints_no_figure(name, full, monkeypatch):
    assert any(list(figures_printed(edition, name)) for edition in full)
    names = (name, *PRINTED_TOGETHER.get(name, ()))
    without = [
        chapter._replace(gates={}, tables=()) if chapter.name in names else chapter
        for chapter in gate.CHAPTERS
    ]
    monkeypatch.setattr(gate, "CHAPTERS", tuple(without))
    for edition in map(plain, full):
        assert list(figures_printed(gate.safe_edition(edition), name)) == []


@pytest.mark.parametrize("kind", STRUCTS)
def test_a_field_without_a_treatment_is_published_empty(kind, full):
    found = [one for edition in full for one in structs_in(edition) if type(one) is kind]
    for field in fields(kind):
        others = {name: how for name, how in TREATMENTS[kind].items() if name != field.name}
        for one in found:
            made = with_named_fields_only(one, {**TREATMENTS, kind: others})
            assert getattr(made, field.name) == empty_value(field.type, field.default)


def test_what_slips_into_a_table_of_any_kind_is_not_published(full):
    """A count, a figure and a fact that no rule of the kind names."""
    tables = tuple(
        replace(
            table,
            facts=(*table.facts, ("witnesses", 95)),
            counts=(*table.counts, TableCount(name="witnesses", count=95)),
            figures=(*table.figures, TableFigure(name="witnesses", value=0.95)),
        )
        for table in full[0].tables
    )
    shown = gate.safe_edition(replace(bare_edition(), tables=tables)).tables
    assert {table.kind for table in shown} == gate.TABLES.keys()
    names = {one.name for table in shown for one in (*table.counts, *table.figures)}
    assert "witnesses" not in names | {fact for table in shown for fact, _ in table.facts}


def test_a_count_that_has_passed_is_known_to_later_editions(full):
    """Whatever the gate lets pass as a whole number; or it has a reason why it need not be."""
    known, counts = defaultdict(bool), gate.published_counts
    for edition in full:
        before = [*counts(edition)]
        for kind in {type(one) for one in structs_in(edition)}:
            of = {field.name: field.type for field in fields(kind)}
            for field, how in TREATMENTS[kind].items():
                mine = [one for one in structs_in(edition) if type(one) is kind]
                counted = how == "gated" and re.search(r"\bint\b", str(of[field]))
                if counted and any(getattr(one, field) for one in mine):
                    after = [*counts(without_count(edition, kind, field))]
                    known[f"{kind.__name__}.{field}"] |= before != after
    unknown = {name for name, is_known in known.items() if not is_known}
    assert {name for name in unknown if not name.startswith(OWN_GATE)} == {*NOT_KNOWN_LATER}
