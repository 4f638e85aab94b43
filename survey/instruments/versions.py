"""How the questions of one version follow from those of the version before, and answers with them.

A published version never changes. The next one says of every question whether it is kept, renamed
or new, and of the version before which are retired, so that answers to all versions can be read
together: nothing is ever taken away from an answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from survey.instruments.instrument import Follows, Instrument
from survey.instruments.items import (
    Agreement,
    Choice,
    Choices,
    Grid,
    Leaf,
    Rank,
    Repeat,
    Wording,
    leaves,
    names_of,
)
from survey.problems import Fault

Selection = Choice | Choices | Rank


class Break(msgspec.Struct, frozen=True):
    """From which version on answers to a question are not quite comparable, and why."""

    name: str
    version: int
    why: str


def by_name(instrument: Instrument) -> dict[str, Leaf]:
    """The question under which each answer stands, those of a repeat's rounds too.

    A grid's answers stand under the names of its rows.
    """
    return {
        name: item
        for outer in instrument.leaves()
        for item in ([outer, *leaves(outer.items)] if isinstance(outer, Repeat) else [outer])
        for name in names_of(item)
    }


def follows(
    before: Instrument,
    now: Instrument,
    was: Mapping[str, str] = {},
    merged: Mapping[str, Mapping[str, str]] = {},
) -> Follows:
    """The map from one version to the next; `was` gives the earlier names of renamed questions."""
    old, new = by_name(before), by_name(now)
    origin = {
        name: was.get(name, name)
        for name in new
        if was.get(name, name) in old and same_kind(old[was.get(name, name)], new[name])
    }
    found = {
        name: options_moved(old[first], new[name], merged.get(name, {}))
        for name, first in origin.items()
    }
    return Follows(
        version=before.version,
        kept=tuple(name for name, first in origin.items() if name == first),
        renamed={name: first for name, first in origin.items() if name != first},
        new=tuple(name for name in new if name not in origin),
        retired=tuple(name for name in old if name not in origin.values()),
        merged={name: into for name, (into, _) in found.items() if into},
        dropped={name: gone for name, (_, gone) in found.items() if gone},
    )


def same_kind(old: Leaf, new: Leaf) -> bool:
    """Whether the answers to both are of one kind: a row of a grid is an agreement too."""
    kinds = [Agreement if isinstance(one, Agreement | Grid) else type(one) for one in (old, new)]
    return kinds[0] is kinds[1]


def options_moved(
    old: Leaf, new: Leaf, merged: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Which options of before count as which now, and which are offered no more."""
    if not isinstance(old, Selection) or not isinstance(new, Selection):
        return {}, ()
    offered = {option.name for option in new.options}
    gone = [option.name for option in old.options if option.name not in offered]
    into = {name: merged[name] for name in gone if merged.get(name) in offered}
    return into, tuple(name for name in gone if name not in into)


def faults_of_map(chain: Sequence[Instrument], now: Instrument) -> list[Fault]:
    """What is wrong with a version as the next of a chain, the oldest first."""
    before, told = chain[-1], now.follows
    if told is None or told.version != before.version:
        return [Fault("follows", f"must say how it follows from version {before.version}")]
    old, new = by_name(before), by_name(now)
    faults = [
        *unaccounted(tuple(new), (*told.kept, *told.renamed, *told.new), "of this version"),
        *unaccounted(
            tuple(old), (*told.kept, *told.renamed.values(), *told.retired), "of the version before"
        ),
    ]
    if faults:
        return faults
    earlier = {name for one in chain for name in by_name(one)}
    faults += [
        Fault(name, "was the name of another question before; use another name")
        for name in told.new
        if name in earlier
    ]
    faults += [
        Fault(name, f"is another kind of question than {first!r} was; make it a new one")
        for name, first in origins(told).items()
        if not same_kind(old[first], new[name])
    ]
    return [*faults, *faults_of_options(old, new, told)]


def unaccounted(names: Sequence[str], told: Sequence[str], where: str) -> Iterator[Fault]:
    for name in dict.fromkeys((*names, *told)):
        if name not in names:
            yield Fault(name, f"is not a question {where}")
        elif told.count(name) != 1:
            yield Fault(name, f"must appear exactly once among the questions {where}")


