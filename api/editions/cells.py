"""Figures as text that several chapters show: estimates, rates, tones and verdicts."""

from collections.abc import Iterable, Iterator

from analysis.disclosure import FEWEST_FOR_RATE
from api.editions.report import (
    FigureWord,
    KeyFigure,
    ReportCell,
    ReportVerdict,
    measure_links,
    text_cell,
)
from api.editions.rows import has_before, index_dates, page_before_label
from api.locales import (
    WITHHELD,
    format_count,
    format_interval,
    format_number,
    format_range,
    format_sentence,
    format_signed,
    format_whole,
)
from api.locales import edition_gettext as _
from survey.editions import Edition, window_before
from survey.editions.figures import Association, Estimate, KeyFigureName, Rate
from survey.editions.texts import NetSentiment
from survey.sentences import N_
from survey.themes.double_coding import FEWEST_LABELS, ReadBy

LEVEL = N_("95% interval")
SMALL = N_("* Fewer than 100 respondents: read with care.")
POINTS = N_("points")
LABELS = {
    "associated": N_("They go together, which does not prove a cause"),
    "none_larger": N_("No link of a size that matters"),
    "inconclusive": N_("The figures cannot settle it"),
    "between_looks": N_("No verdict yet: only an estimate"),
}
RATE = "#,##0.00"
NO_RATE = N_(
    "Where there were fewer than {fewest} (before rounding) only the count is shown: too few for a "
    "rate."
)
HARD = "\N{NO-BREAK SPACE}"
TONE_WORDS = {
    "worry": N_("mostly worry"),
    "mixed": N_("mixed"),
    "praise": N_("mostly praise"),
}
NOT_SURE = N_("not sure")
# How a figure of texts was read, in the same words on pages, on paper and in files.
READ_BY: dict[ReadBy, str] = {
    "machine": N_("machine count"),
    "corrected": N_("corrected"),
    "people": N_("coded by people"),
}
REASONS = {
    "labels": N_(
        "No number is given for the tone: two people have read {labels} of these texts, and we ask "
        "for {fewest}."
    ),
    "gate": N_("The tone is withheld: the machine misses too much of what people call worry."),
    "wide": N_(
        "No number is given for the tone: even with {labels} texts that two people have read, it "
        "could be off by too much."
    ),
}
# Counts that cover all days of their period in every edition that prints them.
COUNTS_OF_ALL_DAYS = ("about_taser", "wrote")
ThemeTones = dict[str, NetSentiment]


def index_window(edition: Edition) -> str:
    return f"{index_dates(edition)}."


def estimate_cells(estimate: Estimate) -> tuple[ReportCell, ReportCell]:
    star = " *" if estimate.status == "flagged" else ""
    return value_cell(estimate), text_cell(format_count(estimate.n) + star)


def value_cell(estimate: Estimate) -> ReportCell:
    """The value with its interval; where there is no interval, the value alone."""
    if estimate.value is None:
        return text_cell(WITHHELD)
    limits = "" if estimate.low is None else f" ({format_interval(estimate.low, estimate.high)})"
    return ReportCell(format_number(estimate.value) + limits)


class AreaNamer:
    """Names of areas by code; an area without a tile is called by its code."""

    def __init__(self, edition: Edition) -> None:
        self.known = {tile.area: tile.name for tile in edition.tiles}
        for grouped in edition.grouped:
            self.known |= {group.code: group.name for group in grouped.groups}

    def __call__(self, domain: str) -> str:
        return self.known.get(domain, domain)


def area_namer(edition: Edition) -> AreaNamer:
    return AreaNamer(edition)


def report_verdict(association: Association | None) -> ReportVerdict | None:
    if association is None:
        return None
    return ReportVerdict(
        kind=association.verdict,
        label=_(LABELS[association.verdict]),
        sentence=format_sentence(association.sentence),
    )


def verdict_facts(association: Association, unit: str = POINTS) -> Iterator[str]:
    """How large an effect had to be to show, and what the verdict rests on."""
    if association.smallest_detectable is not None:
        yield _(
            "Smallest effect that would usually have shown up: {size} {unit} per deployment per "
            "10,000."
        ).format(size=format_number(association.smallest_detectable), unit=_(unit))
    # Between looks the sentence is the estimate.
    if association.beta is not None and association.verdict != "between_looks":
        yield _("Estimate: {value} {unit} per deployment per 10,000, {interval}.").format(
            value=format_number(association.beta),
            unit=_(unit),
            interval=level_text(format_interval(association.low, association.high)),
        )
    yield _("{areas} boroughs, {periods} periods.").format(
        areas=format_count(association.areas), periods=format_count(association.periods)
    )


def rate_cell(rate: Rate | None) -> ReportCell:
    """The count, and the rate with its interval where there is one."""
    if rate is None or rate.events is None:
        return text_cell(WITHHELD)
    if rate.per_10_000 is None:
        return ReportCell(format_count(rate.events))
    return ReportCell(
        # A line may break before the dot, not after it.
        f"{format_count(rate.events)} · {rate_text(rate)} ({rate_limits(rate)})".replace(
            "· ", f"·{HARD}"
        )
    )


def rate_text(rate: Rate) -> str:
    return two_decimals(rate.per_10_000 or 0)


def rate_limits(rate: Rate) -> str:
    """The limits of a rate; where the count is the smallest that can be shown, only the upper
    limit, because any smaller rate may have led to it.
    """
    if not rate.low and rate.events:
        return _("up to {high}").format(high=two_decimals(rate.high or 0))
    return format_range(two_decimals(rate.low or 0), two_decimals(rate.high or 0))


def two_decimals(value: float) -> str:
    return format_number(value, RATE, places=2)


