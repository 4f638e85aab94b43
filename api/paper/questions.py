"""The space on paper for each type of answer: boxes, combs, lines, numbers in a row."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from api.paper.numbering import NumberedForm, no_answer_boxes
from api.paper.words import filled_sentence, printable_text
from survey.places import Area
from survey.surveys.instruments import (
    Agreement,
    AnyItem,
    Borough,
    Consent,
    Date,
    DateTime,
    Decimal,
    File,
    Image,
    Integer,
    Item,
    Option,
    Postcode,
    Range,
    Rank,
    Scale,
    SelectMultiple,
    SelectOne,
    Text,
    Time,
    Wording,
)

MOST_IN_A_ROW = 16  # circles with numbers next to each other
WIDEST_COMB = 9
LONGEST_BELOW = 40  # letters below or above a box that is one of five next to each other
USUAL_MOST = 1_000_000  # a limit that nobody set
# Columns, the fewest options they need, and the longest label they allow.
COLUMNS = ((3, 6, 21), (2, 4, 34))
FEW, SHORT = 3, 21  # what is printed in one row

LINES = ((1_000, 8), (300, 5), (0, 3))
PaperBlock = dict[str, Any]


class PaperContext(msgspec.Struct, frozen=True):
    """What the layout of answers needs; `say` returns a wording as it is printed."""

    told: NumberedForm
    boroughs: Sequence[Area]
    say: Callable[[Wording], str]

    @property
    def words(self) -> Mapping[str, str]:
        return self.told.words


def answer_space(item: AnyItem, pen: PaperContext) -> PaperBlock:
    """The space for an answer; `apart` are the boxes for not answering."""
    if item.read_only or type(item) not in ANSWER_SPACES:
        return {"as": "nothing"}
    laid = ANSWER_SPACES[type(item)](item, pen)
    options = list(no_answer_boxes(item, pen.words).values())
    if isinstance(item, SelectOne | SelectMultiple) and len(laid["options"]) + len(options) <= FEW:
        beside = tick_boxes([*laid["options"], *options], laid["shape"])
        if beside["columns"] == FEW:
            return beside
    shape = (
        laid.get("shape", "square") if not isinstance(item, SelectMultiple | Consent) else "square"
    )
    return laid | {"apart": options, "apart_shape": shape}


def tick_boxes(options: Sequence[str], shape: str) -> PaperBlock:
    longest = max(map(len, options), default=0)
    columns = next((n for n, few, long in COLUMNS if len(options) >= few and longest <= long), 1)
    if len(options) <= FEW and longest <= SHORT:
        columns = FEW
    return {"as": "ticks", "shape": shape, "columns": columns, "options": list(options)}


def option_names(options: Sequence[Option], pen: PaperContext) -> list[str]:
    return [pen.say(option.text) or option.name for option in options]


def choice_boxes(item: SelectOne | SelectMultiple, pen: PaperContext) -> PaperBlock:
    """Boxes to tick; if a filter chooses the options, each shows its traits in brackets."""
    options = option_names(item.options, pen)
    if item.filter:
        traits = [traits_in_words(option, item.filter, pen.told) for option in item.options]
        options = [
            f"{text} ({more})" if more else text for text, more in zip(options, traits, strict=True)
        ]
    return tick_boxes(options, "circle" if isinstance(item, SelectOne) else "square")


def traits_in_words(option: Option, written: str, told: NumberedForm) -> str:
    """The traits that the filter asks for; an answer to another question in that question's
    words.
    """
    asked = {name: value for name, value in option.traits.items() if name in written}
    if known := find_filter_question(written, told):
        name, number = known
        options = next(one.options for one in told.questions.values() if one.number == number)
        return printable_text(options.get(asked.get(name, ""), asked.get(name, "")))
    return printable_text(", ".join(f"{name}: {value}" for name, value in asked.items()))


def find_filter_question(written: str, told: NumberedForm) -> tuple[str, str] | None:
    """The trait and the number of the question, where a filter is just 'trait = ${name}'."""
    trait, sign, name = written.partition("=")
    known = told.questions.get(name.strip().removeprefix("${").removesuffix("}").strip())
    if not sign or not trait.strip().isidentifier() or known is None:
        return None
    return trait.strip(), known.number


def agreement_boxes(item: Agreement, pen: PaperContext) -> PaperBlock:
    labels = [pen.say(label) for label in item.labels]
    if max(map(len, labels)) > LONGEST_BELOW:
        return tick_boxes(labels, "circle")
    return {"as": "row", "shape": "circle", "labels": labels}


def scale_boxes(item: Scale, pen: PaperContext) -> PaperBlock:
    numbers = range(item.low, item.high + 1)
    ends = {"low": pen.say(item.low_label), "high": pen.say(item.high_label)}
    if len(numbers) <= MOST_IN_A_ROW:
        return {"as": "numbers", "shape": "circle", "numbers": [str(n) for n in numbers]} | ends
    told = [
        f"{n} = {words}."
        for n, words in ((item.low, ends["low"]), (item.high, ends["high"]))
        if words
    ]
    limits = limits_in_words(item.low, item.high, pen)
    return number_comb(item.low, item.high) | {"remark": " ".join([limits, *told])}


def range_boxes(item: Range, pen: PaperContext) -> PaperBlock:
    steps = (item.high - item.low) / item.step if item.step else 0
    if 0 < steps < MOST_IN_A_ROW and steps == int(steps):
        numbers = [plain_number(item.low + n * item.step) for n in range(int(steps) + 1)]
        return {"as": "numbers", "shape": "circle", "numbers": numbers, "low": "", "high": ""}
    remark = limits_in_words(item.low, item.high, pen)
    if item.step != 1:
        remark += " " + filled_sentence(pen.words, "steps", step=plain_number(item.step))
    places = 0 if float(item.step).is_integer() and float(item.low).is_integer() else 2
    return number_comb(item.low, item.high, places) | {"remark": remark}


def whole_comb(item: Integer, pen: PaperContext) -> PaperBlock:
    return number_comb(item.least, item.most) | {
        "remark": limits_in_words(item.least, item.most, pen)
    }


def decimal_comb(item: Decimal, pen: PaperContext) -> PaperBlock:
    remark = limits_in_words(item.least, item.most, pen)
    return number_comb(item.least, item.most, places=2) | {"remark": remark}


def limits_in_words(least: float | None, most: float | None, pen: PaperContext) -> str:
    """The limits in words, where somebody set them."""
    if most is None or most == USUAL_MOST:
        return filled_sentence(pen.words, "least", least=plain_number(least)) if least else ""
    if least is None:
        return filled_sentence(pen.words, "up_to", most=plain_number(most))
    return filled_sentence(pen.words, "from_to", least=plain_number(least), most=plain_number(most))


def plain_number(number: float) -> str:
    return f"{number:.15g}"


def number_comb(least: float | None, most: float | None, places: int = 0) -> PaperBlock:
    """As many boxes as the largest number has digits, and one more if it may be negative."""
    digits = max(
        len(str(int(abs(one)))) for one in (least or 0, USUAL_MOST if most is None else most)
    )
    cells = min(digits + (least is None or least < 0), WIDEST_COMB)
    groups = [comb_group("", cells)] + ([comb_group("", places)] if places else [])
    return {"as": "comb", "groups": groups, "between": "." if places else ""}


def comb_group(label: str, cells: int) -> PaperBlock:
    return {"label": label, "cells": cells}


def comb(*groups: PaperBlock, remark: str = "") -> PaperBlock:
    return {"as": "comb", "groups": list(groups), "between": "", "remark": remark}


def text_lines(item: Text, pen: PaperContext) -> PaperBlock:
    short = 1 if item.most <= 80 else 2
    most = item.most if item.long else 0
    lines = next(n for least, n in LINES if most >= least) if item.long else short
    return {"as": "lines", "lines": lines}


def day_groups(pen: PaperContext) -> list[PaperBlock]:
    return [comb_group(pen.words[name], n) for name, n in (("day", 2), ("month", 2), ("year", 4))]


def clock_groups(pen: PaperContext) -> list[PaperBlock]:
    return [comb_group(pen.words["hour"], 2), comb_group(pen.words["minute"], 2)]


def rank_boxes(item: Rank, pen: PaperContext) -> PaperBlock:
    return {"as": "rank", "options": option_names(item.options, pen), "remark": pen.words["rank"]}


def borough_boxes(item: Borough | None, pen: PaperContext) -> PaperBlock:
    laid = tick_boxes(sorted(area.name for area in pen.boroughs), "circle")
    return laid | {"columns": 3 if len(pen.boroughs) > 6 else 1, "close": True}


def postcode_comb(item: Postcode | None, pen: PaperContext) -> PaperBlock:
    return comb(comb_group("", 4), comb_group("", 3), remark=pen.words["postcode"])


def file_box(item: Image | File, pen: PaperContext) -> PaperBlock:
    return tick_boxes([pen.words["handed"]], "square") | {"remark": pen.words["hand_over"]}


ANSWER_SPACES: dict[type[Item], Callable[[Any, PaperContext], PaperBlock]] = {
    SelectOne: choice_boxes,
    SelectMultiple: choice_boxes,
    Agreement: agreement_boxes,
    Scale: scale_boxes,
    Range: range_boxes,
    Text: text_lines,
    Integer: whole_comb,
    Decimal: decimal_comb,
    Date: lambda _, pen: comb(*day_groups(pen)),
    Time: lambda _, pen: comb(*clock_groups(pen)),
    DateTime: lambda _, pen: comb(*day_groups(pen), *clock_groups(pen)),
    Rank: rank_boxes,
    Consent: lambda _, pen: tick_boxes([pen.words["agree"]], "square"),
    Borough: borough_boxes,
    Postcode: postcode_comb,
    Image: file_box,
    File: file_box,
}
