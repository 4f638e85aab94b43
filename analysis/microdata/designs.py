"""The design of a microdata file: how respondents were drawn, and the margins to rake to."""

from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np

from analysis.microdata import files
from analysis.microdata.benchmarks import Benchmarks, Raking, rake_to_benchmarks
from analysis.statistics.sampling import samples
from analysis.statistics.sampling.samples import Design, EfficiencyFlag, Sample
from analysis.statistics.sampling.variance import Clusters, Floats, Labels, Projection, to_clusters
from survey.problems import Fault, Invalid

LonePsu = Literal["refuse", "adjust"]
MODE, MODES = "mode", {"sampled", "open"}


class DesignColumns(msgspec.Struct, frozen=True, kw_only=True):
    """The columns that say how people were drawn, and what to do with a stratum of one PSU."""

    weight: str | None = None
    stratum: str | None = None
    psu: str | None = None
    fpc: str | None = None
    lone_psu: LonePsu = "refuse"


@dataclass(frozen=True, eq=False, kw_only=True)
class MicrodataSample:
    """The respondents as a sample, and what raking means for the variance."""

    sample: Sample
    projection: Projection | None = None
    raking: Raking | None = None
    lone: tuple[str, ...] = ()


def microdata_sample(
    file: files.Microdata, drawing: DesignColumns, benchmarks: Benchmarks | None = None
) -> MicrodataSample:
    """The sample that a file describes, raked where there are benchmarks.

    Errors: Problem `microdata.column`, `microdata.cells`, `design.fpc`, `design.lone_psu`,
    `streams.mixed` where a column `mode` holds open answers, and those of `samples.rake`.
    """
    weight = (
        np.ones(len(file))
        if drawing.weight is None
        else files.positive_column(file, drawing.weight)
    )
    stratum, psu = optional_labels(file, drawing.stratum), optional_labels(file, drawing.psu)
    fpc = None if drawing.fpc is None else files.positive_column(file, drawing.fpc)
    whole = np.zeros(len(file), dtype=np.int64) if stratum is None else stratum
    if fpc is not None:
        check_fpc(file, drawing, whole, fpc)
    # Checked before `Design` does, whose errors do not name the stratum in the file.
    within = to_clusters(whole, np.arange(len(file)) if psu is None else psu, fpc)
    if fpc is not None:
        names = np.unique(whole)
        for at in np.flatnonzero(within.sizes > within.population).tolist():
            raise too_small_fpc(
                int(within.sizes[at]), stratum_name(names, at), float(within.population[at])
            )
    lone = lone_strata(within, np.unique(whole), drawing.lone_psu)
    projection, raking = None, None
    if benchmarks is not None:
        raked = rake_to_benchmarks(benchmarks, file, weight)
        weight, projection, raking = raked.weight, raked.projection, raked.raking
    design = Design(weight=weight, stratum=stratum, psu=psu, fpc=fpc)
    sample = Sample(modes=collection_modes(file), design=design)
    return MicrodataSample(sample=sample, projection=projection, raking=raking, lone=lone)


class WeightSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Summary of the weights used for the estimates, and what their inequality costs."""

    sum: float
    least: float
    largest: float
    design_effect: float
    effective_n: float
    flag: EfficiencyFlag


class DesignSummary(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of a design and what was found in them."""

    columns: DesignColumns
    rows: int
    strata: int
    psus: int
    lone_strata: tuple[str, ...]
    weights: WeightSummary
    raking: Raking | None


def design_summary(drawing: DesignColumns, drawn: MicrodataSample) -> DesignSummary:
    design = drawn.sample.design
    weight, kish = design.weight, samples.kish(design.weight)
    return DesignSummary(
        columns=drawing,
        rows=len(weight),
        strata=len(design.clusters.sizes),
        psus=len(design.clusters.stratum),
        lone_strata=drawn.lone,
        weights=WeightSummary(
            sum=float(weight.sum()),
            least=float(weight.min()),
            largest=float(weight.max()),
            design_effect=kish.deff,
            effective_n=kish.n_eff,
            flag=kish.flag,
        ),
        raking=drawn.raking,
    )


def optional_labels(file: files.Microdata, column: str | None) -> Labels | None:
    return None if column is None else files.label_column(file, column, every=True)


def collection_modes(file: files.Microdata) -> Labels:
    """The collection mode of each row, if the file has it; otherwise all rows count as sampled."""
    # With other words in it, a column `mode` is a question of the survey itself.
    if MODE in file and set(file.texts(MODE)) <= MODES:
        return files.label_column(file, MODE)
    return np.full(len(file), "sampled")


def check_fpc(file: files.Microdata, drawing: DesignColumns, stratum: Labels, fpc: Floats) -> None:
    _, first, index = np.unique(stratum, return_index=True, return_inverse=True)
    for row in np.flatnonzero(fpc != fpc[first][index]).tolist():
        sentence = f"is {fpc[row]:g}, but {fpc[first[index[row]]]:g} in row "
        other = file.lines[int(first[index[row]])]
        at = files.cell_fault(file, row, str(drawing.fpc), f"{sentence}{other} of the same stratum")
        raise unequal_fpc(file.name, at)


def unequal_fpc(file: str, at: Fault) -> Invalid:
    return Invalid(
        "design.fpc",
        f"{file}: {at.where}: {at.sentence}.",
        "Give one number of PSUs in the population for each stratum. No estimate was made.",
        (at,),
    )


too_small_fpc = Invalid.of(
    "design.fpc",
    "{drawn} PSUs were drawn in {stratum}, more than the {population:g} given for its population.",
    "Give the number of PSUs in the population of the stratum: not of persons in a PSU, and not a "
    "fraction. No estimate was made.",
)


def lone_strata(within: Clusters, names: Labels, policy: LonePsu) -> tuple[str, ...]:
    """Strata of which one PSU of several was drawn; raises unless these are to be adjusted."""
    # With a factor of 0 the PSU is all that its stratum has, and adds no sampling error.
    strata = tuple(
        stratum_name(names, at) for at in np.flatnonzero(within.lone & (within.factor > 0)).tolist()
    )
    # Adjusting cannot help either: the mean of all PSUs is then this PSU, and the error 0.
    if strata and len(within.stratum) == 1:
        raise only_psu()
    if strata and policy == "refuse":
        raise lone_psu(files.shortened_list(strata, 5))
    return strata


lone_psu = Invalid.of(
    "design.lone_psu",
    "There is a single PSU in {strata}: the variation between PSUs cannot be measured there.",
    "Combine the stratum with a similar one, or use --lone-psu adjust, which measures it from the "
    "mean of all PSUs. No estimate was made.",
)
only_psu = Invalid.of(
    "design.lone_psu",
    "All rows belong to one PSU: the variation between PSUs cannot be measured.",
    "Check that --psu names the right column. No estimate was made.",
)


def stratum_name(names: Labels, at: int) -> str:
    return f"stratum {str(names[at])!r}" if names.dtype.kind == "U" else "the one stratum"
