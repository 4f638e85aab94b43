"""A random edition with something in nearly every field, before disclosure control."""

import datetime
import functools

import msgspec

from analysis.disclosure.session import DisclosureSession
from analysis.editions.chapters import encounters, groupings, handling
from analysis.editions.inputs import year_windows
from analysis.scrutiny import gate
from survey.editions import Edition
from survey.editions.actions import Alert, ChangeDecomposition, EditionFinding
from survey.editions.caseload import AllegationComplaints, ReceivedCounts
from survey.editions.figures import (
    Completeness,
    CountedDays,
    GroupedFigures,
    QualityNote,
    RestatedFigure,
)
from survey.editions.force import (
    EditionDisparity,
    EditionRateRatio,
    FiredShare,
    Funnel,
    FunnelLimits,
    FunnelPoint,
    PeriodDeployments,
    TwelveMonths,
    VulnerableUses,
    WeeklyUses,
    YearCounts,
    YearIndex,
    YearRow,
)
from survey.editions.perception import (
    AreaResponse,
    AreaTile,
    GroupEstimate,
    GroupRepresentation,
    IndexReliability,
    ItemAgreement,
    PerceptionComparison,
    SampleResponse,
    SeriesPoint,
    SmallAreaEstimate,
    Weighting,
)
from survey.editions.texts import (
    NetSentiment,
    NewCodebook,
    ThemeCodebookEffect,
    ThemelessTexts,
    ThemeShare,
    ToneShift,
    ToneVersion,
    WaitingProposal,
)
from survey.places import AreaGroup, Grouping
from survey.surveys.samples import LETTER_OUTCOMES
from survey.themes.demands import TAKEN, EditionCampaign
from survey.themes.double_coding import AccuracyEstimate, ThemeCheck, ToneCheck
from tests.analysis.editions import made_up_encounters, made_up_handling
from tests.analysis.editions.full_editions import demand_table
from tests.analysis.editions.made_up_edition import (
    LONDON,
    association_of,
    bare_edition,
    estimate,
    rate,
)
from tests.analysis.scrutiny import made_up_meetings

END = datetime.date(2008, 7, 6)
AREAS = tuple(f"E{place:08d}" for place in range(1, 9))
TACTICS = ("fired", "drive_stunned", "arced", "red_dotted", "aimed", "drawn")
KINDS = ("under_18", "over_64", "mental", "physical", "any_disability")
GROUPS = ("Asian", "Black", "Mixed", "Other")
PEOPLE = 200_000


def random_full_edition(dice, **changes):
    """An edition with random counts from 0 to a few dozen, as boroughs have them; `dice` is a
    random.Random.
    """
    found = msgspec.structs.replace(
        bare_edition(),
        kind="weekly",
        start=END - datetime.timedelta(days=6),
        end=END,
        index_from=END - datetime.timedelta(days=27),
        texts_from=END - datetime.timedelta(days=27),
        rates_from=END - datetime.timedelta(days=90),
        rates_counted=counted_days(90),
        period_counted=counted_days(6),
        **event_fields(dice),
        **group_fields(dice),
        **resident_fields(dice),
        **text_fields(dice),
        findings=(EditionFinding(sentence="A finding.", confidence="likely", so_what="Look."),),
        quality=(QualityNote("late", "Two files came late."),),
    )
    return msgspec.structs.replace(found, grouped=(pairs_of_areas(found),), **changes)


def pairs_of_areas(edition):
    groups = tuple(
        AreaGroup(f"pair-{at}", f"Pair {at}", tuple(AREAS[at : at + 2]))
        for at in range(0, len(AREAS), 2)
    )
    pairs = Grouping("Pairs", groups)
    return GroupedFigures(
        name=pairs.name,
        groups=groups,
        deployments=tuple(groupings.group_rates(edition.deployments, pairs)),
        complaints=tuple(groupings.group_rates(edition.complaints, pairs)),
    )


def counted_days(back):
    """All days from so many days before the end."""
    start = END - datetime.timedelta(days=back)
    return CountedDays(start=start, end=END, first=start, last=END, days=back + 1)


def random_count(dice):
    return dice.choice((0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 14, 18, 23, 37))


