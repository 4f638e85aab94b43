"""What changed since the previous edition and why, and what was found: at most five findings."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec
import numpy as np

from analysis.disclosure import FEWEST_EVENTS, FEWEST_TEXTS, ROUNDING
from analysis.disclosure.gates import GatedCell, gated_tables, rounded_fields, treatments
from analysis.editions.chapter import Chapter, ChapterFields, Derivation, EditionPair, GateStep
from analysis.editions.comparison import (
    EditionFigure,
    FigureValues,
    Z,
    change_errors,
    figure_values,
    has_comparable_days,
    inputs_as_before,
    inputs_to_compare,
    is_same_method,
    theme_key,
)
from analysis.editions.differences import window_differences
from analysis.editions.findings import edition_findings
from analysis.editions.inputs import EditionInputs
from analysis.editions.workings import Workings, in_index_window
from analysis.statistics.changes import partially_pooled
from analysis.statistics.rates import PER
from survey.editions import Edition
from survey.editions.actions import ChangeDecomposition, EditionFinding
from survey.editions.figures import Rate
from survey.sentences import N_, Sentence

# Whole messages: a stream's name alone would also be found, and translated, where it is a key.
THEME_FIGURES = {
    "sampled": N_("{theme} (sampled answers)"),
    "open": N_("{theme} (open answers)"),
    "complaints": N_("{theme} (complaints)"),
}
MACHINE_COUNTS = {
    "sampled": N_("{theme} (sampled answers, machine count)"),
    "open": N_("{theme} (open answers, machine count)"),
    "complaints": N_("{theme} (complaints, machine count)"),
}
LEAST = 1e-9
# A pool is itself estimated. At 98% the row listed first is inside in 96 to 100 of 100 editions in
# every world that was tried; at 95% in 93, where all boroughs move a little or four move much.
POOL_LEVEL = 0.98
# London's figures in the order in which they are listed, before themes and boroughs.
CITY_FIGURES = (
    ("perception index", "points"),
    ("deployments", "per_10_000"),
    ("complaints", "per_10_000"),
    ("deployments", "events"),
    ("complaints", "events"),
)
# These two are listed whatever the size of the change: they are what a reader looks for first.
LISTED_FIRST = CITY_FIGURES[:2]
ROUNDING_STEPS = {"points": 0.1, "share": 0.01, "events": float(ROUNDING), "texts": float(ROUNDING)}
FEWEST_BY_UNIT = {"events": FEWEST_EVENTS, "texts": FEWEST_TEXTS}
FiguresFromInputs = Callable[[EditionInputs], EditionPair]


class ChangePath(NamedTuple):
    """The figures at each step from the previous edition to this one.

    `was` as published, `again` by today's method from the old inputs (None if that cannot be
    computed), `back` from today's inputs without what was revised and recoded, `now` as published.
    """

    was: FigureValues
    again: FigureValues | None
    back: FigureValues
    now: FigureValues


def compute(workings: Workings) -> ChapterFields:
    """Which edition figures are compared with; changes and findings are derived later, from
    published figures.
    """
    last = inputs_to_compare(workings.inputs).last
    return {"compared_start": last.start if last else None}


def derive(given: Derivation) -> ChapterFields:
    workings, inputs = given.workings, given.workings.inputs
    differences = window_differences(inputs, workings.asked, in_index_window(inputs))
    compared = inputs_to_compare(inputs)
    return {
        "moved": change_decomposition(
            compared, EditionPair(given.full, given.safe), given.again, compared.then
        ),
        "findings": edition_findings(given.safe, differences),
    }


def change_decomposition(
    inputs: EditionInputs,
    now: EditionPair,
    figures: FiguresFromInputs,
    then: EditionInputs | None = None,
) -> tuple[ChangeDecomposition, ...]:
    """Every changed figure that both editions have: the city, then themes, then boroughs.

    Themes and boroughs are ordered by their changes relative to errors, and each change is pooled
    with all others of its kind (`pooled_changes`). `figures` makes an edition's figures from its
    inputs, before and after disclosure control; `then` are the inputs of the previous edition. was
    + answers + restated + recoded + method = now; the parts are None where an intermediate figure
    is withheld, where the method changed and `then` is not known, and where a part alone would
    reveal a few events or texts.
    """
    last = inputs.last
    if last is None:
        return ()
    earlier = inputs_as_before(inputs)
    back = figures(earlier) if earlier else now
    machine = machine_share_themes(last, now.safe, recoded=inputs.before is not None)
    way = ChangePath(
        was=figure_values(last, machine),
        again=last_figures_by_new_method(inputs, last, now.safe, machine, figures, then),
        back=figure_values(back.safe, machine),
        now=figure_values(now.safe, machine),
    )
    # From exact counts: after rounding, a change of a few texts may look like none or like five.
    few = changes_of_few_texts(now.full, back.full)
    known = change_errors(last, now.safe, machine)
    both = [
        figure
        for figure in way.now
        if figure in way.was and has_comparable_days(last, now.safe, figure)
    ]
    changed_figures = [figure for figure in both if abs(way.now[figure] - way.was[figure]) > LEAST]
    changed_figures.sort(key=lambda figure: place_in_list(figure, way, known, now.safe.city))
    pooled = pooled_changes(both, way, known, now.safe.city)
    split = (
        allowing_for_choice(
            split_change(changed_figure, way, few, known.get(changed_figure)),
            pooled.get(changed_figure),
        )
        for changed_figure in changed_figures
    )
    names = {theme.theme: theme.name for theme in now.safe.themes}
    return tuple(with_theme_name(change, names, machine) for change in split)


def place_in_list(
    figure: EditionFigure, way: ChangePath, known: FigureValues, city: str
) -> tuple[int, float]:
    """The sort key of a list of changes: the smaller, the earlier."""
    if is_of_city(figure, city):
        return CITY_FIGURES.index((figure.name, figure.unit)), 0.0
    size = abs(way.now[figure] - way.was[figure])
    # A change without an error comes last, because nobody can say how large it is.
    kind = len(CITY_FIGURES) + (figure.table != "themes")
    return kind, -size / known[figure] if figure in known else 0.0


def is_of_city(figure: EditionFigure, city: str) -> bool:
    return figure.domain == city and figure.table != "themes"


class PooledChange(NamedTuple):
    """A change pooled with all of its kind, its 95 % interval, and how many they are."""

    value: float
    low: float
    high: float
    looked: int


def pooled_changes(
    both: Sequence[EditionFigure], way: ChangePath, known: FigureValues, city: str
) -> dict[EditionFigure, PooledChange]:
    """The changes of themes and boroughs, partially pooled over all of their kind.

    A kind is one figure of all boroughs, or the themes of one stream: even those that changed too
    little to be listed, or the pool would know only of large changes.
    """
    kinds: dict[tuple[str, str], list[EditionFigure]] = {}
    for figure in both:
        # A count is rounded to five: the change of its rate says what can be said.
        if figure in known and figure.unit != "events" and not is_of_city(figure, city):
            kinds.setdefault((figure.table, figure.name.split("/", 1)[0]), []).append(figure)
    changes: dict[EditionFigure, PooledChange] = {}
    for of in kinds.values():
        moved = np.array([way.now[member] - way.was[member] for member in of])
        pooled = partially_pooled(
            moved, np.array([known[member] for member in of]) ** 2, level=POOL_LEVEL
        )
        rows = np.column_stack([pooled.value, pooled.low, pooled.high]).tolist()
        changes |= {
            member: PooledChange(value, low, high, len(of))
            for member, (value, low, high) in zip(of, rows, strict=True)
        }
    return changes


def allowing_for_choice(
    decomposition: ChangeDecomposition, pooled: PooledChange | None
) -> ChangeDecomposition:
    """The change with an interval that allows for its choice from all of its kind."""
    if pooled is None:
        return decomposition
    return msgspec.structs.replace(
        decomposition, allowed=pooled.value, low=pooled.low, high=pooled.high, looked=pooled.looked
    )


def last_figures_by_new_method(
    inputs: EditionInputs,
    last: Edition,
    now: Edition,
    machine: set[str],
    figures: FiguresFromInputs,
    then: EditionInputs | None,
) -> FigureValues | None:
    """The figures of the previous edition under today's method and population."""
    if is_same_method(last, now):
        return figure_values(last, machine)
    # Inputs may be gone: erasing an answer or a complaint destroys them (decision 0010).
    if then is None or list(then.codes) != list(inputs.codes):
        return None
    today = replace(
        then,
        residents=inputs.residents,
        targets=inputs.targets,
        population_basis=inputs.population_basis,
    )
    return figure_values(figures(today).safe, machine)


