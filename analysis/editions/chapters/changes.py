"""What changed since the previous edition, and why, by recomputing figures from the old inputs."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec
import numpy as np

from analysis.disclosure import FEWEST_TEXTS
from analysis.editions.comparison import (
    EditionFigure,
    FigureValues,
    change_errors,
    figure_values,
    theme_key,
)
from analysis.editions.inputs import EarlierCoding, EditionInputs, EditionTexts
from survey.deployments.counts import SEVERITY, USES, DeploymentCount, RestatedCount
from survey.editions.chapters.changes import ChangeDecomposition
from survey.editions.edition import Edition

STREAMS = {"sampled": "sampled answers", "open": "open answers", "complaints": "complaints"}
LEAST = 1e-9


class EditionPair(NamedTuple):
    """An edition before and after disclosure control."""

    full: Edition
    safe: Edition


FiguresFromInputs = Callable[[EditionInputs], EditionPair]


class ChangePath(NamedTuple):
    """The figures at each step from the previous edition to this one.

    `was` as published, `anew` by today's method from the old inputs (None if that cannot be
    computed), `back` from today's inputs without what was revised and recoded, `now` as published.
    """

    was: FigureValues
    anew: FigureValues | None
    back: FigureValues
    now: FigureValues


def change_decomposition(
    material: EditionInputs,
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
    last = material.last
    if last is None:
        return ()
    earlier = inputs_as_before(material)
    back = figures(earlier) if earlier else now
    machine = machine_share_themes(last, now.safe, recoded=material.before is not None)
    way = ChangePath(
        was=figure_values(last, machine),
        anew=last_figures_by_new_method(material, last, now.safe, machine, figures, then),
        back=figure_values(back.safe, machine),
        now=figure_values(now.safe, machine),
    )
    few = changes_of_few_texts(now.full, back.full)
    known = change_errors(last, now.safe)
    names = {one.theme: one.name for one in now.safe.themes}
    found = [one for one in way.now if one in way.was and abs(way.now[one] - way.was[one]) > LEAST]
    found.sort(key=lambda one: abs(way.now[one] - way.was[one]) / known.get(one, np.inf))
    return tuple(
        with_theme_name(split_change(one, way, few), names, machine) for one in reversed(found)
    )


def is_same_method(last: Edition, now: Edition) -> bool:
    return (last.method_version, last.code_version, last.population_basis) == (
        now.method_version,
        now.code_version,
        now.population_basis,
    )


def last_figures_by_new_method(
    material: EditionInputs,
    last: Edition,
    now: Edition,
    machine: set[str],
    figures: FiguresFromInputs,
    then: EditionInputs | None,
) -> FigureValues | None:
    """The figures of the previous edition under today's method and population."""
    if is_same_method(last, now):
        return figure_values(last, machine)
    if then is None or list(then.codes) != list(material.codes):
        return None
    today = replace(
        then,
        residents=material.residents,
        targets=material.targets,
        population_basis=material.population_basis,
    )
    return figure_values(figures(today).safe, machine)


def unknown_method_caveats(
    last: Edition | None, now: Edition, then: EditionInputs | None
) -> tuple[str, ...]:
    """Why nobody can say what caused a change: the method changed and the old inputs are gone."""
    if last is None or then is not None or is_same_method(last, now):
        return ()
    changed = [
        words
        for words, before, after in (
            ("method", last.method_version, now.method_version),
            ("code", last.code_version, now.code_version),
            ("population figures", last.population_basis, now.population_basis),
        )
        if before != after
    ]
    return (
        f"Made with other {' and '.join(changed)} than the edition before, whose input was not "
        "kept: how much of a move comes from that cannot be told.",
    )


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
    if way.anew is not None and one in way.anew and one in back and one not in few:
        rest = way.now[one] - back[one]
        recoded, restated = (rest, 0.0) if one.table == "themes" else (0.0, rest)
        method = way.anew[one] - way.was[one]
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
    counted = ", machine count" if one.figure in machine else ""
    return msgspec.structs.replace(one, figure=f"{names[theme]} ({STREAMS[stream]}{counted})")


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


def inputs_as_before(material: EditionInputs) -> EditionInputs | None:
    """This period's inputs with deployments as first published and texts under the older codebook.

    None where neither differs. Without sampled answers, because neither affects the index.
    """
    restated = [one for one in material.restated if is_counted_change(one, material)]
    if not restated and material.before is None:
        return None
    earlier = replace(
        material,
        counts=counts_as_before(material.counts, restated),
        restated=(),
        sampled=material.sampled.only(np.zeros(len(material.sampled.day), dtype=np.bool_)),
    )
    if material.before is None:
        return earlier
    return replace(
        earlier,
        texts=texts_as_before(material, material.before),
        themes=material.before.themes,
        before=None,
        labelled=None,
    )


def is_counted_change(one: RestatedCount, material: EditionInputs) -> bool:
    """Whether a change is of the source, measure and forms that the edition counts."""
    if not material.counts or not material.counts_basis.endswith(f"source {one.source}"):
        return False
    severe = any(count.tactic in SEVERITY for count in material.counts)
    return (
        one.group == "all"
        and one.measure == material.counts[0].measure
        and one.tactic in (*USES, "ced")
        and not (severe and one.tactic == "ced")
    )


def counts_as_before(
    counts: Sequence[DeploymentCount], restated: Sequence[RestatedCount]
) -> list[DeploymentCount]:
    """Counts as they were published before; figures that had not been published are left out."""
    changed = {count_key(one) for one in restated}
    kept = [one for one in counts if count_key(one) not in changed]
    return kept + [
        msgspec.structs.replace(
            counts[0],
            area=one.area,
            start=one.start,
            end=one.end,
            tactic=one.tactic,
            count=one.was,
        )
        for one in restated
        if one.was is not None
    ]


def count_key(one: DeploymentCount | RestatedCount) -> tuple[object, ...]:
    return one.area, one.start, one.end, one.tactic, one.group


def texts_as_before(material: EditionInputs, before: EarlierCoding) -> EditionTexts:
    """The texts under the older codebook; later texts keep today's codes."""
    place = {theme: i for i, (theme, _) in enumerate(material.themes)}
    spoken = before.spoken.copy()
    for i, (theme, _) in enumerate(before.themes):
        new = material.texts.spoken[:, place[theme]] if theme in place else False
        spoken[:, i] = np.where(before.known, before.spoken[:, i], new)
    return replace(material.texts, spoken=spoken)
