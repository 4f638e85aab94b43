"""A simulated city with known true values: shown in the demo, and used to test the method.

The index of person k in borough b and week t is 60 + u_b + c_t + e_bt + β·x_{b,t-1} + noise,
with x deployments per 10,000, u_b borough effects (SD 4, correlated -0.5 with deployment
intensity), c_t an AR(1) of the city, e_bt an AR(1) of the borough. Volunteers write with a
chance that falls as their index rises, P ∝ exp(-0.05·(index - 60)), so that what they say is
not what residents say. Force is used on residents of a group at FORCE_RATE_RATIOS times the
White rate, and they are searched at SEARCH_RATE_RATIOS; once a device is drawn, it is fired at
all of them alike.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.residents import AGES, ETHNICITIES, SEXES
from analysis.statistics.sampling.variance import Floats
from demo.simulation import texts_and_subjects
from survey.deployments import SEVERITY, Deployment, DeploymentCount, Tactic

EFFECT_ON_INDEX = -0.8
FORCE_RATE_RATIOS = {"asian": 1.0, "black": 4.0, "mixed": 2.0, "white": 1.0, "other": 1.5}
SEARCH_RATE_RATIOS = {"asian": 1.0, "black": 2.5, "mixed": 1.5, "white": 1.0, "other": 1.0}
COMPLAINTS_PER_DEPLOYMENT = 0.06
GROUND_TRUTH = (
    "In this invented city each deployment per 10,000 residents lowers the index of the week after "
    f"by {-EFFECT_ON_INDEX:g} points; a device is used on Black residents at "
    f"{FORCE_RATE_RATIOS['black']:g} times "
    f"the White rate per resident, and they are searched at {SEARCH_RATE_RATIOS['black']:g} "
    "times it; once drawn, it is as likely to be fired at anybody; and of 100 deployments "
    f"{100 * COMPLAINTS_PER_DEPLOYMENT:g} bring a complaint within the same week, none later."
)
SAMPLED_PER_WEEK = 12
NEWCOMER_WEEKS = 4
CAMPAIGN_SIZE = 40
SCHOOL_WEEKS, SCHOOL_TEXTS = 26, 6  # six texts a week about Taser in schools, for half a year
INDEX_SPREAD = 20.0
ITEM_SPREAD = 12.0  # of one answer about the person's index
WRITING_SHARE = 0.15  # of those drawn, whatever their index
TWO_OFFICERS_SHARE = 0.15  # of incidents, of which two officers report
OTHER_COMPLAINTS_A_WEEK = 4  # in the whole city, whatever was deployed
DEPLOYMENTS_PER_10_000 = 0.13
TACTIC_SHARES: dict[Tactic, float] = {
    "angled_drive_stunned": 0.01,
    "fired": 0.13,
    "drive_stunned": 0.03,
    "arced": 0.03,
    "red_dotted": 0.45,
    "aimed": 0.07,
    "drawn": 0.28,
}
SimulatedAnswers = dict[str, str | int]
DISABILITIES = ("yes", "no", "prefer_not_to_say")
OTHER_ALLEGATIONS = ("stop_and_search", "incivility", "discrimination", "neglect", "other")


@dataclass(frozen=True, kw_only=True)
class SimulatedPerson:
    """One simulated person who sent something: where, when, what, and in what words."""

    area: str
    moment: datetime.datetime
    index: float
    answers: SimulatedAnswers
    written: texts_and_subjects.SimulatedText
    psu: str = ""
    probability: float = 0.0


@dataclass(frozen=True, kw_only=True)
class SimulatedCity:
    """Everything that happened from the Monday `first` on, and the true values planted in it.

    `truth` is the mean index of each borough in each week, before answers are rounded to five
    points; `weekly_mean` is how many deployments a week each borough has on average. Boroughs are
    in the order of `codes`.
    """

    first: datetime.date
    codes: list[str]
    adults: Floats
    residents: Floats
    weekly_mean: Floats
    sampled: list[SimulatedPerson]
    volunteers: list[SimulatedPerson]
    complainants: list[SimulatedPerson]
    deployments: list[Deployment]
    searches: list[DeploymentCount]
    truth: Floats


class CitySimulator:
    """Simulates a city from a seed; `ethnicities` are residents of the whole city by group."""

    def __init__(
        self,
        seed: int,
        codes: list[str],
        adults: Floats,
        residents: Floats,
        ethnicities: Mapping[str, float],
    ) -> None:
        self.random = texts_and_subjects.array_stream(seed, "city")
        self.apart = texts_and_subjects.array_stream(seed, "disabilities")
        self.codes = codes
        self.adults = adults
        self.residents = residents
        self.writer = texts_and_subjects.TextSimulator(self.random)
        self.subjects = texts_and_subjects.SubjectSimulator(seed, ethnicities)
        self.seed = seed

    def world(self, start: datetime.date, weeks: int, end: datetime.datetime) -> SimulatedCity:
        """`weeks` weeks from the Monday `start`; nothing happens after the moment `end`."""
        intensity = self.random.lognormal(0, 0.6, len(self.codes))
        counts = self.deployment_counts(intensity, weeks)
        truth = self.truth(intensity, counts, weeks)
        return SimulatedCity(
            first=start,
            codes=self.codes,
            adults=self.adults,
            residents=self.residents,
            weekly_mean=self.weekly_mean(intensity),
            sampled=[v for v in self.sample(truth, start) if v.moment <= end],
            volunteers=[
                v
                for v in (
                    *self.volunteers(truth, start),
                    *self.campaign(start, weeks),
                    *self.about_schools(start, weeks),
                )
                if v.moment <= end
            ],
            complainants=[v for v in self.complainants(counts, start) if v.moment <= end],
            deployments=self.deployments(counts, start),
            searches=self.searches(start, min(end.date(), start + datetime.timedelta(weeks=weeks))),
            truth=truth,
        )

    def deployment_counts(self, intensity: Floats, weeks: int) -> Floats:
        """Incidents by borough and week."""
        mean = self.weekly_mean(intensity)
        return self.random.poisson(mean[:, None], (len(self.codes), weeks)).astype(float)

    def weekly_mean(self, intensity: Floats) -> Floats:
        """How many incidents a week each borough has on average."""
        return DEPLOYMENTS_PER_10_000 * intensity / intensity.mean() * self.residents / 10_000

    def truth(self, intensity: Floats, counts: Floats, weeks: int) -> Floats:
        """The mean index of each borough in each week."""
        n = len(self.codes)
        standardised = (np.log(intensity) - np.log(intensity).mean()) / np.log(intensity).std()
        effect = 4 * (-0.5 * standardised + np.sqrt(0.75) * self.random.standard_normal(n))
        exposure = np.zeros((n, weeks))
        exposure[:, 1:] = 1e4 * counts[:, :-1] / np.maximum(self.residents, 1)[:, None]
        city = self.drift(1, weeks, 0.7, 1.0)
        area = self.drift(n, weeks, 0.4, 1.0)
        exposure[self.residents < 20_000] = 0
        return np.asarray(60 + effect[:, None] + city + area + EFFECT_ON_INDEX * exposure)

    def drift(self, rows: int, weeks: int, rho: float, spread: float) -> Floats:
        """AR(1) series, one a row: `rho` is the autocorrelation, `spread` the standard
        deviation.
        """
        series = np.zeros((rows, weeks))
        shocks = self.random.normal(0, spread * np.sqrt(1 - rho**2), (rows, weeks))
        for week in range(1, weeks):
            series[:, week] = rho * series[:, week - 1] + shocks[:, week]
        return series

    def sample(self, truth: Floats, start: datetime.date) -> list[SimulatedPerson]:
        """Twelve people a borough and week, from six wards, drawn with known probability."""
        people = []
        for b, code in enumerate(self.codes):
            chance = min(1.0, SAMPLED_PER_WEEK / max(self.adults[b], SAMPLED_PER_WEEK))
            for week in range(truth.shape[1]):
                for k in range(SAMPLED_PER_WEEK):
                    index = self.random.normal(truth[b, week], INDEX_SPREAD)
                    writes = self.random.random() < WRITING_SHARE
                    people.append(
                        SimulatedPerson(
                            area=code,
                            moment=self.moment(start, week),
                            index=index,
                            answers=self.likert(index) | self.person(),
                            written=self.writer.text(index)
                            if writes
                            else texts_and_subjects.NO_TEXT,
                            psu=f"{code}-{k // 2 + 1}",
                            probability=chance,
                        )
                    )
        return people

    def volunteers(self, truth: Floats, start: datetime.date) -> list[SimulatedPerson]:
        """About sixty people a week who chose to write; unhappy people are likelier to."""
        people = []
        share = self.residents / self.residents.sum()
        for week in range(truth.shape[1]):
            wanted = int(self.random.poisson(60))
            for b in self.random.choice(len(self.codes), wanted, p=share):
                # Weighing a normal distribution by exp(-.05 x) moves its mean down by .05 times its
                # variance.
                index = self.random.normal(truth[b, week] - 0.05 * INDEX_SPREAD**2, INDEX_SPREAD)
                people.append(
                    SimulatedPerson(
                        area=self.codes[b],
                        moment=self.moment(start, week),
                        index=index,
                        answers={**self.person(), "subject": self.subject()},
                        written=self.volunteer_text(index, truth.shape[1] - week),
                    )
                )
        return people

    def volunteer_text(self, index: float, weeks_left: int) -> texts_and_subjects.SimulatedText:
        """A text of a volunteer: mostly the old themes; sometimes in another language; in the last
        weeks a new worry.
        """
        draw = self.random.random()
        if weeks_left <= NEWCOMER_WEEKS and draw < 0.12:
            return self.writer.newcomer()
        return self.writer.elsewhere() if draw > 0.97 else self.writer.text(index)

    def campaign(self, start: datetime.date, weeks: int) -> list[SimulatedPerson]:
        """The people who send a letter: forty of them within one week, three weeks before the
        end.
        """
        week = max(0, weeks - 3)
        share = self.residents / self.residents.sum()
        return [
            SimulatedPerson(
                area=self.codes[b],
                moment=self.moment(start, week),
                index=30,
                answers={**self.person(), "subject": "taser"},
                written=self.writer.campaign(),
            )
            for b in self.random.choice(len(self.codes), CAMPAIGN_SIZE, p=share)
        ]

    def about_schools(self, start: datetime.date, weeks: int) -> list[SimulatedPerson]:
        """People who write about Taser in schools, each in words of their own, for and against."""
        # Of a generator of their own, so that everybody else stays as they were.
        random = texts_and_subjects.array_stream(self.seed, "schools")
        writer = texts_and_subjects.TextSimulator(random)
        share = self.residents / self.residents.sum()
        people = []
        for week in range(max(0, weeks - SCHOOL_WEEKS), weeks):
            for b in random.choice(len(self.codes), SCHOOL_TEXTS, p=share):
                day = start + datetime.timedelta(days=7 * week + int(random.integers(7)))
                people.append(
                    SimulatedPerson(
                        area=self.codes[b],
                        moment=datetime.datetime(
                            day.year, day.month, day.day, 12, tzinfo=datetime.UTC
                        ),
                        index=45,
                        answers={"age": AGES[int(random.integers(len(AGES)))], "subject": "taser"},
                        written=writer.about_schools(),
                    )
                )
        return people

    def complainants(self, counts: Floats, start: datetime.date) -> list[SimulatedPerson]:
        """People who complain: some after deployments, some without any."""
        people = []
        for week in range(counts.shape[1]):
            mean = (
                COMPLAINTS_PER_DEPLOYMENT * counts[:, week]
                + self.residents / self.residents.sum() * OTHER_COMPLAINTS_A_WEEK
            )
            for b, wanted in enumerate(self.random.poisson(mean)):
                for _ in range(int(wanted)):
                    taser = self.random.random() < 0.5
                    kind = "use_of_force_taser" if taser else self.pick(OTHER_ALLEGATIONS)
                    people.append(
                        SimulatedPerson(
                            area=self.codes[b],
                            moment=self.moment(start, week),
                            index=20,
                            answers={**self.person(), "allegations": kind},
                            written=self.writer.text(15, "fear" if taser else ""),
                        )
                    )
        return people

    def deployments(self, counts: Floats, start: datetime.date) -> list[Deployment]:
        """Officer reports: now and then two officers report on one incident."""
        reports = []
        for b, week in np.argwhere(counts > 0):
            for i in range(int(counts[b, week])):
                incident = f"{self.codes[b]}-{week}-{i}"
                day = start + datetime.timedelta(days=7 * int(week) + int(self.random.integers(7)))
                groups = self.subjects.groups(FORCE_RATE_RATIOS)
                for officer in range(1 + int(self.random.random() < TWO_OFFICERS_SHARE)):
                    reports.append(
                        Deployment(
                            incident=incident,
                            subject=f"{incident}-s",
                            officer_report=f"{incident}-o{officer}",
                            day=day,
                            area=self.codes[b],
                            tactics=(self.tactic(),),
                            groups=groups,
                        )
                    )
        return reports

    def searches(self, start: datetime.date, end: datetime.date) -> list[DeploymentCount]:
        """Searches of the months that ended before the day `end`."""
        people = dict(zip(self.codes, self.residents.tolist(), strict=True))
        last = end - datetime.timedelta(days=1)
        return self.subjects.searches(SEARCH_RATE_RATIOS, people, start, last)

    def tactic(self) -> Tactic:
        names = list(SEVERITY)
        return names[int(self.random.choice(len(names), p=[TACTIC_SHARES[name] for name in names]))]

    def moment(self, start: datetime.date, week: int) -> datetime.datetime:
        """A random time in the week, to the hour, as residents' times are stored."""
        day = start + datetime.timedelta(days=7 * week + int(self.random.integers(7)))
        hour = int(self.random.integers(8, 22))
        return datetime.datetime(day.year, day.month, day.day, hour, tzinfo=datetime.UTC)

    def likert(self, index: float) -> SimulatedAnswers:
        """Four answers of 1 to 5 that scatter about the index; now and then one is left out."""
        answers: SimulatedAnswers = {}
        for item in ("force_fair", "would_call", "taser_comfort", "listens"):
            if self.random.random() > 0.03:
                point = 1 + 4 * (index + self.random.normal(0, ITEM_SPREAD)) / 100
                answers[item] = int(np.clip(round(point), 1, 5))
        return answers

    def person(self) -> SimulatedAnswers:
        """Age, sex, ethnicity and disability of one person; some prefer not to say."""
        age = self.pick(AGES, (0.09, 0.16, 0.19, 0.19, 0.16, 0.12, 0.09))
        return {
            "age": age if self.random.random() > 0.03 else "prefer_not_to_say",
            "sex": self.pick(SEXES, (0.55, 0.45)),
            "ethnicity": self.pick(ETHNICITIES, (0.18, 0.11, 0.05, 0.60, 0.06)),
            "disability": DISABILITIES[int(self.apart.choice(3, p=(0.17, 0.79, 0.04)))],
        }

    def subject(self) -> str:
        return self.pick(("taser", "stop_and_search", "neighbourhood", "response", "other"))

    def pick(self, among: "list[str] | tuple[str, ...]", p: tuple[float, ...] | None = None) -> str:
        return among[int(self.random.choice(len(among), p=p))]
