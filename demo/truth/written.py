"""What an edition says of the texts that people sent, next to what their writers meant."""

from collections.abc import Iterator
from itertools import product

from analysis.disclosure.counts import text_days
from demo.truth.figures import (
    SaidInterval,
    Subject,
    TrueFigures,
    TruthRow,
    interval_row,
    statement_row,
)
from survey.editions.edition import Edition

CHAPTER = "What people wrote"
STREAMS = {
    "sampled": "residents who were asked",
    "open": "who wrote in",
    "complaints": "complaints",
}
STANCES = {"for": "For", "against": "Against", "conditions": "Under conditions for"}
ROUNDING = 5  # of published counts
TONE_LIMIT = 100 / 3  # from here on texts are mostly praise, or mostly worry
TONE_WORDS = {"worry": "Mostly worry", "mixed": "Mixed", "praise": "Mostly praise"}


def text_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    yield from theme_rows(edition, figures)
    yield from tone_rows(edition, figures)
    yield from campaign_rows(edition, figures)
    yield from demand_rows(edition, figures)


def theme_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """The city's shares of themes, where an edition corrects what the machine read."""
    days = text_days(edition)
    for one in edition.themes:
        if one.domain != edition.city or not one.corrected:
            continue
        name = f"{one.name}, {STREAMS[one.stream]}"
        about = Subject(CHAPTER, f"share of a theme, {STREAMS[one.stream]}", name)
        share = percentage(one.share, one.low, one.high)
        yield interval_row(about, share, 100 * figures.theme_share(one.stream, one.theme, days))
        if one.voice_low is not None:
            about = about._replace(
                kind=f"{about.kind}, each campaign once", what=f"{name}, each campaign once"
            )
            voices = percentage(one.voice_share, one.voice_low, one.voice_high)
            truth = figures.theme_share(one.stream, one.theme, days, once=True)
            yield interval_row(about, voices, 100 * truth)


def percentage(share: float | None, low: float | None, high: float | None) -> SaidInterval:
    value, least, most = (None if one is None else 100 * one for one in (share, low, high))
    return SaidInterval(value, least, most, unit="%")


def tone_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """The corrected tone of each stream and theme, and the words for it."""
    days = text_days(edition)
    for one in edition.tones:
        truth = figures.net_sentiment(one.stream, days, one.theme, once=one.once)
        of = "a theme" if one.theme else "all texts"
        about = Subject(
            CHAPTER,
            f"tone of {of}, {STREAMS[one.stream]}",
            f"Tone, {one.name or 'all texts'}, {STREAMS[one.stream]}"
            + (", each campaign once" if one.once else ""),
        )
        if one.value is not None or not one.words:
            yield interval_row(about, SaidInterval(one.value, one.low, one.high, 0), truth)
        if one.words:
            words = about._replace(kind=f"words for the tone of {of}")
            yield statement_row(
                words, TONE_WORDS[one.words], f"{truth:.0f}", is_true=tone_word(truth) == one.words
            )


def tone_word(net: float) -> str:
    if net < -TONE_LIMIT:
        return "worry"
    return "praise" if net > TONE_LIMIT else "mixed"


def campaign_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """The campaign that was planted: found or not, its number and its tone."""
    days = text_days(edition)
    letters = sum(one.letter for one in figures.texts("open", days))
    near = [one for one in edition.campaigns if abs(one.texts - letters) <= ROUNDING]
    about = Subject(CHAPTER, "campaign that was planted", "The campaign's letter")
    if letters >= 2 * ROUNDING:
        says = f"{near[0].texts} texts, {near[0].tone or 'no tone'}" if near else "Not found"
        yield statement_row(
            about, says, f"{letters} letters, negative",
            is_true=bool(near) and near[0].tone in ("negative", ""),
        )  # fmt: skip
    for one in edition.campaigns:
        if one not in near[:1]:
            about = Subject(CHAPTER, "other campaigns", one.name or "A campaign")
            yield statement_row(
                about, f"{one.texts} near-identical texts", "No other was planted", is_true=False
            )


def demand_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """The stances towards what the campaign's letter asks for."""
    for one in edition.tables_of("demands"):
        stream, sentence = one.key[-1], one.text("sentence")
        names = ("share", "once") if one.count("voices") is not None else ("share",)
        for stance, name in product([share.row for share in one.column("share")], names):
            once = ", each campaign once" if name == "once" else ""
            about = Subject(
                CHAPTER,
                f"stance, {STREAMS[stream]}{once}",
                f"{STANCES[stance]} “{sentence}”, {STREAMS[stream]}{once}",
            )
            truth = figures.stance_share(stream, stance, one.days, once=bool(once))
            yield interval_row(about, percentage(*one.figure(name, stance).cells), 100 * truth)
