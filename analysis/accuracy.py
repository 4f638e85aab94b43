"""How well the machine reads what two people coded, and shares put right by it."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, fields

import msgspec
import numpy as np

from analysis.statistics import agreement, correction
from analysis.statistics.agreement import Drawn, Read
from analysis.statistics.correction import Corrected, Machine
from analysis.statistics.estimates import means
from analysis.statistics.streams import Design, Sample
from analysis.statistics.variance import Flags, Floats, Labels, Whole
from survey.double_coding import (
    FEWEST_LABELS,
    Accuracy,
    Measured,
    Standing,
    quarter_of,
    standing,
)
from survey.reports import ThemeShare

FEWEST_IN_GROUP = 30
TONES = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}
YEAR = datetime.timedelta(days=366)


@dataclass(frozen=True, eq=False, kw_only=True)
class Labelled:
    """Texts that two people coded, one entry a text.

    `weight` 1 / chance to be drawn for coding, in `stratum`; the survey's own design is that of
    the resident who wrote it (weight 1 where nobody was drawn). `age`, `sex` and `ethnicity` as
    the writer told them, "" where not. `first` and `second` the sets of
    themes that each said (None: could not tell), `settled` whether they agree or a third decided.
    texts x themes: `truth` what counts, `told`
    whether that is known, `then` and `now` what the machine said under the version of the coding
    and says today. `tone` -1, 0, 1 or NaN, of the people and of the machine. What each of the two
    said, -1 where they could not tell: `marks` texts x 2 x themes, `tones` and `comment_types`
    texts x 2.
    """

    quarter: Labels
    stream: Labels
    area: Labels
    language: Labels
    age: Labels
    sex: Labels
    ethnicity: Labels
    weight: Floats
    stratum: Labels
    survey_weight: Floats
    survey_stratum: Labels
    psu: Labels
    first: Labels
    second: Labels
    settled: Flags
    truth: Flags
    told: Flags
    then: Flags
    now: Flags
    tone: Floats
    tone_then: Floats
    tone_now: Floats
    marks: Whole
    tones: Whole
    comment_types: Whole

    def __len__(self) -> int:
        return len(self.weight)

    def only(self, rows: Flags) -> "Labelled":
        return Labelled(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})

    def in_quarter(self, quarter: datetime.date) -> Flags:
        return np.array([one == quarter for one in self.quarter], dtype=np.bool_)

    def known(self) -> Flags:
        """Texts of which the themes are settled."""
        return np.asarray(self.told.any(axis=1))

    def drawn(self) -> Drawn:
        return Drawn(weight=self.weight, stratum=self.stratum)

    def design(self, stream: str) -> Design:
        """Of residents who were drawn the chances of both draws, in the survey's clusters."""
        if stream == "sampled":
            weight = self.weight * self.survey_weight
            return Design(weight=weight, stratum=self.survey_stratum, psu=self.psu)
        return Design(weight=self.weight, stratum=self.stratum)


@dataclass(frozen=True, kw_only=True)
class Window:
    """The period whose texts are put right."""

    start: datetime.date
    end: datetime.date

    def covered(self, quarter: Labels) -> Flags:
        """Labels of the year before the end of the window, for none are known from later."""
        last = quarter_of(self.end)
        return np.array([last - YEAR < one <= last for one in quarter], dtype=np.bool_)

    def own(self, quarter: Labels) -> Flags:
        """Labels whose texts were drawn from the quarter that holds the whole window."""
        held = quarter_of(self.start) == quarter_of(self.end)
        return np.array([held and one == quarter_of(self.end) for one in quarter], dtype=np.bool_)


def up_to(labelled: Labelled | None, day: datetime.date) -> Labelled | None:
    """What was known of texts up to the quarter that holds the day."""
    last = quarter_of(day)
    return labelled and labelled.only(np.array([one <= last for one in labelled.quarter], bool))


def accuracies(labelled: Labelled | None) -> list[Accuracy]:
    """One for each quarter, the newest first; the machine as it read then."""
    if labelled is None:
        return []
    quarters = sorted(set(labelled.quarter.tolist()), reverse=True)
    return [accuracy(labelled.only(labelled.in_quarter(one)), one) for one in quarters]


def telling(found: Sequence[Accuracy]) -> list[Accuracy]:
    """Those of 100 labels or more: fewer tell nothing of a quarter."""
    return [one for one in found if one.labels >= FEWEST_LABELS]


