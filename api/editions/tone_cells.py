"""Net sentiment as a cell, a sentence and a label: a number, one of three words, or why neither."""

from api.editions.report import ReportCell
from api.formatting import format_signed, format_whole
from api.translating import edition_gettext as _
from survey.coding.double_coding import FEWEST_LABELS
from survey.editions.chapters.tone import NetSentiment
from survey.editions.edition import Edition
from survey.sentences import N_

WORDS = {
    "worry": N_("mostly worry"),
    "mixed": N_("mixed"),
    "praise": N_("mostly praise"),
}
NOT_SURE = N_("not sure")
REASONS = {
    "labels": N_(
        "Net sentiment is not given: two people coded {labels} texts of this stream, and we ask "
        "for {fewest}. A machine's reading alone is off by tens of points."
    ),
    "gate": N_(
        "Net sentiment is withheld: the machine recognises too little of what people call worry."
    ),
    "wide": N_(
        "No number is given for net sentiment: even corrected using {labels} texts coded by two "
        "people, its interval is 60 points wide or more."
    ),
}
ThemeTones = dict[str, NetSentiment]


def tones_by_theme(edition: Edition, stream: str) -> ThemeTones:
    """The tone of each theme of a stream, and under "" that of all its texts.

    With a campaign in the window, each campaign counts once.
    """
    mine = sorted((one for one in edition.tones if one.stream == stream), key=lambda one: one.once)
    found: ThemeTones = {}
    for one in mine:
        # The count with each campaign once comes last and stands, also where it has no line.
        if one.once and not one.theme:
            found.clear()
        found[one.theme] = one
    return found


def tone_text(one: NetSentiment | None) -> str:
    """The number with its interval, else the word, else that neither is sure."""
    if one is not None and one.value is not None:
        return f"{format_signed(one.value)} ({tone_limits(one)})"
    return tone_word(one) or _(NOT_SURE)


def tone_limits(one: NetSentiment) -> str:
    low, high = one.low, one.high
    if low is None or high is None:
        return ""
    return _("{low} to {high}").format(low=format_signed(low), high=format_signed(high))


def tone_word(one: NetSentiment | None) -> str:
    return _(WORDS[one.words]) if one is not None and one.words else ""


def tone_cell(one: NetSentiment | None) -> ReportCell:
    return ReportCell(tone_text(one))


def tone_sentence(one: NetSentiment) -> str:
    """The net sentiment of a stream's texts in a sentence, or the reason why none is given."""
    if one.value is None:
        reason = _(REASONS[one.missing or "labels"]).format(
            labels=format_whole(one.labels), fewest=FEWEST_LABELS
        )
        word = tone_word(one)
        return (
            _("{reason} What people wrote is {word}.").format(reason=reason, word=word)
            if (word)
            else reason
        )
    message = (
        _(
            "Net sentiment, with each campaign counted once, is {value} (95% interval {limits}): "
            "the machine's, corrected using {labels} texts coded by two people."
        )
        if one.once
        else _(
            "Net sentiment is {value} (95% interval {limits}): the machine's, corrected using "
            "{labels} texts coded by two people."
        )
    )
    return message.format(
        value=format_signed(one.value), limits=tone_limits(one), labels=format_whole(one.labels)
    )
