"""The front of an edition: what it is made from, its headline and its caveats."""

from collections.abc import Sequence

from analysis.coding import accuracy
from analysis.disclosure.counts import FEWEST_RESPONDENTS
from analysis.disclosure.fields import treatments
from analysis.editions import comparison
from analysis.editions.chapter import Chapter, ChapterFields, Derivation
from analysis.editions.chapters import index, sample
from analysis.editions.comparison import unknown_method_caveats
from analysis.editions.inputs import INDEX_DAYS, EditionInputs
from analysis.editions.workings import PILOT, RATE_DAYS, Workings, window_start
from survey.coding.double_coding import (
    PASS_MARK,
    Accuracy,
    AccuracyEstimate,
    ReadingStatus,
)
from survey.deployments.spans import long_date
from survey.editions.chapters.changes import ChangeDecomposition
from survey.editions.edition import Edition
from survey.editions.figures import Rate, SeriesMark

OPEN_ANSWERS_SENTENCE = (
    "{n} people chose to write. They are not a sample of residents; no margin of error can be "
    "given, and weighting would not repair it."
)
METHOD_VERSION = "2"  # with a new number, changes are split by what the method did


def compute(workings: Workings) -> ChapterFields:
    inputs, readings = workings.inputs, workings.readings
    reading = accuracy.newest_reading_status(readings)
    caveats = (*edition_caveats(inputs), machine_reading_sentence(reading, readings))
    return {"caveats": caveats, "planted": inputs.planted}


def derive(given: Derivation) -> ChapterFields:
    """The headline and the caveats, from figures that are public."""
    inputs, safe = given.workings.inputs, given.safe
    return {
        "headline": headline_sentences(safe, inputs.last),
        "caveats": (
            *safe.caveats,
            *sample.sample_caveats(safe),
            *index.small_area_caveats(safe),
            *unknown_method_caveats(inputs.last, safe, inputs.then),
        ),
    }


def bare_edition(inputs: EditionInputs) -> Edition:
    """An edition without figures: which one it is, the days it covers, its data and versions."""
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
        marks=series_marks(inputs),
        index_from=window_start(inputs, INDEX_DAYS),
        rates_from=window_start(inputs, RATE_DAYS),
    )


def series_marks(inputs: EditionInputs) -> tuple[SeriesMark, ...]:
    """The days to mark on the series, where it covers them."""
    return (PILOT,) if inputs.first <= PILOT.day <= inputs.end else ()


def headline_sentences(edition: Edition, last: Edition | None = None) -> tuple[str, ...]:
    """The headline: sentences on index, deployments, open answers and panel; `last` is the previous
    edition.
    """
    found = [
        *index_sentences(edition),
        *deployment_sentences(edition, last),
        *open_answer_sentences(edition),
    ]
    if edition.published_association:
        found.append(edition.published_association.sentence)
    elif edition.association:
        found.append(edition.association.sentence)
    return tuple(found)


def index_sentences(edition: Edition) -> list[str]:
    window = (
        f"the {'four weeks' if edition.kind == 'weekly' else 'month'} to {long_date(edition.end)}"
    )
    if not edition.index:
        return [f"Nobody was asked by the perception survey in {window}."]
    now = edition.index[0]
    if now.value is None and (now.n or 0) >= FEWEST_RESPONDENTS:
        return [f"The answers of {window} {missing_index_reason(edition)}: no index is given."]
    if now.value is None or now.low is None or now.high is None:
        return [f"Too few sampled answers came in {window} for a perception index."]
    said = (
        f"The perception index for {edition.city} was {now.value:.1f} of 100 in {window} "
        f"(95 % interval {now.low:.1f} to {now.high:.1f}, {now.n:,} answers)."
    )
    return [said]


def missing_index_reason(edition: Edition) -> str:
    """Why there is no index although enough people answered."""
    if edition.reliability is not None and not edition.reliability.publishable:
        return "show that its questions do not go together well enough"
    if edition.weighting is not None and edition.weighting.raked:
        return "carry weights that are too unequal"
    return "could not be weighed to the census"


def deployment_sentences(edition: Edition, last: Edition | None) -> list[str]:
    if not edition.deployments:
        return ["No deployments have been reported for this period yet."]
    city = edition.deployments[0]
    window = "the 13 weeks to" if edition.kind == "weekly" else "the month to"
    said = f"{deployment_count_sentence(city)} in {window} {long_date(edition.end)}."
    return [" ".join((said, *change_since_last(edition, last)))]


