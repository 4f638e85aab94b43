"""An instrument laid out as the blocks of a paper form, top to bottom."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any, cast

import msgspec

from api.paper.conditions import NAMED, in_words
from api.paper.numbering import LETTERS, Told, no_answer_boxes, numbered
from api.paper.questions import (
    LONGEST_BELOW,
    Laid,
    Pen,
    answered,
    borough,
    comb,
    filtered_by,
    group,
    names,
    postcode,
)
from api.paper.words import filled, parted, words_of
from survey.instruments import (
    Agreement,
    AnyItem,
    AnyPart,
    Calculate,
    Choice,
    Choices,
    File,
    Foreign,
    Grid,
    Group,
    Image,
    Instrument,
    Note,
    Page,
    Rank,
    Repeat,
    Wording,
    every,
    said,
)
from survey.places import Area

MOST_ROUNDS = 5
ROUNDS = 3  # where one may fill in as many as one likes
CODE = (4,) * 5  # how an access code is written
MOST_COLUMNS = 7
MOST_LETTERS = 2_400
MOST_ROWS = 10


def laid_out(instrument: Instrument, language: str, boroughs: Sequence[Area]) -> dict[str, Any]:
    told = numbers_of(instrument, language)
    words = told.words
    laying = Laying(Pen(told, boroughs, lambda wording: worded(wording, language, told)))
    blocks = [
        *laying.before(instrument),
        *laying.parts(instrument.items),
        *laying.after(instrument),
    ]
    return {
        "title": laying.pen.say(instrument.title) or instrument.slug,
        "summary": laying.pen.say(instrument.summary),
        "slug": instrument.slug,
        "version": filled(words, "version", version=instrument.version),
        "sampled": instrument.mode == "sampled",
        "danger": instrument.kind != "survey",
        "quote": bool(instrument.texts()),
        "blocks": [block | {"tall": is_tall(block)} for block in blocks],
    }


def numbers_of(instrument: Instrument, language: str) -> Told:
    """The numbers on paper; where no question asks for the borough, that is the first."""
    first = 1 if instrument.home() else 2
    return numbered(instrument.items, language, words_of(language), first)


def worded(wording: Wording, language: str, told: Told) -> str:
    """A wording for paper: earlier answers by the number of their question, long words parted."""

    def earlier(match: re.Match[str]) -> str:
        known = told.questions.get(match[1])
        return filled(told.words, "answer_to", number=known.number) if known else "…"

    return parted(NAMED.sub(earlier, said(wording, language)))


def is_tall(block: Laid) -> bool:
    """Whether a block may need more than a page, and so may be parted."""
    told = msgspec.json.encode(block).decode()
    return len(told) > MOST_LETTERS or len(block.get("rows", ())) > MOST_ROWS


class Laying:
    """Walks an instrument and makes a block of everything that is printed."""

    def __init__(self, pen: Pen) -> None:
        self.pen = pen
        self.told = pen.told
        self.words = pen.words

    def before(self, instrument: Instrument) -> Iterator[Laid]:
        """What is asked of everybody without being a question of the instrument."""
        if instrument.mode == "sampled":
            yield self.own(self.words["access_code"], comb(*(group("", cells) for cells in CODE)))
        if instrument.home() is None:
            choice = borough(None, self.pen)
            asked = self.own(self.words[f"borough_{instrument.kind}"], choice, number="1")
            or_postcode = postcode(None, self.pen) | {"label": self.words["or_postcode"]}
            yield asked | {"marks": [self.words["required"]], "other": or_postcode}

    def after(self, instrument: Instrument) -> Iterator[Laid]:
        """Who complains on paper may say where the number and passphrase are to go."""
        if instrument.kind == "complaint":
            reach = self.own(self.words["contact"], {"as": "lines", "lines": 4})
            yield reach | {"hint": self.words["contact_words"]}

    def own(self, text: str, answer: Laid, number: str = "") -> Laid:
        plain: Laid = {"hint": "", "condition": "", "marks": []}
        return plain | {"kind": "question", "number": number, "text": text, "answer": answer}

    def parts(self, parts: Sequence[AnyPart], table: bool = False) -> Iterator[Laid]:
        place = 0
        while place < len(parts):
            run = alike(parts[place:], table)
            yield from self.together(run) if len(run) > 1 else self.part(parts[place])
            place += max(1, len(run))

    def part(self, part: AnyPart) -> Iterator[Laid]:
        if isinstance(part, Calculate | Foreign):
            return
        if isinstance(part, Note):
            condition = self.condition(part, "note_only_if")
            text = f"{self.pen.say(part.text)} {self.pen.say(part.hint)}".strip()
            yield {"kind": "note", "text": text, "condition": condition}
        elif isinstance(part, Group | Page | Repeat):
            yield from self.holder(part)
        elif isinstance(part, Grid):
            yield self.grid(part)
        else:
            yield self.question(part)

    def holder(self, part: Group | Page | Repeat) -> Iterator[Laid]:
        """Its words and its condition once, then what it holds; of a repeat, round by round."""
        title = self.pen.say(part.text)
        files = all(isinstance(one, Image | File) for one in part.items)
        if title and (files or not isinstance(part, Repeat)):
            yield {"kind": "heading", "text": title}
        if part.relevant:
            yield {"kind": "instruction", "text": self.part_condition(part)}
        if not isinstance(part, Repeat):
            yield from self.parts(part.items, isinstance(part, Page) and part.table)
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

    def part_condition(self, part: Group | Page | Repeat) -> str:
        condition = parted(in_words(part.relevant, self.told))
        numbers = [
            self.told.questions[one.name].number.rstrip(LETTERS)
            for one in every(part.items)
            if one.name in self.told.questions
        ]
        if len(numbers) < 2:
            return filled(self.words, "round_only_if", condition=condition)
        ends = {"first": numbers[0], "last": numbers[-1]}
        return filled(self.words, "part_only_if", condition=condition, **ends)

    def condition(self, part: AnyPart, key: str = "only_if") -> str:
        if not part.relevant:
            return ""
        told = in_words(part.relevant, self.told)
        return filled(self.words, key, condition=parted(told))

    def question(self, item: AnyItem) -> Laid:
        answer = answered(item, self.pen)
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
        """What the pages would enforce, and paper can only ask for."""
        if isinstance(item, Choices) and item.most and item.most < len(item.options):
            return filled(self.words, "most", most=item.most)
        if isinstance(item, Choice | Choices | Rank) and item.filter:
            if known := filtered_by(item.filter, self.told):
                return filled(self.words, "filter_answer", number=known[1])
            condition = parted(in_words(item.filter, self.told))
            return filled(self.words, "filter", condition=condition)
        return self.words["read_only"] if item.read_only else ""

    def marks(self, item: AnyItem) -> list[str]:
        if item.required:
            return [self.words["required"]]
        if item.required_when:
            condition = parted(in_words(item.required_when, self.told))
            return [filled(self.words, "required_when", condition=condition)]
        return []

    def grid(self, item: Grid) -> Laid:
        rows = [(self.told.questions[row.name].number, self.pen.say(row.text)) for row in item.rows]
        asked, columns = self.question(item), [self.pen.say(label) for label in item.labels]
        if max(map(len, columns)) > LONGEST_BELOW:  # too long for a head: told before the table
            told = [f"{number} = {words}." for number, words in enumerate(columns, 1)]
            asked["hint"] = " ".join(filter(None, (asked["hint"], *told)))
            columns = [str(number) for number in range(1, len(columns) + 1)]
        return asked | self.table(columns, item, [(*row, False) for row in rows])

    def together(self, run: Sequence[AnyItem]) -> Iterator[Laid]:
        """Questions with the same answers, one below the other."""
        first = run[0]
        labels = first.labels if isinstance(first, Agreement) else ()
        columns = [self.pen.say(label) for label in labels]
        if isinstance(first, Choice):
            columns = names(first.options, self.pen)
        asked = [self.question(item) for item in run]
        rows = [(one["number"], one["text"], bool(one["marks"])) for one in asked]
        yield self.own("", {}) | self.table(columns, first, rows)

    def table(
        self, columns: list[str], item: AnyItem, rows: Sequence[tuple[str, str, bool]]
    ) -> Laid:
        apart = list(no_answer_boxes(item, self.words).values())
        laid = [{"number": number, "text": text, "required": must} for number, text, must in rows]
        return {"kind": "table", "columns": columns, "apart": apart, "rows": laid}


def alike(parts: Sequence[AnyPart], table: bool) -> list[AnyItem]:
    """The questions from here on that can share the head of a table."""
    first = parts[0]
    if not isinstance(first, Agreement | Choice) or not is_plain(first):
        return []
    if isinstance(first, Choice) and (not table or len(first.options) > MOST_COLUMNS):
        return []
    texts = first.labels if isinstance(first, Agreement) else [o.text for o in first.options]
    if any(len(words) > LONGEST_BELOW for text in texts for words in text.values()):
        return []
    same = head(first)
    return [
        part
        for part in takewhile(lambda one: is_plain(one) and head(one) == same, parts)
        if isinstance(part, Agreement | Choice)
    ]


def is_plain(part: AnyPart) -> bool:
    """Whether nothing is said of it but its words and its answers."""
    return isinstance(part, Agreement | Choice) and not (
        part.relevant
        or part.hint
        or part.required_when
        or part.read_only
        or (isinstance(part, Choice) and part.filter)
    )


def head(part: AnyPart) -> Any:
    if isinstance(part, Agreement):
        return part.labels, part.may_decline
    return ([o.text for o in part.options], part.may_decline) if isinstance(part, Choice) else ()
