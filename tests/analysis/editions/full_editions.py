"""A weekly and a monthly edition of London in 2008 with every chapter, as after disclosure
control.
"""

import calendar
import datetime
import functools
import math
import random

import msgspec

from analysis.disclosure.session import DisclosureSession
from analysis.editions import gate
from analysis.editions.chapters import encounters, handling, history, recommendations
from analysis.editions.inputs import text_window, year_windows
from analysis.scrutiny import gate as report_gate
from survey.editions.actions import Action, Alert, ChangeDecomposition, EditionFinding
from survey.editions.caseload import AllegationComplaints, ComplaintRatio
from survey.editions.figures import (
    AreaMonths,
    Completeness,
    CountedDays,
    FigureTable,
    GroupedFigures,
    LastFigure,
    MonthlyDeployments,
    QualityNote,
    RestatedFigure,
    SeasonalTrend,
    TableCount,
    TableFigure,
)
from survey.editions.force import (
    AlternativeEffect,
    EditionDisparity,
    EditionLagProfile,
    EditionRateRatio,
    FiredShare,
    Funnel,
    FunnelLimits,
    FunnelPoint,
    LagEffect,
    PeriodDeployments,
    StartBin,
    StartEffect,
    TwelveMonths,
    VulnerableUses,
    WeeklyUses,
    YearCounts,
    YearIndex,
    YearRow,
)
from survey.editions.perception import (
    AreaResponse,
    GroupEstimate,
    GroupRepresentation,
    IndexReliability,
    ItemAgreement,
    PublishedPast,
    PublishedSeries,
    SampleResponse,
    SmallAreaEstimate,
    Weighting,
)
from survey.editions.recommendations import EditionRecommendation, Movement
from survey.editions.texts import (
    NewCodebook,
    ThemeCodebookEffect,
    ThemelessTexts,
    ToneShift,
    ToneVersion,
    WaitingProposal,
)
from survey.scrutiny import MemberMark
from survey.scrutiny.schemes import READY_SCHEMES
from survey.sources import places
from survey.themes.demands import EditionCampaign
from survey.themes.double_coding import AccuracyEstimate, ThemeCheck
from tests.analysis.editions import made_up_encounters, made_up_handling
from tests.analysis.editions.made_up_edition import (
    FIRST,
    LONDON,
    PILOT,
    THEMES,
    WEEK,
    areas,
    bare_edition,
    estimate,
    rate,
    sample,
)
from tests.analysis.scrutiny import made_up_meetings

MONTH = datetime.date(2008, 6, 1)
YEAR = {"since": datetime.date(2007, 7, 1), "until": datetime.date(2008, 6, 30)}
USES = ("fired", "drive_stunned", "arced", "red_dotted", "aimed", "drawn")
GROUPS = {
    "age": ("16-24", "25-34", "35-44", "45-54", "55-64", "65-74", "75+"),
    "sex": ("female", "male"),
    "ethnicity": ("asian", "black", "mixed", "white", "other"),
    "disability": ("yes", "no"),
}
ITEMS = ("force_fair", "would_call", "taser_comfort", "listens")
GROUND_TRUTH = (
    "Invented for a demonstration, with known truth: one deployment more per 10,000 residents "
    "lowers a borough's index by 2 points in the week after. Nothing else was planted."
)


def full_weekly_edition(**changes):
    """A weekly edition with everything that a week can show."""
    return make_weekly_edition(changes) if changes else unchanged_edition(make_weekly_edition)


def full_monthly_edition(**changes):
    """A monthly edition with everything that a month can show."""
    return make_monthly_edition(changes) if changes else unchanged_edition(make_monthly_edition)


@functools.cache
def unchanged_edition(make):
    """Made once: it takes a tenth of a second, and nobody can change it."""
    return make({})


def make_weekly_edition(changes):
    week = (WEEK, WEEK + datetime.timedelta(days=6))
    rates = (week[1] - datetime.timedelta(days=90), week[1])
    counted = counted_fields(rates, week) | text_fields(week[1])
    return with_history(sample(**(shared_fields() | counted)), datetime.timedelta(weeks=1), changes)


