"""The options of SurveyJS questions, under names that answers and conditions can use."""

import re
from typing import Any

import msgspec

from survey.formats.surveyjs.context import SurveyjsContext, all_conditions, plain_name
from survey.formats.surveyjs.node import SurveyjsNode, clean_words, scalar_text, shortened_text
from survey.formats.surveyjs.terms import SurveyjsEntry
from survey.surveys.instruments import DONT_KNOW, WITHHELD, Option, Wording

KEPT = re.compile(r"[\w.+-]{1,60}")
MOST_MADE = 500
EVERYBODY = "it is offered to everyone"
# Special options: their property, the property with their text, their name, their usual text.
SPECIAL_OPTIONS = (
    (("showNoneItem", "hasNone"), "noneText", "none", "None"),
    (("showDontKnowItem",), "dontKnowText", DONT_KNOW, "I don’t know"),
    (("showOtherItem", "hasOther"), "otherText", "other", "Other"),
)


class OfferedOptions(msgspec.Struct):
    """The options of one question, their names by original value, and rules for single options."""

    options: list[Option] = []
    called: dict[str, str] = {}
    alone: list[str] = []  # options that exclude all others
    shown: dict[str, str] = {}  # when an option is offered
    kept: frozenset[str] = frozenset()  # reserved names

    def add(self, value: str, text: Wording, language: str) -> str:
        """Add an option and return its name; '' if the value is there already."""
        if value in self.called:
            return ""
        taken = self.kept | set(self.called.values())
        plain = value if KEPT.fullmatch(value) else plain_name(value, "option")
        name, number = plain, 2
        while name in taken:
            name, number = f"{plain[:55]}_{number}", number + 1
        self.called[value] = name
        self.options.append(Option(name, text or {language: clean_words(value) or name}))
        return name

    def renames_in_words(self) -> str:
        return ", ".join(f"“{key}” is {name}" for key, name in self.called.items() if key != name)


def read_options(
    making: SurveyjsContext, node: SurveyjsNode, own: SurveyjsEntry, *keys: str
) -> OfferedOptions:
    """The options of a question; those from other sources are reported."""
    declines = node.flag("showRefuseItem")
    # No option may have the name under which a withheld answer is stored.
    offered = OfferedOptions([], {}, [], {}, WITHHELD if declines else frozenset())
    keys = keys or ("choices",)
    for at, given in enumerate(node.entries(*keys)):
        add_option(making, node, own, offered, (f"{keys[0]}[{at}]", given))
    add_numbered_options(node, offered)
    add_borrowed_options(making, node, offered)
    add_special_options(node, offered)
    if renamed := offered.renames_in_words():
        node.leave(
            "names of options", shortened_text(f"{renamed}, because answers have no spaces here")
        )
    return offered


def add_option(
    making: SurveyjsContext,
    node: SurveyjsNode,
    own: SurveyjsEntry,
    offered: OfferedOptions,
    entry: tuple[str, Any],
) -> None:
    place, given = entry
    value, one = node.entry(place, given)
    text = one.wording("text", "title") if one else {}
    name = offered.add(value, text, node.source.language)
    if not name:
        node.leave(f"the option {shortened_text(value)}", "it appears twice")
    elif one:
        if one.flag("isExclusive"):
            offered.alone.append(name)
        when = making.expression(one, "visibleIf", None, EVERYBODY, own)
        able = making.expression(one, "enableIf", None, EVERYBODY, own)
        if shown := all_conditions(when, able):
            offered.shown[name] = shown
        one.leave_rest()


def add_numbered_options(node: SurveyjsNode, offered: OfferedOptions) -> None:
    low, high, step = (node.number(key) for key in ("choicesMin", "choicesMax", "choicesStep"))
    if high is None or offered.options:
        return
    low, step = low or 0, step if step and step > 0 else 1
    count = int((high - low) // step) + 1
    if count > MOST_MADE:
        node.leave(f"choicesMax: {high:g}", f"the first {MOST_MADE} options are offered")
    for at in range(max(0, min(count, MOST_MADE))):
        number = low + at * step
        offered.add(scalar_text(float(number)) or "", {}, node.source.language)


def add_borrowed_options(
    making: SurveyjsContext, node: SurveyjsNode, offered: OfferedOptions
) -> None:
    """Add the options of an earlier question, where the file says so."""
    given = node.text("choicesFromQuestion")
    other = making.offers.get(given)
    if not given:
        return
    if other is None:
        node.leave(f"choicesFromQuestion: {given}", "no question before it has options")
        return
    mode = node.text("choicesFromQuestionMode") or "all"
    if mode != "all":
        node.leave(f"choicesFromQuestionMode: {mode}", "all of its options are offered")
    for value, option in zip(other.called, other.options, strict=False):
        offered.add(value, option.text, node.source.language)


def add_special_options(node: SurveyjsNode, offered: OfferedOptions) -> None:
    for flags, key, name, usual in SPECIAL_OPTIONS:
        if node.flag(*flags):
            offered.add(name, node.wording(key) or {"en": usual}, node.source.language)
            # None and 'I do not know' exclude all others; an answer in own words does not.
            if name != "other":
                offered.alone.append(offered.called[name])
