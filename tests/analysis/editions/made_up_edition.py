"""A made-up weekly edition of London after disclosure control, and the parts it is made of."""

import datetime
import functools
import random

import msgspec

from analysis.editions import gate
from survey.editions import Edition
from survey.editions.caseload import ReceivedCounts
from survey.editions.figures import Association, Estimate, Rate, SeriesMark
from survey.editions.perception import AreaTile, PerceptionComparison, SeriesPoint
from survey.editions.texts import NetSentiment, ThemeShare
from survey.themes.double_coding import AccuracyEstimate, ToneCheck

LONDON = "London"
FIRST = datetime.date(2007, 10, 1)
WEEK = datetime.date(2008, 6, 30)
PILOT = datetime.date(2007, 12, 10)

# short name, name, column, row; the codes run in this order, as the real ones do.
BOROUGHS = """
CTY|City of London|5|4
BAR|Barking and Dagenham|8|4
BNT|Barnet|4|2
BXL|Bexley|8|5
BRT|Brent|3|3
BRM|Bromley|6|6
CMD|Camden|4|3
CRD|Croydon|5|7
ELG|Ealing|2|3
ENF|Enfield|5|1
GRN|Greenwich|7|5
HCK|Hackney|6|3
HMF|Hammersmith and Fulham|2|4
HGY|Haringey|5|2
HRW|Harrow|3|2
HVG|Havering|8|3
HDN|Hillingdon|1|3
HNS|Hounslow|1|5
ISL|Islington|5|3
KNC|Kensington and Chelsea|3|4
KNG|Kingston upon Thames|3|6
LAM|Lambeth|4|5
LSH|Lewisham|6|5
MRT|Merton|4|6
NWM|Newham|7|4
RDB|Redbridge|7|3
RCH|Richmond upon Thames|2|5
SWR|Southwark|5|5
STN|Sutton|4|7
TOW|Tower Hamlets|6|4
WTH|Waltham Forest|6|2
WNS|Wandsworth|3|5
WST|Westminster|4|4
"""

THEMES = (
    ("fairness", "Fair and respectful treatment", 0.31, -34.2),
    ("taser", "Use of Taser and other force", 0.24, -41.0),
    ("presence", "Seeing officers in the area", 0.19, 12.6),
    ("answering", "Answering calls and following up", 0.12, -22.5),
    ("schools", "Officers in schools and youth work", 0.06, 38.4),
    ("language", "Being understood in one's own language", 0.004, -3.0),
)
TACTICS = (
    ("angled_drive_stunned", 0),
    ("fired", 2),
    ("drive_stunned", 0),
    ("arced", 6),
    ("red_dotted", 14),
    ("aimed", 8),
    ("drawn", 19),
)


def estimate(domain, n, value, spread=21.0, method="TSL, t 95 %"):
    error = spread * (1.35 / max(n, 1)) ** 0.5
    return Estimate(
        domain=domain,
        stream="sampled",
        n=n,
        effective_n=n / 1.35,
        value=value,
        standard_error=error,
        low=max(value - 1.98 * error, 0.0),
        high=min(value + 1.98 * error, 100.0),
        method=method,
    )


def rate(domain, events, population):
    per = 10_000 / population
    return Rate(
        domain=domain,
        events=events,
        population=float(population),
        per_10_000=events * per,
        low=max(events - 1.8 * events**0.5, 0.0) * per,
        high=(events + 2.1 * events**0.5 + 2) * per,
        method="Byar" if events >= 10 else "exact Poisson",
    )


def theme(row, stream, texts):
    key, name, share, _ = row
    mine = round(share * texts)
    sampled = stream == "sampled"
    return ThemeShare(
        theme=key,
        name=name,
        stream=stream,
        domain=LONDON,
        texts=mine,
        share=share,
        low=share * 0.8 if sampled else None,
        high=share * 1.25 if sampled else None,
        voices=None if sampled else mine,
        voice_share=None if sampled else share,
    )


def tones(stream):
    """The tone of all texts of a stream, and of its themes: numbers, then a word, then nothing."""
    for key, name, _, value in (("", "", 0, -17.0), *THEMES[:-2]):
        wide = key == "answering"
        yield NetSentiment(
            stream=stream,
            domain=LONDON,
            theme=key,
            name=name,
            value=None if wide else value,
            low=None if wide else value - 15,
            high=None if wide else value + 15,
            words="worry" if wide else "",
            missing="wide" if wide else "",
            labels=160,
            method="PPI++ (λ 1.00, 160 labels)",
            machine=None if key else -2.0,
        )


def tone_checks():
    recall = AccuracyEstimate(n=47, value=0.73, low=0.6, high=0.85)
    for stream, status in (("sampled", "passed"), ("open", "unsettled")):
        yield ToneCheck(
            quarter=datetime.date(2008, 4, 1), stream=stream, recall=recall, status=status
        )


def areas():
    for place, line in enumerate(BOROUGHS.strip().splitlines()):
        short, name, column, row = line.split("|")
        yield f"E090000{place + 1:02d}", short, name, int(column), int(row)


def sample(**changes):
    """The edition as it is stored; `changes` are the fields that a test sets itself."""
    return msgspec.structs.replace(make_sample(), **changes)


