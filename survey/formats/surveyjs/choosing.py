"""The questions of SurveyJS with options, and what is asked beside an option."""

from typing import Any

from survey.formats.surveyjs.limits import Limits, keeps
from survey.formats.surveyjs.making import Making, both
from survey.formats.surveyjs.node import Node, scalar
from survey.formats.surveyjs.options import Offered, options_of
from survey.formats.surveyjs.questions import Parts, asked, default_of, scale
from survey.formats.surveyjs.terms import Entry, quoted
from survey.instruments import AnyPart, Choice, Choices, Consent, Option, Rank, Text, Wording

SEVERAL = ("checkbox", "tagbox")


def choosing(making: Making, node: Node, given: str) -> Parts:
    kind = node.text("type")
    if kind == "imagepicker":
        node.leave("the pictures", "options are shown as words here")
    several = kind in SEVERAL or (kind == "imagepicker" and node.flag("multiSelect"))
    return chosen(making, node, given, "choices" if several else "choice")


def ranking(making: Making, node: Node, given: str) -> Parts:
    return chosen(making, node, given, "rank")


def rating(making: Making, node: Node, given: str) -> Parts:
    """A scale of whole numbers, or else options in a row."""
    made = scale(making, node, given)
    if made is not None:
        return made
    if not node.has("rateValues"):
        numbered(node)
    for key in ("minRateDescription", "maxRateDescription"):
        if wording := node.wording(key):
            node.leave(f"{key}: {next(iter(wording.values()))}", "options have their own text")
    return chosen(making, node, given, "choice", "rateValues")


