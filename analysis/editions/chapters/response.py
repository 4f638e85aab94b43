"""Who answered the survey and who did not, by AAPOR's dispositions, and whom the answers miss."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from msgspec.structs import replace

from analysis import residents
from analysis.disclosure import (
    BASES,
    EVENTS,
    Days,
    PublishedCount,
    Series,
    rounded_base,
    rounded_figure,
)
from analysis.disclosure.gates import treatments
from analysis.disclosure.session import DisclosureSession
from analysis.editions.chapter import Chapter, ChapterFields, GateStep
from analysis.editions.chapters.sample import CATEGORY_NAMES, entry_categories
from analysis.editions.inputs import EditionInputs
from analysis.editions.perception import Respondents
from analysis.editions.workings import Workings
from analysis.statistics.sampling.response import Dispositions, response_rates, sum_of
from analysis.statistics.sampling.variance import Floats
from survey.editions import Edition
from survey.editions.perception import (
    AreaResponse,
    GroupDimension,
    GroupRepresentation,
    OutcomeSource,
    SampleResponse,
)
from survey.surveys.samples import LETTER_OUTCOMES, StratumResponse

ANSWERED = "sampled"  # the series of sampled answers, by borough
SENT, COMPLETE, LETTERS = "sent", "complete", "letters"
SENT_PARTS = (COMPLETE, "partial", "broken_off")
REST = ""
ELSEWHERE = ""  # people drawn in strata that are no boroughs
PLACES = 3  # decimals of a rate
REPRESENTED: tuple[GroupDimension, ...] = ("age", "sex", "ethnicity")


def compute(workings: Workings) -> ChapterFields:
    """The response of a monthly edition: a week has too few answers to compare who sent them."""
    inputs, asked = workings.inputs, workings.asked
    if inputs.kind != "monthly":
        return {}
    fields: dict[str, object] = {"represented": tuple(represented_groups(inputs, asked))}
    if bool(inputs.response) and all(
        stratum.answered <= stratum.invited for stratum in inputs.response
    ):
        strata = {stratum.stratum: stratum for stratum in inputs.response}
        fields |= {
            "response": city_response(inputs.response),
            "response_by_area": tuple(
                area_response(code, strata[code].invited, strata[code].complete)
                for code in inputs.codes
                if code in strata
            ),
        }
    return fields


def city_response(strata: Sequence[StratumResponse]) -> SampleResponse:
    answered = sum(stratum.answered for stratum in strata)
    letters = {
        name: sum(stratum.outcomes.get(name, 0) for stratum in strata) for name in LETTER_OUTCOMES
    }
    response = SampleResponse(
        since=min((stratum.since for stratum in strata if stratum.since), default=None),
        recorded=any(letters.values()),
        invited=sum(stratum.invited for stratum in strata),
        answered=answered,
        complete=(complete := sum(stratum.complete for stratum in strata)),
        partial=(scored := sum(stratum.scored for stratum in strata)) - complete,
        broken_off=answered - scored,
        **letters,
        silent=None,
        source=outcome_source(strata),
        as_of=(),
    )
    return with_rates(response)


def outcome_source(strata: Sequence[StratumResponse]) -> OutcomeSource:
    """The source of what is known of people without an answer: visits, letters, or both."""
    used = {stratum.by_visits for stratum in strata if any(stratum.outcomes.values())}
    if len(used) > 1:
        return "both"
    return "visits" if True in used else "letters"


def with_rates(response: SampleResponse) -> SampleResponse:
    """The response with the number who are silent, and the rates that its counts give."""
    silent = silent_people(response)
    rates = response_rates(
        Dispositions(
            **{name: getattr(response, name) for name in Dispositions._fields}
            | {"refused": sum_of(response.broken_off, response.refused), "silent": silent}
        )
    )
    rounded = {name: rounded_figure(rate, PLACES) for name, rate in rates._asdict().items()}
    return replace(response, silent=silent, **rounded)


def silent_people(response: SampleResponse) -> int | None:
    """How many people neither answered nor have a recorded reason."""
    known = sum_of(response.answered, *(getattr(response, name) for name in LETTER_OUTCOMES))
    if response.invited is None or known is None:
        return None
    return max(response.invited - known, 0)


def area_response(area: str, invited: int | None, complete: int | None) -> AreaResponse:
    """A borough with AAPOR's RR1, the lowest of its rates: no outcomes of letters are used."""
    rate = None if not invited or complete is None else complete / invited
    return AreaResponse(
        area=area, invited=invited, complete=complete, rr1=rounded_figure(rate, PLACES)
    )


