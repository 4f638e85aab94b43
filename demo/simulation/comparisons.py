"""What an edition says of answers, texts, police and complaints, next to the truth."""

import datetime
from collections.abc import Iterator, Sequence
from itertools import product

from analysis.disclosure import index_window, text_days
from analysis.editions.chapters.panels import FIRED
from demo import simulation
from demo.simulation import encounters
from demo.simulation.true_figures import (
    Days,
    SaidInterval,
    Subject,
    TrueFigures,
    TruthRow,
    interval_row,
    silent_row,
    statement_row,
)
from survey.editions import Edition
from survey.editions.caseload import ComplaintRatio
from survey.editions.figures import Estimate
from survey.editions.recommendations import Movement

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
DEPLOYED, LINKED = "What the police did", "Perception and deployments together"
COMPLAINED = "Complaints"
LEDGER = "Recommendations"
ETHNICITY = "ethnicity_officer"


def area_names(edition: Edition) -> dict[str, str]:
    return {tile.area: tile.name for tile in edition.tiles} | {edition.city: edition.city}


def answer_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """The rows on perception: the index of the city and boroughs, by the model and by week, then
    groups and questions.
    """
    names, days = area_names(edition), index_window(edition)
    for estimate in edition.index:
        kind = "index of London" if estimate.domain == edition.city else "index of a borough"
        about = Subject(CHAPTER, kind, f"Index, {names.get(estimate.domain, estimate.domain)}")
        yield interval_row(about, of_estimate(estimate), figures.index(estimate.domain, days))
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
    """The rows on groups of residents, who do not differ in the simulation, and on the answers to
    each question.
    """
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
    value, least, most = (None if figure is None else 100 * figure for figure in (share, low, high))
    return SaidInterval(value, least, most, unit="%")


def tone_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """The rows on tone: the corrected tone of each stream and theme, and the word that the edition
    has for it.
    """
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
    """The rows on campaigns: whether the edition found the planted one, with its number of texts
    and its tone, and any other that the edition names.
    """
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
    for edition_campaign in edition.campaigns:
        if edition_campaign not in near[:1]:
            about = Subject(TEXT_CHAPTER, "other campaigns", edition_campaign.name or "A campaign")
            yield statement_row(
                about,
                f"{edition_campaign.texts} near-identical texts",
                "No other was planted",
                is_true=False,
            )


def demand_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """The rows on the stances towards what the campaign's letter asks for."""
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


def police_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    yield from rate_rows(edition, figures)
    yield from period_rows(edition, figures)
    yield from disparity_rows(edition)
    yield from association_rows(edition, figures)
    yield from complaint_rows(edition)


def rate_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """Rates of deployments and complaints, next to the rates that were planted."""
    first, last = complaint_days(edition)
    counted = edition.rates_counted
    kinds = (
        (DEPLOYED, "Deployments", edition.deployments, figures.weekly_mean,
         counted.days if counted else 0),
        (COMPLAINED, "Complaints", edition.complaints, figures.weekly_complaints,
         (last - first).days + 1),
    )  # fmt: skip
    names = area_names(edition)
    for chapter, title, rates, weekly, days in kinds:
        for rate in rates:
            where = "London" if rate.domain == edition.city else "a borough"
            name = names.get(rate.domain, rate.domain)
            about = Subject(chapter, f"rate of {title.lower()}, {where}", f"{title}, {name}")
            said = SaidInterval(rate.per_10_000, rate.low, rate.high, 2, " per 10,000")
            yield interval_row(about, said, figures.rate(weekly, rate.domain, days))


def complaint_days(edition: Edition) -> Days:
    """The days of the complaints' rates: the counted days of the deployments if complaints can be
    counted over them, otherwise the whole window.
    """
    counted = edition.rates_counted
    if counted and counted.is_comparable:
        return counted.span
    return edition.rates_from or edition.start, edition.end


def period_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """How many deployments were expected in the period, next to how many there were."""
    now, counted = edition.this_period, edition.period_counted
    if now is None or now.low is None or now.high is None or counted is None:
        return
    about = Subject(DEPLOYED, "expected range of deployments", "Deployments expected")
    middle = (now.low + now.high) / 2
    said = SaidInterval(middle, now.low, now.high, 0)
    yield interval_row(about, said, figures.incidents(counted.span))


def disparity_rows(edition: Edition) -> Iterator[TruthRow]:
    """The rows on ratios by ethnicity as officers saw it, and on the shares fired at; no ratios by
    age or sex were planted.
    """
    for disparity in edition.disparities:
        truth = planted_ratio(disparity.dimension, disparity.group, disparity.benchmark)
        if truth is not None:
            about = Subject(
                DEPLOYED,
                f"ratio of use by {disparity.benchmark}",
                f"{disparity.group.capitalize()} people, by {disparity.benchmark}",
            )
            yield interval_row(
                about,
                SaidInterval(disparity.exact.value, disparity.exact.low, disparity.exact.high, 2),
                truth,
            )
    for group in edition.fired:
        about = Subject(
            DEPLOYED,
            "share fired at of those drawn on",
            f"Fired at, {group.dimension.replace('_', ' ')}: {group.group}",
        )
        said = SaidInterval(group.share, group.low, group.high, 3)
        yield interval_row(about, said, fired_share())