def change_since_last(edition: Edition, last: Edition | None) -> list[str]:
    """How the city's deployment rate changed since the previous edition, and how sure that is."""
    figure = comparison.EditionFigure("rates", "deployments", edition.city, "per_10_000")
    found = [one for one in edition.moved if one.figure == figure.name and one.unit == figure.unit]
    moved = next((one for one in found if one.domain == edition.city), None)
    error = comparison.change_errors(last, edition).get(figure) if last else None
    if moved is None or error is None:
        return []
    size, reach = abs(moved.now - moved.was), 1.96 * error
    if size <= reach:
        return [
            "Against the edition before there is no clear evidence of a change; one smaller than "
            f"{2.8 * error:.2f} per 10,000 would usually go unseen."
        ]
    word = "fell" if moved.now < moved.was else "rose"
    return [
        f"Against the edition before the rate {word} by {size:.2f} (95 % interval "
        f"{size - reach:.2f} to {size + reach:.2f}){restated_clause(moved)}."
    ]


def restated_clause(moved: ChangeDecomposition) -> str:
    """How much of a change comes from revised figures for earlier days."""
    if not moved.restated:
        return ""
    return f"; {moved.restated:+.2f} of it are figures of earlier days that were told otherwise"


def deployment_count_sentence(city: Rate) -> str:
    if city.events == 0:
        return "None were recorded: no use of a conducted energy device"
    if city.events is None or city.per_10_000 is None or city.low is None or city.high is None:
        return "Fewer uses of a conducted energy device than can be shown were recorded"
    return (
        f"About {city.events:,} uses of a conducted energy device were recorded, "
        f"{city.per_10_000:.2f} per 10,000 residents (95 % interval {city.low:.2f} to "
        f"{city.high:.2f})"
    )


def open_answer_sentences(edition: Edition) -> list[str]:
    city = edition.received[0] if edition.received else None
    if city is None or not city.open:
        return []
    said = OPEN_ANSWERS_SENTENCE.format(n=f"About {city.open:,}")
    if city.open_voices in (None, city.open):
        return [said]
    return [f"{said} With each campaign counted once they are about {city.open_voices:,}."]


def machine_reading_sentence(standing: ReadingStatus | None, found: Sequence[Accuracy]) -> str:
    """How well the machine reads according to blind coding, or that nobody has checked yet."""
    if not found or standing is None:
        return (
            "Figures of themes are machine counts: too few texts have been coded by two people to "
            "say how well the machine reads, or to correct it."
        )
    newest = found[0]
    sentence = (
        f"Two people coded {newest.labels:,} texts of the quarter from {long_date(newest.quarter)} "
        "without seeing the machine's codes. They agreed with α "
        f"{value_with_interval(newest.alpha)}; the "
        f"machine reached F1 {value_with_interval(newest.f1)}, where {PASS_MARK:.2f} is asked for."
    )
    if standing == "dropped":
        return (
            f"{sentence} That is ten points or more below the quarter before: themes are withheld."
        )
    if standing == "below":
        return f"{sentence} The whole interval lies below that: themes are withheld."
    if standing == "unsettled":
        return f"{sentence} Whether it is good enough is not settled: the interval holds the mark."
    return sentence


def value_with_interval(one: AccuracyEstimate) -> str:
    if one.value is None or one.low is None or one.high is None:
        return "not known"
    return f"{one.value:.2f} (95 % interval {one.low:.2f} to {one.high:.2f})"


def edition_caveats(inputs: EditionInputs) -> tuple[str, ...]:
    """What a reader must know to read the figures correctly."""
    found = [
        "Sampled answers and open feedback are never put together: the first stand for residents "
        "with a margin of error, the second for those who chose to write.",
        "The City of London is left out of rates and of the panel: it has few residents.",
        "A borough outside its limits is not better or worse: about one in twenty lies outside "
        "by chance alone.",
        "Theme and tone are read by a machine, which misses sarcasm; counts are of texts.",
        f"Population: {inputs.population_basis}.",
    ]
    if inputs.counts_basis:
        found.append(f"Deployments: {inputs.counts_basis}.")
    if inputs.kind == "weekly":
        found.append("The index covers four weeks, rates thirteen, so that figures can be shown.")
    return tuple(found)


CHAPTER = Chapter(
    name="front",
    compute=compute,
    gates=dict.fromkeys(
        (
            *("kind", "start", "end", "number", "data_as_of", "city", "synthetic", "planted"),
            # The hash is public but salted, so that no guess at the inputs can be tested by it.
            *("method_version", "code_version", "inputs_sha256", "population_basis", "codebook"),
            *("headline", "caveats", "index_from", "rates_from", "marks", "attribution"),
            *("withheld", "disclosure", "gate"),
        ),
        "plain",
    ),
    structs={SeriesMark: treatments(plain="day label")},
    derive=derive,
)