def make_monthly_edition(changes):
    last = calendar.monthrange(MONTH.year, MONTH.month)[1]
    dated = {"kind": "monthly", "start": MONTH, "end": MONTH.replace(day=last)}
    named = {"number": 1, "data_as_of": datetime.date(2008, 7, 3)}
    before = datetime.date(2008, 5, 1)
    named |= {"compared_start": before, "last_figures": tuple(last_figures(before))}
    month = dated["start"], dated["end"]
    counted = counted_fields(month, month) | text_fields(month[1])
    fields = shared_fields() | monthly_fields() | dated | named | counted
    edition = sample(**fields)
    edition = msgspec.structs.replace(
        edition, recommendations=ledger(edition), grouped=(command_units(edition),)
    )
    return with_history(edition, datetime.timedelta(days=30), changes)


def command_units(edition):
    """London's basic command units, with figures of the first borough of each."""
    [units] = places.read_city(places.LONDON)[0].groupings
    first = {group.areas[0]: group.code for group in units.groups}
    return GroupedFigures(
        name=units.name,
        groups=units.groups,
        **{
            name: tuple(
                msgspec.structs.replace(figure, domain=first[figure.domain])
                for figure in getattr(edition, name)
                if figure.domain in first
            )
            for name in ("index", "deployments", "complaints")
        },
    )


def with_history(edition, apart, changes):
    """The edition after two reports that printed the same figures; then with its own changes."""
    before = [msgspec.structs.replace(edition, start=edition.start - n * apart) for n in (2, 1)]
    told = history.history_of([*before, edition])
    return msgspec.structs.replace(edition, **{"history": told} | changes)


def last_figures(start):
    yield LastFigure(figure="index", was=59.8, start=start)
    yield LastFigure(figure="wrote", was=270.0, start=start)


def counted_fields(rates, period):
    """Every day of both windows was counted."""
    return {"rates_counted": all_days(*rates), "period_counted": all_days(*period)}


def text_fields(end):
    return {"texts_from": text_window(end)[0]}


def all_days(start, end):
    return CountedDays(start=start, end=end, first=start, last=end, days=(end - start).days + 1)


def shared_fields():
    return {
        "code_version": "0.5.0+348e6fc",
        "inputs_sha256": "5eed" * 16,
        "seeds": (("placebo", 2008), ("themes", 7)),
        "lead": ("Nothing clearly changed for London.",),
        "last_figures": tuple(last_figures(WEEK - datetime.timedelta(weeks=4))),
        "compared_start": WEEK - datetime.timedelta(weeks=4),
        "completeness": Completeness(
            areas=31, of_areas=33, weeks=12, of_weeks=13, late=15, days=84, of_days=91
        ),
        "this_period": PeriodDeployments(
            events=25, low=9.0, high=29.0, since=PILOT, cumulative=690, lowest=6.0, highest=33.0
        ),
        "uses_by_week": tuple(weekly_uses()),
        "about_taser": AllegationComplaints(
            allegation="Use of Taser", rate=rate(LONDON, 25, 7_556_900), median=20.0
        ),
        "persons": persons(),
        "themeless": (ThemelessTexts(stream="open", texts=30, of_texts=275, share=0.11),),
        "theme_checks": theme_checks(),
        "tone_version": ToneVersion(
            number=1,
            labels=255,
            before_version=0,
            shifts=(ToneShift(stream="open", before=-7.0, after=-41.0),),
        ),
        "proposed": (WaitingProposal(id="1", until=datetime.date(2008, 6, 22), texts=25),),
        "campaigns": (a_campaign(),),
        "new_codebook": new_codebook(),
        "restated": restated(),
        "tables": (*demand_tables(), *people_met(), *closed_cases()),
        "scrutiny": panel_reports(),
        "findings": findings(),
        "alerts": alerts(),
        "moved": tuple(change_rows()),
        "funnels": tuple(funnels()),
        "planted": GROUND_TRUTH,
        "gate": 1,
    }


def a_campaign():
    first, last = datetime.date(2008, 6, 9), datetime.date(2008, 6, 27)
    return EditionCampaign(
        id="c1", stream="open", themes=(THEMES[0][0],), texts=60, first=first, last=last,
        name="No Taser in schools", tone="negative",
    )  # fmt: skip