def rate_table(dice):
    counts = {area: random_count(dice) for area in AREAS}
    return (
        rate(LONDON, sum(counts.values()), PEOPLE * len(AREAS)),
        *(rate(area, count, PEOPLE) for area, count in counts.items()),
    )


def event_fields(dice):
    deployments = rate_table(dice)
    tactics = tuple((tactic, random_count(dice)) for tactic in TACTICS)
    rows = [(random_count(dice), random_count(dice), random_count(dice)) for _ in AREAS]
    sums = [sum(column) for column in zip(*rows, strict=True)]
    since = END - datetime.timedelta(days=200)
    weeks = (END - datetime.timedelta(days=7 * back - 1) for back in range(6, 1, -1))
    about = rate(LONDON, random_count(dice), PEOPLE)
    return {
        "complaints": rate_table(dice),
        "deployments": deployments,
        "tactics": tactics,
        "received": tuple(
            ReceivedCounts(domain=domain, sampled=a, open=b, complaints=c, open_voices=b)
            for domain, (a, b, c) in zip((LONDON, *AREAS), (sums, *rows), strict=True)
        ),
        "this_period": PeriodDeployments(
            events=sum(count for _, count in tactics),
            low=2.0,
            high=11.0,
            lowest=1.0,
            highest=14.0,
            since=since,
            cumulative=200 + random_count(dice),
        ),
        "uses_by_week": tuple(
            WeeklyUses(start, tuple((tactic,
            random_count(dice)) for tactic in TACTICS)) for start in weeks
        ),
        "about_taser": AllegationComplaints(allegation="taser", rate=about,
        median=float(random_count(dice))),
        "beside": tuple(
            PerceptionComparison(
                quarter_end=datetime.date(2008, 6, 30),
                item="trust",
                perception=estimate(area, 3, 61.0, method="as published"),
                deployments=rate(area, random_count(dice), PEOPLE),
            )
            for area in AREAS
        ),
        "restated": tuple(
            RestatedFigure(
                source="police", area=area, start=END - datetime.timedelta(days=6), end=END,
                tactic="fired", was=random_count(dice), now=random_count(dice),
            )
            for area in AREAS
        ),
        "completeness": Completeness(areas=7, of_areas=8, weeks=13, of_weeks=13,
        late=random_count(dice)),
        "association": association_of("inconclusive", -2.1, 10.6, random_count(dice)),
        "twelve_months": twelve_months(dice),
        "funnels": (funnel("deployments", deployments),),
        "alerts": (
            Alert(
                key="under_18/1", rule="under_18", level="red", domain=AREAS[0],
                sentence=f"A boy in {AREAS[0]}.", standing="new", since=END, until=END,
            ),
        ),
        "moved": tuple(
            ChangeDecomposition(
                table="deployments", figure="events", domain=area, unit="events",
                was=float(random_count(dice)), now=float(one.events), answers=1.0, restated=2.0,
                recoded=0.0, method=0.0,
            )
            for area, one in zip(AREAS, deployments[1:], strict=True)
        ),
    }  # fmt: skip


def twelve_months(dice):
    """Complaints and deployments of two years, and the index of one."""
    now, before = year_windows(END.replace(day=1), END)

    def counts_of(measure):
        earlier = {one.domain: one for one in rate_table(dice)}
        rows = tuple(
            YearRow(domain=one.domain, now=one, before=earlier[one.domain])
            for one in rate_table(dice)
        )
        days = (CountedDays(start=a, end=b, first=a, last=b, days=365) for a, b in (now, before))
        counted, then = days
        return YearCounts(
            measure=measure, counted=counted, counted_before=then, rows=rows, phi=1.2345
        )

    index = tuple(
        YearIndex(domain=area, now=estimate(area, dice.choice((3, 28, 131)), 58.123))
        for area in (LONDON, *AREAS)
    )
    counts = counts_of("deployments"), counts_of("complaints")
    return TwelveMonths(start=now[0], end=END, before=before[0], counts=counts, index=index)


