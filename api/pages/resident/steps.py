"""The way through an instrument, page by page: only what is to be asked of this person."""

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

import msgspec

from api.pages.resident.follow_ups import FollowUps
from api.pages.resident.piping import Piping
from survey.instruments import (
    AnyItem,
    AnyPart,
    Calculate,
    Choice,
    Choices,
    File,
    Foreign,
    Group,
    Image,
    Instrument,
    Item,
    Note,
    Page,
    Rank,
    Repeat,
    Text,
    Wording,
    leaves,
    names_of,
)
from survey.responses import Answers, Settled

SHORT_SECONDS, LONG_SECONDS, FILE_SECONDS, ACCOUNT_SECONDS = 12, 60, 45, 240
ACCOUNT = 5_000  # characters from which a text is meant to be a whole account

ACCESS_CODE = "access-code"
BOROUGH = "borough"
CONTACT = "contact"
CHECK = "check"
SEND = "send"
DONE = "done"
TAKEN = (ACCESS_CODE, BOROUGH, CONTACT, CHECK, SEND, DONE)


class Step(msgspec.Struct, frozen=True):
    """A page of the way; `notes` are the words that stand before its questions.

    A `repeat` has a page for each `round`, and one of its own where rounds are added at will; where
    a round is one `file` and nothing else, all of them are on that page. Questions that an answer
    on a page brings up follow on a page of their own, whose `parent` is the first.
    """

    name: str
    items: tuple[AnyItem, ...] = ()
    notes: tuple[Wording, ...] = ()
    title: Wording = {}
    repeat: str = ""
    round: int = 0
    file: Image | File | None = None
    parent: str = ""

    @property
    def belongs_to(self) -> str:
        return self.parent or self.repeat or self.name

    @property
    def item(self) -> AnyItem | None:
        """The one question of a page."""
        alone = len(self.items) == 1 and not self.title and not isinstance(self.items[0], Note)
        return self.items[0] if alone else None

    def address(self, name: str) -> str:
        """The name of an answer on this page, as the rules of the instrument call it."""
        return f"{self.repeat}.{self.round}.{name}" if self.round else name


def following(step: Step, turn: int, asked: Sequence[AnyItem]) -> Step:
    """The page for the questions of a turn; one question alone is its own heading."""
    if not turn:
        return step
    alone = sum(not isinstance(item, Note) for item in asked) == 1 and len(asked) == 1
    return msgspec.structs.replace(
        step,
        name=f"{step.name}.{turn + 1}",
        parent=step.name,
        title={} if alone else step.title,
    )


def only_file(repeat: Repeat) -> Image | File | None:
    """The one file that each round asks for, where rounds come at will and ask nothing else."""
    only = repeat.items[0] if len(repeat.items) == 1 and not repeat.count else None
    return only if isinstance(only, Image | File) and not only.relevant else None


class Way:
    """Walks an instrument with the answers so far, and collects its pages."""

    def __init__(
        self,
        parts: Iterable[AnyPart],
        answers: Answers,
        settled: Settled,
        follow_ups: FollowUps,
    ) -> None:
        self.piping = Piping(parts, answers, settled)
        self.answers = answers
        self.settled = settled
        self.follow_ups = follow_ups
        self.steps: list[Step] = []
        self.notes: list[Wording] = []

    def walk(self, parts: Iterable[AnyPart]) -> None:
        for part in parts:
            if part.name in self.settled.passed_over or isinstance(part, Calculate | Foreign):
                continue
            if isinstance(part, Group):
                self.group(part)
            elif isinstance(part, Page):
                self.page(part.name, part)
            elif isinstance(part, Repeat):
                self.rounds(part)
            elif isinstance(part, Note) and part.name not in self.settled.required:
                self.notes.append(self.piping.noted(part).text)
            elif isinstance(part, Item) and part.read_only:
                self.notes.append(self.piping.fixed(part).text)
            else:
                self.add(Step(name_of(part), (self.asked(part, Step("")),)))

    def group(self, part: Group) -> None:
        """Its questions, its words before the first; without any, its words go too."""
        before = len(self.steps), len(self.notes)
        title = [self.piping.words(part.text)] if part.text else []
        self.notes += title
        self.walk(part.items)
        if (len(self.steps), len(self.notes) - len(title)) == before:
            del self.notes[before[1] :]

    def add(self, step: Step) -> None:
        self.steps.append(msgspec.structs.replace(step, notes=tuple(self.notes)))
        self.notes = []

    def page(self, name: str, part: Page | Repeat, number: int = 0) -> None:
        """Several questions on one page; a repeat's round is one."""
        place = (part.name if number else "", number)
        step = Step(name, (), (), self.piping.words(part.text, place), *place)
        items = tuple(
            self.on_page(item, step)
            for item in leaves(part.items)
            if not isinstance(item, Repeat | Calculate | Foreign)
            and step.address(item.name) not in self.settled.passed_over
        )
        turns = {} if number else self.follow_ups.turns(part)
        for turn in range(max(turns.values(), default=0) + 1):
            asked = tuple(item for item in items if turns.get(item.name, 0) == turn)
            if not all(is_passive(item) for item in asked):
                self.add(msgspec.structs.replace(following(step, turn, asked), items=asked))
            elif asked:  # words alone stand on the page behind them
                self.notes += [step.title] if step.title and not turn else []
                self.notes += [item.text for item in asked]
        self.walk(part for part in leaves(part.items) if isinstance(part, Repeat))

    def rounds(self, repeat: Repeat) -> None:
        title = self.piping.words(repeat.text)
        if only := only_file(repeat):
            only = cast(Image | File, self.asked(only, Step(repeat.name)))
            self.add(Step(repeat.name, title=title, repeat=repeat.name, file=only))
            return
        given = self.answers.get(repeat.name)
        there = len(given) if isinstance(given, list) else 0
        wanted = self.settled.rounds.get(repeat.name, 0) if repeat.count else there
        for number in range(1, min(wanted, there) + 1):
            self.page(f"{repeat.name}.{number}", repeat, number)
        if not repeat.count:
            self.add(Step(repeat.name, title=title, repeat=repeat.name))

    def on_page(self, item: AnyItem, step: Step) -> AnyItem:
        """A question with its options, or words that nobody answers."""
        place = step.repeat, step.round
        if item.read_only:
            return self.piping.fixed(item, place)
        asked = self.asked(item, step)
        return self.piping.noted(asked, place) if isinstance(asked, Note) else asked

    def asked(self, item: AnyItem, step: Step) -> AnyItem:
        """The question with the options that are offered, and with earlier answers in its words."""
        address = step.address(item.name)
        item = self.piping.filled(item, (step.repeat, step.round))
        needed = any(step.address(name) in self.settled.required for name in names_of(item))
        if item.required_when or isinstance(item, Note):
            needed = needed or address in self.settled.required
            item = msgspec.structs.replace(item, required=needed)
        offered = self.settled.offered.get(address)
        if isinstance(item, Choice | Choices | Rank) and offered is not None:
            left = tuple(option for option in item.options if option.name in offered)
            return msgspec.structs.replace(item, options=left)
        return item


