"""A survey on its way to be published: each act gives a new draft, and says no where it must.

A draft remembers what its questions were called in the version before, so that renaming one never
parts it from its answers.
"""

import re
import unicodedata
from collections.abc import Callable, Container, Iterable, Mapping

import msgspec

from survey.instruments.checking import NAME, all_names
from survey.instruments.instrument import Instrument
from survey.instruments.items import AnyPart, Group, Page, every, names_of
from survey.instruments.references import (
    NAMED,
    Holding,
    WithOptions,
    named_by,
    renamed_in,
    with_names,
)
from survey.instruments.sizes import check_size
from survey.instruments.versions import follows
from survey.instruments.wordings import languages_of, listed, quoted, untranslated, words_by_name
from survey.problems import Conflict, Fault, Invalid, NotFound


class Left(msgspec.Struct, frozen=True):
    """One thing of a file that the instrument does not say: where it stood, and why."""

    where: str
    what: str
    why: str


class AnswerList(msgspec.Struct, frozen=True):
    """Which columns of a file hold the names and the words of answers."""

    value: str = "name"
    label: str = "label"


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """`was` and `merged` go by today's names, as in what a version says of the one before.

    `languages` are those that its maker means to write; `left` is what a file said besides;
    `lists` are the files with answers that were not added yet; `gone` are the names of questions
    that were removed, which answers may stand under.
    """

    instrument: Instrument
    was: dict[str, str] = {}
    merged: dict[str, dict[str, str]] = {}
    languages: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()
    lists: dict[str, AnswerList] = {}
    gone: tuple[str, ...] = ()
    file: str = ""
    revision: int = 0

    def spoken(self) -> list[str]:
        """The languages that it is written in, those meant at the front."""
        return list(dict.fromkeys((*self.languages, *languages_of(self.instrument)))) or ["en"]

    def find(self, name: str) -> AnyPart:
        found = next((part for part in every(self.instrument.items) if part.name == name), None)
        if found is None:
            raise NotFound(
                "question.unknown",
                "This question is not in the draft any more.",
                "Someone may have removed or renamed it: look at the list of questions.",
            )
        return found


Parts = tuple[AnyPart, ...]


def with_items(draft: Draft, items: Parts) -> Draft:
    """The draft with other parts, as long as it stays within what a survey may hold."""
    one = msgspec.structs.replace(draft.instrument, items=items)
    check_size(one)
    return msgspec.structs.replace(draft, instrument=one)


def mapped(parts: Iterable[AnyPart], act: Callable[[Parts], Parts]) -> Parts:
    """An act done to every row of parts, the innermost first."""
    within = tuple(
        msgspec.structs.replace(part, items=mapped(part.items, act))
        if isinstance(part, Holding)
        else part
        for part in parts
    )
    return act(within)


def replaced(parts: Parts, name: str, by: Parts) -> Parts:
    """The first part of this name, innermost last, in another form; its namesakes stay."""
    found = list(parts)
    for place, part in enumerate(parts):
        if part.name == name:
            return (*parts[:place], *by, *parts[place + 1 :])
        if isinstance(part, Holding) and any(one.name == name for one in every(part.items)):
            items = replaced(part.items, name, by)
            found[place] = msgspec.structs.replace(part, items=items)
            return tuple(found)
    return parts


def add(draft: Draft, part: AnyPart, *, into: str = "", behind: str = "") -> Draft:
    """A new part at the end, at the end of what is held by `into`, or behind another."""
    check_names(draft, [one.name for one in every([part])])
    if behind:
        after = draft.find(behind)
        return with_items(draft, replaced(draft.instrument.items, behind, (after, part)))
    if not into:
        return with_items(draft, (*draft.instrument.items, part))
    holder = draft.find(into)
    if not isinstance(holder, Holding):
        raise Invalid(
            "question.holds_none", f"{quoted(holder)} is a question: it cannot contain others."
        )
    return put(draft, into, msgspec.structs.replace(holder, items=(*holder.items, part)))


def check_names(draft: Draft, names: Iterable[str]) -> None:
    taken = set(all_names(draft.instrument))
    for name in names:
        if not NAME.fullmatch(name):
            raise Invalid(
                "question.name",
                f"“{name[:60]}” cannot be used as the name of a question.",
                "Use letters, numbers, “_”, “-” or “.”, and start with a letter.",
            )
        if name in taken:
            raise Conflict(
                "question.taken",
                f"Another question is already called “{name}”.",
                "Choose another name.",
            )


def put(draft: Draft, name: str, part: AnyPart) -> Draft:
    """A part in another form; with another name it is renamed wherever it is spoken of."""
    old = draft.find(name)
    if part.name != name:
        check_names(draft, [part.name])
    draft = with_items(draft, replaced(draft.instrument.items, name, (part,)))
    if part.name == name:
        return draft
    draft = respoken(draft, {name: part.name})
    was = {k: v for k, v in draft.was.items() if k != name}
    if name in by_name_of(old):
        was[part.name] = draft.was.get(name, name)
    merged = {part.name if k == name else k: v for k, v in draft.merged.items()}
    return msgspec.structs.replace(draft, was=was, merged=merged)


