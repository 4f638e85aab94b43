"""What an edition says of answers and texts of people, next to the truth."""

import datetime
from collections.abc import Iterator
from itertools import product

from analysis.disclosure.counts import index_window, text_days
from demo.simulation import encounters
from demo.truth.figures import (
    SaidInterval,
    Subject,
    TrueFigures,
    TruthRow,
    interval_row,
    statement_row,
)
from survey.editions import Edition
from survey.editions.figures import Estimate

CHAPTER = "What residents think"
WEEK = datetime.timedelta(days=6)
MET_CHAPTER = "People the police met"
TEXT_CHAPTER = "What people wrote"
STREAMS = {
    "sampled": "residents who were asked",
    "open": "who wrote in",
    "complaints": "complaints",
}
STANCES = {"for": "For", "against": "Against", "conditions": "Under conditions for"}
ROUNDING = 5  # of published counts
TONE_LIMIT = 100 / 3  # from here on texts are mostly praise, or mostly worry
TONE_WORDS = {"worry": "Mostly worry", "mixed": "Mixed", "praise": "Mostly praise"}


def area_names(edition: Edition) -> dict[str, str]:
    return {tile.area: tile.name for tile in edition.tiles} | {edition.city: edition.city}


def answer_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """The rows of perception."""
    names, days = area_names(edition), index_window(edition)
    for one in edition.index:
        kind = "index of London" if one.domain == edition.city else "index of a borough"
        about = Subject(CHAPTER, kind, f"Index, {names.get(one.domain, one.domain)}")
        yield interval_row(about, of_estimate(one), figures.index(one.domain, days))
    for model in edition.small_areas:
        name = names.get(model.domain, model.domain)
        about = Subject(CHAPTER, "index of a borough by the model", f"Index by the model, {name}")
        said = SaidInterval(model.value, model.low, model.high)
        yield interval_row(about, said, figures.index(model.domain, days))
    for point in edition.index_series:
        days = point.start, point.start + WEEK
        about = Subject(CHAPTER, "index of London in a week", f"Index, week from {point.start}")
        yield interval_row(about, of_estimate(point.estimate), figures.index(edition.city, days))
    yield from group_rows(edition, figures)


def of_estimate(estimate: Estimate, unit: str = "") -> SaidInterval:
    return SaidInterval(estimate.value, estimate.low, estimate.high, unit=unit)


def group_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """Groups of residents, who do not differ in the simulation, and answers to each question."""
    days = index_window(edition)
    whole, answered = figures.index(edition.city, days), figures.agreement(edition.city, days)
    for group in edition.groups:
        of_index = group.measure == "index"
        about = Subject(
            CHAPTER,
            "index of a group" if of_index else "agreement in a group",
            f"{group.dimension.capitalize()} {group.category}, {group.measure.replace('_', ' ')}",
        )
        said = of_estimate(group.estimate, "" if of_index else "%")
        yield interval_row(about, said, whole if of_index else answered.agree)
    for item in edition.agreement:
        name = item.text or item.item
        agree = Subject(CHAPTER, "agreement with a question", f"Agree: {name}")
        yield interval_row(agree, of_estimate(item.agree, "%"), answered.agree)
        net = Subject(CHAPTER, "agreement with a question", f"Agree less disagree: {name}")
        yield interval_row(net, of_estimate(item.net), answered.net)


def encounter_rows(edition: Edition) -> Iterator[TruthRow]:
    """A row for each answer to the demonstration's own survey."""
    for question in edition.tables_of("met question", encounters.SLUG):
        for answer in (count.row for count in question.counts if count.row):
            about = Subject(MET_CHAPTER, "share of an answer", f"{question.text('text')} {answer}")
            value, low, high = map(percent, question.figure("share", answer).cells)
            true = 100 * true_share(question.key[-1], answer)
            yield interval_row(about, SaidInterval(value, low, high, 0, "%"), true)


def percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def true_share(item: str, words: str) -> float:
    """The share of people who would give this answer.

    People to whom none of this happened skip the question with several answers.
    """
    if item in encounters.TRUTH:
        return encounters.TRUTH[item][1][words]
    nothing = 1.0
    for share in encounters.DONE.values():
        nothing *= 1 - share
    return encounters.DONE[words] / (1 - nothing)