def is_passive(item: AnyItem) -> bool:
    """Whether an item of a page is words alone, which nobody has to do anything about."""
    return isinstance(item, Note) and not item.required


def steps_of(
    instrument: Instrument, answers: Answers, settled: Settled, *, corrects: bool = False
) -> list[Step]:
    """Every page that asks something, in order; how to be reached is no part of the record."""
    way = Way(instrument.items, answers, settled, FollowUps(instrument))
    if instrument.mode == "sampled":
        way.add(Step(ACCESS_CODE))
    if instrument.home() is None:
        way.add(Step(BOROUGH))
    way.walk(instrument.items)
    if instrument.kind == "complaint" and not corrects:
        way.add(Step(CONTACT))
    return way.steps


def closing_notes(instrument: Instrument, answers: Answers, settled: Settled) -> list[Wording]:
    """Words behind the last question, for the page that shows all answers."""
    way = Way(instrument.items, answers, settled, FollowUps(instrument))
    way.walk(instrument.items)
    return way.notes


def name_of(item: AnyItem) -> str:
    """The item's name as it stands in an address, apart from those of our own pages."""
    return f"{item.name}-question" if item.name in TAKEN else item.name


def is_open(step: Step, *, access_code: str, borough: str, answers: Answers) -> bool:
    """Whether the page still needs an answer before anything can be sent."""
    if step.name in (ACCESS_CODE, BOROUGH) and not step.items:
        return not (access_code if step.name == ACCESS_CODE else borough)
    if step.name == CONTACT and not step.items:
        return False
    given = answers_on(step, answers)
    return any(
        item.required
        and (isinstance(item, Note) or any(name not in given for name in names_of(item)))
        for item in step.items
    )


def minutes_of(pages: Iterable[Step]) -> int:
    """About how long the pages take, from how much each of their questions asks for."""
    seconds = sum(
        sum(map(seconds_of, questions(page))) if page.items else SHORT_SECONDS for page in pages
    )
    return max(1, round(seconds / 60))


def seconds_of(item: AnyItem) -> int:
    if isinstance(item, Text) and item.long:
        return ACCOUNT_SECONDS if item.most > ACCOUNT else LONG_SECONDS
    return FILE_SECONDS if isinstance(item, File | Image) else SHORT_SECONDS


def number_of(pages: Iterable[Step], step: Step) -> tuple[int, int]:
    """Which page of how many this is; what the first page of all asks is not counted.

    Rounds, and the pages that an answer brings up, count with the page that they belong to, so
    that the number of pages does not change on the way.
    """
    counted = list(
        dict.fromkeys(
            one.belongs_to for one in pages if one.items or one.name not in (ACCESS_CODE, BOROUGH)
        )
    )
    place = counted.index(step.belongs_to) + 1 if step.belongs_to in counted else 0
    return place, len(counted)


def answers_on(step: Step, answers: Answers) -> Answers:
    """The answers that a page is about: all, or those of its round."""
    rounds = answers.get(step.repeat) if step.round else None
    if not isinstance(rounds, list):
        return answers
    found = rounds[step.round - 1] if step.round <= len(rounds) else {}
    return cast(Answers, found) if isinstance(found, dict) else {}


def shape_of(step: Step) -> set[tuple[str, tuple[str, ...]]]:
    """What a page asks: each question, and each note, with the options that it offers."""
    return {
        (item.name, tuple(option.name for option in getattr(item, "options", ())))
        for item in step.items
    }


def questions(step: Step) -> Iterator[AnyItem]:
    """The items of a page that are answered; notes between them are not."""
    yield from (item for item in step.items if not isinstance(item, Note))