def represented_groups(inputs: EditionInputs, asked: Respondents) -> Iterator[GroupRepresentation]:
    """Each group's share of answers in the index window and of residents; empty without answers.

    People who gave no category are in no group, and every share is of those who did.
    """
    sampled = asked.sampled
    if not sampled.scored.any():
        return
    scored = sampled.scored.astype(np.float64)
    lived = resident_counts(inputs.targets)
    raked = None if asked.raked is None or asked.silent else asked.raked.weight
    for dimension in REPRESENTED:
        domain, names = entry_categories(sampled)[dimension], CATEGORY_NAMES[dimension]
        inside = domain >= 0
        weights = {"answers": np.ones(len(scored)), "drawn": sampled.weight, "weighted": raked}
        shares = {
            name: None
            if weight is None
            else to_shares(
                np.bincount(domain[inside], (weight * scored)[inside], minlength=len(names))
            )
            for name, weight in weights.items()
        }
        shares["residents"] = to_shares(lived[dimension]) if dimension in lived else None
        n = np.bincount(domain[inside], scored[inside], minlength=len(names))
        for at, name in enumerate(names):
            yield GroupRepresentation(
                dimension=dimension,
                category=name,
                n=int(n[at]),
                **{
                    key: None if share is None else float(share[at])
                    for key, share in shares.items()
                },
            )


def resident_counts(targets: Mapping[str, Floats]) -> dict[GroupDimension, Floats]:
    """Residents of 16 and over by age, by sex and by ethnicity, as far as targets are known."""
    people: dict[GroupDimension, Floats] = {}
    if "age_sex" in targets:
        by_sex = targets["age_sex"].reshape(len(residents.SEXES), len(residents.AGES))
        people |= {"age": by_sex.sum(axis=0), "sex": by_sex.sum(axis=1)}
    if "ethnicity" in targets:
        people["ethnicity"] = targets["ethnicity"]
    return people


def to_shares(counts: Floats) -> Floats:
    return np.asarray(counts / (counts.sum() or 1.0))


def gated_response(step: GateStep) -> SampleResponse | None:
    """The gated dispositions, and the rates of the published counts."""
    response = step.computed.response
    if response is None:
        return None
    session, days, city = step.session, response_days(response, step.computed), step.computed.city
    whole = PublishedCount(
        (ANSWERED, city),
        days,
        session.total((ANSWERED, city), days, response.answered, rule=BASES),
        BASES,
    )
    sent = session.table(whole, sent_parts(response), ((SENT,), days), rule=BASES)
    letters = {
        name: session.total((LETTERS, name), days, getattr(response, name))
        for name in LETTER_OUTCOMES
    }
    series = response_series(city)
    shown = replace(
        response,
        invited=rounded_base(response.invited),
        answered=whole.shown,
        **{name: sent.get(name) for name in SENT_PARTS},
        **letters,
    )
    return with_rates(with_last_counts(session, shown, series, days))


def with_last_counts(
    session: DisclosureSession, response: SampleResponse, series: Mapping[str, Series], days: Days
) -> SampleResponse:
    """The response with what was last published of each count that is withheld now."""
    last = {
        name: known
        for name, count_series in series.items()
        if getattr(response, name) is None and (known := session.last_shown(count_series, days))
    }
    return replace(
        response,
        **{name: count for name, (count, _) in last.items()},
        as_of=tuple((name, until) for name, (_, until) in last.items()),
    )


def response_series(city: str) -> dict[str, Series]:
    """The series of each count of people invited to a survey of residents."""
    return {
        "answered": (ANSWERED, city),
        **{name: (SENT, name) for name in SENT_PARTS},
        **{name: (LETTERS, name) for name in LETTER_OUTCOMES},
    }


