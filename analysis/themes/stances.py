"""How many texts are for a demand, against it or for it under conditions, as people would say.

The machine reads every text about the demand and people label some. The longest run of texts, in
the order by chance, of which each has a label is a random sample of them, whoever chose which text
to label next: by it the machine's shares are corrected.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from analysis.statistics import correction
from analysis.statistics.sampling.estimates import means
from analysis.statistics.sampling.samples import Design, Sample
from analysis.statistics.sampling.variance import Flags, Floats, Ints, Labels
from survey.themes.demands import STANCES, TAKEN, Stance
from survey.themes.double_coding import AccuracyEstimate

FOR = STANCES.index("for")
NONE = STANCES.index("none")
ALL_LABELLED = 1e9  # labels that leave no error


@dataclass(frozen=True, eq=False, kw_only=True)
class StanceTexts:
    """Texts about one demand, one entry a text.

    `read` and `said` are the stance that the machine read and a person said, as places in
    `STANCES`, -1 where there is none; `chance` the place of the text in the order by chance, 0 to
    1; `own` whether it is of the demand's own campaign, and so for it; `campaign` a number for each
    campaign, -1 for none. `weight`, `stratum` and `psu` say how the writer was drawn (weight 1
    where nobody was drawn).
    """

    stream: Labels
    weight: Floats
    stratum: Labels
    psu: Labels
    campaign: Ints
    own: Flags
    chance: Floats
    read: Ints
    said: Ints

    def __len__(self) -> int:
        return len(self.chance)

    def only(self, rows: Flags) -> "StanceTexts":
        return StanceTexts(
            **{field.name: getattr(self, field.name)[rows] for field in fields(self)}
        )

    def of_stream(self, stream: str) -> "StanceTexts":
        return self.only(self.stream == stream)

    def random_part(self) -> Flags:
        """The texts before the first one without a label, in their order by chance.

        Nearly a simple random sample of all but those of the demand's own campaign: the last few
        may have been labelled because the machine was unsure of them.
        """
        asked = ~self.own
        unlabelled = self.chance[asked & (self.said < 0)]
        return asked & (self.chance < (unlabelled.min() if len(unlabelled) else np.inf))

    def once_weights(self) -> Floats:
        """The weight of each text where every campaign counts once; other texts keep theirs."""
        sizes = np.bincount(self.campaign[self.campaign >= 0], minlength=1)
        copies = np.where(self.campaign >= 0, sizes[self.campaign], 1)
        return self.weight / np.maximum(copies, 1)

    def design(self, weight: Floats) -> Design:
        """How these texts were drawn; the writers of one stream were drawn by chance."""
        if not self.is_sampled:
            return Design(weight=weight)
        return Design(weight=weight, stratum=self.stratum, psu=self.psu)

    @property
    def is_sampled(self) -> bool:
        return bool(len(self)) and str(self.stream[0]) == "sampled"


@dataclass(frozen=True, eq=False, kw_only=True)
class DemandTexts:
    """A demand that editions report, with the texts about it and the machine's balanced accuracy
    (None before it has learned).
    """

    id: str
    sentence: str
    texts: StanceTexts
    accuracy: AccuracyEstimate | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class ReadSample:
    """The texts of one stream outside the demand's own campaign, and the random part of them.

    `weight` how much each text counts; `own` the weight of the demand's own campaign, in texts like
    these: its texts are all for the demand, as the person who opened it said.
    """

    texts: StanceTexts
    drawn: Flags
    weight: Floats
    own: float

    def machine_mean(self, value: Floats) -> correction.MachineMean:
        """The mean over all texts: an estimate for drawn residents, else of these very texts."""
        if not self.texts.is_sampled:
            return correction.MachineMean(mean=float(np.average(value, weights=self.weight)))
        design = self.texts.design(self.weight)
        mean = means(value, Sample(modes=np.full(len(value), "sampled"), design=design))
        return correction.MachineMean(
            mean=float(mean.value[0]), variance=float(np.nan_to_num(mean.se[0] ** 2))
        )

    def labelled_mean(self, y: Floats, f: Floats, power: float | None) -> correction.UnboundedMean:
        """The mean of y over all texts, from the labels and from f of all texts (PPI++)."""
        mine = self.texts.only(self.drawn)
        labels = correction.LabelledTexts(
            y=y[self.drawn], f=f[self.drawn], design=mine.design(self.weight[self.drawn])
        )
        return correction.unbounded_ppi(labels, self.machine_mean(f), power)

    @property
    def part_left(self) -> float:
        """The share of these texts without a label, on which a figure about these very texts can
        still err; 1 for drawn residents.
        """
        return 1.0 if self.texts.is_sampled else 1.0 - float(self.drawn.mean())


def read_sample(texts: StanceTexts, *, once: bool) -> ReadSample:
    weight = texts.once_weights() if once else texts.weight
    asked = ~texts.own
    return ReadSample(
        texts=texts.only(asked),
        drawn=texts.random_part()[asked],
        weight=weight[asked],
        own=float(weight[texts.own].sum() / weight[asked].sum()) if asked.any() else 0.0,
    )


def takes_stance(stances: Ints) -> Floats:
    return np.asarray((stances >= 0) & (stances != NONE), dtype=np.float64)


def number_taking(texts: StanceTexts, *, once: bool = False) -> int:
    """How many texts of one stream take a stance, as people would say, those of the demand's own
    campaign among them; with `once`, each campaign counts as one text.
    """
    sample = read_sample(texts, once=once)
    counted = replace(texts, weight=np.ones(len(texts)))
    number = counted.once_weights() if once else counted.weight
    asked = float(number[~texts.own].sum())
    m, g = takes_stance(sample.texts.said), takes_stance(sample.texts.read)
    return round(
        correction.clamp(sample.labelled_mean(m, g, None).value, correction.SHARE) * asked
        + float(number[texts.own].sum())
    )


def stance_share(sample: ReadSample, stance: Stance) -> correction.CorrectedMean | None:
    """The share of a stance among the texts that take one; None if there may be none.

    θ solves λ·mean(g(f - θ) over all) + mean(m(y - θ) - λg(f - θ) over labels) + own·(1[for] - θ)
    = 0, as in `ppi_of_domain`: m and g are whether people and the machine read a stance in a text,
    y and f whether it is this one, own the weight of the demand's own campaign over that of all
    other texts. V(θ) = V(left side at θ) / D² · n/(n-2) · (1 - labelled share of the texts), D the
    corrected share of texts with a stance; n are the labels of texts in which either reads one. The
    last factor, for sampling without replacement, is 1 for residents who were drawn, since the
    figure is then about others too.
    Errors: ValueError for fewer than two labels.
    Source: Angelopoulos, Duchi & Zrnic (2023), "PPI++"; Särndal, Swensson & Wretman (1992) §5.6;
    Cochran (1977) §2.6 for the last factor.
    """
    equation = StanceEquation(sample, STANCES.index(stance))
    theta, _ = equation.root(1.0)
    if np.isnan(theta):
        return None
    power = equation.at(theta, None).power
    theta, below = equation.root(power)
    if np.isnan(theta):
        return None
    mean = equation.at(theta, power)
    n, part = equation.labels, sample.part_left
    left = max(n - 2, 1)
    error = mean.error / below * (n / left * part) ** 0.5
    return correction.bounded_mean(
        replace(mean, value=theta, error=error, df=min(mean.df, left)),
        correction.SHARE,
        n=n,
        n_eff=n / part if part > 0 else ALL_LABELLED,
    )


@dataclass(frozen=True, eq=False)
class StanceEquation:
    """The left side of the equation of `stance_share`, for the stance at place `k`."""

    sample: ReadSample
    k: int

    def at(self, theta: float, power: float | None) -> correction.UnboundedMean:
        """What texts outside the own campaign add to the left side, with θ held in 0 to 1."""
        said, read = self.sample.texts.said, self.sample.texts.read
        theta = correction.clamp(theta, correction.SHARE)
        return self.sample.labelled_mean(
            takes_stance(said) * ((said == self.k) - theta),
            takes_stance(read) * ((read == self.k) - theta),
            power,
        )

    def root(self, power: float) -> tuple[float, float]:
        """θ, NaN where no text may take a stance, and D plus the own campaign."""
        above = self.at(0.0, power).value
        below = above - self.at(1.0, power).value + self.sample.own
        if not below > 0:
            return np.nan, below
        return (above + self.sample.own * (self.k == FOR)) / below, below

    @property
    def labels(self) -> int:
        """How many labels are of texts in which people or the machine read a stance."""
        texts, drawn = self.sample.texts, self.sample.drawn
        either = takes_stance(texts.said) + takes_stance(texts.read)
        return int((either[drawn] > 0).sum())


def stance_shares(
    texts: StanceTexts, *, once: bool = False
) -> dict[Stance, correction.CorrectedMean]:
    """The share of each stance among the texts of one stream that take one; empty where too few
    were labelled.
    """
    sample = read_sample(texts, once=once)
    if sample.drawn.sum() < 2:
        return {}
    shares = {stance: stance_share(sample, stance) for stance in TAKEN}
    return {taken_stance: share for taken_stance, share in shares.items() if share is not None}
