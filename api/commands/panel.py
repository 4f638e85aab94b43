"""`panel draw`: repeats the draw of a scrutiny panel from its seed, its rule and the file."""

import sys
from pathlib import Path

import click

from api.operations import scrutiny
from survey.files import delimited
from survey.scrutiny.rules import DrawRule

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def panel() -> None:
    """Scrutiny panels: repeat the draw of a meeting."""


@panel.command(
    epilog="Example: soundings panel draw --check 3f9c... force.csv draw.json, where draw.json "
    "comes from the public page of the meeting."
)
@click.option(
    "--check", is_flag=True, help="Compare with what was published; exits with 1 if it differs."
)
@click.argument("seed")
@click.argument("file", type=FILE)
@click.argument("rule", type=FILE)
def draw(check: bool, seed: str, file: Path, rule: Path) -> None:
    """Draw from FILE with SEED, by the RULE as JSON, and print the records. Needs no database.

    The key of a record is the SHA-256 of the seed, a space and its reference. Within each stratum
    the records with the lowest keys are drawn.
    """
    published = scrutiny.read_published_draw(rule.name, rule.read_bytes())
    content = delimited.load_file(file)
    found = scrutiny.repeat_draw(seed.strip(), file.name, content, published)
    if check and isinstance(published, DrawRule):
        raise click.UsageError("This is a rule alone: --check needs draw.json of the meeting.")
    for one in found.draw.summary.strata:
        click.echo(f"{one.name}: {one.drawn:,} of {one.size:,}")
    click.echo(f"Records drawn: {len(found.draw.records):,}, SHA-256 {found.digest}")
    if not check:
        for record in found.draw.records:
            click.echo(f"{record.reference}\t{record.stratum}")
        return
    if found.could_be_chosen:
        click.echo(
            "The file came after the seed: the force could have chosen the references of its "
            "records, and with them which records are drawn."
        )
    else:
        click.echo("The file was handed over before the seed was fixed: nobody could pick records.")
    if not found.differences:
        click.echo("Equal: the same seed, the same file and the same records.")
        return
    for sentence in found.differences:
        click.echo(sentence, err=True)
    sys.exit(1)