def sent_parts(response: SampleResponse) -> dict[str, int | None]:
    """The counts that add up to all answers: complete, partial and broken off. If few are partial
    or few are broken off, these two become one count, because withholding one small count would
    make the gate withhold the complete answers as well.
    """
    parts = {name: getattr(response, name) for name in SENT_PARTS}
    if all(rounded_base(parts[name]) for name in SENT_PARTS[1:]):
        return parts
    return {
        COMPLETE: response.complete,
        REST: max((response.answered or 0) - (response.complete or 0), 0),
    }


def gated_areas(step: GateStep) -> tuple[AreaResponse, ...]:
    """The gated complete answers by borough, which add up to the city's, and their rates."""
    rows, city = step.computed.response_by_area, step.computed.response
    if not rows or city is None or step.gated.response is None:
        return ()
    days = response_days(city, step.computed)
    # A count that is repeated from an earlier edition is not that of these days.
    repeated = dict(step.gated.response.as_of)
    complete = None if COMPLETE in repeated else step.gated.response.complete
    whole = PublishedCount((SENT, COMPLETE), days, complete, BASES)
    counts = {row.area: row.complete for row in rows}
    if rest := max((city.complete or 0) - sum(row.complete or 0 for row in rows), 0):
        counts[ELSEWHERE] = rest
    shown = step.session.table(whole, counts, ((COMPLETE,), days), rule=BASES)
    return tuple(
        area_response(row.area, rounded_base(row.invited), shown[row.area]) for row in rows
    )


def gated_represented(step: GateStep) -> tuple[GroupRepresentation, ...]:
    """The gated groups: whole per cents, and none of a dimension with a group too small to show.

    The shares of the others would give its size.
    """
    groups = step.computed.represented
    shown = [replace(row, n=rounded_base(row.n)) for row in groups]
    small = {row.dimension for row in shown if row.n is None}
    totals = {
        dimension: sum(row.n or 0 for row in shown if row.dimension == dimension)
        for dimension in REPRESENTED
    }
    return tuple(
        replace(
            row,
            answers=None if hidden else rounded_figure((row.n or 0) / totals[row.dimension]),
            drawn=None if hidden else rounded_figure(row.drawn),
            weighted=None if hidden else rounded_figure(row.weighted),
            residents=rounded_figure(row.residents, PLACES),
        )
        for row in shown
        for hidden in [row.dimension in small]
    )


def response_days(response: SampleResponse, edition: Edition) -> Days:
    """The days from the first answer to the survey to the end of the period."""
    return response.since or edition.start, edition.end


def response_counts(edition: Edition) -> Iterator[PublishedCount]:
    response = edition.response
    if response is None:
        return
    first, end = response_days(response, edition)
    ends = dict(response.as_of)
    for name, series in response_series(edition.city).items():
        rule = EVENTS if name in LETTER_OUTCOMES else BASES
        yield PublishedCount(series, (first, ends.get(name, end)), getattr(response, name), rule)


def area_counts(edition: Edition) -> Iterator[PublishedCount]:
    response = edition.response
    if response is None:
        return
    days = response_days(response, edition)
    for row in edition.response_by_area:
        series = COMPLETE, row.area
        yield PublishedCount(series, days, row.complete, BASES, whole=(SENT, COMPLETE))


CHAPTER = Chapter(
    name="response",
    compute=compute,
    gates={
        "response": gated_response,
        "response_by_area": gated_areas,
        "represented": gated_represented,
    },
    structs={
        SampleResponse: treatments(
            plain="since recorded source as_of",
            gated="invited answered complete partial broken_off refused not_reached unable"
            " undelivered ineligible silent rr1 rr2 rr3 rr4 rr5 rr6 coop1 coop2 eligible",
        ),
        AreaResponse: treatments(plain="area", gated="invited complete rr1"),
        GroupRepresentation: treatments(
            plain="dimension category", gated="n answers drawn weighted residents"
        ),
    },
    counts={"response": response_counts, "response_by_area": area_counts},
)
