"""How each kind of question is answered with a pen: boxes, combs, lines, numbers in a row."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from api.paper.numbering import Told, no_answer_boxes
from api.paper.words import filled, parted
from survey.instruments import (
    Agreement,
    AnyItem,
    Borough,
    Choice,
    Choices,
    Consent,
    Date,
    Decimal,
    File,
    Image,
    Item,
    Moment,
    Option,
    Postcode,
    Range,
    Rank,
    Scale,
    Text,
    Time,
    Whole,
    Wording,
)
from survey.places import Area

MOST_IN_A_ROW = 16  # circles with numbers beside each other
WIDEST_COMB = 9
LONGEST_BELOW = 40  # letters below or above a box that is one of five beside each other
USUAL_MOST = 1_000_000  # a limit that nobody set
# Ticks stand in columns where there are so many of them, and all so short.
COLUMNS = ((3, 6, 21), (2, 4, 34))
FEW, SHORT = 3, 21  # what stands in one row

LINES = ((1_000, 8), (300, 5), (0, 3))
Laid = dict[str, Any]


class Pen(msgspec.Struct, frozen=True):
    """What answers are laid out with: `say` gives a wording as it is printed."""

    told: Told
    boroughs: Sequence[Area]
    say: Callable[[Wording], str]

    @property
    def words(self) -> Mapping[str, str]:
        return self.told.words


def answered(item: AnyItem, pen: Pen) -> Laid:
    """The place for the answer; `apart` the boxes for those who give none."""
    if item.read_only or type(item) not in ANSWERED:
        return {"as": "nothing"}
    laid = ANSWERED[type(item)](item, pen)
    options = list(no_answer_boxes(item, pen.words).values())
    if isinstance(item, Choice | Choices) and len(laid["options"]) + len(options) <= FEW:
        beside = ticks([*laid["options"], *options], laid["shape"])
        if beside["columns"] == FEW:
            return beside
    shape = laid.get("shape", "square") if not isinstance(item, Choices | Consent) else "square"
    return laid | {"apart": options, "apart_shape": shape}


def ticks(options: Sequence[str], shape: str) -> Laid:
    longest = max(map(len, options), default=0)
    columns = next((n for n, few, long in COLUMNS if len(options) >= few and longest <= long), 1)
    if len(options) <= FEW and longest <= SHORT:
        columns = FEW
    return {"as": "ticks", "shape": shape, "columns": columns, "options": list(options)}


def names(options: Sequence[Option], pen: Pen) -> list[str]:
    return [pen.say(option.text) or option.name for option in options]


def choice(item: Choice | Choices, pen: Pen) -> Laid:
    """Where a filter says which options are offered, each has in brackets what it asks for."""
    options = names(item.options, pen)
    if item.filter:
        traits = [traits_of(option, item.filter, pen.told) for option in item.options]
        options = [
            f"{text} ({more})" if more else text for text, more in zip(options, traits, strict=True)
        ]
    return ticks(options, "circle" if isinstance(item, Choice) else "square")


def traits_of(option: Option, written: str, told: Told) -> str:
    """Traits that the filter asks for; an answer to another question in that question's words."""
    asked = {name: value for name, value in option.traits.items() if name in written}
    if known := filtered_by(written, told):
        name, number = known
        options = next(one.options for one in told.questions.values() if one.number == number)
        return parted(options.get(asked.get(name, ""), asked.get(name, "")))
    return parted(", ".join(f"{name}: {value}" for name, value in asked.items()))


def filtered_by(written: str, told: Told) -> tuple[str, str] | None:
    """The trait and the number of the question, where a filter is just 'trait = ${name}'."""
    trait, sign, name = written.partition("=")
    known = told.questions.get(name.strip().removeprefix("${").removesuffix("}").strip())
    if not sign or not trait.strip().isidentifier() or known is None:
        return None
    return trait.strip(), known.number


def agreement(item: Agreement, pen: Pen) -> Laid:
    labels = [pen.say(label) for label in item.labels]
    if max(map(len, labels)) > LONGEST_BELOW:
        return ticks(labels, "circle")
    return {"as": "row", "shape": "circle", "labels": labels}


def scale(item: Scale, pen: Pen) -> Laid:
    numbers = range(item.low, item.high + 1)
    ends = {"low": pen.say(item.low_label), "high": pen.say(item.high_label)}
    if len(numbers) <= MOST_IN_A_ROW:
        return {"as": "numbers", "shape": "circle", "numbers": [str(n) for n in numbers]} | ends
    told = [
        f"{n} = {words}."
        for n, words in ((item.low, ends["low"]), (item.high, ends["high"]))
        if words
    ]
    limits = between(item.low, item.high, pen)
    return number_comb(item.low, item.high) | {"remark": " ".join([limits, *told])}


