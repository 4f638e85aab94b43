"""How an edition is compared with the previous one: their figures, their methods, its inputs."""

import datetime
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from typing import NamedTuple

import msgspec
import numpy as np

from analysis import disclosure
from analysis.editions.inputs import EarlierCoding, EditionInputs, EditionTexts
from analysis.statistics.rates import PER
from survey.deployments import SEVERITY, USES, DeploymentCount, RestatedCount
from survey.editions import Edition, window_before
from survey.editions.actions import ChangeUnit
from survey.editions.figures import Rate
from survey.editions.texts import ThemeShare
from survey.sentences import N_, Sentence

Z = 1.96
BEFORE = {
    "weekly": N_("the report of four weeks before"),
    "monthly": N_("the report of the month before"),
}
NO_THEMES: frozenset[str] = frozenset()


class EditionFigure(NamedTuple):
    """One cell of an edition; a theme is named by its stream and id."""

    table: str
    name: str
    domain: str
    unit: ChangeUnit


FigureValues = dict[EditionFigure, float]


def figure_values(edition: Edition, machine: Set[str] = NO_THEMES) -> FigureValues:
    """The value of every published figure; for themes in `machine` the machine's own share."""
    return {
        figure: value
        for figure, value, _ in figures_with_variance(edition, machine)
        if value is not None
    }


def figure_variances(edition: Edition) -> FigureValues:
    """Squared standard errors where known; there are none for people who wrote in."""
    return {
        figure: v for figure, _, v in figures_with_variance(edition, NO_THEMES) if v is not None
    }


def figures_with_variance(
    edition: Edition, machine: Set[str]
) -> Iterator[tuple[EditionFigure, float | None, float | None]]:
    for estimate in edition.index:
        error = estimate.standard_error
        figure = EditionFigure("index", "perception index", estimate.domain, "points")
        yield figure, estimate.value, None if error is None else error**2
    yield from rate_figures("complaints", edition.complaints)
    yield from rate_figures("deployments", edition.deployments)
    for theme in edition.themes:
        if theme.domain == edition.city:
            name = theme_key(theme)
            put_right = theme.corrected and name in machine
            share = theme.machine_share if put_right else theme.share
            known = theme.low is not None and theme.high is not None
            # Themes carry no standard error; half the interval over 1.96 will do to sort changes.
            spread = ((theme.high or 0) - (theme.low or 0)) / (2 * Z)
            yield (
                EditionFigure("themes", name, theme.domain, "share"),
                share,
                spread**2 if known else None,
            )


def rate_figures(
    name: str, rates: Iterable[Rate]
) -> Iterator[tuple[EditionFigure, float | None, float | None]]:
    """Counts and rates, with the variance of a Poisson count."""
    for rate in rates:
        events = None if rate.events is None else float(rate.events)
        scaled = None if events is None else events * (PER / rate.population) ** 2
        yield EditionFigure("rates", name, rate.domain, "events"), events, events
        yield EditionFigure("rates", name, rate.domain, "per_10_000"), rate.per_10_000, scaled


def theme_key(theme: ThemeShare) -> str:
    return f"{theme.stream}/{theme.theme}"


def window_overlap(last: Edition, now: Edition, table: str) -> float:
    """The share of this edition's window that the previous edition already covered."""
    windows = {"rates": disclosure.uses_window, "themes": disclosure.text_days}
    window = windows.get(table, disclosure.index_window)
    (before, ended), (start, end) = window(last), window(now)
    both = min(ended, end) - max(before, start) + datetime.timedelta(days=1)
    return max(both.days, 0) / ((end - start).days + 1)


def has_comparable_days(last: Edition, now: Edition, figure: EditionFigure) -> bool:
    """Whether a figure counts as many days in both editions, or the whole window in each.

    A count of fewer days is smaller without anything having changed.
    """
    if figure.table != "rates":
        return True
    (before, all_before), (after, all_after) = (
        counted_part(edition, figure.name) for edition in (last, now)
    )
    return before == after or (all_before and all_after)


def counted_part(edition: Edition, name: str) -> tuple[int, bool]:
    """How many days the rates of a table count, and whether these are the whole window."""
    if name == "deployments" and (counted := edition.rates_counted):
        return counted.days, counted.is_whole
    start, end = disclosure.complaints_window(edition)
    return (end - start).days + 1, (start, end) == disclosure.rates_window(edition)


def has_comparable_period(last: Edition, now: Edition) -> bool:
    """Whether deployments of the period cover as many days in both editions, or all days in
    each.
    """
    periods = [edition.period_counted for edition in (last, now) if edition.period_counted]
    return len({period.days for period in periods}) < 2 or all(
        period.is_whole for period in periods
    )


def change_errors(last: Edition, now: Edition, machine: Set[str] = NO_THEMES) -> FigureValues:
    """The standard error of each figure's change, √((1-f)(V₁+V₂) + R₁+R₂).

    f is the share of the window that both editions cover: the shared part cannot differ. R is what
    rounding a count adds to its rate, a twelfth of the squared step. Figures with an error of 0 are
    left out, since nothing can be said about them, and themes in `machine`, as the error is that of
    the corrected share.
    """
    before, after = figure_variances(last), figure_variances(now)
    rounded = [rounding_variances(edition) for edition in (last, now)]
    return {
        figure: error
        for figure in before.keys() & after.keys()
        if figure.name not in machine
        and (
            error := (
                (1 - window_overlap(last, now, figure.table)) * (before[figure] + after[figure])
                + sum(of.get(figure, 0.0) for of in rounded)
            )
            ** 0.5
        )
    }