def new_codebook():
    """What a new version of the codebook did to one theme."""
    theme, name, *_ = THEMES[0]
    effect = ThemeCodebookEffect(theme=theme, name=name, stream="open", before=50, after=70)
    return NewCodebook(
        before=2,
        reasons=("Residents wrote of helicopters.",),
        changes=("Added Helicopters.",),
        texts=285,
        recoded=(effect,),
    )


def restated():
    """A figure that the police have revised, and one that is withheld."""
    week = {"start": datetime.date(2008, 6, 16), "end": datetime.date(2008, 6, 22)}
    police = {"source": "Metropolitan Police", "tactic": "drawn", **week}
    return (
        RestatedFigure(area="E09000022", was=15, now=20, **police),
        RestatedFigure(area="E09000007", was=None, now=None, **police),
    )


@functools.cache
def panel_reports():
    """Two meetings of a panel, as they were published."""
    marks = {
        "without injury": (60, 14, (9, 3, 2)),
        "fired": (300, 26, (16, 6, 3, 1)),
        "under 18": (6, 6, (3, 2, 1)),
    }
    planter = READY_SCHEMES["planter"]
    said = [
        {
            "steps": {
                step.key: "met" if (record + at) % 3 else "not_met"
                for at, step in enumerate(planter.steps)
            },
            "video": ("video", "video", "not_kept", "not_switched_on")[record % 4],
        }
        for record in range(sum(drawn for _, drawn, _ in marks.values()))
    ]
    own = [
        MemberMark(record=f"fired {record}", seat=seat, colour="green", steps=said[record]["steps"])
        for record in range(26)
        for seat in (1, 2)
    ]
    full = [
        made_up_meetings.with_details(marks, planter, said, number=number, own=own)
        for number in (1, 2)
    ]
    return tuple(report_gate.safe_report(one, DisclosureSession(LONDON)) for one in full)


@functools.cache
def people_met():
    """A survey of people whom the police met, as the gate lets it pass."""
    return gated_people_met(made_up_encounters.answers())


def gated_people_met(answers, end=datetime.date(2008, 6, 30)):
    tables = tuple(encounters.survey_tables(answers, LONDON, end))
    return gate.safe_edition(msgspec.structs.replace(bare_edition(), tables=tables)).tables


@functools.cache
def closed_cases():
    """What people whose case was closed said, as the gate lets it pass."""
    before = made_up_handling.quarter(quarter=datetime.date(2007, 10, 1), closed=231)
    return *gated_closed_cases(made_up_handling.quarter()), *gated_closed_cases(before)


def gated_closed_cases(quarter):
    tables = (handling.quarter_table(quarter, LONDON),)
    return gate.safe_edition(msgspec.structs.replace(bare_edition(), tables=tables)).tables


def demand_tables():
    """A demand with shares in one stream, and without in another."""
    rows = (("for", 0.71, 0.62, 0.79, 0.58), ("against", 0.12, 0.07, 0.2, 0.17))
    rows = (*rows, ("conditions", 0.17, 0.1, 0.25, 0.25))
    return (
        demand_table(
            {"texts": 180, "voices": 140, "own": 40},
            share={row: (share, low, high) for row, share, low, high, _ in rows},
            once={row: (once, once - 0.1, once + 0.1) for row, _, _, _, once in rows},
        ),
        demand_table({}, stream="complaints", labels=12, missing="labels"),
    )


def demand_table(
    counts, accuracy=(0.74, 0.65, 0.82), stream="open", labels=96, missing="", **figures
):
    """A demand in the texts of a stream; figures by name and stance."""
    figures = {"accuracy": {"": accuracy}} | figures
    return FigureTable(
        kind="demands",
        key=("d1", stream),
        domain=LONDON,
        first=datetime.date(2007, 7, 2),
        last=datetime.date(2008, 6, 29),
        facts=(("sentence", "No Taser in schools"), ("labels", labels), ("read", 96)),
        missing=missing,
        counts=tuple(TableCount(name=name, count=count) for name, count in counts.items()),
        figures=tuple(
            TableFigure(name=name, row=row, value=value, low=low, high=high)
            for name, rows in figures.items()
            for row, (value, low, high) in rows.items()
        ),
    )