def judged(found: Sequence[Accuracy]) -> Standing | None:
    """By the newest quarter that tells beside the one before it; None before any."""
    return standing(*telling(found)[:2]) if telling(found) else None


def accuracy(labelled: Labelled, quarter: datetime.date) -> Accuracy:
    drawn = labelled.drawn()
    known = labelled.only(labelled.known())
    return Accuracy(
        quarter=quarter,
        labels=len(known),
        alpha=of_themes(labelled.first, labelled.second, drawn),
        f1=agreement.measured(read_of(known).samples_f1(), known.drawn()),
        tone_recall=agreement.measured(
            agreement.macro_recall(classes(labelled.tone), classes(labelled.tone_then)), drawn
        ),
    )


def of_themes(first: Labels, second: Labels, drawn: Drawn) -> Measured:
    """Krippendorff's α of two people's sets of themes."""
    values, distance = agreement.sets(list(first), list(second))
    return agreement.measured(agreement.alpha(values, distance), drawn)


def of_theme(labelled: Labelled, place: int) -> Measured:
    """α of whether a text speaks of one theme."""
    return agreement.measured(agreement.alpha(labelled.marks[:, :, place]), labelled.drawn())


def read_of(labelled: Labelled) -> Read:
    told = labelled.told
    return Read(truth=labelled.truth & told, guess=labelled.then & told)


def classes(tone: Floats) -> Whole:
    return np.where(np.isfinite(tone), tone + 1, -1).astype(np.int64)


def by_group(labelled: Labelled, group: Labels) -> dict[str, tuple[Measured, Measured]]:
    """α and F1 of each group with 30 settled texts or more, the others left out."""
    found = {}
    for name in sorted(set(group.tolist()) - {""}):
        mine = labelled.only(np.array([one == name for one in group]))
        settled = mine.only(mine.known())
        if len(settled) >= FEWEST_IN_GROUP:
            alpha = of_themes(mine.first, mine.second, mine.drawn())
            f1 = agreement.measured(read_of(settled).samples_f1(), settled.drawn())
            found[str(name)] = alpha, f1
    return found


def usable(labelled: Labelled, stream: str, window: Window) -> tuple[Labelled, float | None]:
    """The labels that put a stream right, and how far the machine is believed (None: at its best).

    Those of the window's own quarter where there are 100: the window's texts are like them. Else
    those of the year, and λ is 1: what people said of earlier texts tells how far the machine
    is off, not how often a theme comes up now.
    """
    mine = labelled.only((labelled.stream == stream) & window.covered(labelled.quarter))
    own = mine.only(window.own(mine.quarter))
    return (own, None) if len(own) >= FEWEST_LABELS else (mine, 1.0)


def machines(spoken: Flags, sample: Sample | None) -> list[Machine]:
    """The machine's share of each theme; of the texts that came, all were read: no variance."""
    every = spoken.astype(np.float64).T
    if sample is None:
        return [Machine(mean=float(one.mean())) for one in every]
    found = [means(one, sample) for one in every]
    return [
        Machine(mean=float(one.value[0]), variance=float(np.nan_to_num(one.se[0] ** 2)))
        for one in found
    ]


def put_right(
    found: Sequence[ThemeShare],
    machine: Sequence[Machine],
    labelled: Labelled,
    window: Window,
) -> list[ThemeShare]:
    """The shares of one stream in the city, corrected where 100 labels or more tell of a theme.

    Of texts by people who chose to write, the interval is that of the reading alone: it says how
    far the share of these very texts may be off, and nothing of anybody who did not write.
    """
    return [
        right(one, corrected(labelled, i, one.stream, machine[i], window))
        for i, one in enumerate(found)
    ]


def corrected(
    labelled: Labelled, theme: int, stream: str, machine: Machine, window: Window
) -> Corrected | None:
    mine, power = usable(labelled.only(labelled.told[:, theme]), stream, window)
    if len(mine) < FEWEST_LABELS:
        return None
    y, f = (one[:, theme].astype(np.float64) for one in (mine.truth, mine.now))
    return correction.share(correction.ppi(y, f, mine.design(stream), machine, power=power))


def right(share: ThemeShare, found: Corrected | None) -> ThemeShare:
    if found is None or share.share is None:
        return msgspec.structs.replace(share, machine_share=share.share, method="machine count")
    return msgspec.structs.replace(
        share,
        machine_share=share.share,
        share=found.value,
        low=found.low,
        high=found.high,
        corrected=True,
        labels=found.n,
        method=f"PPI++ (λ {found.power:.2f}, {found.n} labels)",
    )