def faults_of_options(
    old: Mapping[str, Leaf], new: Mapping[str, Leaf], told: Follows
) -> Iterator[Fault]:
    """An option that is gone must have gone somewhere, or be known to be offered no more."""
    for name, first in origins(told).items():
        before, now = old[first], new[name]
        if not isinstance(before, Selection) or not isinstance(now, Selection):
            continue
        offered = {option.name for option in now.options}
        into = told.merged.get(name, {})
        for option in before.options:
            known = option.name in offered or option.name in told.dropped.get(name, ())
            if not known and into.get(option.name) not in offered:
                yield Fault(name, f"must say what happens to the option {option.name!r}")


def origins(told: Follows) -> dict[str, str]:
    """The earlier name of each question that goes on."""
    return {name: name for name in told.kept} | dict(told.renamed)


class Harmony:
    """Every version of one survey, its answers read in the terms of the newest."""

    def __init__(self, versions: Sequence[Instrument]) -> None:
        self.versions = sorted(versions, key=lambda one: one.version)
        self.newest = self.versions[-1]

    def answers(self, version: int, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Answers to a version under today's names and options; what was retired stays as it is."""
        found = dict(answers)
        for one in self.versions:
            if one.version > version and one.follows is not None:
                found = carried(one.follows, found)
        return found

    def named(self, version: int, name: str) -> str:
        """What a question of a version is called today."""
        return next(iter(self.answers(version, {name: ""})))

    def questions(self) -> dict[str, Leaf]:
        """Every question ever asked by its name today, those of the newest version first."""
        found = by_name(self.newest)
        for one in reversed(self.versions[:-1]):
            for name, item in by_name(one).items():
                found.setdefault(self.named(one.version, name), item)
        return found

    def options(self, name: str) -> dict[str, Wording]:
        """The options of a question in the order of today, those of earlier versions behind."""
        found: dict[str, Wording] = {}
        for one in reversed(self.versions):
            for first, item in by_name(one).items():
                if isinstance(item, Selection) and self.named(one.version, first) == name:
                    for option in item.options:
                        (today,) = self.answers(one.version, {first: [option.name]})[name]
                        found.setdefault(today, option.text)
        return found

    def breaks(self) -> list[Break]:
        """Where a series of answers does not simply go on."""
        found = []
        for before, now in zip(self.versions, self.versions[1:], strict=False):
            if now.follows is not None:
                found += [
                    Break(self.named(now.version, one.name), now.version, one.why)
                    for one in breaks_at(before, now, now.follows)
                ]
        return found


class AsAnswered(Harmony):
    """Every version of one survey, its answers under the names and options of their own version."""

    def answers(self, version: int, answers: Mapping[str, Any]) -> dict[str, Any]:
        return dict(answers)


def breaks_at(before: Instrument, now: Instrument, told: Follows) -> Iterator[Break]:
    old, new = by_name(before), by_name(now)
    for name, first in origins(told).items():
        if name in told.merged:
            yield Break(name, now.version, "answers to choose from were merged")
        if name in told.dropped:
            yield Break(name, now.version, "some answers are no longer offered")
        if wording_of(old[first], first) != wording_of(new[name], name):
            yield Break(name, now.version, "the question was reworded")
        if options_reworded(old[first], new[name]):
            yield Break(name, now.version, "an answer was reworded")
    yield from (Break(name, now.version, "it was not asked before") for name in told.new)
    yield from (Break(name, now.version, "it is no longer asked") for name in told.retired)


def wording_of(item: Leaf, name: str) -> list[Wording]:
    """The words that somebody who answers reads, those of options and labels too."""
    texts = [item.text]
    if isinstance(item, Grid):
        texts += [row.text for row in item.rows if row.name == name]
    if isinstance(item, Agreement | Grid):
        texts += item.labels
    return texts


def options_reworded(old: Leaf, new: Leaf) -> bool:
    if not isinstance(old, Selection) or not isinstance(new, Selection):
        return False
    texts = {option.name: option.text for option in old.options}
    return any(texts.get(option.name, option.text) != option.text for option in new.options)


def carried(told: Follows, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers to the version before as answers to this one."""
    today = {first: name for name, first in told.renamed.items()}
    found: dict[str, Any] = {}
    for first, answer in answers.items():
        name = today.get(first, first)
        if isinstance(answer, list) and any(isinstance(one, dict) for one in answer):
            found[name] = [carried(told, one) for one in answer]
        else:
            found[name] = replaced(answer, told.merged.get(name, {}))
    return found


def replaced(answer: Any, into: Mapping[str, str]) -> Any:
    if isinstance(answer, list) and all(isinstance(one, str) for one in answer):
        return list(dict.fromkeys(into.get(one, one) for one in answer))
    return into.get(answer, answer) if isinstance(answer, str) else answer
