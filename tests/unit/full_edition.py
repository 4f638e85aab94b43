"""An edition with something in every field, made up by dice and not yet withheld."""

import datetime

import msgspec

from survey.alerts import Alert
from survey.campaigns import CampaignSeen
from survey.changes import Moved
from survey.disparities import Disparity, Fired, Persons, Ratio
from survey.editions import Edition
from survey.funnels import Funnel, Limits, Spot
from survey.reports import (
    Beside,
    NewCodebook,
    Point,
    Received,
    Recoded,
    Restated,
    ThemeShare,
    Tile,
)
from survey.samples import Agreement, OfGroup, Reliable, SmallArea, Weighting
from survey.weeks import About, Completeness, Finding, Quality, ThisPeriod, WeekOfUses
from tests.unit.editions import LONDON, bare, estimate, judged, rate

END = datetime.date(2008, 7, 6)
AREAS = tuple(f"E{place:08d}" for place in range(1, 9))
TACTICS = ("fired", "drive_stunned", "arced", "red_dotted", "aimed", "drawn")
KINDS = ("under_18", "over_64", "mental", "physical", "any_disability")
GROUPS = ("Asian", "Black", "Mixed", "Other")
PEOPLE = 200_000


def full(dice, **changes):
    """`dice` a random.Random; counts from none to a few dozen, as boroughs have them."""
    found = msgspec.structs.replace(
        bare(),
        kind="weekly",
        start=END - datetime.timedelta(days=6),
        end=END,
        index_from=END - datetime.timedelta(days=27),
        rates_from=END - datetime.timedelta(days=90),
        **of_events(dice),
        **of_groups(dice),
        **of_residents(dice),
        **of_texts(dice),
        findings=(Finding(sentence="A finding.", confidence="likely", so_what="Look."),),
        quality=(Quality("late", "Two files came late."),),
    )
    return msgspec.structs.replace(found, **changes)


def few(dice):
    return dice.choice((0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 14, 18, 23, 37))


def table(dice):
    counts = {area: few(dice) for area in AREAS}
    return (
        rate(LONDON, sum(counts.values()), PEOPLE * len(AREAS)),
        *(rate(area, count, PEOPLE) for area, count in counts.items()),
    )


def of_events(dice):
    deployments = table(dice)
    tactics = tuple((tactic, few(dice)) for tactic in TACTICS)
    rows = [(few(dice), few(dice), few(dice)) for _ in AREAS]
    sums = [sum(column) for column in zip(*rows, strict=True)]
    since = END - datetime.timedelta(days=200)
    weeks = (END - datetime.timedelta(days=7 * back - 1) for back in range(6, 1, -1))
    about = rate(LONDON, few(dice), PEOPLE)
    return {
        "complaints": table(dice),
        "deployments": deployments,
        "tactics": tactics,
        "received": tuple(
            Received(domain=domain, sampled=a, open=b, complaints=c, open_voices=b)
            for domain, (a, b, c) in zip((LONDON, *AREAS), (sums, *rows), strict=True)
        ),
        "this_period": ThisPeriod(
            events=sum(count for _, count in tactics),
            low=2.0,
            high=11.0,
            since=since,
            cumulative=200 + few(dice),
        ),
        "uses_by_week": tuple(
            WeekOfUses(start, tuple((tactic, few(dice)) for tactic in TACTICS)) for start in weeks
        ),
        "about_taser": About(allegation="taser", rate=about, median=float(few(dice))),
        "beside": tuple(
            Beside(
                quarter_end=datetime.date(2008, 6, 30),
                item="trust",
                perception=estimate(area, 3, 61.0, method="as published"),
                deployments=rate(area, few(dice), PEOPLE),
            )
            for area in AREAS
        ),
        "restated": tuple(
            Restated(
                source="police", area=area, start=END - datetime.timedelta(days=6), end=END,
                tactic="fired", was=few(dice), now=few(dice),
            )
            for area in AREAS
        ),
        "completeness": Completeness(areas=7, of_areas=8, weeks=13, of_weeks=13, late=few(dice)),
        "association": judged("inconclusive", -2.1, 10.6, few(dice)),
        "funnels": (funnel("deployments", deployments),),
        "alerts": (
            Alert(
                key="under_18/1", rule="under_18", level="red", domain=AREAS[0],
                sentence=f"A boy in {AREAS[0]}.", standing="new", since=END, until=END,
            ),
        ),
        "moved": tuple(
            Moved(
                table="deployments", figure="events", domain=area, unit="events",
                was=float(few(dice)), now=float(one.events), answers=1.0, restated=2.0,
                recoded=0.0, method=0.0,
            )
            for area, one in zip(AREAS, deployments[1:], strict=True)
        ),
    }  # fmt: skip