def rounding_variances(edition: Edition) -> FigureValues:
    """The variance that rounding its count adds to each rate; none where counts are exact."""
    rates = [("complaints", edition.complaints)]
    if not edition.as_published:
        rates.append(("deployments", edition.deployments))
    return {
        EditionFigure("rates", name, rate.domain, "per_10_000"): disclosure.ROUNDING**2
        / 12
        * (PER / rate.population) ** 2
        for name, of in rates
        for rate in of
    }


def is_same_method(last: Edition, now: Edition) -> bool:
    return (last.method_version, last.code_version, last.population_basis) == (
        now.method_version,
        now.code_version,
        now.population_basis,
    )


def unknown_method_caveats(
    last: Edition | None, now: Edition, then: EditionInputs | None
) -> tuple[str, ...]:
    """Why nobody can say what caused a change: the method changed and the old inputs are gone."""
    if last is None or then is not None or is_same_method(last, now) or not is_before(last, now):
        return ()
    changed = [
        Sentence(words)
        for words, before, after in (
            (N_("the method"), last.method_version, now.method_version),
            (N_("the code"), last.code_version, now.code_version),
            (N_("the population figures"), last.population_basis, now.population_basis),
        )
        if before != after
    ]
    return (
        Sentence(
            "We have changed {changed} since {before}, and its inputs are no longer stored: we "
            "cannot say how much of a change in a figure comes from that.",
            changed=joined_with_and(changed),
            before=Sentence(BEFORE[now.kind]),
        ),
    )


def is_before(last: Edition, now: Edition) -> bool:
    """Whether `last` is the report of the time before, the only one that the page of `now` names.

    In the first weeks, or where that report is missing, figures are compared with a nearer one.
    """
    return last.start == window_before(now.kind, now.start)


def joined_with_and(names: Sequence[Sentence]) -> Sentence:
    """One, two or three names as a list in words."""
    if len(names) == 1:
        return names[0]
    if len(names) == 2:
        return Sentence("{first} and {second}", first=names[0], second=names[1])
    first, second, third = names
    return Sentence("{first}, {second} and {third}", first=first, second=second, third=third)


def inputs_to_compare(inputs: EditionInputs) -> EditionInputs:
    """The inputs with the edition that figures are compared with as the last one.

    Never an edition of the same period: a correction would be compared with itself.
    """
    comparison = inputs.compared
    if comparison is not None:
        return replace(
            inputs,
            last=comparison.last,
            then=comparison.then,
            restated=comparison.restated,
            before=comparison.before,
            compared=None,
        )
    if inputs.last is not None and inputs.last.start >= inputs.start:
        return replace(inputs, last=None, then=None, restated=(), before=None)
    return inputs


def inputs_as_before(inputs: EditionInputs) -> EditionInputs | None:
    """This period's inputs with deployments as first published and texts under the older codebook.

    None where both are unchanged. Sampled answers are left out: these changes do not affect the
    index.
    """
    restated = [change for change in inputs.restated if is_counted_change(change, inputs)]
    if not restated and inputs.before is None:
        return None
    earlier = replace(
        inputs,
        counts=counts_as_before(inputs.counts, restated),
        restated=(),
        # A count that was not public before must not follow from what it is compared with.
        published=inputs.published and all(change.published for change in restated),
        sampled=inputs.sampled.only(np.zeros(len(inputs.sampled.day), dtype=np.bool_)),
    )
    if inputs.before is None:
        return earlier
    return replace(
        earlier,
        texts=texts_as_before(inputs, inputs.before),
        themes=inputs.before.themes,
        before=None,
        # People labelled no text under the older codebook.
        labelled=None,
    )


def is_counted_change(change: RestatedCount, inputs: EditionInputs) -> bool:
    """Whether a restated count is of the source, measure and forms that the edition counts."""
    if not inputs.counts or not inputs.counts_basis.endswith(f"source {change.source}"):
        return False
    severe = any(count.tactic in SEVERITY for count in inputs.counts)
    return (
        change.group == "all"
        and change.measure == inputs.counts[0].measure
        and change.tactic in (*USES, "ced")
        # 'ced' is any use: next to counts by form, the same uses would count twice.
        and not (severe and change.tactic == "ced")
    )


def counts_as_before(
    counts: Sequence[DeploymentCount], restated: Sequence[RestatedCount]
) -> list[DeploymentCount]:
    """Counts as they were published before; 0 where a figure had not been published.

    So both editions count the same days, even where a place was first to report some.
    """
    changed = {count_key(change) for change in restated}
    unchanged = [count for count in counts if count_key(count) not in changed]
    return unchanged + [
        msgspec.structs.replace(
            # There is a first count: without any, `is_counted_change` lets no figure through.
            counts[0],
            area=change.area,
            start=change.start,
            end=change.end,
            tactic=change.tactic,
            count=change.was or 0,
        )
        for change in restated
    ]


def count_key(count: DeploymentCount | RestatedCount) -> tuple[object, ...]:
    return count.area, count.start, count.end, count.tactic, count.group


def texts_as_before(inputs: EditionInputs, before: EarlierCoding) -> EditionTexts:
    """Today's texts with their codes under the older codebook; texts that arrived later keep
    today's codes.
    """
    place = {theme: i for i, (theme, _) in enumerate(inputs.themes)}
    spoken = before.spoken.copy()
    for i, (theme, _) in enumerate(before.themes):
        new = inputs.texts.spoken[:, place[theme]] if theme in place else False
        spoken[:, i] = np.where(before.known, before.spoken[:, i], new)
    return replace(inputs.texts, spoken=spoken)
