"""People whom the police met: what they answered, how many of those asked, and who did not.

They are a stream of their own. Everybody in a file of encounters was asked, so there is no sample
of residents and nothing is weighted: a figure is a share of the people who answered.
"""

from collections.abc import Iterator, Sequence

import msgspec

from analysis.disclosure.claims import Days, PublishedCount, Series
from analysis.disclosure.counts import (
    EVENTS,
    FEWEST_RESPONDENTS,
    FEWEST_UNFLAGGED,
    PEOPLE,
    rounded_figure,
)
from analysis.disclosure.fields import treatments
from analysis.disclosure.session import DisclosureSession
from analysis.editions.chapter import Chapter, ChapterFields, GateStep
from analysis.editions.chapters.response import with_last_counts, with_rates
from analysis.editions.workings import Workings
from analysis.statistics.rates.rates import clopper_pearson
from survey.editions.chapters.encounters import (
    AskedGroup,
    EncounterQuestion,
    EncounterShare,
    EncounterSurvey,
)
from survey.editions.chapters.response import SampleResponse
from survey.editions.edition import Edition
from survey.encounters.summaries import EncounterAnswers, QuestionCounts
from survey.surveys.samples import LETTER_OUTCOMES

ASKED, ANSWERED, BASE, OPTION = "met asked", "met answered", "met base", "met option"
LETTERS = "met letters"
REST = ""  # people without a known group, and answers that are not in the list
TAIL = 0.025


def compute(workings: Workings) -> ChapterFields:
    """The surveys that were answered in the month; a week has too few answers."""
    if workings.inputs.kind != "monthly":
        return {}
    return {"encounters": tuple(map(survey_of, workings.inputs.met))}


def survey_of(found: EncounterAnswers) -> EncounterSurvey:
    return EncounterSurvey(
        survey=found.survey,
        title=found.title,
        since=found.since,
        waves=found.waves,
        first_day=found.first_day,
        last_day=found.last_day,
        never_asked=found.never_asked,
        response=response_of(found),
        groups=tuple(
            AskedGroup(dimension=dimension, category=name, asked=one.asked, answered=one.answered)
            for dimension, tallies in found.sums.groups.items()
            for name, one in tallies.items()
        ),
        questions=tuple(map(question_of, found.questions)),
    )


def response_of(found: EncounterAnswers) -> SampleResponse:
    """AAPOR's dispositions. An answer is sent only with every question answered that needs one, so
    each counts as complete and none as partial or broken off.
    """
    everybody = found.sums.everybody
    outcomes = {name: found.outcomes.get(name, 0) for name in LETTER_OUTCOMES}
    return with_rates(
        SampleResponse(
            since=found.since,
            recorded=any(found.outcomes.values()),
            invited=everybody.asked,
            answered=everybody.answered,
            complete=everybody.answered,
            partial=0,
            broken_off=0,
            refused=outcomes["refused"],
            not_reached=outcomes["not_reached"],
            unable=outcomes["unable"],
            undelivered=outcomes["undelivered"],
            ineligible=outcomes["ineligible"],
            silent=None,
        )
    )


def question_of(found: QuestionCounts) -> EncounterQuestion:
    return EncounterQuestion(
        item=found.item,
        text=found.text,
        several=found.several,
        base=found.base,
        answers=tuple(
            EncounterShare(words=words, count=count) for words, count in found.counts.items()
        ),
    )


def survey_days(found: EncounterSurvey, edition: Edition) -> Days:
    return found.since, edition.end


def gated_surveys(step: GateStep) -> tuple[EncounterSurvey, ...]:
    return tuple(
        gated_survey(step.session, one, survey_days(one, step.found))
        for one in step.found.encounters
    )


def gated_survey(session: DisclosureSession, found: EncounterSurvey, days: Days) -> EncounterSurvey:
    """The survey as it may be published; without a number of answers nothing else of them is."""
    response = gated_response(session, found, days)
    if response.invited is None or response.answered is None:
        return msgspec.structs.replace(found, response=response, groups=(), questions=())
    return msgspec.structs.replace(
        found,
        response=response,
        groups=gated_groups(session, found, response, days),
        questions=tuple(
            gated_question(session, found.survey, one, days) for one in found.questions
        ),
    )


def gated_response(
    session: DisclosureSession, found: EncounterSurvey, days: Days
) -> SampleResponse:
    """The gated dispositions, and the rates of the published counts."""
    full = found.response
    asked = session.total((ASKED, found.survey), days, full.invited, rule=PEOPLE)
    answered = session.total((ANSWERED, found.survey), days, full.answered, rule=PEOPLE)
    letters = {
        name: session.total((LETTERS, found.survey, name), days, getattr(full, name))
        for name in LETTER_OUTCOMES
    }
    shown = msgspec.structs.replace(
        full, invited=asked, answered=answered, complete=answered, **letters
    )
    return with_rates(with_last_counts(session, shown, letter_series(found.survey), days))


def letter_series(survey: str) -> dict[str, Series]:
    return {name: (LETTERS, survey, name) for name in LETTER_OUTCOMES}