def planted_ratio(dimension: str, group: str, benchmark: str) -> float | None:
    """The planted ratio of use on a group to that on White people; None if none was planted."""
    if dimension != ETHNICITY or group not in simulation.FORCE_RATE_RATIOS:
        return None
    used = simulation.FORCE_RATE_RATIOS[group]
    by = {"residents": 1.0, "stops": simulation.SEARCH_RATE_RATIOS[group]}
    return used / by[benchmark] if benchmark in by else None


def fired_share() -> float:
    """The chance that a device is fired in an incident; of two officers' reports the more severe
    counts.
    """
    once = sum(share for use, share in simulation.TACTIC_SHARES.items() if use in FIRED)
    two = simulation.TWO_OFFICERS_SHARE
    return (1 - two) * once + two * (1 - (1 - once) ** 2)


def association_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """The rows on the link with deployments of the week before; deployments of other weeks have no
    effect of their own.
    """
    association, effect = edition.association, figures.effect()
    if association is not None:
        about = Subject(LINKED, "link with deployments: interval", "Points per deployment")
        said = SaidInterval(association.beta, association.low, association.high, 1, " points")
        yield interval_row(about, said, effect)
        rows_about = Subject(LINKED, f"verdict on the link: {association.verdict}", "Verdict")
        planted = f"{effect:.2f} points per deployment per 10,000"
        if association.verdict in ("associated", "none_larger"):
            alike = (association.beta or 0.0) * effect > 0
            right = alike if association.verdict == "associated" else abs(effect) < 2
            yield statement_row(rows_about, association.sentence, planted, is_true=right)
        elif association.verdict == "inconclusive":
            yield silent_row(rows_about, association.sentence, planted)
    for lag in edition.profile.lags if edition.profile else ():
        about = Subject(LINKED, "link at another lag", f"Points, {lag.lag} weeks after")
        if lag.lag != 1:
            yield interval_row(about, SaidInterval(lag.beta, lag.low, lag.high, 1, " points"), 0.0)
    if edition.profile is not None:
        placebo = edition.profile.placebo
        about = Subject(LINKED, "link at another lag", "Points, in the week before")
        yield interval_row(
            about, SaidInterval(placebo.beta, placebo.low, placebo.high, 1, " points"), 0.0
        )


def ledger_rows(edition: Edition, figures: TrueFigures) -> Iterator[TruthRow]:
    """The rows on figures that the ledger of recommendations compares. In the simulation rates do
    not change, and the index does as its true levels do.
    """
    for row in edition.recommendations:
        yield from movement_rows(edition, figures, LEDGER, row.title, row.movements)


def movement_rows(
    edition: Edition, figures: TrueFigures, chapter: str, title: str, moved: Sequence[Movement]
) -> Iterator[TruthRow]:
    for movement in moved:
        if movement.change is None or movement.before is None:
            continue
        truth = 0.0
        if movement.measure == "index":
            month = movement.before.replace(day=1), movement.before
            truth = figures.index(edition.city, index_window(edition))
            truth -= figures.index(edition.city, month)
        about = Subject(chapter, f"change of {movement.measure}", f"{title}: {movement.measure}")
        places = 1 if movement.measure == "index" else 2
        said = SaidInterval(movement.change, movement.low, movement.high, places)
        yield interval_row(about, said, truth)
        if movement.verdict in ("rose", "fell"):
            right = truth * movement.change > 0
            yield statement_row(about, movement.verdict, f"{truth:.2f}", is_true=right)


def complaint_rows(edition: Edition) -> Iterator[TruthRow]:
    """Complaints after deployments: more in the same week, none later."""
    later, same = edition.complained, edition.complained_same_week
    if later is not None and later.ratio is not None:
        low, high = widest_interval(later)
        about = Subject(COMPLAINED, "complaints of the week after: ratio", "In the week after")
        yield interval_row(about, SaidInterval(later.ratio, low, high, 2), 1.0)
    if same is not None and same.ratio is not None:
        low, high = widest_interval(same)
        about = Subject(COMPLAINED, "complaints of the same week", "In the same week")
        planted = f"{100 * simulation.COMPLAINTS_PER_DEPLOYMENT:g} of 100 bring a complaint"
        if low is not None and high is not None and not low <= 1 <= high:
            yield statement_row(about, same.sentence, planted, is_true=low > 1)
        else:
            yield silent_row(about, same.sentence, planted)


def widest_interval(ratio: ComplaintRatio) -> tuple[float | None, float | None]:
    """The lowest and the highest limit that the two models give."""
    lows = [limit for limit in (ratio.low, ratio.clustered_low) if limit is not None]
    highs = [limit for limit in (ratio.high, ratio.clustered_high) if limit is not None]
    return min(lows, default=None), max(highs, default=None)
