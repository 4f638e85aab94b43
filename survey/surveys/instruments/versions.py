"""How the questions of one version correspond to those before, so that responses can be combined.

A published version never changes. The next one says of each question whether it is kept,
renamed or new, and which earlier ones are retired. Stored responses are never changed.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import msgspec

from survey.problems import Fault
from survey.surveys.instruments import Instrument, VersionMapping
from survey.surveys.item_types import AnyQuestion, Item, OptionsItem, Repeat, Wording, questions_in
from survey.surveys.item_types.answers import Answer, Answers, Round, SimpleValue


class SeriesBreak(msgspec.Struct, frozen=True):
    """A question whose answers before and after this version are not quite comparable, and why."""

    name: str
    version: int
    why: str


def questions_by_name(instrument: Instrument) -> dict[str, AnyQuestion]:
    """The question behind each answer name, within repeats too; a grid is listed under its rows."""
    return {
        name: item
        for outer in instrument.all_questions()
        for item in ([outer, *questions_in(outer.items)] if isinstance(outer, Repeat) else [outer])
        for name in item.answer_names()
    }


def version_mapping(
    before: Instrument,
    now: Instrument,
    was: Mapping[str, str] = {},
    merged: Mapping[str, Mapping[str, str]] = {},
) -> VersionMapping:
    """The mapping from one version to the next; `was` has earlier names of renamed questions."""
    old, new = questions_by_name(before), questions_by_name(now)
    origin = {
        # Where the type differs it is another question: its earlier answers do not fit this one.
        name: was.get(name, name)
        for name in new
        if was.get(name, name) in old and is_same_kind(old[was.get(name, name)], new[name])
    }
    changes = {
        name: option_changes(old[first], new[name], merged.get(name, {}))
        for name, first in origin.items()
    }
    return VersionMapping(
        version=before.version,
        kept=tuple(name for name, first in origin.items() if name == first),
        renamed={name: first for name, first in origin.items() if name != first},
        new=tuple(name for name in new if name not in origin),
        retired=tuple(name for name in old if name not in origin.values()),
        merged={name: into for name, (into, _) in changes.items() if into},
        dropped={name: gone for name, (_, gone) in changes.items() if gone},
    )


def is_same_kind(old: AnyQuestion, new: AnyQuestion) -> bool:
    """Whether both have answers of one type: a grid row counts as an agreement question."""
    return series_type(old) is series_type(new)


def series_type(question: AnyQuestion) -> type:
    return question.series_type() if isinstance(question, Item) else type(question)


def option_changes(
    old: AnyQuestion, new: AnyQuestion, merged: Mapping[str, str]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Which earlier options now count as another option, and which are no longer offered."""
    if not isinstance(old, OptionsItem) or not isinstance(new, OptionsItem):
        return {}, ()
    offered = {option.name for option in new.options}
    gone = [option.name for option in old.options if option.name not in offered]
    into = {name: merged[name] for name in gone if merged.get(name) in offered}
    return into, tuple(name for name in gone if name not in into)


def faults_of_mapping(chain: Sequence[Instrument], now: Instrument) -> list[Fault]:
    """What is wrong with a version as the next one after a chain of versions, the oldest first."""
    before, mapping = chain[-1], now.follows
    if mapping is None or mapping.version != before.version:
        return [Fault("follows", f"must say how it follows from version {before.version}")]
    old, new = questions_by_name(before), questions_by_name(now)
    faults = [
        *unaccounted_names(
            tuple(new), (*mapping.kept, *mapping.renamed, *mapping.new), "of this version"
        ),
        *unaccounted_names(
            tuple(old),
            (*mapping.kept, *mapping.renamed.values(), *mapping.retired),
            "of the version before",
        ),
    ]
    # The checks below look up every name.
    if faults:
        return faults
    # Answers stored under an earlier question's name would be read as answers to the new one.
    earlier = {name for version in chain for name in questions_by_name(version)}
    faults += [
        Fault(name, "was the name of another question before; use another name")
        for name in mapping.new
        if name in earlier
    ]
    faults += [
        Fault(name, f"is another kind of question than {first!r} was; make it a new one")
        for name, first in previous_names(mapping).items()
        if not is_same_kind(old[first], new[name])
    ]
    return [*faults, *faults_of_option_mapping(old, new, mapping)]


def unaccounted_names(names: Sequence[str], mapped: Sequence[str], where: str) -> Iterator[Fault]:
    for name in dict.fromkeys((*names, *mapped)):
        if name not in names:
            yield Fault(name, f"is not a question {where}")
        elif mapped.count(name) != 1:
            yield Fault(name, f"must appear exactly once among the questions {where}")


def faults_of_option_mapping(
    old: Mapping[str, AnyQuestion], new: Mapping[str, AnyQuestion], mapping: VersionMapping
) -> Iterator[Fault]:
    """Earlier options that are gone although the mapping neither merges nor drops them."""
    for name, first in previous_names(mapping).items():
        before, now = old[first], new[name]
        if not isinstance(before, OptionsItem) or not isinstance(now, OptionsItem):
            continue
        offered = {option.name for option in now.options}
        into = mapping.merged.get(name, {})
        for option in before.options:
            known = option.name in offered or option.name in mapping.dropped.get(name, ())
            if not known and into.get(option.name) not in offered:
                yield Fault(name, f"must say what happens to the option {option.name!r}")