def gated_groups(
    session: DisclosureSession, found: EncounterSurvey, response: SampleResponse, days: Days
) -> tuple[AskedGroup, ...]:
    """The groups of each dimension, among those asked and among those who answered."""
    shown: list[AskedGroup] = []
    for dimension in dict.fromkeys(one.dimension for one in found.groups):
        mine = [one for one in found.groups if one.dimension == dimension]
        asked = gated_tallies(
            session,
            PublishedCount((ASKED, found.survey), days, response.invited, PEOPLE),
            {one.category: one.asked or 0 for one in mine},
            (dimension, found.response.invited),
        )
        answered = gated_tallies(
            session,
            PublishedCount((ANSWERED, found.survey), days, response.answered, PEOPLE),
            {one.category: one.answered or 0 for one in mine},
            (dimension, found.response.answered),
        )
        shown += [
            msgspec.structs.replace(
                one,
                asked=asked[one.category],
                answered=answered[one.category],
                share_asked=share_of(asked[one.category], response.invited),
                share_answered=share_of(answered[one.category], response.answered),
            )
            for one in mine
        ]
    return tuple(shown)


def gated_tallies(
    session: DisclosureSession,
    whole: PublishedCount,
    counts: dict[str, int],
    about: tuple[str, int | None],
) -> dict[str, int | None]:
    """The groups of a dimension and whoever is in none, which add up to everybody."""
    dimension, everybody = about
    rest = max((everybody or 0) - sum(counts.values()), 0)
    every = counts | ({REST: rest} if rest else {})
    series = group_series(whole.series, dimension)
    return session.table(whole, every, (series, whole.days), rule=PEOPLE)


def group_series(whole: Series, dimension: str) -> Series:
    """The series of the groups of a dimension, which add up to this one."""
    name, survey = whole
    return f"{name} by {dimension}", survey


def share_of(part: int | None, whole: int | None) -> float | None:
    """The share of a published count in another, so that it says no more than these."""
    return rounded_figure(min(part / whole, 1.0)) if part and whole else None


def gated_question(
    session: DisclosureSession, survey: str, found: EncounterQuestion, days: Days
) -> EncounterQuestion:
    """The counts of a question, and the shares that these give; none of fewer than 30 people."""
    base = session.total((BASE, survey, found.item), days, found.base)
    counts = {one.words: one.count or 0 for one in found.answers}
    rest = 0 if found.several else max((found.base or 0) - sum(counts.values()), 0)
    whole = None if found.several else PublishedCount((BASE, survey, found.item), days, base)
    shown: dict[str, int | None] = dict.fromkeys(counts)
    if base is not None and base >= FEWEST_RESPONDENTS:
        every = counts | ({REST: rest} if rest else {})
        shown = session.table(whole, every, ((OPTION, survey, found.item), days))
    hidden = all(one is None for one in shown.values())
    thin = base is None or base < FEWEST_UNFLAGGED
    return msgspec.structs.replace(
        found,
        base=base,
        answers=tuple(with_share(one, shown[one.words], base) for one in found.answers),
        status="withheld" if hidden else "flagged" if thin else "shown",
    )


def with_share(found: EncounterShare, count: int | None, base: int | None) -> EncounterShare:
    """The answer with its public count, share and exact limits that hold for all that the rounded
    counts can be.
    """
    if not count or not base:
        return EncounterShare(words=found.words, count=None)
    given, people = EVENTS.bounds(count), EVENTS.bounds(base)
    low, _ = clopper_pearson(given.low, people.high, TAIL)
    _, high = clopper_pearson(min(given.high, people.low), people.low, TAIL)
    return EncounterShare(
        words=found.words,
        count=count,
        share=share_of(count, base),
        low=rounded_figure(low),
        high=rounded_figure(high),
    )


def encounter_counts(edition: Edition) -> Iterator[PublishedCount]:
    for found in edition.encounters:
        days, response = survey_days(found, edition), found.response
        yield PublishedCount((ASKED, found.survey), days, response.invited, PEOPLE)
        yield PublishedCount((ANSWERED, found.survey), days, response.answered, PEOPLE)
        ends = dict(response.as_of)
        for name, letters in letter_series(found.survey).items():
            counted = days[0], ends.get(name, days[1])
            yield PublishedCount(letters, counted, getattr(response, name))
        for group in found.groups:
            for series, shown in ((ASKED, group.asked), (ANSWERED, group.answered)):
                whole = series, found.survey
                about = *group_series(whole, group.dimension), group.category
                yield PublishedCount(about, days, shown, PEOPLE, whole=whole)
        yield from question_claims(found.survey, found.questions, days)


def question_claims(
    survey: str, questions: Sequence[EncounterQuestion], days: Days
) -> Iterator[PublishedCount]:
    for one in questions:
        series = BASE, survey, one.item
        yield PublishedCount(series, days, one.base)
        for answer in one.answers:
            about = OPTION, survey, one.item, answer.words
            whole = None if one.several else series
            yield PublishedCount(about, days, answer.count, whole=whole)


CHAPTER = Chapter(
    name="encounters",
    compute=compute,
    gates={"encounters": gated_surveys},
    structs={
        EncounterSurvey: treatments(
            plain="survey title since waves first_day last_day never_asked",
            gated="response groups questions",
        ),
        AskedGroup: treatments(
            plain="dimension category", gated="asked answered share_asked share_answered"
        ),
        EncounterQuestion: treatments(plain="item text several status", gated="base answers"),
        EncounterShare: treatments(plain="words", gated="count share low high"),
    },
    counts={"encounters": encounter_counts},
)