def funnel(measure, found):
    spots = tuple(
        Spot(domain=one.domain, size=one.population, value=one.per_10_000, place="within")
        for one in found[1:]
    )
    limits = (Limits(size=PEOPLE, low=0.1, high=0.9, lowest=0.05, highest=1.2),)
    target = found[0].per_10_000
    return Funnel(measure=measure, target=target, spots=spots, limits=limits, phi=1.3)


def of_groups(dice):
    white, window = few(dice) * 4, END - datetime.timedelta(days=90)
    return {
        "persons": tuple(
            Persons(
                kind=kind, period=min(many := few(dice), 4), since=window, window=many,
                typical=many * 1.1,
            )
            for kind in KINDS
        ),
        "disparities": tuple(
            disparity(group, events, white, dice) for group in GROUPS for events in [few(dice)]
        ),
        "fired": tuple(
            Fired(
                dimension="ethnicity", group=group, drawn=(hit := few(dice)) + few(dice),
                fired=hit, share=0.31, low=0.2, high=0.4, p=0.04,
            )
            for group in ("White", *GROUPS)
        ),
    }  # fmt: skip


def disparity(group, events, white, dice):
    ratio = Ratio(events / white * 3 if white else None, 0.7, 5.1)
    return Disparity(
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


def of_residents(dice):
    asked = [(area, dice.choice((0, 3, 9, 12, 29, 30, 64, 99, 131))) for area in AREAS]
    index = tuple(estimate(area, n, 58.123) if n else blank(area) for area, n in asked)
    city = estimate(LONDON, sum(n for _, n in asked), 58.456)
    kinds = [(kind, dice.choice((3, 28, 31, 88, 212))) for kind in ("16-34", "35-64", "65+")]
    return {
        "index": (city, *index),
        "index_series": (Point(END - datetime.timedelta(days=6), estimate(LONDON, 27, 57.9)),),
        "tiles": tuple(
            Tile(area=one.domain, name=one.domain, short="X", column=1, row=place,
                 value=one.value, standing="within")
            for place, one in enumerate(index)
        ),
        "weighting": Weighting(
            invited=612, answered=203, response_rate=203 / 612, n=203, effective_n=151.3,
            kish=1.341, flag=dice.choice(("green", "amber", "red")), trimmed=0.0123, raked=True,
            margins=("borough",), vintage="2001",
        ),
        "reliability": Reliable(
            n=dice.choice((27, 203)), alpha=0.8123, low=0.7612, high=0.8456, omega=0.8234,
            item_rest=(("fair", 0.5123),), publishable=True,
        ),
        "agreement": tuple(
            Agreement(item=item, agree=estimate(LONDON, n, 48.0), net=estimate(LONDON, n, 11.2))
            for item, n in (("fair", 203), ("call", dice.choice((8, 28, 45))))
        ),
        "groups": tuple(
            OfGroup(dimension="age", category=kind, measure=measure,
                    estimate=estimate(LONDON, n, 52.123))
            for measure in ("index", "fair")
            for kind, n in kinds
        ),
        "small_areas": tuple(
            SmallArea(domain=one.domain, direct=one, value=57.1234, low=51.1, high=63.3, own=0.41)
            for one in index
        ),
    }  # fmt: skip


def blank(area):
    return msgspec.structs.replace(
        estimate(area, 1, 0.0), n=0, effective_n=0.0, value=None, low=None, high=None
    )


def of_texts(dice):
    shares = []
    for stream in ("open", "complaints"):
        counts = {area: few(dice) for area in AREAS}
        for domain, texts in ((LONDON, sum(counts.values())), *counts.items()):
            shares.append(
                ThemeShare(
                    theme="fairness",
                    name="Fair treatment",
                    stream=stream,
                    domain=domain,
                    texts=texts,
                    share=texts / 61,
                    net_sentiment=-100 / 3,
                    low=None,
                    high=None,
                    voices=max(texts - 2, 0),
                    voice_share=0.123456,
                    voice_net_sentiment=-100 / 7,
                )
            )
    return {
        "themes": tuple(shares),
        "campaigns": (
            CampaignSeen(id="c1", stream="open", themes=("fairness",), texts=few(dice),
                         first=END, last=END),
        ),
        "new_codebook": NewCodebook(
            before=1, reasons=(), changes=(), texts=few(dice),
            recoded=(
                Recoded(theme="fairness", name="Fair treatment", stream="open",
                        before=few(dice), after=few(dice) + 20),
            ),
        ),
    }  # fmt: skip


def empty_fields(found: Edition):
    """Fields that this made-up edition leaves as they are in a bare one."""
    return {name for name in found.__struct_fields__ if getattr(found, name) in ((), None, "")}
