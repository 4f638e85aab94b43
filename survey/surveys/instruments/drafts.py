"""Edits to a survey that is not published yet: each gives a new draft, or raises why it cannot.

A draft remembers what its questions were called in the version before, so that a renamed
question stays linked to its earlier responses.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Container as Holds
from typing import cast

import msgspec
from msgspec.structs import replace

from survey.problems import Conflict, Fault, Invalid, NotFound
from survey.surveys import item_types
from survey.surveys.expressions import REFERENCE
from survey.surveys.instruments import (
    NAME,
    Instrument,
    all_names,
    and_list,
    faults_of_size,
    languages_used,
    missing_translations,
    quoted_question,
    references,
    words_by_name,
)
from survey.surveys.instruments.versions import version_mapping
from survey.surveys.refusals import bad_instrument


class NotImported(msgspec.Struct, frozen=True):
    """One thing in an imported file that the instrument does not have: where it was, and why."""

    where: str
    what: str
    why: str


class AnswerListColumns(msgspec.Struct, frozen=True):
    """Which columns of a CSV file hold the names and the labels of options."""

    value: str = "name"
    label: str = "label"


class InstrumentDraft(msgspec.Struct, frozen=True, kw_only=True):
    """An instrument that is still being edited.

    `was` and `merged` use today's names, as in a `VersionMapping`. `languages` are the ones the
    author wants to write in; `left` is what could not be imported; `lists` are files with options
    that still have to be added; `gone` are names of removed questions, under which responses may
    be stored.
    """

    instrument: Instrument
    was: dict[str, str] = {}
    merged: dict[str, dict[str, str]] = {}
    languages: tuple[str, ...] = ()
    left: tuple[NotImported, ...] = ()
    lists: dict[str, AnswerListColumns] = {}
    gone: tuple[str, ...] = ()
    file: str = ""
    revision: int = 0

    def all_languages(self) -> list[str]:
        """The languages the draft is written in; those the author chose come first."""
        return list(dict.fromkeys((*self.languages, *languages_used(self.instrument)))) or ["en"]

    def find(self, name: str) -> item_types.AnyPart:
        named_part = next(
            (part for part in item_types.all_parts(self.instrument.items) if part.name == name),
            None,
        )
        if named_part is None:
            raise unknown_question()
        return named_part


Parts = tuple[item_types.AnyPart, ...]


def with_items(draft: InstrumentDraft, items: Parts) -> InstrumentDraft:
    """The draft with these parts instead of its own; raises if the survey becomes too large."""
    instrument = replace(draft.instrument, items=items)
    # Edits of questions all come through here, so none gets past the limits of an import.
    if faults := faults_of_size(instrument):
        raise bad_instrument(tuple(faults))
    return replace(draft, instrument=instrument)


def map_siblings(parts: Iterable[item_types.AnyPart], act: Callable[[Parts], Parts]) -> Parts:
    """The parts with `act` applied to every group of siblings, the innermost first."""
    within = tuple(
        replace(part, items=map_siblings(part.items, act))
        if isinstance(part, item_types.Container)
        else part
        for part in parts
    )
    return act(within)


def with_part_replaced(parts: Parts, name: str, by: Parts) -> Parts:
    """The parts with the first one of this name replaced; later ones of that name stay."""
    new_parts = list(parts)
    for place, part in enumerate(parts):
        if part.name == name:
            return (*parts[:place], *by, *parts[place + 1 :])
        if isinstance(part, item_types.Container) and any(
            inner_part.name == name for inner_part in item_types.all_parts(part.items)
        ):
            items = with_part_replaced(part.items, name, by)
            new_parts[place] = replace(part, items=items)
            return tuple(new_parts)
    return parts


def add_part(
    draft: InstrumentDraft, part: item_types.AnyPart, *, into: str = "", behind: str = ""
) -> InstrumentDraft:
    """The draft with a new part: at the end, in the container `into`, or after `behind`."""
    check_new_names(draft, [inner_part.name for inner_part in item_types.all_parts([part])])
    if behind:
        after = draft.find(behind)
        return with_items(draft, with_part_replaced(draft.instrument.items, behind, (after, part)))
    if not into:
        return with_items(draft, (*draft.instrument.items, part))
    container = draft.find(into)
    if not isinstance(container, item_types.Container):
        raise question_without_parts(quoted_question(container))
    return replace_part(draft, into, replace(container, items=(*container.items, part)))


def check_new_names(draft: InstrumentDraft, names: Iterable[str]) -> None:
    taken = set(all_names(draft.instrument))
    for name in names:
        if not NAME.fullmatch(name):
            raise bad_question_name(name[:60])
        if name in taken:
            raise taken_question_name(name)


def replace_part(
    draft: InstrumentDraft, name: str, part: item_types.InstrumentPart
) -> InstrumentDraft:
    """The draft with a part replaced; if its name changed, every reference to it is renamed too."""
    old = draft.find(name)
    if part.name != name:
        check_new_names(draft, [part.name])
    draft = with_items(
        draft, with_part_replaced(draft.instrument.items, name, (cast(item_types.AnyPart, part),))
    )
    if part.name == name:
        return draft
    # After the part itself is replaced, so that its own expressions are renamed too.
    draft = draft_with_renames(draft, {name: part.name})
    was = {k: v for k, v in draft.was.items() if k != name}
    if name in own_answer_names(old):
        # By its published name, however often the draft has renamed it since.
        was[part.name] = draft.was.get(name, name)
    merged = {part.name if k == name else k: v for k, v in draft.merged.items()}
    return replace(draft, was=was, merged=merged)


def own_answer_names(part: item_types.AnyPart) -> list[str]:
    return [] if item_types.is_flat(part) else [part.name]


def draft_with_renames(draft: InstrumentDraft, names: Mapping[str, str]) -> InstrumentDraft:
    """The draft with questions renamed in every expression, wording, setting and in the index."""
    draft = with_items(
        draft, tuple(references.part_with_renames(item, names) for item in draft.instrument.items)
    )
    instrument = draft.instrument
    settings = {
        key: references.text_with_renames(text, names) for key, text in instrument.settings.items()
    }
    index = instrument.index and replace(
        instrument.index, items=tuple(names.get(name, name) for name in instrument.index.items)
    )
    instrument = replace(instrument, settings=settings, index=index)
    return replace(draft, instrument=instrument)


def remove_part(draft: InstrumentDraft, name: str) -> InstrumentDraft:
    """The draft without a part; raises if the condition of another question depends on it."""
    part = draft.find(name)
    gone = {
        name
        for inner_part in item_types.all_parts([part])
        for name in (inner_part.name, *inner_part.answer_names())
    }
    needing = [
        quoted_question(part)
        for part in item_types.all_parts(draft.instrument.items)
        if part.name not in gone and references.referenced_names(part) & gone
    ]
    if needing:
        raise needed_question(needing)
    instrument = draft.instrument
    settings = {
        key: text
        for key, text in instrument.settings.items()
        if not gone & {*REFERENCE.findall(text)}
    }
    draft = replace(draft, instrument=replace(instrument, settings=settings))
    # A new question of this name would take over the answers that are stored under it.
    draft = replace(draft, gone=tuple(sorted({*draft.gone, *gone})))
    return with_items(draft, with_part_replaced(draft.instrument.items, name, ()))


def move_part(draft: InstrumentDraft, name: str, by: int) -> InstrumentDraft:
    """The draft with a part moved up or down among its siblings, never out of its container."""
    draft.find(name)

    def act(row: Parts) -> Parts:
        names = [part.name for part in row]
        if name not in names:
            return row
        at = names.index(name)
        to = min(max(at + by, 0), len(row) - 1)
        rest = [part for part in row if part.name != name]
        return (*rest[:to], row[at], *rest[to:])

    return with_items(draft, map_siblings(draft.instrument.items, act))


def arrange_parts(draft: InstrumentDraft, names: Iterable[str]) -> InstrumentDraft:
    """The draft with the siblings of one container in a new order, as they were dragged."""
    order = {name: place for place, name in enumerate(names)}

    def act(row: Parts) -> Parts:
        # A page older than the draft names other parts, and its order changes nothing.
        if {part.name for part in row} != set(order):
            return row
        return tuple(sorted(row, key=lambda part: order[part.name]))

    return with_items(draft, map_siblings(draft.instrument.items, act))


def merge_options(draft: InstrumentDraft, name: str, option: str, into: str) -> InstrumentDraft:
    """The draft without an option; responses that chose it count as another option."""
    part = draft.find(name)
    if not isinstance(part, item_types.OptionsItem):
        raise question_without_options(quoted_question(part))
    left = tuple(kept_option for kept_option in part.options if kept_option.name != option)
    before = draft.merged.get(name, {})
    # What was merged into this option before goes with it.
    merged = {k: into if v == option else v for k, v in before.items()} | {option: into}
    draft = replace_part(draft, name, replace(part, options=left))
    return replace(draft, merged=draft.merged | {name: merged})


def next_version(draft: InstrumentDraft, before: Instrument | None) -> Instrument:
    """The instrument to publish: the next version, with its mapping from the one before."""
    if before is None:
        return replace(draft.instrument, version=1, follows=None)
    now = replace(draft.instrument, version=before.version + 1)
    return replace(now, follows=version_mapping(before, now, draft.was, draft.merged))


def draft_warnings(draft: InstrumentDraft) -> list[Fault]:
    """What an organiser should check, although the survey can be published as it is."""
    faults: list[Fault] = []
    seen: set[str] = set()
    known = set(all_names(draft.instrument))
    words = words_by_name(draft.instrument.items)
    for part in item_types.all_parts(draft.instrument.items):
        for name in sorted(references.referenced_names(part) & known - seen - {part.name}):
            faults.append(Fault(part.name, f"depends on {words[name]}, which is asked later"))
        seen.add(part.name)
        seen |= set(own_answer_names(part)) | {*part.row_texts()}
    lacking: dict[str, list[str]] = {}
    for code, places in missing_translations(draft.instrument, draft.all_languages()).items():
        for where in places:
            lacking.setdefault(where, []).append(code)
    return faults + [
        Fault(where, f"has no text in {', '.join(codes)}") for where, codes in lacking.items()
    ]


def free_name(draft: InstrumentDraft, words: str, taken: Iterable[str] = ()) -> str:
    """An unused question name made of the first words of a question."""
    return name_from_words(words, {*all_names(draft.instrument), *draft.gone, *taken})


def name_from_words(words: str, taken: Holds[str], usual: str = "question") -> str:
    # Nothing is left of words in Arabic, so they get the usual name and a number.
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    stem = "_".join(re.findall(r"[a-z0-9]+", plain)[:5])[:40] or usual
    stem = stem if stem[0].isalpha() else f"q_{stem}"
    free = (stem, *(f"{stem}_{number}" for number in range(2, 10_000)))
    return next(name for name in free if name not in taken)


unknown_draft = NotFound.of(
    "draft.unknown", "This draft does not exist.", "Look at the list of surveys."
)
changed_draft = Conflict.of(
    "draft.changed",
    "This draft was changed in another window while you had it open.",
    "Your change is not saved yet: check that it still makes sense, then do it again.",
)
existing_draft = Conflict.of(
    "draft.there",
    "There is already a draft of this survey.",
    "Open that draft, or give this survey another title.",
)
too_many_drafts = Conflict.of(
    "draft.too_many",
    "You have {most} drafts, which is the most one person can have.",
    "Publish or discard one of them, then try again.",
)
nothing_to_undo = Conflict.of(
    "draft.no_steps", "There is nothing to undo.", "The draft is as it was."
)
nothing_to_redo = Conflict.of(
    "draft.no_undone_steps", "There is nothing to redo.", "The draft is as it was."
)

unknown_question = NotFound.of(
    "question.unknown",
    "This question is not in the draft any more.",
    "Someone may have removed or renamed it: look at the list of questions.",
)
question_without_parts = Invalid.of(
    "question.holds_none", "{question} is a question: it cannot contain others."
)
question_without_options = Invalid.of(
    "question.no_options", "{question} has no answers to choose from."
)
bad_question_name = Invalid.of(
    "question.name",
    "“{name}” cannot be used as the name of a question.",
    "Use letters, numbers, “_”, “-” or “.”, and start with a letter.",
)
taken_question_name = Conflict.of(
    "question.taken", "Another question is already called “{name}”.", "Choose another name."
)


def needed_question(needing: list[str]) -> Conflict:
    verb = "depends" if len(needing) == 1 else "depend"
    return Conflict(
        "question.needed",
        f"{and_list(needing)} {verb} on this question.",
        "Change when it is asked first, or remove it too."
        if len(needing) == 1
        else "Change when they are asked first, or remove them too.",
    )


def duplicate(draft: InstrumentDraft, name: str) -> tuple[InstrumentDraft, str]:
    """The draft with a copy of a question or group, and the copy's name.

    Where the questions of a group refer to each other, the copies refer to each other too.
    """
    part = draft.find(name)
    taken = set(all_names(draft.instrument))
    names: dict[str, str] = {}
    for inner_part in item_types.all_parts([part]):
        for old in (inner_part.name, *inner_part.row_texts()):
            if old not in names:
                stem = re.sub(r"_\d+$", "", old)[:50]  # leaves room for a number
                # More numbers than a survey can have parts and rows, so one is always free.
                names[old] = next(
                    free for n in range(2, 10_000) if (free := f"{stem}_{n}") not in taken
                )
                taken.add(names[old])
    copy = references.part_with_renames(part, names).with_new_names(names)
    return add_part(draft, copy, behind=name), names[name]