def funnel(measure, found):
    spots = tuple(
        FunnelPoint(domain=one.domain, size=one.population, value=one.per_10_000, place="within")
        for one in found[1:]
    )
    limits = (FunnelLimits(size=PEOPLE, low=0.1, high=0.9, lowest=0.05, highest=1.2),)
    target = found[0].per_10_000
    return Funnel(measure=measure, target=target, spots=spots, limits=limits, phi=1.3)


def group_fields(dice):
    white, window = random_count(dice) * 4, END - datetime.timedelta(days=90)
    return {
        "persons": tuple(
            VulnerableUses(
                kind=kind, period=min(many := random_count(dice), 4), since=window, window=many,
                typical=many * 1.1,
            )
            for kind in KINDS
        ),
        "disparities": tuple(
            disparity(group, events, white,
            dice) for group in GROUPS for events in [random_count(dice)]
        ),
        "fired": tuple(
            FiredShare(
                dimension="ethnicity", group=group,
                drawn=(hit := random_count(dice)) + random_count(dice),
                fired=hit, share=0.31, low=0.2, high=0.4, p=0.04,
            )
            for group in ("White", *GROUPS)
        ),
    }  # fmt: skip


def disparity(group, events, white, dice):
    ratio = EditionRateRatio(events / white * 3 if white else None, 0.7, 5.1)
    return EditionDisparity(
        dimension="ethnicity",
        code="officer-defined",
        group=group,
        reference="White",
        benchmark="residents",
        events=events,
        reference_events=white,
        people=300_000.0,
        per_10_000=events / 30,
        shown=ratio,
        exact=ratio,
        adjusted=ratio,
        unknown=0.07,
        tipping=(1.234, 5.678),
        sentence=f"{events} uses against {white}.",
    )


def resident_fields(dice):
    asked = [(area, dice.choice((0, 3, 9, 12, 29, 30, 64, 99, 131))) for area in AREAS]
    index = tuple(estimate(area, n, 58.123) if n else empty_estimate(area) for area, n in asked)
    city = estimate(LONDON, sum(n for _, n in asked), 58.456)
    kinds = [(kind, dice.choice((3, 28, 31, 88, 212))) for kind in ("16-34", "35-64", "65+")]
    return {
        "index": (city, *index),
        "index_series": (SeriesPoint(END - datetime.timedelta(days=6), estimate(LONDON, 27,
        57.9)),),
        "tiles": tuple(
            AreaTile(area=one.domain, name=one.domain, short="X", column=1, row=place,
                 value=one.value, standing="within")
            for place, one in enumerate(index)
        ),
        "weighting": Weighting(
            invited=612, answered=203, response_rate=203 / 612, n=203, effective_n=151.3,
            kish=1.341, flag=dice.choice(("green", "amber", "red")), trimmed=0.0123, raked=True,
            margins=("borough",), vintage="2001",
        ),
        "reliability": IndexReliability(
            n=dice.choice((27, 203)), alpha=0.8123, low=0.7612, high=0.8456, omega=0.8234,
            item_rest=(("fair", 0.5123),), publishable=True,
        ),
        "agreement": tuple(
            ItemAgreement(item=item, agree=estimate(LONDON, n, 48.0), net=estimate(LONDON, n, 11.2))
            for item, n in (("fair", 203), ("call", dice.choice((8, 28, 45))))
        ),
        "groups": tuple(
            GroupEstimate(dimension="age", category=kind, measure=measure,
                    estimate=estimate(LONDON, n, 52.123))
            for measure in ("index", "fair")
            for kind, n in kinds
        ),
        "represented": tuple(
            GroupRepresentation(dimension="age", category=kind, n=n, answers=n / 300, drawn=0.12345,
                    weighted=0.23456, residents=0.34567)
            for kind, n in kinds
        ),
        **invited_fields(dice),
        "small_areas": tuple(
            SmallAreaEstimate(domain=one.domain, direct=one, value=57.1234, low=51.1, high=63.3,
            own=0.41)
            for one in index
        ),
    }  # fmt: skip