def machine_share_themes(last: Edition, now: Edition, *, recoded: bool) -> set[str]:
    """Themes to compare by the machine's own, uncorrected share.

    These are themes that only one of the two editions corrected, or, after a change of codebook,
    themes corrected now, since labels do not exist under the older one.
    """
    was, is_ = (
        {theme_key(theme): theme.corrected for theme in edition.themes if theme.domain == now.city}
        for edition in (last, now)
    )
    return {
        name
        for name in was.keys() & is_.keys()
        if was[name] != is_[name] or (recoded and is_[name])
    }


def split_change(
    figure: EditionFigure, way: ChangePath, few: set[EditionFigure], error: float | None
) -> ChangeDecomposition:
    """The change with its interval and four parts; what the other three leave is new answers."""
    answers = restated = recoded = method = None
    back = way.now if figure.table == "index" else way.back  # neither affects the index
    if way.again is not None and figure in way.again and figure in back and figure not in few:
        rest = way.now[figure] - back[figure]
        recoded, restated = (rest, 0.0) if figure.table == "themes" else (0.0, rest)
        method = way.again[figure] - way.was[figure]
        answers = way.now[figure] - way.was[figure] - rest - method
    change = way.now[figure] - way.was[figure]
    # A count is rounded to five: the interval of its rate says what can be said.
    reach = None if error is None or figure.unit == "events" else Z * error
    return ChangeDecomposition(
        table=figure.table,
        figure=figure.name,
        domain=figure.domain,
        unit=figure.unit,
        was=way.was[figure],
        now=way.now[figure],
        low=None if reach is None else change - reach,
        high=None if reach is None else change + reach,
        answers=answers,
        restated=restated,
        recoded=recoded,
        method=method,
    )