@functools.cache
def make_sample():
    dice = random.Random(2008)
    bases = {code: dice.choice((64, 88, 110, 124, 131, 150)) for code, *_ in areas()}
    bases |= {"E09000001": 4, "E09000021": 22, "E09000029": 27}
    index = [estimate(code, n, dice.gauss(58, 6)) for code, n in bases.items()]
    populations = {code: dice.randrange(160_000, 390_000) for code in bases} | {"E09000001": 8000}
    complained = {code: dice.choice((0, 2, 6, 11, 14, 23, 31)) for code in bases}
    deployed = {code: dice.choice((0, 0, 0, 1, 3, 7, 12)) for code in bases}
    everybody = sum(populations.values())
    found = Edition(
        kind="weekly",
        start=WEEK,
        end=WEEK + datetime.timedelta(days=6),
        number=2,
        data_as_of=datetime.date(2008, 7, 9),
        city=LONDON,
        synthetic=True,
        method_version="2026.11",
        population_basis="ONS mid-2007 estimates, residents of all ages",
        codebook=3,
        headline=(
            "The perception index for London was 58.4 of 100 in the four weeks to 2008-07-06 "
            "(95 % interval 57.6 to 59.2, 3,412 answers).",
            "No clear evidence of a change since the week before; a change smaller than "
            "2.1 points would usually go unseen at this sample size.",
            "Deployments were recorded in 18 of 33 boroughs; too few to set against perception.",
        ),
        received=(ReceivedCounts(domain=LONDON, sampled=3412, open=287, complaints=341),),
        index=(estimate(LONDON, 3412, 58.4), *index),
        index_series=tuple(index_points(dice)),
        beside=tuple(published_rows(dice, populations)),
        published_association=association_of("none_larger", -0.4, 0.55, 1044),
        complaints=(
            rate(LONDON, sum(complained.values()), everybody),
            *(rate(code, complained[code], populations[code]) for code in bases),
        ),
        deployments=(
            rate(LONDON, sum(deployed.values()), everybody),
            *(rate(code, deployed[code], populations[code]) for code in bases),
        ),
        tactics=TACTICS,
        themes=tuple(
            theme(row, stream, texts)
            for stream, texts in (("sampled", 1904), ("open", 287), ("complaints", 341))
            for row in THEMES
        ),
        tones=tuple(one for stream in ("sampled", "open") for one in tones(stream)),
        tone_checks=tuple(tone_checks()),
        association=association_of("inconclusive", -2.1, 10.6, 96),
        tiles=tuple(tiles(index)),
        caveats=(
            "Interviews in Havering and Sutton arrived late and are counted next week.",
            "Sentiment was scored by machine; 300 texts of this quarter were read by two people.",
        ),
        marks=(SeriesMark(PILOT, "Pilot begins"),),
        attribution=(
            "Contains National Statistics data © Crown copyright and database right.",
            "Contains OS data © Crown copyright and database right.",
        ),
    )
    return gate.safe_edition(found)


def index_points(dice):
    for week in range(40):
        start = FIRST + datetime.timedelta(weeks=week)
        n = 18 if week == 12 else dice.randrange(280, 420) if week not in (11, 13) else 84
        yield SeriesPoint(start, estimate(LONDON, n, 60 - 0.04 * week + dice.gauss(0, 0.9)))


def published_rows(dice, populations):
    """Rows of a publisher's perception survey (shares from 0 to 100, with an interval) and the
    deployments of the quarter.
    """
    for quarter in (datetime.date(2008, 3, 31), datetime.date(2008, 6, 30)):
        for code, *_ in list(areas())[1:]:
            found = estimate(code, 400, dice.uniform(50, 72), spread=50, method="as published")
            yield PerceptionComparison(
                quarter_end=quarter,
                item="good_job_local",
                perception=found,
                deployments=rate(code, dice.choice((0, 3, 8, 15, 22)), populations[code]),
            )


def tiles(index):
    for (code, short, name, column, row), found in zip(areas(), index, strict=True):
        position = "below" if found.high < 57 else "above" if found.low > 58 else "within"
        yield AreaTile(
            area=code,
            name=name,
            short=short,
            column=column,
            row=row,
            value=found.value,
            standing=position,
        )


def association_of(verdict, beta, error, events):
    few = verdict == "inconclusive"
    return Association(
        beta=beta,
        standard_error=error,
        low=beta - 2 * error,
        high=beta + 2 * error,
        degrees=31,
        areas=32,
        periods=39,
        events=events,
        smallest_detectable=2.8 * error,
        verdict=verdict,
        sentence=(
            f"Too few deployments (n={events}) to tell; we could only have detected an effect "
            f"larger than {2.8 * error:.1f} points."
            if few
            else "No association larger than 2 points per deployment per 10,000 in the following "
            "quarter (95 % interval -1.5 to 0.7); a smaller one may exist."
        ),
        caveats=("Compared within boroughs over time: association, not proof of cause.",),
    )


def bare_edition():
    """The smallest edition that can be stored: every optional field is empty."""
    return Edition(
        kind="monthly",
        start=datetime.date(2026, 10, 1),
        end=datetime.date(2026, 10, 31),
        number=1,
        data_as_of=datetime.date(2026, 11, 3),
        city=LONDON,
        synthetic=False,
        method_version="2026.11",
        population_basis="Census 2021",
        codebook=1,
        headline=(),
        gate=1,
    )