def theme_checks():
    quarter = datetime.date(2008, 4, 1)
    good = AccuracyEstimate(n=41, value=0.82, low=0.69, high=0.92)
    whole = AccuracyEstimate(n=104, value=0.79, low=0.72, high=0.85)
    return (
        ThemeCheck(quarter=quarter, stream="open", theme="", f1=whole, status="unsettled"),
        ThemeCheck(
            quarter=quarter,
            stream="open",
            theme=THEMES[0][0],
            name=THEMES[0][1],
            recall=good,
            precision=good,
            status="passed",
        ),
    )


def monthly_fields():
    dice = random.Random(31)
    return {
        "actions": actions(),
        "weighting": weighting(),
        "response": sample_response(),
        "response_by_area": area_responses(),
        "represented": represented(),
        "reliability": index_reliability(),
        "agreement": tuple(agreement(dice)),
        "groups": tuple(groups(dice)),
        "small_areas": tuple(small_areas(dice)),
        "disparities": tuple(disparities()),
        "fired": tuple(fired_shares()),
        "disparity_caveats": (
            "Ethnicity as the officer saw it is set against what residents say of themselves.",
        ),
        "complained": complaint_ratio(),
        "complained_same_week": msgspec.structs.replace(
            complaint_ratio(), sentence="In the same week, complaints were 1.3 times as many."
        ),
        "profile": profile(),
        "starts": starts(),
        "twelve_months": twelve_months(dice),
        "published_past": published_past(dice),
        "trends": trends(),
        "monthly_deployments": monthly_deployments(dice),
        "quality": (
            QualityNote("feed", "Havering told of no deployments for one week of the thirteen."),
            QualityNote("late", "About 15 deployments of earlier days were told only this month."),
        ),
        "disclosure": (
            QualityNote("suppression", "19 figures are withheld, 5 of them to hide another."),
            QualityNote("rounding", "Counts of persons and events are to the nearest 5."),
        ),
    }


def twelve_months(dice):
    """Deployments and complaints of two years, and the index of both, in every place."""
    now, before = year_windows(MONTH, datetime.date(2008, 6, 30))
    places = [code for code, *_ in areas()]
    counts = tuple(
        YearCounts(
            measure=measure,
            counted=all_days(*now),
            counted_before=all_days(*before),
            phi=1.4,
            rows=tuple(year_row(place, dice) for place in (LONDON, *places)),
        )
        for measure in ("deployments", "complaints")
    )
    index = tuple(
        YearIndex(
            domain=place,
            now=estimate(place, 400, 58.0),
            before=estimate(place, 390, 57.2),
            change=0.8,
            low=-1.1,
            high=2.7,
        )
        for place in (LONDON, *places)
    )
    return TwelveMonths(start=now[0], end=now[1], before=before[0], counts=counts, index=index)


def year_row(place, dice):
    now, before = (rate(place, dice.randrange(20, 90), 220_000) for _ in range(2))
    return YearRow(domain=place, now=now, before=before, change=12.0, low=-9.0, high=37.0)


def published_past(dice):
    """Three years of a published item, of the force and of each borough."""
    ends = tuple(
        datetime.date(year, month, calendar.monthrange(year, month)[1])
        for year in (2005, 2006, 2007)
        for month in (3, 6, 9, 12)
    )
    series = []
    for place in ("MPS", *(code for code, *_ in areas())):
        values = tuple(round(dice.uniform(50, 70), 1) for _ in ends)
        low, high = (tuple(round(one + by, 1) for one in values) for by in (-5, 5))
        series.append(
            PublishedSeries(item="good_job_local", area=place, values=values, low=low, high=high)
        )
    return PublishedPast(ends=ends, months=12, series=tuple(series))


def monthly_deployments(dice):
    """Half a year of deployments, as their publisher would have released them."""
    starts = tuple(datetime.date(2008, month, 1) for month in range(1, 7))
    areas_of = [
        AreaMonths(domain=place, counts=tuple(dice.randrange(0, 15) for _ in starts))
        for place in (LONDON, *(code for code, *_ in areas()))
    ]
    return MonthlyDeployments(starts=starts, areas=tuple(areas_of))


