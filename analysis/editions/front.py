"""The front of an edition: what changed and where to look, its headline, caveats and sources."""

import datetime
from collections.abc import Iterator, Sequence

from analysis.disclosure import FEWEST_RESPONDENTS
from analysis.disclosure.gates import treatments
from analysis.editions import comparison, perception
from analysis.editions.campaigns import campaign_sentences
from analysis.editions.chapter import Chapter, ChapterFields, Derivation
from analysis.editions.chapters import deployments, index, sample
from analysis.editions.chapters.tone import tone_reading_sentences
from analysis.editions.codebook import theme_reading_sentences
from analysis.editions.comparison import inputs_to_compare, unknown_method_caveats
from analysis.editions.differences import NO_EVIDENCE
from analysis.editions.inputs import EditionInputs, LongPast, text_window
from analysis.editions.workings import PILOT, RATE_DAYS, Workings, window_start
from analysis.themes import accuracy
from survey.editions import INDEX_DAYS, Correction, Edition, window_before
from survey.editions.actions import Alert
from survey.editions.figures import NO_RATE_REASONS, KeyFigureName, LastFigure, SeriesMark
from survey.sentences import N_, Sentence, SentenceSource, plural_sentence
from survey.themes.double_coding import Accuracy, ReadingStatus
from survey.words import is_london

READINGS: dict[ReadingStatus, str] = {
    "passed": N_("The machine reads well enough for its figures to be shown."),
    "dropped": N_("The machine reads much worse than the quarter before: themes are withheld."),
    "below": N_("The machine reads too badly: themes are withheld."),
    "unsettled": N_("Whether the machine reads well enough is not settled."),
}
MOST_NAMES = 4
COUNTED_BY_DAY = ("deployments", "under_18")  # a few days may be missing from these
# What is about the data is not for a first line.
LEVELS_TO_RAISE = ("red", "amber")
METHOD_VERSION = "2"  # with a new number, changes are split by what the method did


def compute(workings: Workings) -> ChapterFields:
    inputs, readings = workings.inputs, workings.readings
    reading = accuracy.newest_reading_status(readings)
    caveats = (
        *edition_caveats(inputs),
        machine_reading_sentence(reading, readings),
        *theme_reading_sentences(workings.theme_checks, dict(inputs.themes)),
        *tone_reading_sentences(workings.tone_checks),
    )
    return {"caveats": caveats, "planted": inputs.planted}


def derive(given: Derivation) -> ChapterFields:
    """The first lines, the headline and the caveats, from figures that are public."""
    compared, safe = inputs_to_compare(given.workings.inputs), given.safe
    headline = headline_sentences(safe, compared.last)
    return {
        "last_figures": tuple(last_figures(safe, compared.last)),
        # Where nothing is compared and nothing raised, the first figure leads.
        "lead": lead_sentences(safe) or headline[:1],
        "headline": headline,
        "caveats": (
            *safe.caveats,
            *sample.sample_caveats(safe),
            *index.small_area_caveats(safe),
            *unknown_method_caveats(compared.last, safe, compared.then),
        ),
    }


def bare_edition(inputs: EditionInputs) -> Edition:
    """An edition without figures: which one it is, the days it covers, its data and versions."""
    own = {PILOT} if is_london() else set()
    known = sorted({*own, *inputs.events}, key=lambda event: (event.day, event.label))
    return Edition(
        kind="weekly" if inputs.kind == "weekly" else "monthly",
        start=inputs.start,
        end=inputs.end,
        number=inputs.number,
        data_as_of=inputs.data_as_of,
        city=inputs.city,
        synthetic=inputs.synthetic,
        method_version=METHOD_VERSION,
        code_version=inputs.code_version,
        population_basis=inputs.population_basis,
        codebook=inputs.codebook,
        headline=(),
        attribution=tuple(inputs.attribution),
        marks=tuple(event for event in known if first_known_day(inputs) <= event.day <= inputs.end),
        correction=inputs.correction,
        index_from=window_start(inputs, INDEX_DAYS),
        rates_from=window_start(inputs, RATE_DAYS),
        texts_from=text_window(inputs.end)[0],
    )


def first_known_day(inputs: EditionInputs) -> datetime.date:
    """The first day of any series of the edition."""
    past = inputs.long_past or LongPast()
    # A published quarter rests on interviews of the months before its end.
    ends = [quarter.quarter_end for quarter in past.perceptions]
    return min([inputs.first, *ends, *(first for first, _last, _count in past.uses)])


