"""SurveyJS questions with options, under names that answers and conditions can use."""

import re
from typing import Any

import msgspec

from survey.formats.foreign import all_conditions
from survey.formats.surveyjs.node import SurveyjsNode, plain_name
from survey.formats.surveyjs.questions import (
    Parts,
    SurveyjsLimits,
    default_field,
    scale_parts,
    shared_fields,
)
from survey.formats.surveyjs.terms import SurveyjsEntry, xpath_literal
from survey.formats.surveyjs.words import clean_words, scalar_text, shortened_text
from survey.surveys import instruments

KEPT = re.compile(r"[\w.+-]{1,60}")
MOST_MADE = 500
EVERYBODY = "it is offered to everyone"
# Special options: their property, the property with their text, their name, their usual text.
SPECIAL_OPTIONS = (
    (("showNoneItem", "hasNone"), "noneText", "none", "None"),
    (("showDontKnowItem",), "dontKnowText", instruments.DONT_KNOW, "I don’t know"),
    (("showOtherItem", "hasOther"), "otherText", "other", "Other"),
)


class OfferedOptions(msgspec.Struct):
    """The options of one question, their names by original value, and rules for individual
    options.
    """

    options: list[instruments.Option] = []
    called: dict[str, str] = {}
    alone: list[str] = []  # options that exclude all others
    shown: dict[str, str] = {}  # when an option is offered
    kept: frozenset[str] = frozenset()  # reserved names

    def add(self, value: str, text: instruments.Wording, language: str) -> str:
        """Add an option and return its name; returns '' if the value has been added before."""
        if value in self.called:
            return ""
        taken = self.kept | set(self.called.values())
        plain = value if KEPT.fullmatch(value) else plain_name(value, "option")
        name, number = plain, 2
        while name in taken:
            name, number = f"{plain[:55]}_{number}", number + 1
        self.called[value] = name
        self.options.append(
            instruments.Option(name, text or {language: clean_words(value) or name})
        )
        return name

    def renames_in_words(self) -> str:
        return ", ".join(f"“{key}” is {name}" for key, name in self.called.items() if key != name)


def read_options(node: SurveyjsNode, own: SurveyjsEntry, *keys: str) -> OfferedOptions:
    """The options of a question, from every source that we can read; renamed options are
    reported.
    """
    declines = node.flag("showRefuseItem")
    # No option may have the name under which a withheld answer is stored.
    offered = OfferedOptions([], {}, [], {}, instruments.WITHHELD if declines else frozenset())
    keys = keys or ("choices",)
    for at, given in enumerate(node.entries(*keys)):
        add_option(node, own, offered, (f"{keys[0]}[{at}]", given))
    add_numbered_options(node, offered)
    add_borrowed_options(node, offered)
    for flags, key, name, usual in SPECIAL_OPTIONS:
        if node.flag(*flags):
            offered.add(name, node.wording(key) or {"en": usual}, node.context.language)
            # None and 'I do not know' exclude all others; an answer in own words does not.
            if name != "other":
                offered.alone.append(offered.called[name])
    if renamed := offered.renames_in_words():
        node.leave(
            "names of options", shortened_text(f"{renamed}, because answers have no spaces here")
        )
    return offered


def add_option(
    node: SurveyjsNode,
    own: SurveyjsEntry,
    offered: OfferedOptions,
    entry: tuple[str, Any],
) -> None:
    place, given = entry
    value, option = node.entry(place, given)
    text = option.wording("text", "title") if option else {}
    name = offered.add(value, text, node.context.language)
    if not name:
        node.leave(f"the option {shortened_text(value)}", "it appears twice")
    elif option:
        if option.flag("isExclusive"):
            offered.alone.append(name)
        when = option.expression("visibleIf", EVERYBODY, item=own)
        able = option.expression("enableIf", EVERYBODY, item=own)
        if shown := all_conditions(when, able):
            offered.shown[name] = shown
        option.leave_rest()


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
        offered.add(scalar_text(float(number)) or "", {}, node.context.language)


def add_borrowed_options(node: SurveyjsNode, offered: OfferedOptions) -> None:
    """Add the options of an earlier question, if the file says that they are used again."""
    given = node.text("choicesFromQuestion")
    other = node.context.offers.get(given)
    if not given:
        return
    if other is None:
        node.leave(f"choicesFromQuestion: {given}", "no question before it has options")
        return
    mode = node.text("choicesFromQuestionMode") or "all"
    if mode != "all":
        node.leave(f"choicesFromQuestionMode: {mode}", "all of its options are offered")
    for value, option in zip(other.called, other.options, strict=False):
        offered.add(value, option.text, node.context.language)