def text_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    yield from theme_rows(edition, figures)
    yield from tone_rows(edition, figures)
    yield from campaign_rows(edition, figures)
    yield from demand_rows(edition, figures)


def theme_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """The city's shares of themes, where an edition corrects what the machine read."""
    days = text_days(edition)
    for theme in edition.themes:
        if theme.domain != edition.city or not theme.corrected:
            continue
        name = f"{theme.name}, {STREAMS[theme.stream]}"
        about = Subject(TEXT_CHAPTER, f"share of a theme, {STREAMS[theme.stream]}", name)
        share = percentage(theme.share, theme.low, theme.high)
        yield interval_row(about, share, 100 * figures.theme_share(theme.stream, theme.theme, days))
        if theme.voice_low is not None:
            about = about._replace(
                kind=f"{about.kind}, each campaign once", what=f"{name}, each campaign once"
            )
            voices = percentage(theme.voice_share, theme.voice_low, theme.voice_high)
            truth = figures.theme_share(theme.stream, theme.theme, days, once=True)
            yield interval_row(about, voices, 100 * truth)


def percentage(share: float | None, low: float | None, high: float | None) -> SaidInterval:
    value, least, most = (None if one is None else 100 * one for one in (share, low, high))
    return SaidInterval(value, least, most, unit="%")


def tone_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """The corrected tone of each stream and theme, and the words for it."""
    days = text_days(edition)
    for tone in edition.tones:
        truth = figures.net_sentiment(tone.stream, days, tone.theme, once=tone.once)
        of = "a theme" if tone.theme else "all texts"
        about = Subject(
            TEXT_CHAPTER,
            f"tone of {of}, {STREAMS[tone.stream]}",
            f"Tone, {tone.name or 'all texts'}, {STREAMS[tone.stream]}"
            + (", each campaign once" if tone.once else ""),
        )
        if tone.value is not None or not tone.words:
            yield interval_row(about, SaidInterval(tone.value, tone.low, tone.high, 0), truth)
        if tone.words:
            words = about._replace(kind=f"words for the tone of {of}")
            yield statement_row(
                words,
                TONE_WORDS[tone.words],
                f"{truth:.0f}",
                is_true=(
                    "worry" if truth < -TONE_LIMIT else "praise" if truth > TONE_LIMIT else "mixed"
                )
                == tone.words,
            )


def campaign_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """The campaign that was planted: found or not, its number and its tone."""
    days = text_days(edition)
    letters = sum(text.letter for text in figures.texts("open", days))
    near = [campaign for campaign in edition.campaigns if abs(campaign.texts - letters) <= ROUNDING]
    about = Subject(TEXT_CHAPTER, "campaign that was planted", "The campaign's letter")
    if letters >= 2 * ROUNDING:
        says = f"{near[0].texts} texts, {near[0].tone or 'no tone'}" if near else "Not found"
        yield statement_row(
            about, says, f"{letters} letters, negative",
            is_true=bool(near) and near[0].tone in ("negative", ""),
        )  # fmt: skip
    for one in edition.campaigns:
        if one not in near[:1]:
            about = Subject(TEXT_CHAPTER, "other campaigns", one.name or "A campaign")
            yield statement_row(
                about, f"{one.texts} near-identical texts", "No other was planted", is_true=False
            )


def demand_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """The stances towards what the campaign's letter asks for."""
    for table in edition.tables_of("demands"):
        stream, sentence = table.key[-1], table.text("sentence")
        names = ("share", "once") if table.count("voices") is not None else ("share",)
        for stance, name in product([share.row for share in table.column("share")], names):
            once = ", each campaign once" if name == "once" else ""
            about = Subject(
                TEXT_CHAPTER,
                f"stance, {STREAMS[stream]}{once}",
                f"{STANCES[stance]} “{sentence}”, {STREAMS[stream]}{once}",
            )
            truth = figures.stance_share(stream, stance, table.days, once=bool(once))
            yield interval_row(about, percentage(*table.figure(name, stance).cells), 100 * truth)
