"""Turns an instrument into the blocks of a paper form, from top to bottom."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any, cast

import msgspec

from api.paper import item_types
from api.paper.item_types import item_blocks, question_block
from api.paper.words import (
    LETTERS,
    NumberedForm,
    condition_in_words,
    filled_sentence,
    form_words,
    isolated_text,
    numbered_form,
    printable_text,
)
from survey.places import Area
from survey.surveys import instruments
from survey.surveys.expressions import REFERENCE
from survey.words import has_postcodes

MOST_ROUNDS = 5
ROUNDS = 3  # where one may fill in as many as one likes
CODE = (4,) * 5  # how an access code is written
MOST_COLUMNS = 7
MOST_LETTERS = 2_400
MOST_ROWS = 10


def form_layout(
    instrument: instruments.Instrument, language: str, areas: Sequence[Area]
) -> dict[str, Any]:
    numbered_form = number_questions(instrument, language)
    words = numbered_form.words
    laying = FormLayout(
        item_types.PaperContext(
            numbered_form,
            areas,
            lambda wording: printed_wording(wording, language, numbered_form),
        )
    )
    blocks = [
        *laying.before(instrument),
        *laying.parts(instrument.items),
        *laying.after(instrument),
    ]
    return {
        "title": laying.pen.say(instrument.title) or instrument.slug,
        "summary": laying.pen.say(instrument.summary),
        "asks": who_asks(instrument, laying.words, language),
        "thanks": laying.pen.say(instrument.thanks),
        "next_step": laying.pen.say(instrument.next_step),
        "slug": instrument.slug,
        "version": filled_sentence(words, "version", version=instrument.version),
        "sampled": instrument.mode == "sampled",
        "danger": instrument.kind != "survey",
        "quote": bool(instrument.texts()),
        "blocks": [block | {"tall": is_tall(block)} for block in blocks],
    }


def who_asks(instrument: instruments.Instrument, words: Mapping[str, str], language: str) -> str:
    """Who asks and how to reach them, in a sentence each; empty if the survey names no
    organisation.
    """
    if not instrument.organisation:
        return ""
    asks = filled_sentence(words, "asks", name=isolated_text(instrument.organisation, language))
    if not instrument.contact:
        return asks
    contact = isolated_text(instrument.contact, language)
    return f"{asks} {filled_sentence(words, 'questions', contact=contact)}"


def number_questions(instrument: instruments.Instrument, language: str) -> NumberedForm:
    """The question numbers on paper; if no question asks for the borough, that is question 1."""
    first = 1 if instrument.home() else 2
    return numbered_form(instrument.items, language, form_words(language), first)


def printed_wording(
    wording: instruments.Wording, language: str, numbered_form: NumberedForm
) -> str:
    """A wording for paper: references to earlier answers by question number, long words
    breakable.
    """

    def earlier(match: re.Match[str]) -> str:
        known = numbered_form.questions.get(match[1])
        return (
            filled_sentence(numbered_form.words, "answer_to", number=known.number) if known else "…"
        )

    return printable_text(REFERENCE.sub(earlier, instruments.wording_text(wording, language)))


def is_tall(block: item_types.PaperBlock) -> bool:
    """Whether a block may need more than a page, and so may be split."""
    # The length of its JSON is a rough measure of height: typst breaks the lines later.
    encoded = msgspec.json.encode(block).decode()
    return len(encoded) > MOST_LETTERS or len(block.get("rows", ())) > MOST_ROWS


class FormLayout:
    """Walks through an instrument and makes a block for everything that is printed."""

    def __init__(self, pen: item_types.PaperContext) -> None:
        self.pen = pen
        self.numbered_form = pen.numbered_form
        self.words = pen.words

    def before(self, instrument: instruments.Instrument) -> Iterator[item_types.PaperBlock]:
        """The blocks for what is asked besides the survey's own questions: access code and
        borough.
        """
        if instrument.mode != "open":
            yield self.own(
                self.words["access_code"],
                item_types.comb(*(item_types.comb_group("", cells) for cells in CODE)),
            )
        if instrument.home() is None:
            choice = item_types.area_boxes(self.pen)
            asked = self.own(self.words[f"borough_{instrument.kind}"], choice, number="1")
            asked |= {"marks": [self.words["required"]]}
            if has_postcodes():
                postcode = item_types.postcode_comb(self.pen)
                asked |= {"other": postcode | {"label": self.words["or_postcode"]}}
            yield asked

    def after(self, instrument: instruments.Instrument) -> Iterator[item_types.PaperBlock]:
        """The block on how to send the number and passphrase of a complaint made on paper."""
        if instrument.kind == "complaint":
            reach = self.own(self.words["contact"], {"as": "lines", "lines": 4})
            yield reach | {"hint": self.words["contact_words"]}

    def own(
        self, text: str, answer: item_types.PaperBlock, number: str = ""
    ) -> item_types.PaperBlock:
        plain: item_types.PaperBlock = {"hint": "", "condition": "", "marks": []}
        return plain | {"kind": "question", "number": number, "text": text, "answer": answer}

    def parts(
        self, parts: Sequence[instruments.AnyPart], table: bool = False
    ) -> Iterator[item_types.PaperBlock]:
        place = 0
        while place < len(parts):
            run = questions_alike(parts[place:], table)
            yield from self.together(run) if len(run) > 1 else self.part(parts[place])
            # A run is empty where a part can share no table.
            place += max(1, len(run))

    def part(self, part: instruments.AnyPart) -> Iterator[item_types.PaperBlock]:
        if isinstance(part, instruments.Container):
            yield from self.container(part)
        elif isinstance(part, instruments.Item) and part.is_shown:
            yield from item_blocks(part, self.pen)

    def container(self, part: instruments.Container) -> Iterator[item_types.PaperBlock]:
        """A group's title and condition, then its contents; for a repeat the contents are printed
        several times.
        """
        title = self.pen.say(part.text)
        files = all(isinstance(item, instruments.FileItem) for item in part.items)
        if title and (files or not isinstance(part, instruments.Repeat)):
            yield {"kind": "heading", "text": title}
        if part.relevant:
            yield {"kind": "instruction", "text": self.part_condition(part)}
        if not isinstance(part, instruments.Repeat):
            yield from self.parts(part.items, getattr(part, "table", False))
            return
        if files:
            # Handed over with the form, however many they are, or none.
            wanted = [msgspec.structs.replace(item, required=False) for item in part.items]
            yield from self.parts(cast(Sequence[instruments.AnyPart], wanted))
            return
        count = part.count.strip()
        rounds = min(int(count), MOST_ROUNDS) if count.isdecimal() else ROUNDS
        for number in range(1, rounds + 1):
            yield {"kind": "heading", "text": f"{title} {number}".strip()}
            yield from self.parts(part.items)
        if not count.isdecimal() or int(count) > MOST_ROUNDS:
            yield {"kind": "remark", "text": self.words["more_rounds"]}

    def part_condition(self, part: instruments.Container) -> str:
        condition = printable_text(condition_in_words(part.relevant, self.numbered_form))
        numbers = [
            # Rows of a grid are 7a and 7b of question 7.
            self.numbered_form.questions[question.name].number.rstrip(LETTERS)
            for question in instruments.all_parts(part.items)
            if question.name in self.numbered_form.questions
        ]
        if len(numbers) < 2:
            return filled_sentence(self.words, "round_only_if", condition=condition)
        ends = {"first": numbers[0], "last": numbers[-1]}
        return filled_sentence(self.words, "part_only_if", condition=condition, **ends)

    def together(self, run: Sequence[instruments.Item]) -> Iterator[item_types.PaperBlock]:
        """Questions with the same answers as rows of one table."""
        first = run[0]
        columns = [self.pen.say(text) or name for name, text in first.shown_labels().items()]
        asked = [question_block(item, self.pen) for item in run]
        rows = [(block["number"], block["text"], bool(block["marks"])) for block in asked]
        yield self.own("", {}) | item_types.table_block(columns, first, rows, self.pen)


def questions_alike(parts: Sequence[instruments.AnyPart], table: bool) -> list[instruments.Item]:
    """The questions from here on that can share a table."""
    same = table_head(parts[0])
    if same is None:
        return []
    first, texts = same[0], same[1]
    if first.shares_tables == "on table pages" and (not table or len(texts) > MOST_COLUMNS):
        return []
    if any(len(words) > item_types.LONGEST_BELOW for text in texts for words in text.values()):
        return []
    return [
        part
        for part in takewhile(lambda part: table_head(part) == same, parts)
        if isinstance(part, instruments.Item)
    ]


def table_head(
    part: instruments.AnyPart,
) -> tuple[type[instruments.Item], list[instruments.Wording], bool] | None:
    """What questions of one table share: type, labels of the answers, and whether one may decline.

    None if the question cannot stand in a table, such as one with a hint or a condition of its own.
    """
    if not isinstance(part, instruments.Item) or not part.shares_tables:
        return None
    if part.relevant or part.hint or part.required_when or part.read_only:
        return None
    if getattr(part, "filter", ""):
        return None
    return type(part), [*part.answer_labels().values()], part.may_decline
