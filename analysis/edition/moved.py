"""What moved since the edition before, and why: by way of figures made from the old input."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec
import numpy as np

from analysis.disclosure import FEWEST_TEXTS
from analysis.evidence import Figure, Told, errors, name_of, told
from analysis.material import Before, Material, Texts
from survey.changes import Moved
from survey.deployments import SEVERITY, USES, Change, Count
from survey.editions import Edition

STREAMS = {"sampled": "sampled answers", "open": "open answers", "complaints": "complaints"}
LEAST = 1e-9


class Seen(NamedTuple):
    """An edition before and after disclosure control."""

    full: Edition
    safe: Edition


Figures = Callable[[Material], Seen]


class Way(NamedTuple):
    """The figures on their way from the edition before to this one.

    `was` as published, `anew` by today's method from the input of then (None where that cannot be
    told), `back` from today's input less what was restated and recoded, `now` as published.
    """

    was: Told
    anew: Told | None
    back: Told
    now: Told


def of(
    material: Material, now: Seen, figures: Figures, then: Material | None = None
) -> tuple[Moved, ...]:
    """Every figure told in both editions that moved, those that moved most for their error first.

    `figures` makes an edition's figures from a material, before and after disclosure control;
    `then` is what the edition before was made from. was + answers + restated + recoded + method
    = now; the parts are None where a figure on the way is withheld, where the method changed and
    `then` is not known, and where a part alone would tell of a few events or texts.
    """
    last = material.last
    if last is None:
        return ()
    earlier = as_before(material)
    back = figures(earlier) if earlier else now
    machine = by_machine(last, now.safe, recoded=material.before is not None)
    way = Way(
        was=told(last, machine),
        anew=made_anew(material, last, now.safe, machine, figures, then),
        back=told(back.safe, machine),
        now=told(now.safe, machine),
    )
    few = too_few(now.full, back.full)
    known = errors(last, now.safe)
    names = {one.theme: one.name for one in now.safe.themes}
    found = [one for one in way.now if one in way.was and abs(way.now[one] - way.was[one]) > LEAST]
    found.sort(key=lambda one: abs(way.now[one] - way.was[one]) / known.get(one, np.inf))
    return tuple(named(split(one, way, few), names, machine) for one in reversed(found))


def same_method(last: Edition, now: Edition) -> bool:
    return (last.method_version, last.code_version, last.population_basis) == (
        now.method_version,
        now.code_version,
        now.population_basis,
    )


def made_anew(
    material: Material,
    last: Edition,
    now: Edition,
    machine: set[str],
    figures: Figures,
    then: Material | None,
) -> Told | None:
    """The figures of the edition before as today's method and population give them."""
    if same_method(last, now):
        return told(last, machine)
    if then is None or list(then.codes) != list(material.codes):
        return None
    today = replace(
        then,
        residents=material.residents,
        targets=material.targets,
        population_basis=material.population_basis,
    )
    return told(figures(today).safe, machine)


def unknown_method(last: Edition | None, now: Edition, then: Material | None) -> tuple[str, ...]:
    """Why nobody can say what moved a figure: another method, and the old input is gone."""
    if last is None or then is not None or same_method(last, now):
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


def by_machine(last: Edition, now: Edition, *, recoded: bool) -> set[str]:
    """Themes to follow by the machine's share: where only one edition put it right by people's
    coding, or where the older codebook has no such coding to go by."""
    was, is_ = (
        {name_of(one): one.corrected for one in edition.themes if one.domain == now.city}
        for edition in (last, now)
    )
    return {
        name
        for name in was.keys() & is_.keys()
        if was[name] != is_[name] or (recoded and is_[name])
    }


def split(one: Figure, way: Way, few: set[Figure]) -> Moved:
    """The four parts; what neither another reading, a restatement nor the method did is new."""
    answers = restated = recoded = method = None
    back = way.now if one.table == "index" else way.back  # nothing of either touches the index
    if way.anew is not None and one in way.anew and one in back and one not in few:
        rest = way.now[one] - back[one]
        recoded, restated = (rest, 0.0) if one.table == "themes" else (0.0, rest)
        method = way.anew[one] - way.was[one]
        answers = way.now[one] - way.was[one] - rest - method
    return Moved(
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


def named(one: Moved, names: dict[str, str], machine: set[str]) -> Moved:
    """A theme by its name and stream, for streams are never put together."""
    if one.table != "themes":
        return one
    stream, theme = one.figure.split("/", 1)
    counted = ", machine count" if one.figure in machine else ""
    return msgspec.structs.replace(one, figure=f"{names[theme]} ({STREAMS[stream]}{counted})")


def too_few(now: Edition, back: Edition) -> set[Figure]:
    """Shares of themes that another reading moved by a few texts alone.

    Counts need no such care: their parts lie between counts that are told in steps of five, so
    that each may be eight values or more (decision 0013), and to leave out those of a few restated
    events would tell that they were a few.
    """
    found: set[Figure] = set()
    texts = {name_of(one): one.texts or 0 for one in back.themes if one.domain == now.city}
    for theme in now.themes:
        by = abs((theme.texts or 0) - texts.get(name_of(theme), 0))
        if theme.domain == now.city and 0 < by < FEWEST_TEXTS:
            found.add(Figure("themes", name_of(theme), theme.domain, "share"))
    return found


def as_before(material: Material) -> Material | None:
    """This period's material with deployments as told before and texts under the older codebook.

    None where neither differs. Without sampled answers: neither touches the index.
    """
    restated = [one for one in material.restated if concerns(one, material)]
    if not restated and material.before is None:
        return None
    earlier = replace(
        material,
        counts=put_back(material.counts, restated),
        restated=(),
        sampled=material.sampled.only(np.zeros(len(material.sampled.day), dtype=np.bool_)),
    )
    if material.before is None:
        return earlier
    return replace(
        earlier,
        texts=unread(material, material.before),
        themes=material.before.themes,
        before=None,
        labelled=None,
    )


def concerns(one: Change, material: Material) -> bool:
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


def put_back(counts: Sequence[Count], restated: Sequence[Change]) -> list[Count]:
    """Counts as they were told before; a figure that was not told is left out."""
    changed = {cell(one) for one in restated}
    kept = [one for one in counts if cell(one) not in changed]
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


def cell(one: Count | Change) -> tuple[object, ...]:
    return one.area, one.start, one.end, one.tactic, one.group


def unread(material: Material, before: Before) -> Texts:
    """The texts under the older codebook; one that came later keeps its reading of today."""
    place = {theme: i for i, (theme, _) in enumerate(material.themes)}
    spoken = before.spoken.copy()
    for i, (theme, _) in enumerate(before.themes):
        new = material.texts.spoken[:, place[theme]] if theme in place else False
        spoken[:, i] = np.where(before.known, before.spoken[:, i], new)
    return replace(material.texts, spoken=spoken)