def trends():
    first, last = datetime.date(2005, 7, 1), datetime.date(2008, 6, 30)
    found = {"first": first, "last": last, "months": 36}
    return (
        SeasonalTrend(measure="deployments", change=7.9, low=2.1, high=14.2, **found),
        SeasonalTrend(measure="complaints", first=first, last=last, months=7, reason="short"),
        SeasonalTrend(measure="index", change=-0.4, low=-1.3, high=0.5, **found),
    )


def weekly_uses():
    for week in range(40):
        start = FIRST + datetime.timedelta(weeks=week)
        live = start >= PILOT
        counts = [(week * k) % 11 // 2 * 5 if live else 0 for k in (1, 2, 3, 5, 7, 9)]
        counts[0] = None if live and week % 4 else counts[0]
        yield WeeklyUses(start, tuple(zip(USES, counts, strict=True)))


def persons():
    since = WEEK - datetime.timedelta(weeks=52)
    return tuple(
        VulnerableUses(kind=kind, period=period, since=since, window=window, typical=typical)
        for kind, period, window, typical in (
            ("under_18", None, 30, 0.6),
            ("over_64", 0, 10, 0.2),
            ("mental", 5, 180, 3.4),
            ("physical", None, 15, 0.3),
            ("any_disability", 5, 190, 3.7),
        )
    )


def findings():
    said = (
        (
            "The index for London fell by 1.4 points (95 % interval 0.3 to 2.5).",
            "very likely",
            "Ask the boroughs that fell most what residents were told of the pilot.",
        ),
        (
            "Deployments in Lambeth lie above what chance alone allows around London's rate.",
            "likely",
            "Look at the incidents of Lambeth one by one.",
        ),
        (
            "No clear evidence of a change in complaints that mention Taser; a change smaller "
            "than 12 a week would usually go unseen.",
            "about as likely as not",
            "Nothing follows yet.",
        ),
    )
    return tuple(EditionFinding(sentence=a, confidence=b, so_what=c) for a, b, c in said)


def alerts():
    day = datetime.date(2008, 7, 6)
    weeks = datetime.timedelta(weeks=4)
    return (
        Alert(
            key="under_18/E09000022",
            rule="under_18",
            level="red",
            domain="E09000022",
            sentence="A deployment on a person under 18 was reported.",
            standing="new",
            since=day,
            until=day + weeks,
            owner="R. Okafor",
            action="Referred to the safeguarding lead",
        ),
        Alert(
            key="funnel/E09000022",
            rule="funnel",
            level="amber",
            domain="E09000022",
            sentence="Deployments lie above the 99.8 % limit.",
            standing="continuing",
            since=day - weeks / 2,
            until=day + weeks / 2,
            expected_a_year=6.9,
            unit="per_10_000",
            figure=2.41,
            figure_before=1.9,
        ),
        Alert(
            key="feed/E09000016",
            rule="feed",
            level="data",
            domain="E09000016",
            sentence="No deployments were told for one week.",
            standing="closed",
            since=day - weeks,
            until=day,
            owner="Met Performance",
            action="The file came on 4 July",
        ),
    )


def change_rows():
    rows = (
        ("index", "perception index", LONDON, "points", 59.8, 58.4, (-1.1, 0.0, 0.0, -0.3)),
        ("rates", "deployments", "E09000022", "per_10_000", 0.41, 0.52, (0.07, 0.04, 0.0, 0.0)),
        ("themes", "Use of Taser and other force", LONDON, "share", 0.19, 0.24, (0.04, 0, 0.01, 0)),
        ("rates", "complaints", LONDON, "events", 310.0, 340.0, (30.0, 0.0, 0.0, 0.0)),
        ("index", "perception index", "E09000007", "points", 61.2, 55.9, (None,) * 4),
        ("index", "perception index", "E09000008", "points", 55.0, 57.1, (2.1, 0.0, 0.0, 0.0)),
    )
    for table, figure, domain, unit, was, now, why in rows:
        names = dict(zip(("answers", "restated", "recoded", "method"), why, strict=True))
        yield ChangeDecomposition(
            table=table, figure=figure, domain=domain, unit=unit, was=was, now=now, **names
        )


def ledger(edition):
    """A recommendation whose figures were compared, one that was not read, and one without any."""
    index = recommendations.find_figure(edition, "index").value
    row = EditionRecommendation(
        id=1,
        title="Report each use within a day",
        source="An inspectorate, first report, recommendation 1",
        checked=True,
        made_on=datetime.date(2008, 5, 20),
        addressee="The force",
        due=datetime.date(2008, 9, 1),
        since=datetime.date(2008, 5, 20),
        status="accepted",
        decided_on=datetime.date(2008, 6, 2),
        reason="The force wrote to us",
        decided_by="Working group",
        answers=1,
        answered_on=datetime.date(2008, 6, 1),
        measures=("index", "complaints"),
        movements=(
            Movement(
                measure="index",
                verdict="unclear",
                before=datetime.date(2008, 4, 30),
                was=index - 1,
                now=index,
                change=1.0,
                low=-1.0,
                high=3.0,
                least=2.5,
                level=0.975,
            ),
            Movement(measure="complaints", verdict="none_before"),
        ),
    )
    other = {"id": 2, "checked": False, "due": None, "answers": 0, "answered_on": None}
    settled = {"status": "unseen", "measures": (), "movements": ()}
    return row, msgspec.structs.replace(row, **other, **settled)


def actions():
    agreed = datetime.date(2008, 6, 11)
    return (
        Action(
            id="a1",
            what="Ask Lambeth for the reports behind the eleven deployments of May",
            owner="J. Mensah",
            due=datetime.date(2008, 7, 2),
            status="done",
            agreed_on=agreed,
            outcome="Read; two were one incident",
        ),
        Action(
            id="a2",
            what="Put the survey into Bengali and Somali",
            owner="A. Rahman",
            due=datetime.date(2008, 8, 1),
            status="open",
            agreed_on=agreed,
        ),
    )


def weighting():
    return Weighting(
        invited=61_200,
        answered=14_320,
        response_rate=0.234,
        n=3412,
        effective_n=2527.0,
        kish=1.35,
        flag="green",
        trimmed=0.011,
        raked=True,
        margins=("borough", "age by sex", "ethnicity"),
        vintage="ONS mid-2007 estimates",
        joined=("By borough: City and Westminster together.",),
    )


def sample_response():
    return SampleResponse(
        since=FIRST,
        recorded=True,
        invited=61_200,
        answered=14_320,
        complete=12_900,
        partial=1_340,
        broken_off=80,
        refused=1_170,
        not_reached=470,
        unable=375,
        undelivered=1_875,
        ineligible=705,
        silent=42_285,
        rr1=0.213,
        rr2=0.235,
        rr3=0.217,
        rr4=0.24,
        coop1=0.813,
        coop2=0.898,
        eligible=0.959,
    )


def area_responses():
    return tuple(
        AreaResponse(area=area, invited=1_850, complete=complete, rr1=rate)
        for area, complete, rate in (("E09000007", 615, 0.332), ("E09000012", 305, 0.165))
    )


def represented():
    return tuple(
        GroupRepresentation(
            dimension=dimension,
            category=category,
            n=3400 // len(of),
            answers=1 / len(of),
            drawn=1 / len(of),
            weighted=1 / len(of),
            residents=1 / len(of),
        )
        for dimension, of in GROUPS.items()
        if dimension != "disability"
        for category in of
    )


def index_reliability():
    return IndexReliability(
        n=3298,
        alpha=0.81,
        low=0.80,
        high=0.82,
        omega=0.83,
        item_rest=tuple(zip(ITEMS, (0.66, 0.58, 0.49, 0.71), strict=True)),
        publishable=True,
    )


def agreement(dice):
    for item in ITEMS:
        agree = dice.uniform(48, 66)
        yield ItemAgreement(
            item=item,
            agree=estimate(LONDON, 3400, agree, 48, "Korn-Graubard"),
            net=estimate(LONDON, 3400, agree - 30, 80),
        )


def groups(dice):
    for dimension, categories in GROUPS.items():
        for place, category in enumerate(categories):
            n = 18 if category == "other" else 84 if category == "mixed" else 420
            found = estimate(category, n, 52 + 2 * place + dice.gauss(0, 2))
            blank = ("value", "standard_error", "low", "high", "effective_n")
            if n < 30:
                found = msgspec.structs.replace(found, status="withheld", **dict.fromkeys(blank))
            elif n < 100:
                found = msgspec.structs.replace(found, status="flagged")
            yield GroupEstimate(
                dimension=dimension, category=category, measure="index", estimate=found
            )
            if n >= 100:
                agree = estimate(category, n, dice.uniform(40, 70), 48, "Korn-Graubard")
                yield GroupEstimate(
                    dimension=dimension, category=category, measure="force_fair", estimate=agree
                )


def small_areas(dice):
    for one in sample().index[1:]:
        if one.value is None:
            known = dict.fromkeys(("value", "low", "high", "own"))
            if one.n is not None:
                known = {"value": 57.5, "low": 53.0, "high": 62.0, "own": 0.31}
            yield SmallAreaEstimate(domain=one.domain, direct=one, **known)
            continue
        own = one.n / (one.n + 45)
        middle = own * one.value + (1 - own) * 58
        half = 0.8 * (one.high - one.value) + dice.uniform(0, 0.4)
        yield SmallAreaEstimate(
            domain=one.domain,
            direct=one,
            value=middle,
            low=middle - half,
            high=middle + half,
            own=own,
        )


def funnels():
    edition = sample()
    areas = [one.domain for one in edition.index[1:]]
    found = {
        "index": ((one.effective_n, one.value) for one in edition.index[1:]),
        "complaints": ((one.population, one.per_10_000) for one in edition.complaints[1:]),
        "deployments": (
            (260_000.0 + 2000 * k, 0.62 if k == 21 else 0.12 + 0.02 * (k % 7))
            for k in range(len(areas))
        ),
    }
    for measure, target, spread in (
        ("index", 58.4, 22.0),
        ("deployments", 0.2, 100.0),
        ("complaints", 0.45, 120.0),
    ):
        spots = [
            funnel_spot(code, size, value, target, spread)
            for code, (size, value) in zip(areas, found[measure], strict=True)
        ]
        sizes = [one.size for one in spots if one.size]
        low, high = 0.8 * min(sizes), 1.1 * max(sizes)
        steps = [low + (high - low) * k / 24 for k in range(25)]
        yield Funnel(
            measure=measure,
            target=target,
            spots=tuple(spots),
            limits=tuple(
                FunnelLimits(
                    size,
                    *funnel_limits(target, spread, size, 1.96),
                    *funnel_limits(target, spread, size, 3.09),
                )
                for size in steps
            ),
            phi=1.4 if measure != "index" else None,
            between=4.1 if measure == "index" else None,
        )


def funnel_limits(target, spread, size, z):
    half = z * spread / math.sqrt(size)
    return max(target - half, 0.0), target + half


def funnel_spot(code, size, value, target, spread):
    if value is None:
        return FunnelPoint(domain=code, size=None, value=None, place="withheld")
    z = (value - target) / (spread / math.sqrt(size))
    far = "below" if z < -3.09 else "low" if z < -1.96 else "within"
    place = "above" if z > 3.09 else "high" if z > 1.96 else far
    return FunnelPoint(domain=code, size=size, value=value, place=place)


def disparities():
    rows = (
        ("ethnicity_officer", "black", "white", "residents", 210, 240, 4.2, 2.9, 6.2),
        ("ethnicity_officer", "asian", "white", "residents", 65, 240, 1.1, 0.8, 1.5),
        ("ethnicity_officer", "black", "white", "stops", 210, 240, 1.3, 1.1, 1.6),
        ("ethnicity_officer", "asian", "white", "stops", 65, 240, 0.8, 0.6, 1.1),
        ("ethnicity_officer", "other", "white", "residents", None, 240, None, None, None),
        ("sex", "male", "female", "residents", 610, 45, 13.8, 10.2, 18.7),
    )
    for dimension, group, reference, benchmark, events, others, value, low, high in rows:
        shown = EditionRateRatio(value, low, high)
        hidden = events is None
        by_home = benchmark == "residents"
        yield EditionDisparity(
            dimension=dimension,
            code="officer-defined",
            group=group,
            reference=reference,
            benchmark=benchmark,
            events=events,
            reference_events=others,
            people=780_000.0,
            per_10_000=None if hidden else events / 78,
            shown=shown,
            exact=shown,
            adjusted=None
            if hidden or not by_home
            else EditionRateRatio(value * 0.9, low * 0.9, high * 0.9),
            unknown=0.06,
            tipping=(None, None) if hidden else (value * 0.8, value * 1.3),
            sentence=""
            if hidden
            else f"{group.capitalize()} (officer-defined): recorded use was {value} times "
            f"({low} to {high}) the {reference.capitalize()} rate per resident; resident "
            "population is not the population police met; this does not show why.",
            status="withheld" if hidden else "shown",
            **YEAR,
        )


def fired_shares():
    for group, drawn, shots, share, low, high in (
        ("black", 210, 25, 0.12, 0.08, 0.17),
        ("white", 240, 35, 0.14, 0.10, 0.19),
        ("other", None, None, None, None, None),
    ):
        yield FiredShare(
            dimension="ethnicity_officer",
            group=group,
            drawn=drawn,
            fired=shots,
            share=share,
            low=low,
            high=high,
            p=None if share is None else 0.47,
            status="withheld" if share is None else "shown",
            **YEAR,
        )


def complaint_ratio():
    return ComplaintRatio(
        ratio=1.3,
        low=1.05,
        high=1.61,
        clustered_low=0.98,
        clustered_high=1.72,
        areas=32,
        left_out=1,
        dispersion=0.21,
        sentence=(
            "A week after one more deployment per 10,000 residents, complaints were 1.3 times "
            "(1.05 to 1.61) as many; association, not proof of cause."
        ),
    )


def profile():
    lags = tuple(
        LagEffect(lag=lag, beta=beta, low=beta - 1.4, high=beta + 1.4, p=p)
        for lag, beta, p in ((0, -0.6, 0.8), (1, -2.1, 0.02), (2, -1.1, 0.4), (3, -0.4, 1.0))
    )
    return EditionLagProfile(
        lags=(*lags, LagEffect(lag=4, beta=None, low=None, high=None, p=None)),
        placebo=LagEffect(lag=-1, beta=0.2, low=-1.3, high=1.7, p=0.8),
        otherwise=(
            AlternativeEffect(choice="CR2 errors", beta=-2.1, low=-3.8, high=-0.4),
            AlternativeEffect(
                choice="With a straight-line trend for each borough", beta=-1.8, low=-3.6, high=0.0
            ),
            AlternativeEffect(choice="Deployments logged", beta=-1.9, low=-3.4, high=-0.4),
            AlternativeEffect(choice="Fired only", beta=None, low=None, high=None),
        ),
        sentence=(
            "Boroughs with one more deployment per 10,000 had an index 2.1 points lower the "
            "following week (95 % interval 0.7 to 3.5), after borough and week differences; "
            "association, not proof of cause."
        ),
    )


def starts():
    return (
        StartEffect(
            day=PILOT,
            design="interrupted",
            step=-1.2,
            low=-3.9,
            high=1.5,
            strength="weak",
            sentence=(
                "No clear evidence of a step at the start of the pilot; with 10 weeks before it "
                "this design is weak."
            ),
        ),
        StartEffect(
            day=PILOT,
            design="event_study",
            step=-0.8,
            low=-2.4,
            high=0.8,
            strength="weak",
            sentence="No clear evidence that boroughs of the pilot moved apart from the others.",
            bins=tuple(
                StartBin(
                    weeks=weeks,
                    effect=0.0 if weeks == -2 else -0.05 * max(weeks, 0),
                    low=None if weeks == -2 else -0.05 * max(weeks, 0) - 1.5,
                    high=None if weeks == -2 else -0.05 * max(weeks, 0) + 1.5,
                )
                for weeks in range(-8, 14, 2)
            ),
        ),
    )
