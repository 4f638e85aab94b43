"""What is printed of a question, and the space on paper for the answers of each item type.

A type has a function in `SPACES`, for what is printed below the words of its question; if its
question is printed in another way, it has one in `BLOCKS`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from api.paper.words import (
    LETTERS,
    NumberedForm,
    answer_keys,
    condition_in_words,
    filled_sentence,
    no_answer_boxes,
    printable_text,
)
from survey.places import Area
from survey.surveys import instruments
from survey.surveys.instruments import Item, Option, OptionsItem, Wording

MOST_IN_A_ROW = 16  # circles with numbers next to each other
WIDEST_COMB = 9
LONGEST_BELOW = 40  # letters below or above a box that is one of five next to each other
USUAL_MOST = 1_000_000  # a limit that nobody set
# Columns, the fewest options they need, and the longest label they allow.
COLUMNS = ((3, 6, 21), (2, 4, 34))
FEW, SHORT = 3, 21  # what is printed in one row

PaperBlock = dict[str, Any]
# How many lines a question has whose text may be this long.
LINES = ((1_000, 8), (300, 5), (0, 3))


class PaperContext(msgspec.Struct, frozen=True):
    """What the layout of an answer space needs; `say` returns a wording as it is printed."""

    numbered_form: NumberedForm
    areas: Sequence[Area]
    say: Callable[[Wording], str]

    @property
    def words(self) -> Mapping[str, str]:
        return self.numbered_form.words


def table_block(
    columns: list[str], item: Item, rows: Sequence[tuple[str, str, bool]], pen: PaperContext
) -> PaperBlock:
    """A table of questions with the same answers; a row is a number, the words, and whether the
    question must be answered.
    """
    apart = list(no_answer_boxes(item, pen.words).values())
    laid = [{"number": number, "text": text, "required": must} for number, text, must in rows]
    keys = [*answer_keys(item, pen.numbered_form)]
    return {"kind": "table", "columns": columns, "apart": apart, "rows": laid, "keys": keys}


def tick_boxes(options: Sequence[str], shape: str) -> PaperBlock:
    longest = max(map(len, options), default=0)
    columns = next((n for n, few, long in COLUMNS if len(options) >= few and longest <= long), 1)
    if len(options) <= FEW and longest <= SHORT:
        columns = FEW
    return {"as": "ticks", "shape": shape, "columns": columns, "options": list(options)}


def option_names(options: Sequence[Option], pen: PaperContext) -> list[str]:
    return [pen.say(option.text) or option.name for option in options]


def traits_in_words(option: Option, written: str, numbered_form: NumberedForm) -> str:
    """The traits of an option that the filter uses; a trait that must equal another answer is given
    in that answer's words.
    """
    asked = {name: value for name, value in option.traits.items() if name in written}
    if known := find_filter_question(written, numbered_form):
        name, number = known
        options = next(
            question.options
            for question in numbered_form.questions.values()
            if question.number == number
        )
        return printable_text(options.get(asked.get(name, ""), asked.get(name, "")))
    return printable_text(", ".join(f"{name}: {value}" for name, value in asked.items()))


def find_filter_question(written: str, numbered_form: NumberedForm) -> tuple[str, str] | None:
    """The trait and the number of the question, where a filter is just 'trait = ${name}'."""
    trait, sign, name = written.partition("=")
    known = numbered_form.questions.get(name.strip().removeprefix("${").removesuffix("}").strip())
    if not sign or not trait.strip().isidentifier() or known is None:
        return None
    return trait.strip(), known.number


def limits_in_words(least: float | None, most: float | None, pen: PaperContext) -> str:
    """The limits of a number in words; empty if nobody set limits."""
    if most is None or most == USUAL_MOST:
        return filled_sentence(pen.words, "least", least=plain_number(least)) if least else ""
    if least is None:
        return filled_sentence(pen.words, "up_to", most=plain_number(most))
    return filled_sentence(pen.words, "from_to", least=plain_number(least), most=plain_number(most))


def plain_number(number: float) -> str:
    # Fifteen digits: with more, 0.1 + 0.2 would be printed as 0.30000000000000004.
    return f"{number:.15g}"


def number_comb(least: float | None, most: float | None, places: int = 0) -> PaperBlock:
    """Boxes for a number: one for each digit of the largest number, and one for the sign if it may
    be negative.
    """
    digits = max(
        len(str(int(abs(limit)))) for limit in (least or 0, USUAL_MOST if most is None else most)
    )
    cells = min(digits + (least is None or least < 0), WIDEST_COMB)
    groups = [comb_group("", cells)] + ([comb_group("", places)] if places else [])
    return {"as": "comb", "groups": groups, "between": "." if places else ""}


def comb_group(label: str, cells: int) -> PaperBlock:
    return {"label": label, "cells": cells}


def comb(*groups: PaperBlock, remark: str = "") -> PaperBlock:
    return {"as": "comb", "groups": list(groups), "between": "", "remark": remark}


def day_groups(pen: PaperContext) -> list[PaperBlock]:
    return [comb_group(pen.words[name], n) for name, n in (("day", 2), ("month", 2), ("year", 4))]


def clock_groups(pen: PaperContext) -> list[PaperBlock]:
    return [comb_group(pen.words["hour"], 2), comb_group(pen.words["minute"], 2)]


def area_boxes(pen: PaperContext) -> PaperBlock:
    laid = tick_boxes(sorted(area.name for area in pen.areas), "circle")
    return laid | {"columns": 3 if len(pen.areas) > 6 else 1, "close": True}


def postcode_comb(pen: PaperContext) -> PaperBlock:
    return comb(comb_group("", 4), comb_group("", 3), remark=pen.words["postcode"])


def choice_boxes(item: OptionsItem, pen: PaperContext, shape: str) -> PaperBlock:
    """Boxes to tick, with those for not answering in the same row where there is room.

    If a filter chooses the options, each shows its traits in brackets.
    """
    options = option_names(item.options, pen)
    if item.filter:
        traits = [
            traits_in_words(option, item.filter, pen.numbered_form) for option in item.options
        ]
        options = [
            f"{text} ({more})" if more else text for text, more in zip(options, traits, strict=True)
        ]
    apart = no_answer_boxes(item, pen.words).values()
    if len(options) + len(apart) <= FEW:
        together = tick_boxes([*options, *apart], shape)
        if together["columns"] == FEW:
            return together | {"apart": None}
    return tick_boxes(options, shape)


def file_box(pen: PaperContext) -> PaperBlock:
    return tick_boxes([pen.words["handed"]], "square") | {"remark": pen.words["hand_over"]}


def item_blocks(item: instruments.Item, pen: PaperContext) -> Iterator[PaperBlock]:
    """What is printed of a question, or of words between questions."""
    if blocks := BLOCKS.get(type(item)):
        yield from blocks(item, pen)
    else:
        yield question_block(item, pen)


def question_block(item: instruments.Item, pen: PaperContext) -> PaperBlock:
    answer = answer_space(item, pen)
    rule = answer.pop("rule", "") or rule_in_words(item, pen)
    hints = pen.say(item.hint), rule, answer.pop("remark", "")
    return {
        "kind": "question",
        "number": pen.numbered_form.questions[item.name].number.rstrip(LETTERS),
        "text": pen.say(item.text) or pen.say(item.short) or item.name,
        "hint": " ".join(filter(None, hints)),
        "condition": part_condition(item, pen),
        "marks": required_marks(item, pen),
        "answer": answer,
    }


def answer_space(item: instruments.Item, pen: PaperContext) -> PaperBlock:
    """The space for an answer; in the block, `apart` are the boxes for not answering."""
    if item.read_only:
        return {"as": "nothing"}
    laid: PaperBlock = SPACES[type(item)](item, pen)
    if laid["as"] == "nothing":
        return laid
    apart = [*no_answer_boxes(item, pen.words).values()]
    keys = [*answer_keys(item, pen.numbered_form)]
    own = len(keys) - len(apart)
    if "apart" in laid:  # these boxes are in one row with the others
        both = {key: value for key, value in laid.items() if key not in ("apart", "apart_shape")}
        return both | {"keys": keys}
    shape = laid.get("apart_shape") or laid.get("shape", "square")
    known = {"keys": keys[:own]} | laid
    return known | {"apart": apart, "apart_keys": keys[own:], "apart_shape": shape}


def part_condition(
    part: instruments.InstrumentPart, pen: PaperContext, key: str = "only_if"
) -> str:
    """When a question or note is to be answered, in words; empty if always."""
    if not part.relevant:
        return ""
    words = condition_in_words(part.relevant, pen.numbered_form)
    return filled_sentence(pen.words, key, condition=printable_text(words))


def rule_in_words(item: instruments.Item, pen: PaperContext) -> str:
    """A question's rule in words, which the web form enforces and paper can only ask for; empty if
    the question has no rule.
    """
    if isinstance(item, instruments.OptionsItem) and item.filter:
        if known := find_filter_question(item.filter, pen.numbered_form):
            return filled_sentence(pen.words, "filter_answer", number=known[1])
        condition = printable_text(condition_in_words(item.filter, pen.numbered_form))
        return filled_sentence(pen.words, "filter", condition=condition)
    return pen.words["read_only"] if item.read_only else ""


def required_marks(item: instruments.Item, pen: PaperContext) -> list[str]:
    if item.required:
        return [pen.words["required"]]
    if item.required_when:
        condition = printable_text(condition_in_words(item.required_when, pen.numbered_form))
        return [filled_sentence(pen.words, "required_when", condition=condition)]
    return []


def select_multiple_space(item: instruments.SelectMultiple, pen: PaperContext) -> PaperBlock:
    """A question with several answers: a square to tick for each option, and how many may be ticked
    where that is fewer than all.
    """
    laid = choice_boxes(item, pen, "square") | {"apart_shape": "square"}
    if item.most and item.most < len(item.options):
        laid["rule"] = filled_sentence(pen.words, "most", most=item.most)
    return laid


def scale_space(item: instruments.Scale, pen: PaperContext) -> PaperBlock:
    """Numbers in a row, or boxes for digits where there are many."""
    numbers = range(item.low, item.high + 1)
    ends = {"low": pen.say(item.low_label), "high": pen.say(item.high_label)}
    if len(numbers) <= MOST_IN_A_ROW:
        return {"as": "numbers", "shape": "circle", "numbers": [str(n) for n in numbers]} | ends
    remarks = [
        f"{n} = {words}."
        for n, words in ((item.low, ends["low"]), (item.high, ends["high"]))
        if words
    ]
    limits = limits_in_words(item.low, item.high, pen)
    return number_comb(item.low, item.high) | {"remark": " ".join([limits, *remarks])}


def range_space(item: instruments.Range, pen: PaperContext) -> PaperBlock:
    """Numbers in a row, or boxes for digits where there are many."""
    steps = (item.high - item.low) / item.step if item.step else 0
    # With a last step cut short the highest number would have no circle.
    if 0 < steps < MOST_IN_A_ROW and steps == int(steps):
        numbers = [plain_number(item.low + n * item.step) for n in range(int(steps) + 1)]
        return {"as": "numbers", "shape": "circle", "numbers": numbers, "low": "", "high": ""}
    remark = limits_in_words(item.low, item.high, pen)
    if item.step != 1:
        remark += " " + filled_sentence(pen.words, "steps", step=plain_number(item.step))
    places = 0 if float(item.step).is_integer() and float(item.low).is_integer() else 2
    return number_comb(item.low, item.high, places) | {"remark": remark}


def agreement_space(item: instruments.Agreement, pen: PaperContext) -> PaperBlock:
    """Five points in a row, the best first; one below the other where their words are long."""
    labels = [pen.say(label) for label in item.shown_labels().values()]
    if max(map(len, labels)) > LONGEST_BELOW:
        return tick_boxes(labels, "circle")
    return {"as": "row", "shape": "circle", "labels": labels}


def grid_blocks(item: instruments.Grid, pen: PaperContext) -> Iterator[PaperBlock]:
    """A table: a row for each statement, a circle for each point."""
    numbers = pen.numbered_form.questions
    rows = [(numbers[row.name].number, pen.say(row.text), False) for row in item.rows]
    asked, labels = question_block(item, pen), item.shown_labels()
    columns = [pen.say(label) for label in labels.values()]
    if max(map(len, columns)) > LONGEST_BELOW:  # too long for a head: printed before the table
        words = [f"{point} = {words}." for point, words in zip(labels, columns, strict=True)]
        asked["hint"] = " ".join(filter(None, (asked["hint"], *words)))
        columns = [*labels]
    yield asked | table_block(columns, item, rows, pen)


def text_space(item: instruments.Text, pen: PaperContext) -> PaperBlock:
    """Lines to write on."""
    short = 1 if item.most <= 80 else 2
    most = item.most if item.long else 0
    lines = next(n for least, n in LINES if most >= least) if item.long else short
    return {"as": "lines", "lines": lines}


def decimal_space(item: instruments.Decimal, pen: PaperContext) -> PaperBlock:
    """A box for each digit, two of them behind a point."""
    remark = limits_in_words(item.least, item.most, pen)
    return number_comb(item.least, item.most, places=2) | {"remark": remark}


def note_blocks(item: instruments.Note, pen: PaperContext) -> Iterator[PaperBlock]:
    """Words between the questions."""
    text = f"{pen.say(item.text)} {pen.say(item.hint)}".strip()
    yield {"kind": "note", "text": text, "condition": part_condition(item, pen, "note_only_if")}


SPACES: Mapping[type[instruments.Item], Callable[..., PaperBlock]] = {
    instruments.SelectOne: lambda item, pen: choice_boxes(item, pen, "circle"),
    instruments.SelectMultiple: select_multiple_space,
    instruments.Rank: lambda item, pen: {
        "as": "rank",
        "options": option_names(item.options, pen),
        "remark": pen.words["rank"],
    },
    instruments.Scale: scale_space,
    instruments.Range: range_space,
    instruments.Agreement: agreement_space,
    instruments.Grid: lambda _, pen: {"as": "nothing"},
    instruments.Consent: lambda _, pen: (
        tick_boxes([pen.words["agree"]], "square") | {"apart_shape": "square", "keys": ["1"]}
    ),
    instruments.Text: text_space,
    instruments.Integer: lambda item, pen: (
        number_comb(item.least, item.most) | {"remark": limits_in_words(item.least, item.most, pen)}
    ),
    instruments.Decimal: decimal_space,
    instruments.Date: lambda _, pen: comb(*day_groups(pen)),
    instruments.Time: lambda _, pen: comb(*clock_groups(pen)),
    instruments.DateTime: lambda _, pen: comb(*day_groups(pen), *clock_groups(pen)),
    instruments.Borough: lambda _, pen: area_boxes(pen),
    instruments.Postcode: lambda _, pen: postcode_comb(pen),
    instruments.Image: lambda _, pen: file_box(pen),
    instruments.File: lambda _, pen: file_box(pen),
}
BLOCKS: Mapping[type[instruments.Item], Callable[..., Iterator[PaperBlock]]] = {
    instruments.Grid: grid_blocks,
    instruments.Note: note_blocks,
}
