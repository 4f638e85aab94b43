"""`./soundings COMMAND`: every way to run the product from a terminal."""

import importlib
import sys
from typing import NamedTuple

import click

from survey.problems import Problem


class LazyCommand(NamedTuple):
    """Where a command is defined (module:name), and what it does, for the list of `--help`."""

    place: str
    does: str


COMMANDS = {
    "demo": LazyCommand("demo.command:demo", "Make a made-up London and show every page"),
    "setup": LazyCommand(
        "api.commands.setup:setup",
        "Say who runs a new installation; add an administrator",
    ),
    "serve": LazyCommand(
        "api.commands.serving.serve:serve", "Serve the pages and the API, and run the jobs"
    ),
    "worker": LazyCommand(
        "api.commands.serving.serve:worker", "Run the jobs alone: texts, editions, emails, deletion"
    ),
    "report": LazyCommand("api.commands.report:report", "Make an edition now, or rebuild one"),
    "estimate": LazyCommand(
        "api.commands.estimate:estimate", "Estimate from microdata in CSV, to compare with R"
    ),
    "panel": LazyCommand(
        "api.commands.checks:panel", "Repeat the draw of a scrutiny panel from its seed"
    ),
    "import": LazyCommand(
        "api.commands.files:import_", "Import a file of counts, perception, boroughs or a survey"
    ),
    "place": LazyCommand("api.commands.place:place", "Make the pack of a place from open files"),
    "export": LazyCommand("api.commands.files:export", "Export the answers to a survey"),
    "pack-survey": LazyCommand(
        "api.commands.files:pack_survey", "Write a survey with its answers for another installation"
    ),
    "unpack-survey": LazyCommand(
        "api.commands.files:unpack_survey", "Take in a survey that another installation packed"
    ),
    "figures": LazyCommand(
        "api.commands.files:figures", "Write the imported published figures as CSV"
    ),
    "sums": LazyCommand(
        "api.commands.upkeep:sums", "Compare the sums under the editions with the answers"
    ),
    "archive": LazyCommand(
        "api.commands.upkeep:archive", "Write closed months of answers as Parquet files"
    ),
    "erase": LazyCommand(
        "api.commands.upkeep:erase", "Erase a response or a complaint by its reference"
    ),
    "account": LazyCommand(
        "api.commands.setup:account", "Add people, give them a role, let them in or out"
    ),
    "backup": LazyCommand("api.commands.backups:backup", "Save everything in one file"),
    "restore": LazyCommand(
        "api.commands.restores:restore", "Restore what backup saved: all of it or nothing"
    ),
    "rotate-keys": LazyCommand(
        "api.commands.upkeep:rotate_keys", "Encrypt addresses with a new key"
    ),
    "migrate": LazyCommand("api.commands.serving.serve:migrate", "Bring the database up to date"),
    "transcription-check": LazyCommand(
        "api.commands.checks:transcription_check",
        "Measure how well speech is written down, by group",
    ),
    "sbom": LazyCommand("api.commands.sbom:sbom", "Write the bill of materials"),
    "doctor": LazyCommand(
        "api.commands.doctor:doctor",
        "Report what is configured, reachable and waiting",
    ),
    "test": LazyCommand(
        "api.commands.checks:test",
        "Run all checks and quick tests, or with --slow the long ones",
    ),
}


class LazyCommands(click.Group):
    """Loads a command's module only when it is named: the list of commands loads none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].place.split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.does) for name, command in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        # A refusal says what to do next, which a traceback would bury.
        except Problem as refused:
            click.secho(f"{refused.sentence} [{refused.code}]", fg="red", err=True)
            for fault in refused.faults:
                click.echo(f"  {fault.where}: {fault.sentence}", err=True)
            if refused.remedy:
                click.echo(refused.remedy, err=True)
            sys.exit(1)


@click.command(
    cls=LazyCommands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Each command has its own --help. Settings are environment variables that begin with "
    "SOUNDINGS_; `soundings doctor` shows them all.",
)
def main() -> None:
    """Soundings: listening to a community about its police.

    Begin with `soundings demo`: it makes a synthetic London and opens every page.
    """


if __name__ == "__main__":
    main(prog_name="soundings")