def number_range(item: Range, pen: Pen) -> Laid:
    steps = (item.high - item.low) / item.step if item.step else 0
    if 0 < steps < MOST_IN_A_ROW and steps == int(steps):
        numbers = [figure(item.low + n * item.step) for n in range(int(steps) + 1)]
        return {"as": "numbers", "shape": "circle", "numbers": numbers, "low": "", "high": ""}
    remark = between(item.low, item.high, pen)
    if item.step != 1:
        remark += " " + filled(pen.words, "steps", step=figure(item.step))
    places = 0 if float(item.step).is_integer() and float(item.low).is_integer() else 2
    return number_comb(item.low, item.high, places) | {"remark": remark}


def whole(item: Whole, pen: Pen) -> Laid:
    return number_comb(item.least, item.most) | {"remark": between(item.least, item.most, pen)}


def decimal(item: Decimal, pen: Pen) -> Laid:
    remark = between(item.least, item.most, pen)
    return number_comb(item.least, item.most, places=2) | {"remark": remark}


def between(least: float | None, most: float | None, pen: Pen) -> str:
    """The limits in words, where somebody set them."""
    if most is None or most == USUAL_MOST:
        return filled(pen.words, "least", least=figure(least)) if least else ""
    if least is None:
        return filled(pen.words, "up_to", most=figure(most))
    return filled(pen.words, "from_to", least=figure(least), most=figure(most))


def figure(number: float) -> str:
    return f"{number:.15g}"


def number_comb(least: float | None, most: float | None, places: int = 0) -> Laid:
    """As many boxes as the largest number has digits, one more where it may be below nought."""
    digits = max(
        len(str(int(abs(one)))) for one in (least or 0, USUAL_MOST if most is None else most)
    )
    cells = min(digits + (least is None or least < 0), WIDEST_COMB)
    groups = [group("", cells)] + ([group("", places)] if places else [])
    return {"as": "comb", "groups": groups, "between": "." if places else ""}


def group(label: str, cells: int) -> Laid:
    return {"label": label, "cells": cells}


def comb(*groups: Laid, remark: str = "") -> Laid:
    return {"as": "comb", "groups": list(groups), "between": "", "remark": remark}


def text(item: Text, pen: Pen) -> Laid:
    short = 1 if item.most <= 80 else 2
    most = item.most if item.long else 0
    lines = next(n for least, n in LINES if most >= least) if item.long else short
    return {"as": "lines", "lines": lines}


def day_groups(pen: Pen) -> list[Laid]:
    return [group(pen.words[name], n) for name, n in (("day", 2), ("month", 2), ("year", 4))]


def clock_groups(pen: Pen) -> list[Laid]:
    return [group(pen.words["hour"], 2), group(pen.words["minute"], 2)]


def rank(item: Rank, pen: Pen) -> Laid:
    return {"as": "rank", "options": names(item.options, pen), "remark": pen.words["rank"]}


def borough(item: Borough | None, pen: Pen) -> Laid:
    laid = ticks(sorted(area.name for area in pen.boroughs), "circle")
    return laid | {"columns": 3 if len(pen.boroughs) > 6 else 1, "close": True}


def postcode(item: Postcode | None, pen: Pen) -> Laid:
    return comb(group("", 4), group("", 3), remark=pen.words["postcode"])


def handed(item: Image | File, pen: Pen) -> Laid:
    return ticks([pen.words["handed"]], "square") | {"remark": pen.words["hand_over"]}


ANSWERED: dict[type[Item], Callable[[Any, Pen], Laid]] = {
    Choice: choice,
    Choices: choice,
    Agreement: agreement,
    Scale: scale,
    Range: number_range,
    Text: text,
    Whole: whole,
    Decimal: decimal,
    Date: lambda _, pen: comb(*day_groups(pen)),
    Time: lambda _, pen: comb(*clock_groups(pen)),
    Moment: lambda _, pen: comb(*day_groups(pen), *clock_groups(pen)),
    Rank: rank,
    Consent: lambda _, pen: ticks([pen.words["agree"]], "square"),
    Borough: borough,
    Postcode: postcode,
    Image: handed,
    File: handed,
}
