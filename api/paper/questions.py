"""What questions on paper are made of: boxes, combs, numbers in a row, tables."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from api.paper.words import (
    NumberedForm,
    answer_keys,
    filled_sentence,
    no_answer_boxes,
    printable_text,
)
from survey.places import Area
from survey.surveys.instruments import Item, Option, OptionsItem, Wording

MOST_IN_A_ROW = 16  # circles with numbers next to each other
WIDEST_COMB = 9
LONGEST_BELOW = 40  # letters below or above a box that is one of five next to each other
USUAL_MOST = 1_000_000  # a limit that nobody set
# Columns, the fewest options they need, and the longest label they allow.
COLUMNS = ((3, 6, 21), (2, 4, 34))
FEW, SHORT = 3, 21  # what is printed in one row

PaperBlock = dict[str, Any]


class PaperContext(msgspec.Struct, frozen=True):
    """What the layout of answers needs; `say` returns a wording as it is printed."""

    numbered_form: NumberedForm
    areas: Sequence[Area]
    say: Callable[[Wording], str]

    @property
    def words(self) -> Mapping[str, str]:
        return self.numbered_form.words


def table_block(
    columns: list[str], item: Item, rows: Sequence[tuple[str, str, bool]], pen: PaperContext
) -> PaperBlock:
    """Questions with the same answers as rows: the number, the words, whether one must answer."""
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
    """The traits that the filter asks for; an answer to another question in that question's
    words.
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
    """The limits in words, where somebody set them."""
    if most is None or most == USUAL_MOST:
        return filled_sentence(pen.words, "least", least=plain_number(least)) if least else ""
    if least is None:
        return filled_sentence(pen.words, "up_to", most=plain_number(most))
    return filled_sentence(pen.words, "from_to", least=plain_number(least), most=plain_number(most))


def plain_number(number: float) -> str:
    # Fifteen digits: with more, 0.1 + 0.2 would be printed as 0.30000000000000004.
    return f"{number:.15g}"


def number_comb(least: float | None, most: float | None, places: int = 0) -> PaperBlock:
    """Boxes for a number: as many as the largest one has digits, and one more if it may be
    negative.
    """
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