def by_name_of(part: AnyPart) -> list[str]:
    return [] if isinstance(part, Group | Page) else [part.name]


def respoken(draft: Draft, names: Mapping[str, str]) -> Draft:
    """Every expression, every word, the index and the settings with the new names of questions."""
    draft = with_items(draft, tuple(with_names(one, names) for one in draft.instrument.items))
    one = draft.instrument
    settings = {key: renamed_in(text, names) for key, text in one.settings.items()}
    index = one.index and msgspec.structs.replace(
        one.index, items=tuple(names.get(name, name) for name in one.index.items)
    )
    one = msgspec.structs.replace(one, settings=settings, index=index)
    return msgspec.structs.replace(draft, instrument=one)


def remove(draft: Draft, name: str) -> Draft:
    """Without a question; not while another one's condition asks for it."""
    part = draft.find(name)
    gone = {name for one in every([part]) for name in (one.name, *names_of(one))}
    needing = [
        quoted(one)
        for one in every(draft.instrument.items)
        if one.name not in gone and named_by(one) & gone
    ]
    if needing:
        verb = "depends" if len(needing) == 1 else "depend"
        raise Conflict(
            "question.needed",
            f"{listed(needing)} {verb} on this question.",
            "Change when it is asked first, or remove it too."
            if len(needing) == 1
            else "Change when they are asked first, or remove them too.",
        )
    draft = without_settings_about(draft, gone)
    draft = msgspec.structs.replace(draft, gone=tuple(sorted({*draft.gone, *gone})))
    return with_items(draft, replaced(draft.instrument.items, name, ()))


def without_settings_about(draft: Draft, names: set[str]) -> Draft:
    """What a form of another program is called by its answers goes with the question it names."""
    one = draft.instrument
    settings = {
        key: text for key, text in one.settings.items() if not names & {*NAMED.findall(text)}
    }
    return msgspec.structs.replace(
        draft, instrument=msgspec.structs.replace(one, settings=settings)
    )


def move(draft: Draft, name: str, by: int) -> Draft:
    """Up or down among its like; at the end of a group it goes no further."""
    draft.find(name)

    def act(row: Parts) -> Parts:
        names = [one.name for one in row]
        if name not in names:
            return row
        at = names.index(name)
        to = min(max(at + by, 0), len(row) - 1)
        rest = [one for one in row if one.name != name]
        return (*rest[:to], row[at], *rest[to:])

    return with_items(draft, mapped(draft.instrument.items, act))


def arrange(draft: Draft, names: Iterable[str]) -> Draft:
    """The parts of one row in another order, as they were dragged."""
    order = {name: place for place, name in enumerate(names)}

    def act(row: Parts) -> Parts:
        if {one.name for one in row} != set(order):
            return row
        return tuple(sorted(row, key=lambda one: order[one.name]))

    return with_items(draft, mapped(draft.instrument.items, act))


def merge_options(draft: Draft, name: str, option: str, into: str) -> Draft:
    """One option less, whose answers count as those of another."""
    part = draft.find(name)
    if not isinstance(part, WithOptions):
        raise Invalid("question.no_options", f"{quoted(part)} has no answers to choose from.")
    left = tuple(one for one in part.options if one.name != option)
    before = draft.merged.get(name, {})
    merged = {k: into if v == option else v for k, v in before.items()} | {option: into}
    draft = put(draft, name, msgspec.structs.replace(part, options=left))
    return msgspec.structs.replace(draft, merged=draft.merged | {name: merged})


def publishable(draft: Draft, before: Instrument | None) -> Instrument:
    """The next version, with how it follows from the one before."""
    if before is None:
        return msgspec.structs.replace(draft.instrument, version=1, follows=None)
    now = msgspec.structs.replace(draft.instrument, version=before.version + 1)
    return msgspec.structs.replace(now, follows=follows(before, now, draft.was, draft.merged))


def warnings(draft: Draft) -> list[Fault]:
    """What an organiser should look at, though it can be published."""
    found: list[Fault] = []
    seen: set[str] = set()
    known = set(all_names(draft.instrument))
    words = words_by_name(draft.instrument)
    for part in every(draft.instrument.items):
        for name in sorted(named_by(part) & known - seen - {part.name}):
            found.append(Fault(part.name, f"depends on {words[name]}, which is asked later"))
        seen.add(part.name)
        seen |= set(by_name_of(part)) | {row.name for row in getattr(part, "rows", ())}
    for code, places in untranslated(draft.instrument, draft.spoken()).items():
        found += [Fault(where, f"has no text in {code}") for where in places]
    return found


def free_name(draft: Draft, words: str, taken: Iterable[str] = ()) -> str:
    """A name made of the first words of a question, that no other has."""
    return free_of(words, {*all_names(draft.instrument), *draft.gone, *taken})


def free_of(words: str, taken: Container[str], usual: str = "question") -> str:
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    stem = "_".join(re.findall(r"[a-z0-9]+", plain)[:5])[:40] or usual
    stem = stem if stem[0].isalpha() else f"q_{stem}"
    free = (stem, *(f"{stem}_{number}" for number in range(2, 10_000)))
    return next(name for name in free if name not in taken)