SEVERAL = ("checkbox", "tagbox")


def select_parts(node: SurveyjsNode) -> Parts:
    kind = node.text("type")
    if kind == "imagepicker":
        node.leave("the pictures", "options are shown as words here")
    several = kind in SEVERAL or (kind == "imagepicker" and node.flag("multiSelect"))
    return option_parts(node, "choices" if several else "choice")


def rank_parts(node: SurveyjsNode) -> Parts:
    return option_parts(node, "rank")


def rating_parts(node: SurveyjsNode) -> Parts:
    """A scale of whole numbers if the rating is one, else a question with one option per value."""
    parts = scale_parts(node)
    if parts is not None:
        return parts
    if not node.has("rateValues"):
        low, step = node.number("rateMin"), node.number("rateStep") or 1
        low = 1 if low is None else low
        high, count = node.number("rateMax"), node.number("rateCount")
        high = (5 if count is None else low + (count - 1) * step) if high is None else high
        many = int((high - low) // step) + 1 if step > 0 else 0
        # At most a hundred: a step of a millionth would make a list without end.
        node.given = {**node.given, "rateValues": [low + at * step for at in range(min(many, 100))]}
    for key in ("minRateDescription", "maxRateDescription"):
        if wording := node.wording(key):
            node.leave(f"{key}: {next(iter(wording.values()))}", "options have their own text")
    return option_parts(node, "choice", "rateValues")


def option_parts(node: SurveyjsNode, kind: str, *keys: str) -> Parts:
    """A question with its options, and the text fields that belong to it."""
    name = node.name_here()
    offered = read_options(node, SurveyjsEntry(name, kind), *keys)
    if len(offered.options) < 2:
        # Conditions compare with the value of the only option; a ticked box is OK here.
        called = {**dict.fromkeys(offered.called, "OK"), "true": "OK", "false": ""}
        entry = node.meet(SurveyjsEntry(name, "consent" if offered.options else "value",
                                         called if offered.options else {}))  # fmt: skip
        fields = shared_fields(node, entry)
        if not offered.options:
            node.leave("the options", "there are none in the file, so people write their answer")
            return (instruments.Text(**fields, long=False),)
        node.leave("the options", "there is only one, so it is something to tick here")
        fields["hint"] = fields["hint"] or offered.options[0].text
        return (instruments.Consent(**fields),)
    # Later questions may borrow these options by the name in the file.
    node.context.offers.setdefault(node.given_name, offered)
    entry = node.meet(SurveyjsEntry(name, kind, offered.called))
    fields = shared_fields(node, entry) | default_field(node, entry)
    part = PART_MAKERS[kind](node, entry, fields | {"options": tuple(offered.options)}, offered)
    return (part, *extra_texts(node, entry))


def select_one_part(
    node: SurveyjsNode,
    entry: SurveyjsEntry,
    fields: dict[str, Any],
    offered: OfferedOptions,
) -> instruments.AnyPart:
    limits = SurveyjsLimits(node, entry).read()
    return instruments.SelectOne(
        **fields,
        **limits.fields(),
        may_decline=can_decline(node),
        filter=option_filter(node, entry, offered),
    )


def select_multiple_part(
    node: SurveyjsNode,
    entry: SurveyjsEntry,
    fields: dict[str, Any],
    offered: OfferedOptions,
) -> instruments.AnyPart:
    limits = SurveyjsLimits(node, entry)
    for name in offered.alone:
        limits.add(f"not(selected(., {xpath_literal(name)}) and count-selected(.) > 1)")
    least, most = node.number("minSelectedChoices"), node.number("maxSelectedChoices")
    if least and least > 0:
        limits.add(f"count-selected(.) >= {least}")
    limits.read()
    # A file may give the limit twice, and both hold.
    bounds = [int(bound) for bound in (most, limits.most_chosen) if bound is not None and bound > 0]
    return instruments.SelectMultiple(
        **fields,
        **limits.fields(),
        most=min(bounds) if bounds else None,
        may_decline=can_decline(node),
        filter=option_filter(node, entry, offered),
    )


def rank_part(
    node: SurveyjsNode,
    entry: SurveyjsEntry,
    fields: dict[str, Any],
    offered: OfferedOptions,
) -> instruments.AnyPart:
    for name, condition in offered.shown.items():
        node.leave(f"visibleIf of {name}: {condition}", "every option is ranked here")
    return instruments.Rank(**fields, **SurveyjsLimits(node, entry).read().fields())


PART_MAKERS = {"choice": select_one_part, "choices": select_multiple_part, "rank": rank_part}


def can_decline(node: SurveyjsNode) -> bool:
    if refuses := node.flag("showRefuseItem"):
        node.wording("refuseText")
    return refuses


def option_filter(node: SurveyjsNode, own: SurveyjsEntry, offered: OfferedOptions) -> str:
    """The expression that decides for each option, by its name, whether it is offered."""
    lost = "every option is offered"
    keys = ("choicesVisibleIf", "choicesEnableIf")
    of_all = [node.expression(key, lost, item=own) for key in keys]
    single = [
        f"name != {xpath_literal(name)} or ({condition})"
        for name, condition in offered.shown.items()
    ]
    return all_conditions(*of_all, *single)


def extra_texts(node: SurveyjsNode, entry: SurveyjsEntry) -> Parts:
    """The questions for the text of the “other” option and for a comment."""
    parts: list[instruments.AnyPart] = []
    if "other" in entry.options and node.flag("showOtherItem", "hasOther"):
        name = node.context.inner(f"{entry.name}_other")
        node.meet(SurveyjsEntry(name), "-Comment")
        other = xpath_literal(entry.options["other"])
        test = f"${{{entry.name}}} = {other}"
        test = f"selected(${{{entry.name}}}, {other})" if entry.kind != "choice" else test
        parts.append(
            instruments.Text(
                name=name,
                text=node.wording("otherText") or {"en": "Other"},
                hint=node.wording("otherPlaceholder", "otherPlaceHolder"),
                relevant=test,
                # SurveyJS insists on the text of an 'other' answer too.
                required=True,
                required_message=node.wording("otherErrorText"),
                long=False,
            )
        )
    return (*parts, *comment_parts(node, entry))


def comment_parts(node: SurveyjsNode, entry: SurveyjsEntry) -> Parts:
    """An optional comment on a question, if it has one."""
    if not node.flag("showCommentArea", "hasComment"):
        return ()
    name = node.context.inner(f"{entry.name}_comment")
    node.meet(SurveyjsEntry(name), "-Comment")
    comment = instruments.Text(
        name=name,
        text=node.wording("commentText") or {"en": "Comment"},
        hint=node.wording("commentPlaceholder", "commentPlaceHolder"),
        relevant=node.relevant(),
    )
    return (comment,)


def boolean_parts(node: SurveyjsNode) -> Parts:
    """A yes/no question; a consent question if the box must be ticked."""
    labels: dict[str, instruments.Wording] = {
        "yes": node.wording("labelTrue"),
        "no": node.wording("labelFalse"),
    }
    single = "checkbox" in (node.text("displayMode"), node.text("renderAs"))
    single = single or bool(labels["yes"] and not labels["no"])
    name = node.name_here()
    yes, no = ("OK", "") if single and node.flag("isRequired") else ("yes", "no")
    called = {"true": yes, "false": no, "yes": yes, "no": no}
    # Conditions compare with whatever value the file stores for yes and no.
    called |= {scalar_text(node.raw("valueTrue")) or "true": yes}
    called |= {scalar_text(node.raw("valueFalse")) or "false": no}
    entry = node.meet(SurveyjsEntry(name, "consent" if yes == "OK" else "choice", called))
    fields = shared_fields(node, entry)
    if yes == "OK":
        node.leave("the question", "it has one label and must be answered, so it must be ticked")
        fields["hint"] = fields["hint"] or labels["yes"]
        return (instruments.Consent(**fields), *extra_texts(node, entry))
    fields |= default_field(node, entry)
    usual = {"yes": {"en": "Yes"}, "no": {"en": "No"}}
    pair = [instruments.Option(key, labels[key] or usual[key]) for key in ("yes", "no")]
    options = tuple(reversed(pair)) if node.flag("swapOrder") else tuple(pair)
    limits = SurveyjsLimits(node, entry).read()
    part = instruments.SelectOne(**fields, **limits.fields(), options=options)
    return (part, *extra_texts(node, entry))


TYPES = {
    **dict.fromkeys(
        ("radiogroup", "dropdown", "buttongroup", "checkbox", "tagbox", "imagepicker"), select_parts
    ),
    "ranking": rank_parts,
    "rating": rating_parts,
    "boolean": boolean_parts,
}
