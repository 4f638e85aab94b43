"""Population margins that the weights of a microdata file are raked to."""

from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np

from analysis.microdata import files
from analysis.statistics.sampling import empty_cell, samples, unknown_cell
from analysis.statistics.sampling.samples import TrimBounds
from analysis.statistics.sampling.variance import Floats, Ints, Projection
from survey.files.refusals import unreadable_file

Residuals = Literal["calibrate", "rake"]


class Benchmarks(msgspec.Struct, frozen=True, kw_only=True):
    """Residents by variable and category, and how the weights are fitted to them.

    `residuals` says how the residuals on the margins, which give the variance, are fitted: weighted
    by the weights before raking as in R's `calibrate()`, or unweighted as in R's `rake()`.
    """

    targets: dict[str, dict[str, float]]
    trim: float | TrimBounds | None = None
    residuals: Residuals = "calibrate"


class Raking(msgspec.Struct, frozen=True, kw_only=True):
    """Summary of a raking; `unknown` counts rows without a category, by margin."""

    margins: tuple[str, ...]
    residuals: Residuals
    trim: float | TrimBounds | None
    cycles: int
    largest_residual: float
    trimmed_share: float
    unknown: dict[str, int]


@dataclass(frozen=True, eq=False, kw_only=True)
class RakedMicrodata:
    """Raked weights, what the variance needs to know about them, and a summary of the raking."""

    weight: Floats
    projection: Projection
    raking: Raking


def rake_to_benchmarks(
    benchmarks: Benchmarks, file: files.Microdata, weight: Floats
) -> RakedMicrodata:
    """Rake the weights to the benchmarks. Errors: as `samples.rake`."""
    cells = margin_cells(file, benchmarks)
    aims = {name: np.array(list(targets.values())) for name, targets in benchmarks.targets.items()}
    raked = samples.rake(weight, cells, aims, trim=benchmarks.trim)
    before = weight if benchmarks.residuals == "calibrate" else None
    return RakedMicrodata(
        weight=raked.weight,
        projection=Projection(cells=cells, design_weight=before),
        raking=Raking(
            margins=tuple(cells),
            residuals=benchmarks.residuals,
            trim=benchmarks.trim,
            cycles=raked.cycles,
            largest_residual=raked.largest_residual,
            trimmed_share=raked.trimmed_share,
            unknown={name: int((cell < 0).sum()) for name, cell in cells.items()},
        ),
    )


def margin_cells(file: files.Microdata, benchmarks: Benchmarks) -> dict[str, Ints]:
    """The category number of each row by margin, -1 where it is not known."""
    cells = {}
    for margin, targets in benchmarks.targets.items():
        labels, names = files.label_column(file, margin), list(targets)
        strange = [value for value in files.sorted_values(labels) if value not in targets]
        if strange:
            raise unknown_cell(margin=margin, cell=repr(strange[0]))
        for name in names:
            # `samples.rake` would refuse this too, but with a number in place of the name.
            if not (labels == name).any():
                raise empty_cell(margin=margin, cell=repr(name))
        place = {name: at for at, name in enumerate(names)}
        cells[margin] = np.array([place.get(label, -1) for label in labels.tolist()])
    return cells


def read_targets(file: files.Microdata) -> dict[str, dict[str, float]]:
    """Read margins from a table of three columns: variable, category, residents.

    Errors: Problem `file.format` for another number of columns, `microdata.cells` for a row without
    a number above 0 or with a repeated category.
    """
    if len(file.columns) != 3:
        seen = f"{len(file.columns)} columns ({', '.join(file.columns)})"
        raise unreadable_file(file.name, "three columns: variable, category, total", seen)
    (_, margins), (category, names), (total, counts) = file.columns.items()
    targets: dict[str, dict[str, float]] = {}
    faults = []
    for i, (margin, name, count) in enumerate(zip(margins, names, counts, strict=True)):
        if name in targets.setdefault(margin, {}):
            faults.append(
                files.cell_fault(file, i, category, f"{name!r} of {margin} appears twice")
            )
        try:
            targets[margin][name] = files.parse_positive(count)
        except ValueError as wrong:
            faults.append(files.cell_fault(file, i, total, str(wrong)))
    if faults:
        raise files.bad_microdata_cells(
            file, faults, "Correct the file of margins. No estimate was made."
        )
    return targets
