"""The figures of docs/reference/formats.md: `python -m tests.bench.surveys [SETS or FOLDER]`.

How many sample workbooks can be imported, can be published, and export with the same binds;
then, over random answer sets to every sample form and a hard one of ours, in how many verdicts
JavaRosa differs from our engine. Needs the sample files next to the checkout, and a JDK for the
second part.

With a folder: what happens to each workbook in it. Is it imported, can it be published at once
or does the report say why not, is anything lost that no report names, and do random people get
to the end of it. `--each` prints this workbook by workbook, `--people N` says how many try each
survey, and `--seed N` draws others.
"""

import contextlib
import tempfile
import warnings
from pathlib import Path

import click
from pyxform.xls2xform import convert

from survey.formats import readers, xlsform
from survey.formats.expressions import logic as expressions
from survey.formats.xform import to_xform
from survey.problems import Fault, Invalid
from survey.surveys.instruments import Instrument, faults_of_instrument
from tests.bench.workbooks import print_folder
from tests.files.sample_files import SAMPLES
from tests.oracles import javarosa
from tests.survey.formats.test_expressions import forms_to_compare, verdicts_agree
from tests.survey.formats.test_xlsform import binds


def print_workbooks() -> None:
    imported, refused, whole, same, ready = 0, 0, 0, 0, 0
    for file in sorted(SAMPLES.rglob("*.xls*")):
        try:
            found = xlsform.read(file.name, file.read_bytes())
        except Invalid:
            refused += 1
            continue
        imported += 1
        whole += not found.left
        ready += not publishing_faults(readers.read(file.name, file.read_bytes()).instrument)
        with contextlib.suppress(Invalid):
            same += binds(to_xform(found.instrument)) == binds(convert(file).xform.encode())
    click.echo(f"sample workbooks      {imported} imported, {refused} refused with sheet and cause")
    click.echo(f"nothing left out      {whole} of {imported}")
    click.echo(f"publishable at once   {ready} of {imported}; the report says why for the others")
    click.echo(f"in, out: same binds   {same} of {imported}")


def publishing_faults(instrument: Instrument) -> list[Fault]:
    """What the report of an import says has to be corrected before publishing."""
    try:
        return faults_of_instrument(instrument) or expressions.faults_of_expressions(instrument)
    except Invalid as problem:
        return list(problem.faults)


def print_verdicts(sets: int) -> None:
    if why := javarosa.why_not():
        click.echo(f"JavaRosa was not asked: {why}")
        return
    asked = forms_to_compare()
    with tempfile.TemporaryDirectory() as folder:
        ours, theirs = javarosa.ask_both(asked, dict.fromkeys(asked, sets), Path(folder))
    differ = [key for key in ours if not verdicts_agree(ours[key], theirs[key])]
    verdicts = [*ours.values()]
    click.echo(f"forms                 {len(asked)}")
    click.echo(f"random answer sets    {len({file for file, _ in ours})}")
    click.echo(
        f"nodes asked about     {len(ours)}: relevant, required, constraint and value of each"
    )
    passed, broken = (sum(not one[at] for one in verdicts) for at in (0, 2))
    click.echo(f"passed over, broken   {passed}, {broken}")
    click.echo(f"disagreements         {len(differ)}")
    for key in differ[:20]:
        click.echo(f"  {key} {ours[key]} {theirs[key]}")


@click.command()
@click.argument("what", default="20")
@click.option("--seed", default=1)
@click.option("--people", default=2)
@click.option("--each", is_flag=True)
def main(what: str, seed: int, people: int, *, each: bool) -> None:
    if not what.isdigit():
        print_folder(Path(what), seed=seed, people=people, each=each)
        return
    warnings.simplefilter("ignore")
    print_workbooks()
    print_verdicts(int(what))


if __name__ == "__main__":
    main()
