"""Attacks each withheld small figure on cases of a whole city: python -m tests.bench.caseload."""

import time

import click

from analysis import caseload
from analysis.caseload import gated_caseload as gate
from tests.analysis.editions.random_caseloads import (
    caseload_period,
    derived_widths,
    figures_with_cells,
    random_complaints,
)

AREAS, KINDS, SEEDS = 33, 17, (1, 2, 3)


def main():
    click.echo("| complaints | figures | withheld | beside | below 5 wide | least | seconds |")
    click.echo("| --- | --- | --- | --- | --- | --- | --- |")
    for many in (40, 150, 600, 2_500):
        click.echo("| " + " | ".join(map(str, (f"{many:,}", *attack_figures(many)))) + " |")


def attack_figures(many):
    widths, figures, small, others, longest = [], 0, 0, 0, 0.0
    for seed in SEEDS:
        made = random_complaints(seed, many, areas=AREAS, kinds=KINDS)
        found = caseload.caseload(caseload_period(AREAS, KINDS), *made)
        begun = time.perf_counter()
        safe_caseload = gate(found)
        longest = max(longest, time.perf_counter() - begun)
        widths += [width for _, width in derived_widths(found, safe_caseload)]
        figures += len([*figures_with_cells(safe_caseload)])
        small, others = small + safe_caseload.small, others + safe_caseload.beside
    narrow = sum(width < 5 - 1e-6 for width in widths)
    return figures, small, others, narrow, round(min(widths)), f"{longest:.1f}"


if __name__ == "__main__":
    main()