def invited_fields(dice):
    complete = {area: random_count(dice) for area in AREAS}
    partial, broken, invited = random_count(dice), random_count(dice), 612
    letters = {name: random_count(dice) for name in LETTER_OUTCOMES}
    return {
        "response": SampleResponse(
            since=END - datetime.timedelta(days=200), recorded=True, invited=invited,
            answered=sum(complete.values()) + partial + broken, complete=sum(complete.values()),
            partial=partial, broken_off=broken, silent=222, rr1=0.1234567, **letters,
        ),
        "response_by_area": tuple(
            AreaResponse(area=area, invited=invited // 8, complete=n, rr1=n / 76)
            for area, n in complete.items()
        ),
    }  # fmt: skip


def empty_estimate(area):
    return msgspec.structs.replace(
        estimate(area, 1, 0.0), n=0, effective_n=0.0, value=None, low=None, high=None
    )


def text_fields(dice):
    shares = []
    for stream in ("open", "complaints"):
        counts = {area: random_count(dice) for area in AREAS}
        for domain, texts in ((LONDON, sum(counts.values())), *counts.items()):
            shares.append(
                ThemeShare(
                    theme="fairness",
                    name="Fair treatment",
                    stream=stream,
                    domain=domain,
                    texts=texts,
                    share=texts / 61,
                    low=None,
                    high=None,
                    voices=max(texts - 2, 0),
                    voice_share=0.123456,
                )
            )
    recall = AccuracyEstimate(n=45, value=0.7312345, low=0.6012345, high=0.8412345)
    return {
        "themes": tuple(shares),
        "tones": tuple(random_tones(dice)),
        "tone_version": ToneVersion(
            number=2,
            labels=300,
            before_version=1,
            shifts=(ToneShift(stream="open", texts=dice.randrange(30), before=-7.0, after=-41.0),),
        ),
        "tone_checks": (
            ToneCheck(quarter=END, stream="open", recall=recall, status="passed"),
        ),
        "theme_checks": (
            ThemeCheck(quarter=END, stream="open", theme="", f1=recall, status="unsettled"),
            ThemeCheck(quarter=END, stream="open", theme="fairness", recall=recall,
                       precision=recall, status="passed"),
        ),
        "campaigns": (
            EditionCampaign(id="c1", stream="open", themes=("fairness",), texts=random_count(dice),
                         first=END, last=END),
        ),
        "themeless": (
            ThemelessTexts(stream="open", texts=(none := random_count(dice)),
                           of_texts=none + random_count(dice), share=0.123456),
        ),
        "tables": (
            random_demand(dice),
            *encounters.survey_tables(made_up_encounters.random_answers(dice), LONDON, END),
            handling.quarter_table(made_up_handling.random_quarter(dice), LONDON),
        ),
        "scrutiny": panel_reports(),
        "proposed": (WaitingProposal(id="7", until=END, texts=random_count(dice)),),
        "new_codebook": NewCodebook(
            before=1, reasons=(), changes=(), texts=random_count(dice),
            recoded=(
                ThemeCodebookEffect(theme="fairness", name="Fair treatment", stream="open",
                        before=random_count(dice), after=random_count(dice) + 20),
            ),
        ),
    }  # fmt: skip


def random_demand(dice):
    stances = dict.fromkeys(TAKEN, (0.123456, 0.0123456, 0.323456))
    one = demand_table(
        {name: random_count(dice) for name in ("texts", "voices", "own")},
        accuracy=(0.7312345, 0.6012345, 0.8412345), labels=61, share=stances, once=stances,
    )  # fmt: skip
    return msgspec.structs.replace(one, first=END - datetime.timedelta(days=364), last=END)


@functools.cache
def panel_reports():
    """A report of a panel, which has passed a gate of its own."""
    return (
        gate.safe_report(
            made_up_meetings.meeting(made_up_meetings.USUAL), DisclosureSession(LONDON)
        ),
    )


def random_tones(dice):
    for theme, name in (("", ""), ("fairness", "Fair treatment")):
        for once in (False, True):
            yield NetSentiment(
                stream="open", domain=LONDON, theme=theme, name=name, once=once, value=-100 / 3,
                low=-50.123, high=-20.456, labels=147, method="PPI++", machine=-100 / 7,
                texts=random_count(dice),
            )  # fmt: skip


def empty_fields(found: Edition):
    """The names of the fields that an edition leaves empty."""
    return {name for name in found.__struct_fields__ if getattr(found, name) in ((), None, "")}
