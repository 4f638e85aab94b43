"""What the double coding of one quarter found, as the working group reads it."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from analysis import accuracy
from analysis.accuracy import FEWEST_IN_GROUP, Labelled
from analysis.statistics import agreement, correction
from analysis.statistics.correction import Corrected, Machine
from analysis.statistics.estimates import known, means
from analysis.statistics.streams import Design, Sample
from analysis.statistics.variance import Flags, Floats, Labels
from survey.double_coding import Accuracy, Measured, Standing

STREAMS = ("sampled", "open", "complaints")


class ThemeRead(msgspec.Struct, frozen=True, kw_only=True):
    """How two people agreed on one theme, and how the machine read it."""

    name: str
    labels: int
    alpha: Measured
    precision: float | None
    recall: float | None
    f1: Measured


class Group(msgspec.Struct, frozen=True):
    """α and F1 of the texts of one stream, language, borough or group of writers."""

    kind: str
    name: str
    alpha: Measured
    f1: Measured


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """A machine count beside the corrected figure; `other` by Rogan and Gladen's formula."""

    stream: str
    name: str
    machine: float
    corrected: Corrected
    other: Corrected | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the labels tell; of one quarter but for `quarters`."""

    standing: Standing | None
    quarters: tuple[Accuracy, ...]
    agree: Measured
    macro_f1: Measured
    comment_alpha: Measured
    tone_alpha: Measured
    themes: tuple[ThemeRead, ...]
    groups: tuple[Group, ...]
    shares: tuple[Beside, ...]
    tones: tuple[Beside, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Frame:
    """All texts that a sample was drawn from: what the machine says, and the survey's design."""

    stream: Labels
    spoken: Flags
    tone: Floats
    weight: Floats
    stratum: Labels
    psu: Labels

    def machine(self, f: Floats, stream: str) -> Machine:
        """Of residents who were drawn with the variance of the draw; else all have been read."""
        rows = (self.stream == stream) & np.isfinite(f)
        if stream != "sampled":
            return Machine(mean=float(f[rows].mean()))
        design = Design(weight=self.weight[rows], stratum=self.stratum[rows], psu=self.psu[rows])
        found = means(f[rows], Sample(modes=np.full(int(rows.sum()), "sampled"), design=design))
        return Machine(mean=float(found.value[0]), variance=float(found.se[0] ** 2))


def found(
    labelled: Labelled,
    frame: Frame,
    quarter: datetime.date,
    *,
    names: Sequence[str],
    boroughs: Sequence[str],
) -> Found:
    """The results of one quarter; `names` those of the themes, `boroughs` those of the areas."""
    quarters = accuracy.accuracies(labelled)
    mine = labelled.only(labelled.in_quarter(quarter))
    drawn, read = mine.drawn(), accuracy.read_of(mine)
    values, _ = agreement.sets(list(mine.first), list(mine.second))
    return Found(
        standing=accuracy.judged(quarters),
        quarters=tuple(quarters),
        agree=agreement.measured(agreement.percent(values), drawn),
        macro_f1=agreement.measured(read.macro_f1(), drawn),
        comment_alpha=agreement.measured(agreement.alpha(mine.comment_types), drawn),
        tone_alpha=agreement.measured(agreement.alpha(mine.tones), drawn),
        themes=tuple(of_theme(mine, i, name) for i, name in enumerate(names)),
        groups=tuple(groups(mine, boroughs)),
        shares=tuple(shares(mine, frame, names)),
        tones=tuple(tones(mine, frame)),
    )


def of_theme(labelled: Labelled, place: int, name: str) -> ThemeRead:
    mine = labelled.only(labelled.told[:, place])
    read, drawn = accuracy.read_of(mine), mine.drawn()
    precision, recall, _ = read.of_themes(drawn.weight[None, :])
    return ThemeRead(
        name=name,
        labels=len(mine),
        alpha=accuracy.of_theme(labelled, place),
        precision=known(precision[0, place]),
        recall=known(recall[0, place]),
        f1=agreement.measured(read.f1(place), drawn),
    )


def groups(labelled: Labelled, boroughs: Sequence[str]) -> list[Group]:
    places = np.array([boroughs[i] if i >= 0 else "" for i in labelled.area], dtype=np.str_)
    kinds = (
        ("Stream", labelled.stream),
        ("Language", labelled.language),
        ("Borough", places),
        ("Age", labelled.age),
        ("Sex", labelled.sex),
        ("Ethnicity", labelled.ethnicity),
    )
    return [
        Group(kind, name, *measured)
        for kind, group in kinds
        for name, measured in accuracy.by_group(labelled, group).items()
    ]


def shares(labelled: Labelled, frame: Frame, names: Sequence[str]) -> list[Beside]:
    """The share of each theme in each stream of which 30 texts or more are settled."""
    made = []
    for stream in STREAMS:
        for place, name in enumerate(names):
            mine = labelled.only((labelled.stream == stream) & labelled.told[:, place])
            if len(mine) < FEWEST_IN_GROUP:
                continue
            machine = frame.machine(frame.spoken[:, place].astype(np.float64), stream)
            y, f = (one[:, place].astype(np.float64) for one in (mine.truth, mine.now))
            put_right = correction.ppi(y, f, mine.design(stream), machine)
            made.append(
                Beside(
                    stream=stream,
                    name=name,
                    machine=machine.mean,
                    corrected=correction.share(put_right),
                    other=second_opinion(y, f, mine.weight, machine),
                )
            )
    return made


def second_opinion(y: Floats, f: Floats, weight: Floats, machine: Machine) -> Corrected | None:
    """Rogan and Gladen's share; the weights count through an effective number of labels."""
    parts = []
    for rows, right in ((y == 1, f), (y == 0, 1 - f)):
        w = weight[rows]
        if not w.sum():
            return None
        p, n = min(float(w @ right[rows] / w.sum()), 1.0), float(w.sum() ** 2 / (w**2).sum())
        # One right and one wrong more, so that no error seen is not no error (Lang & Reiczigel).
        wary = (p * n + 1) / (n + 2)
        parts.append(correction.Part(p, wary * (1 - wary) / (n + 2)))
    q = correction.Part(machine.mean, machine.variance)
    return correction.rogan_gladen(q, *parts, n=len(y))


def tones(labelled: Labelled, frame: Frame) -> list[Beside]:
    """Net sentiment of each stream: the mean of -1, 0 and 1, times 100."""
    made = []
    for stream in STREAMS:
        scored = np.isfinite(labelled.tone) & np.isfinite(labelled.tone_now)
        mine = labelled.only((labelled.stream == stream) & scored)
        if len(mine) < FEWEST_IN_GROUP:
            continue
        machine = frame.machine(100 * frame.tone, stream)
        put_right = correction.ppi(
            100 * mine.tone, 100 * mine.tone_now, mine.design(stream), machine, span=200.0
        )
        made.append(
            Beside(stream=stream, name="Net sentiment", machine=machine.mean, corrected=put_right)
        )
    return made
