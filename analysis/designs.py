"""The design of a file of microdata: who was drawn how, and raked to which margins."""

from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np

from analysis.benchmarks import Benchmarks, Raking, raked_to
from analysis.microdata import Microdata, fault, labels, listed, positive
from analysis.statistics import weights
from analysis.statistics.streams import Design, Sample
from analysis.statistics.variance import Clusters, Floats, Labels, Projection, clusters
from analysis.statistics.weights import Efficiency
from survey.problems import Invalid

LonePsu = Literal["refuse", "adjust"]
MODE, MODES = "mode", {"sampled", "open"}


class Drawing(msgspec.Struct, frozen=True, kw_only=True):
    """The columns that say how people were drawn, and what is done with a lone PSU."""

    weight: str | None = None
    stratum: str | None = None
    psu: str | None = None
    fpc: str | None = None
    lone_psu: LonePsu = "refuse"


@dataclass(frozen=True, eq=False, kw_only=True)
class Drawn:
    """The respondents as a sample, and what their raking means for the variance."""

    sample: Sample
    projection: Projection | None = None
    raking: Raking | None = None
    lone: tuple[str, ...] = ()


def drawn(file: Microdata, drawing: Drawing, benchmarks: Benchmarks | None = None) -> Drawn:
    """The sample that a file describes, raked where there are benchmarks.

    Errors: Problem `microdata.column`, `microdata.cells`, `design.fpc`, `design.lone_psu`,
    `streams.mixed` where a column `mode` holds open answers, and those of `weights.rake`.
    """
    weight = np.ones(len(file)) if drawing.weight is None else positive(file, drawing.weight)
    stratum, psu = labelled(file, drawing.stratum), labelled(file, drawing.psu)
    fpc = None if drawing.fpc is None else positive(file, drawing.fpc)
    whole = np.zeros(len(file), dtype=np.int64) if stratum is None else stratum
    if fpc is not None:
        check_fpc(file, drawing, whole, fpc)
    within = clusters(whole, np.arange(len(file)) if psu is None else psu, fpc)
    if fpc is not None:
        check_enough(within, np.unique(whole))
    lone = lone_strata(within, np.unique(whole), drawing.lone_psu)
    projection, raking = None, None
    if benchmarks is not None:
        raked = raked_to(benchmarks, file, weight)
        weight, projection, raking = raked.weight, raked.projection, raked.raking
    design = Design(weight=weight, stratum=stratum, psu=psu, fpc=fpc)
    sample = Sample(modes=modes(file), design=design)
    return Drawn(sample=sample, projection=projection, raking=raking, lone=lone)


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """The weights that the estimates were made with, and what their inequality costs."""

    sum: float
    least: float
    largest: float
    design_effect: float
    effective_n: float
    flag: Efficiency


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of a design and what was found in them."""

    columns: Drawing
    rows: int
    strata: int
    psus: int
    lone_strata: tuple[str, ...]
    weights: Weights
    raking: Raking | None


def described(drawing: Drawing, drawn: Drawn) -> Described:
    design = drawn.sample.design
    weight, kish = design.weight, weights.kish(design.weight)
    return Described(
        columns=drawing,
        rows=len(weight),
        strata=len(design.clusters.sizes),
        psus=len(design.clusters.stratum),
        lone_strata=drawn.lone,
        weights=Weights(
            sum=float(weight.sum()),
            least=float(weight.min()),
            largest=float(weight.max()),
            design_effect=kish.deff,
            effective_n=kish.n_eff,
            flag=kish.flag,
        ),
        raking=drawn.raking,
    )


def labelled(file: Microdata, column: str | None) -> Labels | None:
    return None if column is None else labels(file, column, every=True)


def modes(file: Microdata) -> Labels:
    """The collection mode of each row where the file tells it; else people say they drew it."""
    if MODE in file and set(file.texts(MODE)) <= MODES:
        return labels(file, MODE)
    return np.full(len(file), "sampled")


def check_fpc(file: Microdata, drawing: Drawing, stratum: Labels, fpc: Floats) -> None:
    _, first, index = np.unique(stratum, return_index=True, return_inverse=True)
    for row in np.flatnonzero(fpc != fpc[first][index]).tolist():
        sentence = f"is {fpc[row]:g}, but {fpc[first[index[row]]]:g} in row "
        other = file.lines[int(first[index[row]])]
        at = fault(file, row, str(drawing.fpc), f"{sentence}{other} of the same stratum")
        raise Invalid(
            "design.fpc",
            f"{file.name}: {at.where}: {at.sentence}.",
            "Give one number of PSUs in the population for each stratum. No estimate was made.",
            (at,),
        )


def check_enough(within: Clusters, names: Labels) -> None:
    for at in np.flatnonzero(within.sizes > within.population).tolist():
        raise Invalid(
            "design.fpc",
            f"{within.sizes[at]} PSUs were drawn in {stratum_name(names, at)}, more than the "
            f"{within.population[at]:g} given for its population.",
            "Give the number of PSUs in the population of the stratum: not of persons in a PSU, "
            "and not a fraction. No estimate was made.",
        )


def lone_strata(within: Clusters, names: Labels, policy: LonePsu) -> tuple[str, ...]:
    """Strata whose single PSU is not all that there is; refused unless they are to be adjusted."""
    found = tuple(
        stratum_name(names, at) for at in np.flatnonzero(within.lone & (within.factor > 0)).tolist()
    )
    if found and len(within.stratum) == 1:
        raise Invalid(
            "design.lone_psu",
            "All rows belong to one PSU: the variation between PSUs cannot be measured.",
            "Check that --psu names the right column. No estimate was made.",
        )
    if found and policy == "refuse":
        raise Invalid(
            "design.lone_psu",
            f"There is a single PSU in {listed(found, 5)}: the variation between PSUs cannot be "
            "measured there.",
            "Combine the stratum with a similar one, or use --lone-psu adjust, which measures it "
            "from the mean of all PSUs. No estimate was made.",
        )
    return found


def stratum_name(names: Labels, at: int) -> str:
    return f"stratum {str(names[at])!r}" if names.dtype.kind == "U" else "the one stratum"