def previous_names(mapping: VersionMapping) -> dict[str, str]:
    """The earlier name of each question that continues."""
    return {name: name for name in mapping.kept} | dict(mapping.renamed)


class HarmonisedVersions:
    """All versions of one survey, with responses expressed in the terms of the newest."""

    def __init__(self, versions: Sequence[Instrument]) -> None:
        self.versions = sorted(versions, key=lambda version: version.version)
        self.newest = self.versions[-1]

    def answers(self, version: int, answers: Mapping[str, Answer]) -> Answers:
        """Answers to one version in today's names and options; retired questions are unchanged."""
        answers_today = dict(answers)
        for instrument in self.versions:
            if instrument.version > version and instrument.follows is not None:
                answers_today = harmonised_answers(instrument.follows, answers_today)
        return answers_today

    def name_today(self, version: int, name: str) -> str:
        """Today's name of a question of some version."""
        return next(iter(self.answers(version, {name: ""})))

    def option_today(self, version: int, name: str, option: str) -> tuple[str, str]:
        """Today's name of a question of some version, and of one of its options."""
        ((today, answer),) = self.answers(version, {name: option}).items()
        return today, str(answer)

    def questions(self) -> dict[str, AnyQuestion]:
        """Every question ever asked, under its present name, those of the newest version first."""
        questions = questions_by_name(self.newest)
        for version in reversed(self.versions[:-1]):
            for name, item in questions_by_name(version).items():
                questions.setdefault(self.name_today(version.version, name), item)
        return questions

    def options(self, name: str) -> dict[str, Wording]:
        """The options of a question in today's order, followed by those of earlier versions."""
        options: dict[str, Wording] = {}
        for version in reversed(self.versions):
            for first, item in questions_by_name(version).items():
                if (
                    isinstance(item, OptionsItem)
                    and self.name_today(version.version, first) == name
                ):
                    for option in item.options:
                        _, today = self.option_today(version.version, first, option.name)
                        options.setdefault(today, option.text)
        return options

    def breaks(self) -> list[SeriesBreak]:
        """Where answers to a question are no longer comparable with earlier ones."""
        breaks = []
        for before, now in zip(self.versions, self.versions[1:], strict=False):
            if now.follows is not None:
                breaks += [
                    SeriesBreak(
                        self.name_today(now.version, version_break.name),
                        now.version,
                        version_break.why,
                    )
                    for version_break in version_breaks(before, now, now.follows)
                ]
        return breaks


class AsAnswered(HarmonisedVersions):
    """Every version of one survey, its answers under the names and options of their own version."""

    def answers(self, version: int, answers: Mapping[str, Answer]) -> Answers:
        return dict(answers)


def version_breaks(
    before: Instrument, now: Instrument, mapping: VersionMapping
) -> Iterator[SeriesBreak]:
    old, new = questions_by_name(before), questions_by_name(now)
    for name, first in previous_names(mapping).items():
        if name in mapping.merged:
            yield SeriesBreak(name, now.version, "answers to choose from were merged")
        if name in mapping.dropped:
            yield SeriesBreak(name, now.version, "some answers are no longer offered")
        if displayed_wordings(old[first], first) != displayed_wordings(new[name], name):
            yield SeriesBreak(name, now.version, "the question was reworded")
        if has_reworded_options(old[first], new[name]):
            yield SeriesBreak(name, now.version, "an answer was reworded")
    yield from (SeriesBreak(name, now.version, "it was not asked before") for name in mapping.new)
    yield from (SeriesBreak(name, now.version, "it is no longer asked") for name in mapping.retired)


def displayed_wordings(item: AnyQuestion, name: str) -> list[Wording]:
    """The texts of a question that a respondent reads, with row and labels, without options."""
    return item.displayed_wordings(name) if isinstance(item, Item) else [item.text]


def has_reworded_options(old: AnyQuestion, new: AnyQuestion) -> bool:
    if not isinstance(old, OptionsItem) or not isinstance(new, OptionsItem):
        return False
    texts = {option.name: option.text for option in old.options}
    return any(texts.get(option.name, option.text) != option.text for option in new.options)


def harmonised_answers(
    mapping: VersionMapping, answers: Mapping[str, Answer | SimpleValue]
) -> Answers:
    """Answers to the version before, under the names and options of this one."""
    today = {first: name for name, first in mapping.renamed.items()}
    answers_today: Answers = {}
    for first, answer in answers.items():
        name = today.get(first, first)
        if isinstance(answer, list) and any(isinstance(member, dict) for member in answer):
            answers_today[name] = [
                cast(Round, harmonised_answers(mapping, round_answers))
                for round_answers in answer
                if isinstance(round_answers, dict)
            ]
        else:
            answers_today[name] = merged_answer(answer, mapping.merged.get(name, {}))
    return answers_today


def merged_answer(answer: Answer | SimpleValue, into: Mapping[str, str]) -> Answer:
    if isinstance(answer, list):
        # Whoever chose both options counts once.
        return [
            *dict.fromkeys(into.get(option, option) for option in answer if isinstance(option, str))
        ]
    return into.get(answer, answer) if isinstance(answer, str) else answer