def last_figures(edition: Edition, last: Edition | None) -> Iterator[LastFigure]:
    """What the key figures of this edition were before, where both editions publish them.

    The index is as the first finding compares it, so that a page gives one earlier number.
    """
    told = next((finding.was for finding in edition.findings if finding.was is not None), None)
    if told is not None:
        start = window_before(edition.kind, edition.start)
        yield LastFigure(figure="index", was=told, start=start)
    if last is None:
        return
    now, was = published_key_figures(edition), published_key_figures(last)
    for name, before in was.items():
        if name in COUNTED_BY_DAY and not comparison.has_comparable_period(last, edition):
            continue
        if name == "index" and told is not None:
            continue
        if before is not None and now[name] is not None:
            yield LastFigure(figure=name, was=round(before, 1), start=last.start)


def published_key_figures(edition: Edition) -> dict[KeyFigureName, float | None]:
    city = next((estimate for estimate in edition.index if estimate.domain == edition.city), None)
    wrote = next((counts for counts in edition.received if counts.domain == edition.city), None)
    young = next((uses for uses in edition.persons if uses.kind == "under_18"), None)
    return {
        "index": city.value if city else None,
        "deployments": edition.this_period.events if edition.this_period else None,
        "about_taser": edition.about_taser.rate.events if edition.about_taser else None,
        "wrote": wrote.open if wrote else None,
        "under_18": young.period if young else None,
    }


def lead_sentences(edition: Edition) -> tuple[str, ...]:
    """What changed for the city, the alerts that somebody should look at, and campaigns."""
    return (
        *city_sentences(edition),
        *look_sentences(edition),
        *campaign_sentences(edition),
    )


def city_sentences(edition: Edition) -> Iterator[str]:
    """What clearly changed for the city, or that nothing did; empty if nothing was compared."""
    briefs = [finding for finding in edition.findings if finding.brief]
    clear = [brief.brief for brief in briefs if brief.confidence != NO_EVIDENCE]
    sentences = [*clear, *unexpected_use_sentences(edition)]
    yield from sentences or [brief.brief for brief in briefs]


def unexpected_use_sentences(edition: Edition) -> Iterator[Sentence]:
    """Deployments of the period far outside the range expected from the weeks before."""
    period = edition.this_period
    if period is None or period.events is None or not period.is_far_outside:
        return
    message = (
        N_("Deployments were above what was expected: about {events}, not {low} to {high}.")
        if period.side == "above"
        else N_("Deployments were below what was expected: about {events}, not {low} to {high}.")
    )
    low, high = f"{period.lowest:.0f}", f"{period.highest:.0f}"
    yield Sentence(message, events=period.events, low=low, high=high)


def look_sentences(edition: Edition) -> Iterator[str]:
    """Alerts of the city in their own words, then the boroughs that have one."""
    raised = [
        alert
        for alert in edition.alerts
        if alert.level in LEVELS_TO_RAISE and alert.standing != "closed"
    ]
    for raised_alert in raised:
        # It is said once, in the edition that it is new in.
        is_news = raised_alert.standing == "new" or not raised_alert.of
        if raised_alert.domain == edition.city and raised_alert.level == "red" and is_news:
            # As it is: a sentence whose only value is itself could never be put together again.
            yield raised_alert.sentence
    yield from area_sentences(edition, raised)


def area_sentences(edition: Edition, raised: Sequence[Alert]) -> Iterator[Sentence]:
    """The boroughs with an alert, new ones first."""
    names = {tile.area: tile.name for tile in edition.tiles}
    standings: dict[str, bool] = {}
    for alert in raised:
        if alert.domain in names:
            is_new = standings.get(alert.domain, False) or alert.standing == "new"
            standings[alert.domain] = is_new
    if standings:
        order = sorted(standings, key=lambda area: (not standings[area], names[area]))
        shown = [area_name(names[area], is_new=standings[area]) for area in order[:MOST_NAMES]]
        if len(order) > MOST_NAMES:
            shown.append(Sentence("{n} more", n=len(order) - MOST_NAMES))
        yield plural_sentence(
            "{names} needs a look.",
            "{n} boroughs need a look: {names}.",
            n=len(order),
            names=joined_names(shown),
        )


def area_name(name: str, *, is_new: bool) -> str:
    return Sentence("{name} (new)", name=name) if is_new else name


