"""The pages of an instrument for one person: only what is to be asked of them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

import msgspec

from api.pages.resident.questionnaire.form_answers import Piping
from survey.surveys.expressions import REFERENCE
from survey.surveys.instruments import (
    AnyPart,
    Calculate,
    FileItem,
    Instrument,
    Item,
    OptionsItem,
    QuestionGroup,
    QuestionPage,
    Repeat,
    Wording,
    all_parts,
    questions_in,
    wording_text,
)
from survey.surveys.item_types.answers import Answers
from survey.surveys.item_types.base import SHORT_SECONDS
from survey.surveys.responses import EvaluationResult

ACCESS_CODE = "access-code"
BOROUGH = "borough"
CONTACT = "contact"
# People read about 240 words a minute silently (Brysbaert 2019, doi 10.1016/j.jml.2019.104047).
WORDS_PER_SECOND = 4.0
MOST_READ = 8
CHECK = "check"
SEND = "send"
DONE = "done"
FULL = "full"
SAVED = "saved"
RESUME = "resume"
COPY = "copy"
COPY_FILE = "copy.pdf"
EXIT = "exit"
RESERVED_NAMES = (
    *(ACCESS_CODE, BOROUGH, CONTACT, CHECK, SEND, DONE, FULL),
    *(SAVED, RESUME, COPY, COPY_FILE, EXIT),
)


class FollowUps:
    """Finds the questions of a page that depend on other questions of it, by their own conditions
    or their group's.

    Such questions come a page later, so that nothing appears on a page just answered.
    """

    def __init__(self, instrument: Instrument) -> None:
        self.calculations = {
            item.name: item.calculation
            for item in all_parts(instrument.items)
            if isinstance(item, Calculate)
        }

    def turns(self, page: QuestionPage | Repeat) -> dict[str, int]:
        """For each question, how many pages later it is asked; 0 for the page itself."""
        conditions = dict(question_conditions(page.items))
        turns: dict[str, int] = {}
        for name, condition in conditions.items():
            needed = self.names_in(condition) & turns.keys()
            turns[name] = max((turns[question] + 1 for question in needed), default=0)
        return turns

    def names_in(self, expression: str, deeper: int = 5) -> set[str]:
        """The questions that an expression depends on, also through calculations that it names."""
        names = set(REFERENCE.findall(expression))
        # Bounded: in a draft that is tried out, calculations may name each other in a circle.
        if deeper:
            for name in names & self.calculations.keys():
                names |= self.names_in(self.calculations[name], deeper - 1)
        return names


def question_conditions(parts: Iterable[AnyPart], outer: str = "") -> Iterator[tuple[str, str]]:
    """Each question with the expressions that decide if it is asked and what it offers."""
    for part in parts:
        condition = f"{outer} {part.relevant} {getattr(part, 'filter', '')}"
        if isinstance(part, QuestionGroup | QuestionPage):
            yield from question_conditions(part.items, condition)
        elif not isinstance(part, Repeat):
            yield part.name, condition


class QuestionnaireStep(msgspec.Struct, frozen=True):
    """A page of the questionnaire; `notes` are the texts before its questions.

    A `repeat` has a page for each `round`, and one of its own if people may add rounds. If a round
    is a single `file` and nothing else, all rounds share that page. Follow-up questions come on a
    page of their own, whose `parent` is the page with the questions they depend on.
    """

    name: str
    items: tuple[Item, ...] = ()
    notes: tuple[Wording, ...] = ()
    title: Wording = {}
    repeat: str = ""
    round: int = 0
    file: FileItem | None = None
    parent: str = ""

    @property
    def belongs_to(self) -> str:
        return self.parent or self.repeat or self.name

    @property
    def item(self) -> Item | None:
        """The only question of a page that shows nothing else, else None."""
        alone = len(self.items) == 1 and not self.title and self.items[0].is_asked
        return self.items[0] if alone else None

    @property
    def asks_own_words(self) -> bool:
        return any(item.is_free_text for item in self.items)

    def address(self, name: str) -> str:
        """The name that the survey's rules use for an answer on this page: with its round if it is
        in a repeat.
        """
        return f"{self.repeat}.{self.round}.{name}" if self.round else name


def follow_up_step(step: QuestionnaireStep, turn: int, asked: Sequence[Item]) -> QuestionnaireStep:
    """The page for follow-up questions; `turn` counts pages after the first. A single question is
    its own heading.
    """
    if not turn:
        return step
    alone = sum(item.is_asked for item in asked) == 1 and len(asked) == 1
    return msgspec.structs.replace(
        step,
        name=f"{step.name}.{turn + 1}",
        parent=step.name,
        title={} if alone else step.title,
    )


def single_file(repeat: Repeat) -> FileItem | None:
    """The file question of a repeat that asks nothing else and to which people add rounds; else
    None.
    """
    only = repeat.items[0] if len(repeat.items) == 1 and not repeat.count else None
    return only if isinstance(only, FileItem) and not only.relevant else None


class StepBuilder:
    """Builds the pages of an instrument from the answers so far."""

    def __init__(
        self,
        parts: Iterable[AnyPart],
        answers: Answers,
        settled: EvaluationResult,
        follow_ups: FollowUps,
    ) -> None:
        self.piping = Piping(parts, answers, settled)
        self.answers = answers
        self.settled = settled
        self.follow_ups = follow_ups
        self.steps: list[QuestionnaireStep] = []
        self.notes: list[Wording] = []

    def walk(self, parts: Iterable[AnyPart]) -> None:
        for part in parts:
            if part.name in self.settled.passed_over or not part.is_shown:
                continue
            if isinstance(part, QuestionGroup):
                self.group(part)
            elif isinstance(part, QuestionPage):
                self.page(part.name, part)
            elif isinstance(part, Repeat):
                self.rounds(part)
            elif not part.is_asked and part.name not in self.settled.required:
                self.notes.append(self.piping.note_with_hint(part).text)
            elif part.read_only:
                self.notes.append(self.piping.note_of_fixed(part).text)
            else:
                # The name of an item in an address; never the same as that of a page of our own.
                self.add(
                    QuestionnaireStep(
                        f"{part.name}-question" if part.name in RESERVED_NAMES else part.name,
                        (self.item_as_shown(part, QuestionnaireStep("")),),
                    )
                )

    def group(self, part: QuestionGroup) -> None:
        """Add the pages of a group, with its words before the first; nothing if none of its
        questions is asked.
        """
        before = len(self.steps), len(self.notes)
        title = [self.piping.words(part.text)] if part.text else []
        self.notes += title
        self.walk(part.items)
        # Only now is it known that nothing of the group is asked: its heading goes again.
        if (len(self.steps), len(self.notes) - len(title)) == before:
            del self.notes[before[1] :]

    def add(self, step: QuestionnaireStep) -> None:
        self.steps.append(msgspec.structs.replace(step, notes=tuple(self.notes)))
        self.notes = []

    def page(self, name: str, part: QuestionPage | Repeat, number: int = 0) -> None:
        """Add the page of a group of questions, or of one round of a repeat."""
        place = (part.name if number else "", number)
        step = QuestionnaireStep(name, (), (), self.piping.words(part.text, place), *place)
        items = tuple(
            self.on_page(item, step)
            for item in questions_in(part.items)
            if isinstance(item, Item)
            and item.is_shown
            and step.address(item.name) not in self.settled.passed_over
        )
        turns = {} if number else self.follow_ups.turns(part)
        for turn in range(max(turns.values(), default=0) + 1):
            asked = tuple(item for item in items if turns.get(item.name, 0) == turn)
            # Words alone ask nothing of anybody.
            if any(item.is_asked or item.required for item in asked):
                self.add(msgspec.structs.replace(follow_up_step(step, turn, asked), items=asked))
            elif asked:  # a note is shown on the page of the question after it
                self.notes += [step.title] if step.title and not turn else []
                self.notes += [item.text for item in asked]
        self.walk(part for part in questions_in(part.items) if isinstance(part, Repeat))

    def rounds(self, repeat: Repeat) -> None:
        title = self.piping.words(repeat.text)
        if only := single_file(repeat):
            only = cast(FileItem, self.item_as_shown(only, QuestionnaireStep(repeat.name)))
            self.add(QuestionnaireStep(repeat.name, title=title, repeat=repeat.name, file=only))
            return
        given = self.answers.get(repeat.name)
        there = len(given) if isinstance(given, list) else 0
        wanted = self.settled.rounds.get(repeat.name, 0) if repeat.count else there
        for number in range(1, min(wanted, there) + 1):
            self.page(f"{repeat.name}.{number}", repeat, number)
        if not repeat.count:
            self.add(QuestionnaireStep(repeat.name, title=title, repeat=repeat.name))

    def on_page(self, item: Item, step: QuestionnaireStep) -> Item:
        """The question with its options, or a note, as it is shown on a page with others."""
        place = step.repeat, step.round
        if item.read_only:
            return self.piping.note_of_fixed(item, place)
        asked = self.item_as_shown(item, step)
        return asked if asked.is_asked else self.piping.note_with_hint(asked, place)

    def item_as_shown(self, item: Item, step: QuestionnaireStep) -> Item:
        """The question with the options offered now and earlier answers in its texts."""
        address = step.address(item.name)
        item = self.piping.item_with_answers(item, (step.repeat, step.round))
        needed = any(step.address(name) in self.settled.required for name in item.answer_names())
        # For these the expressions decide whether they are required, with the answers so far.
        if item.required_when or not item.is_asked:
            needed = needed or address in self.settled.required
            item = msgspec.structs.replace(item, required=needed)
        offered = self.settled.offered.get(address)
        if isinstance(item, OptionsItem) and offered is not None:
            left = tuple(option for option in item.options if option.name in offered)
            return msgspec.structs.replace(item, options=left)
        return item


def questionnaire_steps(
    instrument: Instrument,
    answers: Answers,
    settled: EvaluationResult,
    *,
    corrects: bool = False,
    by_code: bool = False,
) -> list[QuestionnaireStep]:
    """Every page to be asked, in order; a correction does not ask for contact details.

    An open survey asks for an access code if it is answered `by_code`.
    """
    way = StepBuilder(instrument.items, answers, settled, FollowUps(instrument))
    if instrument.mode != "open" or by_code:
        way.add(QuestionnaireStep(ACCESS_CODE))
    if instrument.home() is None:
        way.add(QuestionnaireStep(BOROUGH))
    way.walk(instrument.items)
    # The contact details of a case are changed on its own page, where they are unsealed.
    if instrument.kind == "complaint" and not corrects:
        way.add(QuestionnaireStep(CONTACT))
    return way.steps


def closing_notes(
    instrument: Instrument, answers: Answers, settled: EvaluationResult
) -> list[Wording]:
    """Notes after the last question, shown on the page with all answers."""
    way = StepBuilder(instrument.items, answers, settled, FollowUps(instrument))
    way.walk(instrument.items)
    return way.notes


def is_open(step: QuestionnaireStep, *, access_code: str, area: str, answers: Answers) -> bool:
    """Whether a page still lacks an answer without which nothing can be sent."""
    if step.name in (ACCESS_CODE, BOROUGH) and not step.items:
        return not (access_code if step.name == ACCESS_CODE else area)
    # Contact details are optional, so this page never holds anybody up.
    if step.name == CONTACT and not step.items:
        return False
    given = step_answers(step, answers)
    return any(
        item.required
        and (not item.is_asked or any(name not in given for name in item.answer_names()))
        for item in step.items
    )


def longest_minutes(instrument: Instrument) -> int:
    """The rough minutes a survey takes if every question is asked; conditions make it shorter."""
    return estimated_minutes(questionnaire_steps(instrument, {}, EvaluationResult()))


def estimated_minutes(pages: Sequence[QuestionnaireStep]) -> int:
    """About how many minutes the pages take, from the types of their questions and their words."""
    seconds = sum(
        sum(item.seconds() for item in step_questions(page)) if page.items else SHORT_SECONDS
        for page in pages
    )
    words = sum(len(text.split()) for page in pages for text in page_texts(page))
    return max(1, round((seconds + words / WORDS_PER_SECOND) / 60))


def page_texts(page: QuestionnaireStep) -> Iterator[str]:
    """What has to be read on a page before it can be answered, in its first language."""
    yield from (wording_text(note) for note in page.notes)
    for item in page.items:
        yield wording_text(item.text)
        yield wording_text(item.hint)
        # Of a long list people look for their answer and do not read the rest.
        yield from (
            wording_text(option.text) for option in getattr(item, "options", ())[:MOST_READ]
        )
        yield from (wording_text(text) for text in item.row_texts().values())


def step_number(pages: Iterable[QuestionnaireStep], step: QuestionnaireStep) -> tuple[int, int]:
    """Which page this is, and of how many; access code and borough are not counted.

    Rounds and follow-up pages count with the page they belong to, so that the total does not change
    on the way.
    """
    counted = list(
        dict.fromkeys(
            page.belongs_to
            for page in pages
            if page.items or page.name not in (ACCESS_CODE, BOROUGH)
        )
    )
    place = counted.index(step.belongs_to) + 1 if step.belongs_to in counted else 0
    return place, len(counted)


def step_answers(step: QuestionnaireStep, answers: Answers) -> Answers:
    """The answers that a page works on: those of its round, or all answers outside a repeat."""
    rounds = answers.get(step.repeat) if step.round else None
    if not isinstance(rounds, list):
        return answers
    round_answers = rounds[step.round - 1] if step.round <= len(rounds) else {}
    return cast(Answers, round_answers) if isinstance(round_answers, dict) else {}


def step_shape(step: QuestionnaireStep) -> set[tuple[str, tuple[str, ...]]]:
    """What a page asks, so that pages can be compared: each item's name and the options it
    offers.
    """
    return {
        (item.name, tuple(option.name for option in getattr(item, "options", ())))
        for item in step.items
    }


def step_questions(step: QuestionnaireStep) -> Iterator[Item]:
    """The items of a page that are answered; notes between them are not."""
    yield from (item for item in step.items if item.is_asked)
