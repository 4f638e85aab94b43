"""The options of a question, by names that may stand in answers and conditions."""

import re
from typing import Any

import msgspec

from survey.formats.surveyjs.making import Making, both, plain_name
from survey.formats.surveyjs.node import Node, scalar, shortened, words
from survey.formats.surveyjs.terms import Entry
from survey.instruments import DONT_KNOW, WITHHELD, Option, Wording

KEPT = re.compile(r"[\w.+-]{1,60}")
MOST_MADE = 500
EVERYBODY = "it is offered to everyone"
# What may be offered beside the options: its property, its words, its name, its usual words.
BESIDE = (
    (("showNoneItem", "hasNone"), "noneText", "none", "None"),
    (("showDontKnowItem",), "dontKnowText", DONT_KNOW, "I don’t know"),
    (("showOtherItem", "hasOther"), "otherText", "other", "Other"),
)


class Offered(msgspec.Struct):
    """The options of one question, what they are called there, and what is said of single ones."""

    options: list[Option] = []
    called: dict[str, str] = {}
    alone: list[str] = []  # options that rule all others out
    shown: dict[str, str] = {}  # when an option is offered
    kept: frozenset[str] = frozenset()  # names that mean something else

    def add(self, value: str, text: Wording, language: str) -> str:
        """The name of an option; '' where the same value stands there already."""
        if value in self.called:
            return ""
        taken = self.kept | set(self.called.values())
        plain = value if KEPT.fullmatch(value) else plain_name(value, "option")
        name, number = plain, 2
        while name in taken:
            name, number = f"{plain[:55]}_{number}", number + 1
        self.called[value] = name
        self.options.append(Option(name, text or {language: words(value) or name}))
        return name

    def renamed(self) -> str:
        return ", ".join(f"“{key}” is {name}" for key, name in self.called.items() if key != name)


def options_of(making: Making, node: Node, own: Entry, *keys: str) -> Offered:
    """What a question offers; options that come from elsewhere are told."""
    declines = node.flag("showRefuseItem")
    offered = Offered([], {}, [], {}, WITHHELD if declines else frozenset())
    keys = keys or ("choices",)
    for at, given in enumerate(node.entries(*keys)):
        add_option(making, node, own, offered, (f"{keys[0]}[{at}]", given))
    made_of_numbers(node, offered)
    borrowed(making, node, offered)
    beside(node, offered)
    if renamed := offered.renamed():
        node.leave("names of options", shortened(f"{renamed}, because answers have no spaces here"))
    return offered


def add_option(
    making: Making, node: Node, own: Entry, offered: Offered, entry: tuple[str, Any]
) -> None:
    place, given = entry
    value, one = node.entry(place, given)
    text = one.wording("text", "title") if one else {}
    name = offered.add(value, text, node.source.language)
    if not name:
        node.leave(f"the option {shortened(value)}", "it appears twice")
    elif one:
        if one.flag("isExclusive"):
            offered.alone.append(name)
        when = making.expression(one, "visibleIf", None, EVERYBODY, own)
        able = making.expression(one, "enableIf", None, EVERYBODY, own)
        if shown := both(when, able):
            offered.shown[name] = shown
        one.leave_rest()


def made_of_numbers(node: Node, offered: Offered) -> None:
    low, high, step = (node.number(key) for key in ("choicesMin", "choicesMax", "choicesStep"))
    if high is None or offered.options:
        return
    low, step = low or 0, step if step and step > 0 else 1
    count = int((high - low) // step) + 1
    if count > MOST_MADE:
        node.leave(f"choicesMax: {high:g}", f"the first {MOST_MADE} options are offered")
    for at in range(max(0, min(count, MOST_MADE))):
        number = low + at * step
        offered.add(scalar(float(number)) or "", {}, node.source.language)


def borrowed(making: Making, node: Node, offered: Offered) -> None:
    """The options of another question that stands before."""
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


def beside(node: Node, offered: Offered) -> None:
    for flags, key, name, usual in BESIDE:
        if node.flag(*flags):
            offered.add(name, node.wording(key) or {"en": usual}, node.source.language)
            if name != "other":
                offered.alone.append(offered.called[name])