def joined_names(names: Sequence[str]) -> str:
    if len(names) == 1:
        return names[0]
    return Sentence("{first}, {rest}", first=names[0], rest=joined_names(names[1:]))


def headline_sentences(edition: Edition, last: Edition | None = None) -> tuple[str, ...]:
    """The headline: sentences on index, deployments, open answers and panel; `last` is the
    edition that figures are compared with.
    """
    sentences = [
        *([] if is_by_others(edition) else index_sentences(edition)),
        *deployment_sentences(edition, last),
        *open_answer_sentences(edition),
    ]
    return (*sentences, *verdict_sentences(edition))


def verdict_sentences(edition: Edition) -> list[str]:
    """The verdict on perception and deployments, in editions for which the plan provides one."""
    if not perception.is_look(edition.kind, edition.end):
        return []
    association = edition.published_association or edition.association
    return [association.sentence] if association else []


def is_by_others(edition: Edition) -> bool:
    """Whether perception is known from others' surveys only: then no survey of ours is
    mentioned.
    """
    return "sampled" in edition.uncollected and bool(edition.beside)


def index_sentences(edition: Edition) -> list[str]:
    if edition.kind == "weekly":
        window = Sentence("the four weeks to {end}", end=edition.end)
    else:
        window = Sentence("the month to {end}", end=edition.end)
    if not edition.index:
        return [Sentence("The perception survey asked nobody in {window}.", window=window)]
    now = edition.index[0]
    if now.value is None and (now.n or 0) >= FEWEST_RESPONDENTS:
        return [missing_index_sentence(edition, window)]
    if now.value is None or now.low is None or now.high is None:
        return [
            Sentence("Too few sampled answers in {window} for a perception index.", window=window)
        ]
    return [
        Sentence(
            "The perception index for {city} was {value} of 100 in {window} (95% interval {low} to "
            "{high}, {n} answers).",
            city=edition.city,
            value=f"{now.value:.1f}",
            window=window,
            low=f"{now.low:.1f}",
            high=f"{now.high:.1f}",
            n=now.n or 0,
        )
    ]


def missing_index_sentence(edition: Edition, window: str) -> str:
    """Why there is no index although enough people answered."""
    if edition.reliability is not None and not edition.reliability.publishable:
        return Sentence(
            "No index is given for {window}: answers to its questions do not agree well enough.",
            window=window,
        )
    if edition.weighting is not None and edition.weighting.raked:
        return Sentence(
            "No index is given for {window}: the weights of the answers are too unequal.",
            window=window,
        )
    return Sentence(
        "No index is given for {window}: the answers could not be weighted to the census.",
        window=window,
    )


def deployment_sentences(edition: Edition, last: Edition | None) -> list[str]:
    counted = edition.rates_counted
    if not edition.deployments:
        return [
            deployments.whole_force_sentence(edition, counted)
            if counted
            else Sentence(NO_RATE_REASONS["none"])
        ]
    city, window = edition.deployments[0], deployments.rate_window(edition)
    said = deployments.deployment_count_sentence(
        city.events, window, exact=bool(edition.as_published), rate=city
    )
    if counted and counted.no_rate:
        return [
            Sentence("{count} {reason}", count=said, reason=deployments.no_rate_sentence(counted))
        ]
    changed = change_since_last(edition, last)
    return [Sentence("{count} {change}", count=said, change=changed) if changed else said]


def change_since_last(edition: Edition, last: Edition | None) -> str:
    """How the city's deployment rate changed since `last`, and how sure that is; empty unless that
    is the report of the time before.
    """
    figure = comparison.EditionFigure("rates", "deployments", edition.city, "per_10_000")
    decompositions = [
        decomposition
        for decomposition in edition.moved
        if decomposition.figure == figure.name and decomposition.unit == figure.unit
    ]
    moved = next(
        (city_change for city_change in decompositions if city_change.domain == edition.city), None
    )
    error = comparison.change_errors(last, edition).get(figure) if last else None
    if last is None or moved is None or error is None or not comparison.is_before(last, edition):
        return ""
    before = Sentence(comparison.BEFORE[edition.kind])
    size, reach = abs(moved.now - moved.was), 1.96 * error
    if size <= reach:
        return Sentence(
            "There is no clear evidence of a change since {before}. A change below {detectable} "
            "per 10,000 seldom shows.",
            before=before,
            detectable=f"{2.8 * error:.2f}",
        )
    message = (
        N_("The rate fell by {size} since {before} (95% interval {low} to {high}).")
        if moved.now < moved.was
        else N_("The rate rose by {size} since {before} (95% interval {low} to {high}).")
    )
    limits = {"low": f"{size - reach:.2f}", "high": f"{size + reach:.2f}"}
    change = Sentence(message, size=f"{size:.2f}", before=before, **limits)
    if not moved.restated:
        return change
    return Sentence(
        "{change} Of this, {restated} comes from revised figures for earlier days.",
        change=change,
        restated=f"{moved.restated:+.2f}",
    )


