"""`./soundings COMMAND`: every way to run the product from a terminal."""

import importlib
import sys
from typing import Any

import click

from survey.problems import Problem

COMMANDS = {
    "demo": "demo.command:demo",
    "setup": "api.commands.setup:setup",
    "serve": "api.commands.serving.serve:serve",
    "worker": "api.commands.serving.serve:worker",
    "report": "api.commands.report:report",
    "estimate": "api.commands.estimate:estimate",
    "import": "api.commands.files:import_",
    "export": "api.commands.files:export",
    "figures": "api.commands.files:figures",
    "sums": "api.commands.sums:sums",
    "erase": "api.commands.erase:erase",
    "account": "api.commands.setup:account",
    "backup": "api.commands.backups.backup:backup",
    "restore": "api.commands.backups.restore:restore",
    "rotate-keys": "api.commands.rotate:rotate_keys",
    "migrate": "api.commands.serving.serve:migrate",
    "sbom": "api.commands.sbom:sbom",
    "doctor": "api.commands.doctor:doctor",
    "test": "api.commands.check:test",
}


class LazyCommands(click.Group):
    """Loads a command's module only when it is named."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        found: click.Command = getattr(importlib.import_module(module), name)
        return found

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
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
