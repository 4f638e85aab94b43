"""What changed since the previous edition and why, and what was found: at most five findings."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec
import numpy as np

from analysis.disclosure.counts import FEWEST_EVENTS, FEWEST_TEXTS, ROUNDING
from analysis.disclosure.fields import treatments
from analysis.disclosure.tables import GatedCell, gated_tables
from analysis.editions.chapter import Chapter, ChapterFields, Derivation, EditionPair, GateStep
from analysis.editions.comparison import (
    EditionFigure,
    FigureValues,
    change_errors,
    figure_values,
    has_comparable_days,
    inputs_as_before,
    is_same_method,
    theme_key,
)
from analysis.editions.differences import (
    GOOD_EVIDENCE,
    STRONG_EVIDENCE,
    WindowDifference,
    change_findings,
    window_differences,
)
from analysis.editions.inputs import EditionInputs
from analysis.editions.workings import Workings, in_index_window
from analysis.statistics.rates.rates import PER
from survey.editions.chapters.changes import ChangeDecomposition, EditionFinding
from survey.editions.chapters.disparities import group_label
from survey.editions.chapters.sample import GroupEstimate
from survey.editions.edition import Edition
from survey.editions.figures import Estimate, Rate
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
MOST_FINDINGS = 5
VERDICTS = {
    "associated": (
        GOOD_EVIDENCE,
        N_("Ask what else changed in those weeks: an association does not prove a cause."),
    ),
    "none_larger": (
        GOOD_EVIDENCE,
        N_("A smaller association may exist, and other months may differ."),
    ),
    "inconclusive": (
        N_("not enough evidence"),
        N_("This does not mean that there is no association."),
    ),
}
GROUP_GAPS = {
    "age": N_(
        "By age, the perception index was lowest for {low} ({lowest}) and highest for {high} "
        "({highest})."
    ),
    "ethnicity": N_(
        "By ethnicity, the perception index was lowest for {low} ({lowest}) and highest for {high} "
        "({highest})."
    ),
}
# Of dimensions with two groups, by the group with the lower index.
PAIR_GAPS = {
    ("sex", "female"): N_(
        "The perception index was lower for women ({lowest}) than for men ({highest})."
    ),
    ("sex", "male"): N_(
        "The perception index was lower for men ({lowest}) than for women ({highest})."
    ),
    ("disability", "yes"): N_(
        "The perception index was lower for disabled people ({lowest}) than for people who are not "
        "disabled ({highest})."
    ),
    ("disability", "no"): N_(
        "The perception index was lower for people who are not disabled ({lowest}) than for "
        "disabled people ({highest})."
    ),
}
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


def compute(_: Workings) -> ChapterFields:
    """No fields yet: changes and findings are derived later, from published figures."""
    return {}


def derive(given: Derivation) -> ChapterFields:
    workings, inputs = given.workings, given.workings.inputs
    differences = window_differences(inputs, workings.asked, in_index_window(inputs))
    return {
        "moved": change_decomposition(
            inputs, EditionPair(given.full, given.safe), given.again, inputs.then
        ),
        "findings": edition_findings(given.safe, differences),
    }


def change_decomposition(
    inputs: EditionInputs,
    now: EditionPair,
    figures: FiguresFromInputs,
    then: EditionInputs | None = None,
) -> tuple[ChangeDecomposition, ...]:
    """Every figure in both editions that changed, the largest change relative to its error first.

    `figures` makes an edition's figures from its inputs, before and after disclosure control;
    `then` are the inputs of the previous edition. was + answers + restated + recoded + method =
    now; the parts are None where an intermediate figure is withheld, where the method changed and
    `then` is not known, and where a part alone would reveal a few events or texts.
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
    known = change_errors(last, now.safe)
    names = {one.theme: one.name for one in now.safe.themes}
    both = [one for one in way.now if one in way.was and has_comparable_days(last, now.safe, one)]
    found = [one for one in both if abs(way.now[one] - way.was[one]) > LEAST]
    # A change without an error ends last, because nobody can say how large it is.
    found.sort(key=lambda one: abs(way.now[one] - way.was[one]) / known.get(one, np.inf))
    return tuple(
        with_theme_name(split_change(one, way, few), names, machine) for one in reversed(found)
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
    """Themes to compare by the machine's own share.

    These are themes that only one of the two editions corrected, or, after a change of codebook,
    themes corrected now, since labels do not exist under the older one.
    """
    was, is_ = (
        {theme_key(one): one.corrected for one in edition.themes if one.domain == now.city}
        for edition in (last, now)
    )
    return {
        name
        for name in was.keys() & is_.keys()
        if was[name] != is_[name] or (recoded and is_[name])
    }


def split_change(
    one: EditionFigure, way: ChangePath, few: set[EditionFigure]
) -> ChangeDecomposition:
    """The four parts of a change; what the other three do not explain is new answers."""
    answers = restated = recoded = method = None
    back = way.now if one.table == "index" else way.back  # neither affects the index
    if way.again is not None and one in way.again and one in back and one not in few:
        rest = way.now[one] - back[one]
        recoded, restated = (rest, 0.0) if one.table == "themes" else (0.0, rest)
        method = way.again[one] - way.was[one]
        answers = way.now[one] - way.was[one] - rest - method
    return ChangeDecomposition(
        table=one.table,
        figure=one.name,
        domain=one.domain,
        unit=one.unit,
        was=way.was[one],
        now=way.now[one],
        answers=answers,
        restated=restated,
        recoded=recoded,
        method=method,
    )


def with_theme_name(
    one: ChangeDecomposition, names: dict[str, str], machine: set[str]
) -> ChangeDecomposition:
    """The change with the name and stream of its theme; streams are never combined."""
    if one.table != "themes":
        return one
    stream, theme = one.figure.split("/", 1)
    messages = MACHINE_COUNTS if one.figure in machine else THEME_FIGURES
    return msgspec.structs.replace(one, figure=Sentence(messages[stream], theme=names[theme]))


def changes_of_few_texts(now: Edition, back: Edition) -> set[EditionFigure]:
    """Theme shares whose recoding changed only a few texts.

    Counts need no such care: their parts lie between counts that are published in steps of five, so
    that each may be eight values or more (decision 0013), and leaving out those of a few revised
    events would reveal that they were few.
    """
    found: set[EditionFigure] = set()
    texts = {theme_key(one): one.texts or 0 for one in back.themes if one.domain == now.city}
    for theme in now.themes:
        by = abs((theme.texts or 0) - texts.get(theme_key(theme), 0))
        if theme.domain == now.city and 0 < by < FEWEST_TEXTS:
            found.add(EditionFigure("themes", theme_key(theme), theme.domain, "share"))
    return found


def edition_findings(
    edition: Edition, changes: Sequence[WindowDifference]
) -> tuple[EditionFinding, ...]:
    """A weekly edition reports changes, a monthly one also what holds without a change."""
    found = list(change_findings(edition, changes))
    if edition.kind == "weekly":
        # The index of the city stays first, and single boroughs are the first to fall off the list.
        found[1:1] = deployment_findings(edition)
        return tuple(found[:MOST_FINDINGS])
    found[1:1] = [
        *association_findings(edition),
        *disparity_findings(edition),
        *outlier_findings(edition),
        *group_gap_findings(edition),
    ]
    return tuple(found[:MOST_FINDINGS])


def deployment_findings(edition: Edition) -> Iterator[EditionFinding]:
    """Deployments of the period, if outside the range predicted from the weeks before."""
    now = edition.this_period
    if now is None or now.events is None or now.low is None or now.high is None:
        return
    if not now.low <= now.events <= now.high:
        yield EditionFinding(
            sentence=deployment_range_sentence(now.events, now.low, now.high),
            confidence=Sentence(GOOD_EVIDENCE),
            so_what=Sentence(
                "Ask whether use or recording changed; about one week in twenty is outside this "
                "range by chance."
            ),
        )


def deployment_range_sentence(events: int, least: float, most: float) -> Sentence:
    low, high = f"{least:.0f}", f"{most:.0f}"
    if not events:
        return Sentence(
            "No deployment was recorded in the period, fewer than the {low} to {high} expected "
            "from the weeks before.",
            low=low,
            high=high,
        )
    if events < least:
        return Sentence(
            "About {events} deployments were recorded in the period, fewer than the {low} to "
            "{high} expected from the weeks before.",
            events=events,
            low=low,
            high=high,
        )
    return Sentence(
        "About {events} deployments were recorded in the period, more than the {low} to {high} "
        "expected from the weeks before.",
        events=events,
        low=low,
        high=high,
    )


def association_findings(edition: Edition) -> Iterator[EditionFinding]:
    found = edition.association
    if found is not None and found.verdict in VERDICTS:
        confidence, so_what = map(Sentence, VERDICTS[found.verdict])
        yield EditionFinding(sentence=found.sentence, confidence=confidence, so_what=so_what)


def disparity_findings(edition: Edition) -> Iterator[EditionFinding]:
    """The ratio of recorded use that is furthest above 1; ratios by ethnicity come first."""
    above = [
        one
        for one in edition.disparities
        if one.status != "withheld" and one.exact.low is not None and one.exact.low > 1
    ]
    if above:
        most = max(
            above, key=lambda one: (one.dimension.startswith("ethnicity"), one.exact.low or 0.0)
        )
        yield EditionFinding(
            sentence=most.sentence,
            confidence=Sentence(GOOD_EVIDENCE),
            so_what=Sentence(
                "Ask the police to explain it; a different benchmark may give a different ratio."
            ),
        )


def outlier_findings(edition: Edition) -> Iterator[EditionFinding]:
    """Boroughs whose index lies outside the 99.8% limits of the funnel."""
    funnel = next((one for one in edition.funnels if one.measure == "index"), None)
    places = [spot.place for spot in funnel.spots] if funnel else []
    below, above = places.count("below"), places.count("above")
    if below + above:
        known = sum(place != "withheld" for place in places)
        yield EditionFinding(
            sentence=Sentence(
                "Of {known} boroughs, {below} had an index below the 99.8% limits and {above} had "
                "one above. The limits allow for chance and for the usual differences between "
                "boroughs.",
                known=known,
                below=below,
                above=above,
            ),
            confidence=Sentence(STRONG_EVIDENCE),
            so_what=Sentence(
                "Look at what is different about these boroughs; this is not a league table."
            ),
        )


def group_gap_findings(edition: Edition) -> Iterator[EditionFinding]:
    """The widest gap of the index between two groups of one dimension with separate intervals."""
    by_kind: dict[str, list[GroupEstimate]] = {}
    for one in edition.groups:
        if one.measure == "index" and one.estimate.value is not None:
            by_kind.setdefault(one.dimension, []).append(one)
    pairs = [
        (min(of, key=index_value), max(of, key=index_value))
        for of in by_kind.values()
        if len(of) > 1
    ]
    clear = [pair for pair in pairs if interval_ends(pair[0])[1] < interval_ends(pair[1])[0]]
    if clear:
        low, high = max(clear, key=lambda pair: index_value(pair[1]) - index_value(pair[0]))
        yield EditionFinding(
            sentence=group_gap_sentence(low, high),
            confidence=Sentence(GOOD_EVIDENCE),
            so_what=Sentence(
                "Find out why confidence is lower in this group; the figures do not say why."
            ),
        )


def group_gap_sentence(low: GroupEstimate, high: GroupEstimate) -> Sentence:
    lowest, highest = value_with_interval(low.estimate), value_with_interval(high.estimate)
    pair = PAIR_GAPS.get((low.dimension, low.category))
    if pair:
        return Sentence(pair, lowest=lowest, highest=highest)
    return Sentence(
        GROUP_GAPS[low.dimension],
        low=group_label(low.dimension, low.category),
        lowest=lowest,
        high=group_label(high.dimension, high.category),
        highest=highest,
    )


def index_value(one: GroupEstimate) -> float:
    return one.estimate.value or 0.0


def interval_ends(one: GroupEstimate) -> tuple[float, float]:
    """The two ends of the interval; 0 and 100 if there is none."""
    found = one.estimate
    # Without an interval nothing is separate from anything: the whole scale is taken.
    return (
        0.0 if found.low is None else found.low,
        100.0 if found.high is None else found.high,
    )


def value_with_interval(found: Estimate) -> Sentence:
    return Sentence(
        "{value}, 95% interval {low} to {high}",
        value=f"{found.value:.1f}",
        low=f"{found.low:.1f}",
        high=f"{found.high:.1f}",
    )


def gated_moved(step: GateStep) -> tuple[ChangeDecomposition, ...]:
    """The changes of figures that both editions publish, in steps no finer than the figures."""
    known = gated_tables(step.gated)
    rows = (gated_change(one, known.get(table_name(one))) for one in step.found.moved)
    return tuple(row for row in rows if row)


def table_name(one: ChangeDecomposition) -> str:
    """The name of the table of a change; rates are named by what they measure."""
    return one.figure if one.table == "rates" else one.table


def gated_change(
    one: ChangeDecomposition, table: dict[str, GatedCell] | None
) -> ChangeDecomposition | None:
    """The published values before and now; what rounding leaves over goes to `answers`.

    None where the gated table withholds the figure.
    """
    cell = None if table is None else table.get(one.domain)
    if table is not None and (cell is None or cell.status == "withheld"):
        return None
    step = ROUNDING_STEPS.get(one.unit)
    if isinstance(cell, Rate) and one.unit == "per_10_000":
        if cell.per_10_000 is None:
            return None
        # A rate moves in steps of five events, like the count that it is made from.
        step = PER * ROUNDING / cell.population
    fewest = FEWEST_BY_UNIT.get(one.unit, 0)
    if step is None or min(one.was, one.now) < fewest:
        return None
    return change_in_steps(one, step, cell)


def change_in_steps(
    one: ChangeDecomposition, step: float, cell: GatedCell | None
) -> ChangeDecomposition:
    places = 2 if one.unit == "per_10_000" else 6
    was, now = (round(step * round(x / step), places) for x in (one.was, one.now))
    if isinstance(cell, Rate) and one.unit == "per_10_000" and cell.per_10_000 is not None:
        # As in the table, or one page could show two rates that differ in the last digit.
        now = cell.per_10_000
    if one.answers is None:
        return msgspec.structs.replace(
            one, was=was, now=now, restated=None, recoded=None, method=None
        )
    parts = [
        None if part is None else round(step * round(part / step), places)
        for part in (one.restated, one.recoded, one.method)
    ]
    rest = round(now - was - sum(part or 0.0 for part in parts), places)
    restated, recoded, method = parts
    return msgspec.structs.replace(
        one, was=was, now=now, answers=rest, restated=restated, recoded=recoded, method=method
    )


CHAPTER = Chapter(
    name="changes",
    compute=compute,
    gates={"moved": gated_moved, "findings": "plain"},
    structs={
        ChangeDecomposition: treatments(
            plain="table figure domain unit", gated="was now answers restated recoded method"
        ),
        EditionFinding: treatments(plain="sentence confidence so_what"),
    },
    derive=derive,
)
