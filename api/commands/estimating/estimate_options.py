"""The options of `estimate`: figures, design, raking and output."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, get_args

import click

from analysis.microdata import benchmarks, designs, tabulation

Command = TypeVar("Command", bound=Callable[..., object])
EXAMPLES = """\b
Examples:
\b
  A mean with its design, for everyone and for each borough:
    soundings estimate people.csv --mean index --weight weight \\
      --stratum borough --psu ward --domain borough
\b
  Weights raked to margins, a proportion, and a difference of two groups:
    soundings estimate people.csv --proportion fair --weight weight \\
      --stratum borough --psu ward --margins margins.csv \\
      --difference ethnicity=Black ethnicity=White
\b
  The share of one answer, from another program, as JSON:
    cat people.csv | soundings estimate - --proportion q1=5 --format json
\b
margins.csv has three columns, whatever they are called: variable, category, total.
  variable,category,total
  sex,F,3775500
  sex,M,3775500
\b
In R, with the survey package:
  d <- svydesign(~ward, strata = ~borough, weights = ~weight, data = people, nest = TRUE)
  m <- svymean(~index, d); m; confint(m, df = degf(d))
"""


def figure_options(command: Command) -> Command:
    return add_options(
        command,
        click.option("--mean", multiple=True, metavar="VAR", help="Mean of a column of numbers."),
        click.option(
            "--proportion",
            multiple=True,
            metavar="VAR[=VALUE]",
            help="Share of 1 in a column of 0 and 1, or of one value in any column.",
        ),
        click.option(
            "--total", multiple=True, metavar="VAR", help="Total in the population of a column."
        ),
        click.option(
            "--ratio", multiple=True, metavar="NUM/DEN", help="Ratio of the totals of two columns."
        ),
        click.option(
            "--domain",
            multiple=True,
            metavar="VAR[:VAR]",
            help="Also for each value of a column, or each combination of values of several.",
        ),
        click.option(
            "--difference",
            multiple=True,
            nargs=2,
            metavar="VAR=VALUE VAR=VALUE",
            help=(
                "Also the difference between the first and second part, which may overlap: means "
                "and proportions."
            ),
        ),
    )


def design_options(command: Command) -> Command:
    return add_options(
        command,
        click.option("--weight", metavar="VAR", help="Weights, all above 0. [default: 1 a row]"),
        click.option("--stratum", metavar="VAR", help="Strata. [default: one]"),
        click.option(
            "--psu",
            metavar="VAR",
            help="Primary sampling units; the same label in two strata is two of them "
            "(R: nest = TRUE). [default: each row]",
        ),
        click.option(
            "--fpc",
            metavar="VAR",
            help="PSUs in the population of the stratum, if they were drawn without replacement.",
        ),
        click.option(
            "--lone-psu",
            type=click.Choice(get_args(designs.LonePsu)),
            default="refuse",
            show_default=True,
            help="A stratum with one PSU: refuse it, or measure it from the mean of all PSUs, as "
            "the editions do (R: fail, adjust).",
        ),
    )


def raking_options(command: Command) -> Command:
    return add_options(
        command,
        click.option(
            "--margins",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="Rake the weights to these: a CSV of variable, category, total.",
        ),
        click.option(
            "--trim",
            type=click.FloatRange(min=1, min_open=True),
            metavar="TIMES",
            help="Cap raked weights at TIMES their median and rake again; the editions say 5. "
            "[default: never]",
        ),
        click.option(
            "--trim-between",
            type=(click.FloatRange(0, 1), click.FloatRange(min=1, min_open=True)),
            metavar="LEAST LARGEST",
            help="Or limit them to between these multiples of their mean.",
        ),
        click.option(
            "--residuals",
            type=click.Choice(get_args(benchmarks.Residuals)),
            default="calibrate",
            show_default=True,
            help="The error after raking as R's calibrate() has it, and the editions, or as "
            "R's rake().",
        ),
    )


def output_options(command: Command) -> Command:
    return add_options(
        command,
        click.option(
            "--confidence",
            type=click.FloatRange(0, 1, min_open=True, max_open=True),
            default=0.95,
            show_default=True,
            help="Confidence level of the intervals.",
        ),
        click.option(
            "--interval",
            type=click.Choice(get_args(tabulation.IntervalMethod)),
            default="korn-graubard",
            show_default=True,
            help="Of proportions; R's svyciprop has beta and logit, its svymean t.",
        ),
        click.option(
            "--missing",
            multiple=True,
            metavar="TEXT",
            help="A cell that means no answer, such as -9; empty cells and NA always do.",
        ),
        click.option(
            "--format",
            "form",
            type=click.Choice(["table", "json"]),
            default="table",
            show_default=True,
            help="A table is rounded, JSON is not.",
        ),
    )


def add_options(command: Command, *options: Callable[[Command], Command]) -> Command:
    """The command with these options, in the order in which the help lists them."""
    for option in reversed(options):
        command = option(command)
    return command