def rate_key_figure(
    rate: Rate, label: str, measure: str, *, window: str, why: str | None = None, change: str = ""
) -> KeyFigure:
    """A rate over the days of `window`; `why` says why there is none, else the usual note does."""
    rated = rate.per_10_000 is not None
    note = no_rate_note() if why is None else why
    return KeyFigure(
        label=label,
        window=window,
        value=text_cell(format_count(rate.events)),
        change=change,
        meaning=per_residents(rate) if rated else note,
        interval=level_text(rate_limits(rate)) if rated else "",
        stream="police" if measure == "deployment_rate" else "complaints",
        measure=measure_links(measure)[0],
    )


def last_time(edition: Edition, figure: KeyFigureName, *, known: bool = True) -> str:
    """A key figure's earlier value, with the name of that time; `known` if there is one now.

    Only the findings say how sure a change is: a second interval here would contradict theirs.
    """
    start = window_before(edition.kind, edition.start)
    for past in edition.last_figures:
        # In the first weeks the last edition is a nearer one: a page has one time before.
        if past.figure == figure and past.start == start:
            was = format_number(past.was) if figure == "index" else format_whole(past.was)
            return _("{before}: {was}").format(before=page_before_label(edition), was=was)
    if known and figure in COUNTS_OF_ALL_DAYS and has_before(edition):
        return _("{before}: not published").format(before=page_before_label(edition))
    return no_figure_before(edition)


def no_figure_before(edition: Edition) -> str:
    """That a main figure has none to compare with: withheld, or of other days."""
    if edition.compared_start is None:
        return _("No earlier figure")
    return _("{before}: no figure to compare").format(before=page_before_label(edition))


def look_word(edition: Edition, rule: str) -> FigureWord | None:
    """The word for a figure of the city on which an alert of this rule is open."""
    for alert in edition.alerts:
        if (alert.rule, alert.domain) == (rule, edition.city) and alert.standing != "closed":
            return FigureWord("!", _("Look at this"), look=True)
    return None


def why_withheld() -> str:
    """Why a main figure is not shown."""
    return _(
        "Withheld to protect privacy: the number is small, or another report would give it away."
    )


def per_residents(rate: Rate) -> str:
    return _("{rate} per 10,000 residents").format(rate=rate_text(rate))


def level_text(interval: str) -> str:
    """The interval with its level in front."""
    return f"{_(LEVEL)} {interval}"


def counts_note(edition: Edition) -> str:
    """Whether counts of deployments are rounded, or as a publisher has released them."""
    if edition.as_published:
        return _("Counts are exactly as published: {source}.").format(source=edition.as_published)
    return _("Counts are to the nearest 5.")


def no_rate_note() -> str:
    return _(NO_RATE).format(fewest=FEWEST_FOR_RATE)


def no_rate_notes(shown: Iterable[Rate]) -> Iterator[str]:
    """Why some of the counts in a table have no rate, if there are any."""
    if any(rate.events is not None and rate.per_10_000 is None for rate in shown):
        yield no_rate_note()


def city_line(city: Estimate | None) -> tuple[float, str] | None:
    """The line of a chart at the city's own value, with its label."""
    if city is None or not city.value:
        return None
    return city.value, f"{city.domain} {format_number(city.value)}"


def tones_by_theme(edition: Edition, stream: str) -> ThemeTones:
    """The tone of each theme of a stream, and under "" that of all its texts.

    With a campaign in the window, each campaign counts once.
    """
    mine = sorted(
        (tone for tone in edition.tones if tone.stream == stream), key=lambda tone: tone.once
    )
    tones: ThemeTones = {}
    for theme_tone in mine:
        # The count with each campaign once comes last and stands, also where it has no line.
        if theme_tone.once and not theme_tone.theme:
            tones.clear()
        tones[theme_tone.theme] = theme_tone
    return tones


def tone_text(sentiment: NetSentiment | None) -> str:
    """The tone as a number with its interval, else a word, else as unsure."""
    if sentiment is not None and sentiment.value is not None:
        limits = tone_limits(sentiment).replace(" ", HARD)
        return f"{format_signed(sentiment.value)}{HARD}({limits})"
    return tone_word(sentiment) or _(NOT_SURE)


def tone_limits(sentiment: NetSentiment) -> str:
    low, high = sentiment.low, sentiment.high
    if low is None or high is None:
        return ""
    return _("{low} to {high}").format(low=format_signed(low), high=format_signed(high))


def tone_word(sentiment: NetSentiment | None) -> str:
    return _(TONE_WORDS[sentiment.words]) if sentiment is not None and sentiment.words else ""


def tone_cell(sentiment: NetSentiment | None) -> ReportCell:
    """The tone; if there is one, also how it was read."""
    known = sentiment is not None and (sentiment.value is not None or sentiment.words)
    return ReportCell(
        tone_text(sentiment), under=_(READ_BY[sentiment.read_by]) if sentiment and known else ""
    )


def tone_sentence(sentiment: NetSentiment) -> str:
    """The net sentiment of a stream's texts in a sentence, or the reason why none is given."""
    if sentiment.value is None:
        reason = _(REASONS[sentiment.missing or "labels"]).format(
            labels=format_whole(sentiment.labels), fewest=FEWEST_LABELS
        )
        word = tone_word(sentiment)
        return (
            _("{reason} What people wrote is {word}.").format(reason=reason, word=word)
            if (word)
            else reason
        )
    message = (
        _("With each campaign counted once, the tone is {value}, very likely {limits}.")
        if sentiment.once
        else _(
            "The tone is {value}, very likely {limits}. It runs from −100 (all negative) to +100 "
            "(all positive)."
        )
    )
    return message.format(
        value=format_signed(sentiment.value),
        limits=tone_limits(sentiment),
    )