def numbered(node: Node) -> None:
    """The values of a rating with steps, written out as the file might have done."""
    low, step = node.number("rateMin"), node.number("rateStep") or 1
    low = 1 if low is None else low
    high, count = node.number("rateMax"), node.number("rateCount")
    high = (5 if count is None else low + (count - 1) * step) if high is None else high
    many = int((high - low) // step) + 1 if step > 0 else 0
    node.given = {**node.given, "rateValues": [low + at * step for at in range(min(many, 100))]}


def chosen(making: Making, node: Node, given: str, kind: str, *keys: str) -> Parts:
    """A question with its options, and the texts that are asked beside it."""
    name = making.name(node, given)
    offered = options_of(making, node, Entry(name, kind), *keys)
    if len(offered.options) < 2:
        return few(making, node, given, name, offered)
    making.offers.setdefault(given, offered)
    entry = making.meet(given, Entry(name, kind, offered.called))
    fields = asked(making, node, entry, given) | default_of(making, node, entry)
    part = PARTS[kind](making, node, entry, fields | {"options": tuple(offered.options)}, offered)
    return (part, *texts_beside(making, node, given, entry))


def choice(
    making: Making, node: Node, entry: Entry, fields: dict[str, Any], offered: Offered
) -> AnyPart:
    limits = Limits(making, node, entry).read()
    return Choice(
        **fields,
        **keeps(limits),
        may_decline=declines(node),
        filter=filter_of(making, node, entry, offered),
    )


def choices(
    making: Making, node: Node, entry: Entry, fields: dict[str, Any], offered: Offered
) -> AnyPart:
    limits = Limits(making, node, entry)
    for name in offered.alone:
        limits.add(f"not(selected(., {quoted(name)}) and count-selected(.) > 1)")
    least, most = node.number("minSelectedChoices"), node.number("maxSelectedChoices")
    if least and least > 0:
        limits.add(f"count-selected(.) >= {least}")
    limits.read()
    bounds = [int(one) for one in (most, limits.most_chosen) if one is not None and one > 0]
    return Choices(
        **fields,
        **keeps(limits),
        most=min(bounds) if bounds else None,
        may_decline=declines(node),
        filter=filter_of(making, node, entry, offered),
    )


def rank(
    making: Making, node: Node, entry: Entry, fields: dict[str, Any], offered: Offered
) -> AnyPart:
    for name, condition in offered.shown.items():
        node.leave(f"visibleIf of {name}: {condition}", "every option is ranked here")
    return Rank(**fields, **keeps(Limits(making, node, entry).read()))


PARTS = {"choice": choice, "choices": choices, "rank": rank}


def declines(node: Node) -> bool:
    if refuses := node.flag("showRefuseItem"):
        node.wording("refuseText")
    return refuses


def filter_of(making: Making, node: Node, own: Entry, offered: Offered) -> str:
    """Which options are offered, asked of each by its name."""
    lost = "every option is offered"
    keys = ("choicesVisibleIf", "choicesEnableIf")
    of_all = [making.expression(node, key, None, lost, own) for key in keys]
    single = [
        f"name != {quoted(name)} or ({condition})" for name, condition in offered.shown.items()
    ]
    return both(*of_all, *single)


def texts_beside(making: Making, node: Node, given: str, entry: Entry) -> Parts:
    """What people write beside an option, or beside all of them, in their own words."""
    parts: list[AnyPart] = []
    if "other" in entry.options and node.flag("showOtherItem", "hasOther"):
        name = making.inner(f"{entry.name}_other")
        making.meet(f"{given}-Comment", Entry(name))
        other = quoted(entry.options["other"])
        test = f"${{{entry.name}}} = {other}"
        test = f"selected(${{{entry.name}}}, {other})" if entry.kind != "choice" else test
        parts.append(
            Text(
                name=name,
                text=node.wording("otherText") or {"en": "Other"},
                hint=node.wording("otherPlaceholder", "otherPlaceHolder"),
                relevant=test,
                required=True,
                required_message=node.wording("otherErrorText"),
                long=False,
            )
        )
    if comment := commented(making, node, given, entry):
        parts.append(comment)
    return tuple(parts)


def commented(making: Making, node: Node, given: str, entry: Entry) -> AnyPart | None:
    """A text beside a question that nobody has to write."""
    if not node.flag("showCommentArea", "hasComment"):
        return None
    name = making.inner(f"{entry.name}_comment")
    making.meet(f"{given}-Comment", Entry(name))
    return Text(
        name=name,
        text=node.wording("commentText") or {"en": "Comment"},
        hint=node.wording("commentPlaceholder", "commentPlaceHolder"),
        relevant=making.relevant(node),
    )


def few(making: Making, node: Node, given: str, name: str, offered: Offered) -> Parts:
    """A single option is something to tick; without any, people write."""
    called = {**dict.fromkeys(offered.called, "OK"), "true": "OK", "false": ""}
    entry = making.meet(given, Entry(name, "consent" if offered.options else "value",
                                     called if offered.options else {}))  # fmt: skip
    fields = asked(making, node, entry, given)
    if not offered.options:
        node.leave("the options", "there are none in the file, so people write their answer")
        return (Text(**fields, long=False),)
    node.leave("the options", "there is only one, so it is something to tick here")
    fields["hint"] = fields["hint"] or offered.options[0].text
    return (Consent(**fields),)


def boolean(making: Making, node: Node, given: str) -> Parts:
    """Yes or no; where it must be ticked, a consent."""
    labels: dict[str, Wording] = {
        "yes": node.wording("labelTrue"),
        "no": node.wording("labelFalse"),
    }
    single = "checkbox" in (node.text("displayMode"), node.text("renderAs"))
    single = single or bool(labels["yes"] and not labels["no"])
    name = making.name(node, given)
    yes, no = ("OK", "") if single and node.flag("isRequired") else ("yes", "no")
    called = {"true": yes, "false": no, "yes": yes, "no": no}
    called |= {scalar(node.raw("valueTrue")) or "true": yes}
    called |= {scalar(node.raw("valueFalse")) or "false": no}
    entry = making.meet(given, Entry(name, "consent" if yes == "OK" else "choice", called))
    fields = asked(making, node, entry, given)
    if yes == "OK":
        node.leave("the question", "it has one label and must be answered, so it must be ticked")
        fields["hint"] = fields["hint"] or labels["yes"]
        return (Consent(**fields), *texts_beside(making, node, given, entry))
    fields |= default_of(making, node, entry)
    usual = {"yes": {"en": "Yes"}, "no": {"en": "No"}}
    pair = [Option(key, labels[key] or usual[key]) for key in ("yes", "no")]
    options = tuple(reversed(pair)) if node.flag("swapOrder") else tuple(pair)
    limits = Limits(making, node, entry).read()
    part = Choice(**fields, **keeps(limits), options=options)
    return (part, *texts_beside(making, node, given, entry))


TYPES = {
    **dict.fromkeys(
        ("radiogroup", "dropdown", "buttongroup", "checkbox", "tagbox", "imagepicker"), choosing
    ),
    "ranking": ranking,
    "rating": rating,
    "boolean": boolean,
}