def with_theme_name(
    decomposition: ChangeDecomposition, names: dict[str, str], machine: set[str]
) -> ChangeDecomposition:
    """The change with the name and stream of its theme; streams are never combined."""
    if decomposition.table != "themes":
        return decomposition
    stream, theme = decomposition.figure.split("/", 1)
    messages = MACHINE_COUNTS if decomposition.figure in machine else THEME_FIGURES
    return msgspec.structs.replace(
        decomposition, figure=Sentence(messages[stream], theme=names[theme])
    )


def changes_of_few_texts(now: Edition, back: Edition) -> set[EditionFigure]:
    """Shares of themes for which recoding changed only a few texts.

    The parts of a count's change need no such care: they lie between counts published in steps of
    five, so that each may be eight values or more (decision 0013), and to leave out the part of a
    few revised events would reveal that they were few.
    """
    figures: set[EditionFigure] = set()
    texts = {
        theme_key(theme): theme.texts or 0 for theme in back.themes if theme.domain == now.city
    }
    for theme in now.themes:
        by = abs((theme.texts or 0) - texts.get(theme_key(theme), 0))
        if theme.domain == now.city and 0 < by < FEWEST_TEXTS:
            figures.add(EditionFigure("themes", theme_key(theme), theme.domain, "share"))
    return figures


def gated_moved(step: GateStep) -> tuple[ChangeDecomposition, ...]:
    """The changes of figures that both editions publish, in steps no finer than the figures.

    Changes no larger than rounding are left out, except in the city's index and rate.
    """
    known, city = gated_tables(step.gated), step.gated.city
    rows = (
        gated_change(change, known.get(table_name(change)), city) for change in step.computed.moved
    )
    return tuple(row for row in rows if row)


def table_name(decomposition: ChangeDecomposition) -> str:
    """The name of the table of a change; rates are named by what they measure."""
    return decomposition.figure if decomposition.table == "rates" else decomposition.table


def gated_change(
    decomposition: ChangeDecomposition, table: dict[str, GatedCell] | None, city: str
) -> ChangeDecomposition | None:
    """The published values before and now; what rounding leaves over goes to `answers`.

    None where the gated table withholds the figure, and where the change is no larger than rounding
    can make.
    """
    cell = None if table is None else table.get(decomposition.domain)
    if table is not None and (cell is None or cell.status == "withheld"):
        return None
    step = ROUNDING_STEPS.get(decomposition.unit)
    if isinstance(cell, Rate) and decomposition.unit == "per_10_000":
        if cell.per_10_000 is None:
            return None
        # A rate moves in steps of five events, like the count that it is made from.
        step = PER * ROUNDING / cell.population
    fewest = FEWEST_BY_UNIT.get(decomposition.unit, 0)
    if step is None or min(decomposition.was, decomposition.now) < fewest:
        return None
    gated = change_in_steps(decomposition, step, cell)
    first = (
        decomposition.domain == city and (decomposition.figure, decomposition.unit) in LISTED_FIRST
    )
    # Two figures that are rounded to a step can lie one step apart and be almost the same.
    least = LEAST if first else step * (1 + LEAST)
    return gated if abs(gated.now - gated.was) > least else None


def change_in_steps(
    change: ChangeDecomposition, step: float, cell: GatedCell | None
) -> ChangeDecomposition:
    places = 2 if change.unit == "per_10_000" else 6
    was, now = (round(step * round(x / step), places) for x in (change.was, change.now))
    if isinstance(cell, Rate) and change.unit == "per_10_000" and cell.per_10_000 is not None:
        # As in the table, or one page could show two rates that differ in the last digit.
        now = cell.per_10_000
    digits = 1 if change.unit == "points" else 2
    change = rounded_fields(change, "low high allowed", digits)
    if change.answers is None:
        return msgspec.structs.replace(
            change, was=was, now=now, restated=None, recoded=None, method=None
        )
    parts = [
        None if part is None else round(step * round(part / step), places)
        for part in (change.restated, change.recoded, change.method)
    ]
    rest = round(now - was - sum(part or 0.0 for part in parts), places)
    restated, recoded, method = parts
    return msgspec.structs.replace(
        change, was=was, now=now, answers=rest, restated=restated, recoded=recoded, method=method
    )


CHAPTER = Chapter(
    name="changes",
    compute=compute,
    gates={"moved": gated_moved, "findings": "plain", "compared_start": "plain"},
    structs={
        ChangeDecomposition: treatments(
            plain="table figure domain unit looked",
            gated="was now low high allowed answers restated recoded method",
        ),
        EditionFinding: treatments(plain="sentence confidence so_what brief was verdict"),
    },
    derive=derive,
)
