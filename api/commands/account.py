"""`account`: manages staff accounts."""

from pathlib import Path

import click

from api import bootstrap
from api.commands.serving.serve import data_option
from api.settings import Settings

ROLE = click.Choice(["organiser", "reviewer", "administrator"])


@click.group()
def account() -> None:
    """Add people, give them a role, let them in or out."""


@account.command()
@click.argument("email")
@click.argument("name")
@click.argument("role", type=ROLE)
@data_option
def add(email: str, name: str, role: str, data: Path | None) -> None:
    """Add a person: EMAIL, NAME (in quotes), ROLE; prints a link for their first visit."""
    with bootstrap.open_settings(data) as settings:
        click.echo(bootstrap.run_async(add_account(settings, email, name, role)))


@account.command()
@click.argument("email")
@data_option
def link(email: str, data: Path | None) -> None:
    """Print a new sign-in link: works once, for 24 hours."""
    with bootstrap.open_settings(data) as settings:
        click.echo(bootstrap.run_async(create_link(settings, email)))


@account.command()
@click.argument("email")
@click.argument("role", type=ROLE)
@data_option
def role(email: str, role: str, data: Path | None) -> None:
    """Change a person's role; it applies from their next click."""
    with bootstrap.open_settings(data) as settings:
        bootstrap.run_async(change_account(settings, email, role=role))
    click.echo(f"{email} is now {role}.")


@account.command()
@click.argument("email")
@data_option
def close(email: str, data: Path | None) -> None:
    """Close an account; its sessions end at once."""
    with bootstrap.open_settings(data) as settings:
        bootstrap.run_async(change_account(settings, email, active=False))
    click.echo(f"{email} can no longer sign in.")


@account.command()
@click.argument("email")
@click.password_option(help="If absent, it is asked for.")
@data_option
def password(email: str, password: str, data: Path | None) -> None:
    """Set a password."""
    with bootstrap.open_settings(data) as settings:
        bootstrap.run_async(change_account(settings, email, password=password))
    click.echo(f"{email} has a new password.")


@account.command("list")
@data_option
def list_accounts(data: Path | None) -> None:
    """List everybody who has an account."""
    with bootstrap.open_settings(data) as settings:
        for line in bootstrap.run_async(account_lines(settings)):
            click.echo(line)


async def add_account(settings: Settings, email: str, name: str, role: str) -> str:
    from survey.store.accounts import people as store

    async with bootstrap.connect(settings) as database, database.connection() as connection:
        ident = await store.insert(connection, email, name, role, None)
        await store.append_audit(connection, "account added", ident, by=None, detail={"role": role})
    return await create_link(settings, email)


async def create_link(settings: Settings, email: str) -> str:
    from api.security import people
    from survey.store.accounts import people as store

    async with bootstrap.connect(settings) as database, database.connection() as connection:
        found = await store.by_email(connection, email)
        if found is None or not found.active:
            raise click.ClickException(f"There is no open account for {email}.")
        key = await people.create_sign_in_link(connection, found.id)
        await store.append_audit(connection, "sign-in link made", found.id, by=None)
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    return f"{base}/sign-in/{key}"


async def change_account(
    settings: Settings,
    email: str,
    *,
    role: str | None = None,
    active: bool | None = None,
    password: str | None = None,
) -> None:
    from api.security import people
    from survey.store.accounts import people as store

    async with bootstrap.connect(settings) as database, database.connection() as connection:
        done = True
        if role is not None:
            done = await store.set_role(connection, email, role)
        if active is not None:
            done = await store.set_active(connection, email, active=active)
        if password is not None:
            hashed = await people.hash_password(password)
            done = await store.set_password(connection, email, hashed)
        if not done:
            raise click.ClickException(f"There is no account for {email}.")
        await store.append_audit(
            connection, "account changed", email, by=None, detail={"role": role, "active": active}
        )


async def account_lines(settings: Settings) -> list[str]:
    from survey.store.accounts import people as store

    async with bootstrap.connect(settings) as database, database.connection() as connection:
        rows = await store.load_all(connection)
    return [
        f"{row.email:32} {row.role:14} {'' if row.active else 'closed '}{row.name}" for row in rows
    ] or ["No accounts yet. Add a person with `soundings account add`."]
