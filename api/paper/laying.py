"""Turns an instrument into the blocks of a paper form, from top to bottom."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any, cast

import msgspec

from api.paper.conditions import NAMED, condition_in_words
from api.paper.numbering import LETTERS, NumberedForm, no_answer_boxes, numbered_form
from api.paper.questions import (
    LONGEST_BELOW,
    PaperBlock,
    PaperContext,
    answer_space,
    borough_boxes,
    comb,
    comb_group,
    find_filter_question,
    option_names,
    postcode_comb,
)
from api.paper.words import filled_sentence, form_words, printable_text
from survey.places import Area
from survey.surveys.instruments import (
    Agreement,
    AnyItem,
    AnyPart,
    Calculate,
    File,
    Grid,
    Image,
    Instrument,
    Note,
    QuestionGroup,
    QuestionPage,
    Rank,
    Repeat,
    SelectMultiple,
    SelectOne,
    Unsupported,
    Wording,
    all_parts,
    wording_text,
)

MOST_ROUNDS = 5
ROUNDS = 3  # where one may fill in as many as one likes
CODE = (4,) * 5  # how an access code is written
MOST_COLUMNS = 7
MOST_LETTERS = 2_400
MOST_ROWS = 10


def form_layout(instrument: Instrument, language: str, boroughs: Sequence[Area]) -> dict[str, Any]:
    told = number_questions(instrument, language)
    words = told.words
    laying = FormLayout(
        PaperContext(told, boroughs, lambda wording: printed_wording(wording, language, told))
    )
    blocks = [
        *laying.before(instrument),
        *laying.parts(instrument.items),
        *laying.after(instrument),
    ]
    return {
        "title": laying.pen.say(instrument.title) or instrument.slug,
        "summary": laying.pen.say(instrument.summary),
        "slug": instrument.slug,
        "version": filled_sentence(words, "version", version=instrument.version),
        "sampled": instrument.mode == "sampled",
        "danger": instrument.kind != "survey",
        "quote": bool(instrument.texts()),
        "blocks": [block | {"tall": is_tall(block)} for block in blocks],
    }


def number_questions(instrument: Instrument, language: str) -> NumberedForm:
    """The question numbers on paper; if no question asks for the borough, that is question 1."""
    first = 1 if instrument.home() else 2
    return numbered_form(instrument.items, language, form_words(language), first)


def printed_wording(wording: Wording, language: str, told: NumberedForm) -> str:
    """A wording for paper: references to earlier answers by question number, long words
    breakable.
    """

    def earlier(match: re.Match[str]) -> str:
        known = told.questions.get(match[1])
        return filled_sentence(told.words, "answer_to", number=known.number) if known else "…"

    return printable_text(NAMED.sub(earlier, wording_text(wording, language)))


def is_tall(block: PaperBlock) -> bool:
    """Whether a block may need more than a page, and so may be split."""
    told = msgspec.json.encode(block).decode()
    return len(told) > MOST_LETTERS or len(block.get("rows", ())) > MOST_ROWS


class FormLayout:
    """Walks through an instrument and makes a block for everything that is printed."""

    def __init__(self, pen: PaperContext) -> None:
        self.pen = pen
        self.told = pen.told
        self.words = pen.words

    def before(self, instrument: Instrument) -> Iterator[PaperBlock]:
        """What everyone is asked that is not a question of the instrument."""
        if instrument.mode == "sampled":
            yield self.own(
                self.words["access_code"], comb(*(comb_group("", cells) for cells in CODE))
            )
        if instrument.home() is None:
            choice = borough_boxes(None, self.pen)
            asked = self.own(self.words[f"borough_{instrument.kind}"], choice, number="1")
            or_postcode = postcode_comb(None, self.pen) | {"label": self.words["or_postcode"]}
            yield asked | {"marks": [self.words["required"]], "other": or_postcode}

    def after(self, instrument: Instrument) -> Iterator[PaperBlock]:
        """Where to send the number and passphrase of a complaint made on paper."""
        if instrument.kind == "complaint":
            reach = self.own(self.words["contact"], {"as": "lines", "lines": 4})
            yield reach | {"hint": self.words["contact_words"]}

    def own(self, text: str, answer: PaperBlock, number: str = "") -> PaperBlock:
        plain: PaperBlock = {"hint": "", "condition": "", "marks": []}
        return plain | {"kind": "question", "number": number, "text": text, "answer": answer}

    def parts(self, parts: Sequence[AnyPart], table: bool = False) -> Iterator[PaperBlock]:
        place = 0
        while place < len(parts):
            run = questions_alike(parts[place:], table)
            yield from self.together(run) if len(run) > 1 else self.part(parts[place])
            place += max(1, len(run))

    def part(self, part: AnyPart) -> Iterator[PaperBlock]:
        if isinstance(part, Calculate | Unsupported):
            return
        if isinstance(part, Note):
            condition = self.condition(part, "note_only_if")
            text = f"{self.pen.say(part.text)} {self.pen.say(part.hint)}".strip()
            yield {"kind": "note", "text": text, "condition": condition}
        elif isinstance(part, QuestionGroup | QuestionPage | Repeat):
            yield from self.holder(part)
        elif isinstance(part, Grid):
            yield self.grid(part)
        else:
            yield self.question(part)

    def holder(self, part: QuestionGroup | QuestionPage | Repeat) -> Iterator[PaperBlock]:
        """A group's title and condition, then its contents; a repeat has its contents several
        times.
        """
        title = self.pen.say(part.text)
        files = all(isinstance(one, Image | File) for one in part.items)
        if title and (files or not isinstance(part, Repeat)):
            yield {"kind": "heading", "text": title}
        if part.relevant:
            yield {"kind": "instruction", "text": self.part_condition(part)}
        if not isinstance(part, Repeat):
            yield from self.parts(part.items, isinstance(part, QuestionPage) and part.table)
            return
        if files:
            # Handed over with the form, however many they are, or none.
            wanted = [msgspec.structs.replace(one, required=False) for one in part.items]
            yield from self.parts(cast(Sequence[AnyPart], wanted))
            return
        count = part.count.strip()
        rounds = min(int(count), MOST_ROUNDS) if count.isdecimal() else ROUNDS
        for number in range(1, rounds + 1):
            yield {"kind": "heading", "text": f"{title} {number}".strip()}
            yield from self.parts(part.items)
        if not count.isdecimal() or int(count) > MOST_ROUNDS:
            yield {"kind": "remark", "text": self.words["more_rounds"]}

    def part_condition(self, part: QuestionGroup | QuestionPage | Repeat) -> str:
        condition = printable_text(condition_in_words(part.relevant, self.told))
        numbers = [
            self.told.questions[one.name].number.rstrip(LETTERS)
            for one in all_parts(part.items)
            if one.name in self.told.questions
        ]
        if len(numbers) < 2:
            return filled_sentence(self.words, "round_only_if", condition=condition)
        ends = {"first": numbers[0], "last": numbers[-1]}
        return filled_sentence(self.words, "part_only_if", condition=condition, **ends)

    def condition(self, part: AnyPart, key: str = "only_if") -> str:
        if not part.relevant:
            return ""
        told = condition_in_words(part.relevant, self.told)
        return filled_sentence(self.words, key, condition=printable_text(told))

    def question(self, item: AnyItem) -> PaperBlock:
        answer = answer_space(item, self.pen)
        hints = self.pen.say(item.hint), self.rule(item), answer.pop("remark", "")
        return {
            "kind": "question",
            "number": self.told.questions[item.name].number.rstrip(LETTERS),
            "text": self.pen.say(item.text) or self.pen.say(item.short) or item.name,
            "hint": " ".join(filter(None, hints)),
            "condition": self.condition(item),
            "marks": self.marks(item),
            "answer": answer,
        }

    def rule(self, item: AnyItem) -> str:
        """A rule that the pages enforce, and paper can only ask for."""
        if isinstance(item, SelectMultiple) and item.most and item.most < len(item.options):
            return filled_sentence(self.words, "most", most=item.most)
        if isinstance(item, SelectOne | SelectMultiple | Rank) and item.filter:
            if known := find_filter_question(item.filter, self.told):
                return filled_sentence(self.words, "filter_answer", number=known[1])
            condition = printable_text(condition_in_words(item.filter, self.told))
            return filled_sentence(self.words, "filter", condition=condition)
        return self.words["read_only"] if item.read_only else ""

    def marks(self, item: AnyItem) -> list[str]:
        if item.required:
            return [self.words["required"]]
        if item.required_when:
            condition = printable_text(condition_in_words(item.required_when, self.told))
            return [filled_sentence(self.words, "required_when", condition=condition)]
        return []

    def grid(self, item: Grid) -> PaperBlock:
        rows = [(self.told.questions[row.name].number, self.pen.say(row.text)) for row in item.rows]
        asked, columns = self.question(item), [self.pen.say(label) for label in item.labels]
        if max(map(len, columns)) > LONGEST_BELOW:  # too long for a head: printed before the table
            told = [f"{number} = {words}." for number, words in enumerate(columns, 1)]
            asked["hint"] = " ".join(filter(None, (asked["hint"], *told)))
            columns = [str(number) for number in range(1, len(columns) + 1)]
        return asked | self.table(columns, item, [(*row, False) for row in rows])

    def together(self, run: Sequence[AnyItem]) -> Iterator[PaperBlock]:
        """Questions with the same answers as rows of one table."""
        first = run[0]
        labels = first.labels if isinstance(first, Agreement) else ()
        columns = [self.pen.say(label) for label in labels]
        if isinstance(first, SelectOne):
            columns = option_names(first.options, self.pen)
        asked = [self.question(item) for item in run]
        rows = [(one["number"], one["text"], bool(one["marks"])) for one in asked]
        yield self.own("", {}) | self.table(columns, first, rows)

    def table(
        self, columns: list[str], item: AnyItem, rows: Sequence[tuple[str, str, bool]]
    ) -> PaperBlock:
        apart = list(no_answer_boxes(item, self.words).values())
        laid = [{"number": number, "text": text, "required": must} for number, text, must in rows]
        return {"kind": "table", "columns": columns, "apart": apart, "rows": laid}


def questions_alike(parts: Sequence[AnyPart], table: bool) -> list[AnyItem]:
    """The questions from here on that can share a table."""
    first = parts[0]
    if not isinstance(first, Agreement | SelectOne) or not is_plain(first):
        return []
    if isinstance(first, SelectOne) and (not table or len(first.options) > MOST_COLUMNS):
        return []
    texts = first.labels if isinstance(first, Agreement) else [o.text for o in first.options]
    if any(len(words) > LONGEST_BELOW for text in texts for words in text.values()):
        return []
    same = table_head(first)
    return [
        part
        for part in takewhile(lambda one: is_plain(one) and table_head(one) == same, parts)
        if isinstance(part, Agreement | SelectOne)
    ]


def is_plain(part: AnyPart) -> bool:
    """Whether a question has nothing but its words and its answers."""
    return isinstance(part, Agreement | SelectOne) and not (
        part.relevant
        or part.hint
        or part.required_when
        or part.read_only
        or (isinstance(part, SelectOne) and part.filter)
    )


def table_head(part: AnyPart) -> Any:
    if isinstance(part, Agreement):
        return part.labels, part.may_decline
    return ([o.text for o in part.options], part.may_decline) if isinstance(part, SelectOne) else ()
