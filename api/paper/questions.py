"""What is printed of a question, and what the spaces for answers are made of: boxes, combs, numbers
in a row.

`api/paper/item_types` has the part of each type, in a file named as the type's own. A part has
`answer_space`, what is printed below the words of its question; one whose question is printed in
another way has `blocks`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

import msgspec

from api.paper.conditions import condition_in_words
from api.paper.numbering import LETTERS, NumberedForm, answer_keys, no_answer_boxes
from api.paper.words import filled_sentence, printable_text
from survey.places import Area
from survey.surveys.instruments import InstrumentPart, Item, Option, OptionsItem, Wording

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


@cache
def paper_part(kind: type[InstrumentPart]) -> ModuleType:
    """The module of a type; each type that people see has one, which a test holds."""
    return import_module(f"api.paper.item_types.{kind.type_name()}")


def item_blocks(item: Item, pen: PaperContext) -> Iterator[PaperBlock]:
    """What is printed of a question, or of words between questions."""
    part = paper_part(type(item))
    if hasattr(part, "blocks"):
        yield from part.blocks(item, pen)
    else:
        yield question_block(item, pen)


def question_block(item: Item, pen: PaperContext) -> PaperBlock:
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


def answer_space(item: Item, pen: PaperContext) -> PaperBlock:
    """The space for an answer; `apart` are the boxes for not answering."""
    if item.read_only:
        return {"as": "nothing"}
    laid: PaperBlock = paper_part(type(item)).answer_space(item, pen)
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


def part_condition(part: InstrumentPart, pen: PaperContext, key: str = "only_if") -> str:
    """When a question or note is to be answered, in words; empty if always."""
    if not part.relevant:
        return ""
    words = condition_in_words(part.relevant, pen.numbered_form)
    return filled_sentence(pen.words, key, condition=printable_text(words))


def rule_in_words(item: Item, pen: PaperContext) -> str:
    """A rule of a question, which the pages enforce and paper can only ask for; empty if there is
    none.
    """
    if isinstance(item, OptionsItem) and item.filter:
        if known := find_filter_question(item.filter, pen.numbered_form):
            return filled_sentence(pen.words, "filter_answer", number=known[1])
        condition = printable_text(condition_in_words(item.filter, pen.numbered_form))
        return filled_sentence(pen.words, "filter", condition=condition)
    return pen.words["read_only"] if item.read_only else ""


def required_marks(item: Item, pen: PaperContext) -> list[str]:
    if item.required:
        return [pen.words["required"]]
    if item.required_when:
        condition = printable_text(condition_in_words(item.required_when, pen.numbered_form))
        return [filled_sentence(pen.words, "required_when", condition=condition)]
    return []


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
            one.options for one in numbered_form.questions.values() if one.number == number
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