def open_answer_sentences(edition: Edition) -> list[str]:
    city = edition.received[0] if edition.received else None
    if city is None or not city.open:
        return []
    if city.open_voices is None or city.open_voices == city.open:
        return [
            Sentence(
                "About {people} people wrote in. They are not a sample of residents, so there is "
                "no margin of error, and weighting would not help.",
                people=city.open,
            )
        ]
    return [
        Sentence(
            "About {people} people wrote in, or about {voices} if each campaign counts once. They "
            "are not a sample of residents, so there is no margin of error, and weighting would "
            "not help.",
            people=city.open,
            voices=city.open_voices,
        )
    ]


def machine_reading_sentence(
    status: ReadingStatus | None, accuracies: Sequence[Accuracy]
) -> Sentence:
    """How well the machine reads according to blind coding, or that nobody has checked yet."""
    if not accuracies or status is None:
        return Sentence(
            "Figures of themes are machine counts, and no tone is given: too few texts have been "
            "coded by two people to say how well the machine reads, or to correct it."
        )
    return Sentence(
        "Two people coded {texts} texts of the quarter from {quarter} without seeing the machine's "
        "codes. {reading}",
        texts=accuracies[0].labels,
        quarter=accuracies[0].quarter,
        reading=Sentence(READINGS[status]),
    )


def unrated_area_caveats(inputs: EditionInputs) -> list[str]:
    if is_london():
        return [
            Sentence(
                "The City of London has few residents: it is left out of rates and of the panel."
            )
        ]
    names = [area.name for area in inputs.areas if not area.per_resident]
    if not names:
        return []
    return [
        Sentence(
            "Few people live in these parts, left out of rates and of the panel: {names}.",
            names=", ".join(names),
        )
    ]


def edition_caveats(inputs: EditionInputs) -> tuple[str, ...]:
    """The caveats that a reader of the figures must know."""
    caveats = [
        Sentence(
            "Residents we asked represent all residents, with a margin of error. People who wrote "
            "in speak only for themselves. The two are never added together."
        ),
        *unrated_area_caveats(inputs),
        Sentence(
            "A borough outside its expected range is not better or worse: about one in twenty is "
            "outside by chance alone."
        ),
        Sentence("A machine reads themes and tone, and misses sarcasm."),
    ]
    if inputs.counts_basis:
        caveats.append(Sentence("Deployments: {basis}.", basis=inputs.counts_basis))
    if inputs.published:
        caveats.append(
            Sentence(
                "Deployments are shown exactly as {source} has published them under an open "
                "licence: they are neither rounded nor withheld. Other counts are rounded, and "
                "withheld where they are small.",
                source=inputs.counts_source,
            )
        )
    if inputs.kind == "weekly":
        caveats.append(
            Sentence(
                "The index covers four weeks and rates cover thirteen, so that there are enough "
                "answers and uses to show."
            )
        )
    return tuple(caveats)


CHAPTER = Chapter(
    name="front",
    compute=compute,
    gates=dict.fromkeys(
        (
            *("kind", "start", "end", "number", "data_as_of", "city", "synthetic", "planted"),
            # The hash is public but salted, so that no guess at the inputs can be tested by it.
            *("method_version", "code_version", "inputs_sha256", "population_basis", "codebook"),
            *(
                "lead",
                "last_figures",
                "correction",
                "headline",
                "caveats",
                "index_from",
                "rates_from",
                "texts_from",
                "marks",
                "attribution",
            ),
            *("withheld", "disclosure", "gate", "sentences"),
        ),
        "plain",
    ),
    structs={
        SeriesMark: treatments(plain="day label note"),
        # As published before.
        LastFigure: treatments(plain="figure was start"),
        Correction: treatments(plain="number why"),
        SentenceSource: treatments(plain="message values plural"),
    },
    derive=derive,
)
