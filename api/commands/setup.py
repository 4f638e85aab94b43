"""`setup`: asks what a new installation needs; `account`: manages staff accounts."""

import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from email.utils import parseaddr
from pathlib import Path

import click
import msgspec

from api import bootstrap, notifications
from api.commands.serving.serve import data_option, prepare_database
from api.security import keyring
from api.settings import (
    SETTINGS_FILE,
    Settings,
    environment_name,
    load_settings,
    name_with_nearest,
    read_settings_file,
    refuse_unknown_variables,
    setting_names,
    unknown_variables,
)
from survey.cases.contacts import is_email
from survey.problems import Invalid
from survey.store.accounts.people import ROLES
from survey.store.database import Connection

ROLE = click.Choice(ROLES)
ADMINISTRATOR = "SOUNDINGS_ADMINISTRATOR"
DATA = "SOUNDINGS_DATA"
SetupValues = dict[str, str]


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
    click.echo(bootstrap.run_with_settings(add_account, data, email, name, role))


@account.command()
@click.argument("email")
@data_option
def link(email: str, data: Path | None) -> None:
    """Print a new sign-in link: works once, for 24 hours."""
    click.echo(bootstrap.run_with_settings(create_link, data, email))


@account.command()
@click.argument("email")
@click.argument("role", type=ROLE)
@data_option
def role(email: str, role: str, data: Path | None) -> None:
    """Change a person's role; it applies from their next click."""
    bootstrap.run_with_settings(change_account, data, email, role=role)
    click.echo(f"{email} is now {role}.")


@account.command()
@click.argument("email")
@click.option(
    "--cases-to",
    default="",
    metavar="EMAIL",
    help="Who takes over the open cases; `nobody` puts them back in the inbox.",
)
@data_option
def close(email: str, cases_to: str, data: Path | None) -> None:
    """Close an account; its sessions end at once."""
    bootstrap.run_with_settings(change_account, data, email, active=False, cases_to=cases_to)
    click.echo(f"{email} can no longer sign in.")


@account.command()
@click.argument("email")
@click.password_option(help="If absent, it is asked for.")
@data_option
def password(email: str, password: str, data: Path | None) -> None:
    """Set a password."""
    bootstrap.run_with_settings(change_account, data, email, password=password)
    click.echo(f"{email} has a new password.")


@account.command("list")
@data_option
def list_accounts(data: Path | None) -> None:
    """List everybody who has an account."""
    for line in bootstrap.run_with_settings(account_lines, data):
        click.echo(line)


async def add_account(settings: Settings, email: str, name: str, role: str) -> str:
    from survey.store.accounts import people as store

    async with bootstrap.connect(settings) as database, database.connection() as connection:
        ident = await store.insert(connection, email, name, role, None)
        await store.append_audit(connection, "account added", ident, by=None, detail={"role": role})
    return await create_link(settings, email, is_new=True)


async def create_link(settings: Settings, email: str, *, is_new: bool = False) -> str:
    from api.security import people
    from survey.store.accounts import account_news
    from survey.store.accounts import people as store

    async with bootstrap.connect(settings) as database, database.connection() as connection:
        person = await store.by_email(connection, email)
        if person is None or not person.active:
            raise click.ClickException(f"There is no open account for {email}.")
        key = await people.create_sign_in_link(connection, person.id)
        await store.append_audit(connection, "sign-in link made", person.id, by=None)
        if not is_new:
            await account_news.insert(connection, person.id, "link")
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    return f"{base}/sign-in/{key}"


async def change_account(
    settings: Settings,
    email: str,
    *,
    role: str | None = None,
    active: bool | None = None,
    password: str | None = None,
    cases_to: str = "",
) -> None:
    from api.security import people
    from survey.store.accounts import account_news, programs, sessions
    from survey.store.accounts import people as store

    async with (
        bootstrap.connect(settings) as database,
        database.connection() as connection,
        connection.transaction(),
    ):
        done = True
        if active is False or role not in (None, "reviewer", "administrator"):
            await settle_cases(connection, email, cases_to)
        if role is not None:
            done = await store.set_role(connection, email, role)
        if active is not None:
            done = await store.set_active(connection, email, active=active)
        if password is not None:
            hashed = await people.hash_password(password)
            done = await store.set_password(connection, email, hashed)
        if not done:
            raise click.ClickException(f"There is no account for {email}.")
        account = await store.by_email(connection, email)
        # Whoever knew the old password could be signed in, and could have made keys.
        if account and (password is not None or active is not None):
            await sessions.delete_all_of(connection, account.id)
            await programs.delete_all_keys_of(connection, account.id)
        if account and password is not None:
            await account_news.insert(connection, account.id, "password")
        await store.append_audit(
            connection, "account changed", email, by=None, detail={"role": role, "active": active}
        )


async def settle_cases(connection: Connection, email: str, cases_to: str) -> None:
    """Hand over the open cases of somebody who leaves; raise if nobody is named for them."""
    from api.operations import cases
    from survey.store.accounts import people as store

    leaving = await store.by_email(connection, email)
    if leaving is None:
        return
    if cases_to:
        taker = await store.by_email(connection, cases_to)
        fits = taker is not None and taker.active and taker.may("reviewer")
        if cases_to != cases.NOBODY and not fits:
            raise click.ClickException(f"{cases_to} is nobody who can handle cases.")
        to = taker.id if taker else None
        await cases.hand_over_cases(connection, leaving.id, to, by=None)
    await cases.require_no_open_cases(connection, leaving.id, leaving.name)


async def account_lines(settings: Settings) -> list[str]:
    from survey.store.accounts import people as store

    async with bootstrap.connect(settings) as database, database.connection() as connection:
        rows = await store.load_all(connection)
    return [
        f"{row.email:32} {row.role:14} {'' if row.active else 'closed '}{row.name}" for row in rows
    ] or ["No accounts yet. Add a person with `soundings account add`."]


class SetupQuestion(msgspec.Struct, frozen=True):
    """One setting to ask for; `after` names the setting without which it is not asked."""

    field: str
    words: str
    after: str = ""
    needed: bool = False
    hidden: bool = False


QUESTIONS = (
    SetupQuestion("organisation", "Name of the organisation that runs it", needed=True),
    SetupQuestion(
        "contact", "How people reach you (email address, web page or phone number)", needed=True
    ),
    SetupQuestion("postal_address", "Postal address for paper complaints (empty: none)"),
    SetupQuestion("public_url", "Address that people open (empty: this machine only)"),
    SetupQuestion("smtp_host", "Mail server (empty: no emails are sent)"),
    SetupQuestion("smtp_port", "Its port", "smtp_host"),
    SetupQuestion("smtp_sender", "Sender of the emails", "smtp_host", needed=True),
    SetupQuestion("smtp_username", "User name there (empty: none)", "smtp_host"),
    SetupQuestion("smtp_password", "Password there (empty: none)", "smtp_host", hidden=True),
)
FIELDS = {environment_name(question.field) for question in QUESTIONS}


class Administrator(msgspec.Struct, frozen=True):
    name: str
    email: str


@click.command()
@click.option(
    "--file",
    "source",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Do not ask: read the settings from this file, one per line: NAME=value.",
)
@data_option
def setup(source: Path | None, data: Path | None) -> None:
    """Set up a new installation: who runs it, how to reach them, email, the first administrator.

    Asks in the terminal. Without a terminal, or with --file, it reads SOUNDINGS_ORGANISATION,
    SOUNDINGS_CONTACT, SOUNDINGS_PUBLIC_URL, the settings of the mail server, and
    SOUNDINGS_ADMINISTRATOR (Name <address>) from the file or the environment. The file may have
    any other setting too, such as SOUNDINGS_DATABASE_URL: all are used and saved. Run it again to
    change an answer.
    """
    refuse_unknown_variables()
    more = read_more_settings(source) if source else {}
    # Where a file says that the data are, is where its own lines are saved.
    data = data or (Path(more[DATA]) if DATA in more else None)
    settings = load_settings(more, data=data)
    asks = source is None and is_terminal()
    given = read_settings_file(source) if source else dict(os.environ)
    answers = ask_questions(settings) if asks else read_answers(given, settings)
    values = {name: value for name, value in more.items() if name not in (DATA, *FIELDS)} | answers
    file = settings.data / SETTINGS_FILE
    with bootstrap.open_settings(data, more) as running:
        bootstrap.run_async(prepare_database(running))
        person = None
        # Before any answer is saved: whoever breaks off here leaves nothing half done.
        if bootstrap.run_async(lacks_administrator(running)):
            person = ask_administrator() if asks else read_administrator(given)
        saved = save_answers(file, values)
        link = bootstrap.run_async(add_administrator(running, values, person)) if person else ""
    print_next_steps(file, values, person, link, saved=saved)
    # Settings are read again, so that the test uses what was saved, as the worker will.
    if asks and values.get("SOUNDINGS_SMTP_HOST"):
        offer_test_mail(load_settings(data=data))


def read_more_settings(source: Path) -> SetupValues:
    """The settings in a file; raises if a line names something else, which would be lost."""
    given = read_settings_file(source)
    known = setting_names()
    if strange := sorted(set(given) - {*known, ADMINISTRATOR}):
        nearest = dict.fromkeys(strange, "") | unknown_variables(strange)
        raise unknown_lines(name_with_nearest(nearest))
    return {name: given[name] for name in known if name in given}


unknown_lines = Invalid.of(
    "setup.unknown",
    "These cannot be set in the file: {names}. Nothing was changed.",
    "Correct or remove these lines. docs/reference/settings.md lists every setting; "
    "those of the launcher and SOUNDINGS_PG_BIN are read from the environment only.",
)


async def add_administrator(settings: Settings, values: SetupValues, person: Administrator) -> str:
    """Add the account; returns the sign-in link, with the public address just given."""
    public_url = values["SOUNDINGS_PUBLIC_URL"].rstrip("/")
    settings = msgspec.structs.replace(settings, public_url=public_url)
    return await add_account(settings, person.email, person.name, "administrator")


def is_terminal() -> bool:
    return sys.stdin.isatty()


def ask_questions(settings: Settings) -> SetupValues:
    """Ask every question with its present answer; those on email only with a mail server."""
    click.echo("Press Enter to accept the answer in brackets, or type - to leave one empty.\n")
    values: SetupValues = {}
    for question in QUESTIONS:
        if question.after and not values.get(environment_name(question.after)):
            continue
        present = str(getattr(settings, question.field))
        while fault := answer_fault(question, answer := ask_question(question, present)):
            click.secho(fault, fg="red")
        values[environment_name(question.field)] = answer
    return values


def ask_question(question: SetupQuestion, present: str) -> str:
    typed = click.prompt(
        question.words,
        default=present,
        # A password that is not shown while it is typed must not be shown as the default.
        show_default=bool(present) and not question.hidden,
        hide_input=question.hidden,
    )
    return "" if str(typed).strip() == "-" else str(typed).strip()


def answer_fault(question: SetupQuestion, value: str) -> str:
    """What is wrong with an answer, in a sentence; empty if it is fine."""
    if question.needed and not value:
        return f"{question.words}: this is needed."
    # A second line would be read from the settings file as a setting of its own.
    if "\n" in value or len(value) > 500:
        return f"{question.words}: one line, up to 500 characters."
    if question.field == "public_url" and value and not value.startswith(("http://", "https://")):
        return "The address must start with https:// or http://."
    if question.field == "smtp_sender" and value and not is_email(parseaddr(value)[1]):
        return "Give the sender as an email address, or as Name <address>."
    if question.field == "smtp_port" and not (value.isdecimal() and 0 < int(value) < 65_536):
        return "The port is a whole number from 1 to 65535."
    return ""


def read_answers(given: Mapping[str, str], settings: Settings) -> SetupValues:
    """The answers from a file or the environment; raises with everything that is wrong."""
    values: SetupValues = {}
    faults = []
    for question in QUESTIONS:
        name = environment_name(question.field)
        if question.after and not values.get(environment_name(question.after)):
            continue
        # What is not given stays as it is, so that one answer can be changed alone.
        values[name] = given.get(name, str(getattr(settings, question.field))).strip()
        if wrong := answer_fault(question, values[name]):
            faults.append(f"{name}: {wrong}")
    if faults:
        raise incomplete_setup(faults)
    return values


def incomplete_setup(faults: list[str]) -> Invalid:
    return Invalid(
        "setup.incomplete",
        " ".join(faults),
        "Set them in the file or the environment, or run `./soundings setup` in a terminal.",
    )


def ask_administrator() -> Administrator:
    click.echo("\nThe first administrator lets everybody else in.")
    while True:
        name = str(click.prompt("Their name")).strip()
        email = str(click.prompt("Their email address")).strip()
        if name and is_email(email):
            return Administrator(name, email)
        click.secho("Give a name and an email address, such as joan@example.org.", fg="red")


def read_administrator(given: Mapping[str, str]) -> Administrator:
    name, email = parseaddr(given.get(ADMINISTRATOR, ""))
    if not name or not is_email(email):
        raise bad_administrator()
    return Administrator(name, email)


bad_administrator = Invalid.of(
    "setup.administrator",
    f"{ADMINISTRATOR} has to be a name and an email address, and there is no administrator yet.",
    f'Write it as {ADMINISTRATOR}="Joan Adeyemi <joan@example.org>".',
)


def save_answers(file: Path, values: SetupValues) -> bool:
    """Save the answers and leave other lines of the file as they are.

    False if the folder cannot be written.
    """
    lines = {**read_settings_file(file), **values}
    for name in FIELDS - set(values):
        lines.pop(name, None)  # the server whose details they were is gone
    text = "".join(f"{name}={value}\n" for name, value in lines.items() if value)
    try:
        keyring.write_private_file(
            file, "# Written by `soundings setup`; the environment goes before it.\n" + text
        )
    # In a read-only container, say; the lines are then printed, to be copied into .env.
    except OSError:
        return False
    return True


async def lacks_administrator(settings: Settings) -> bool:
    async with bootstrap.connect(settings) as database, database.connection() as connection:
        from survey.store.accounts import people

        everyone = await people.load_all(connection)
        return not any(person.active and person.role == "administrator" for person in everyone)


def print_next_steps(
    file: Path, values: SetupValues, person: Administrator | None, link: str, *, saved: bool
) -> None:
    if saved:
        click.echo(f"\nSaved in {file}.")
    else:
        click.echo(f"\n{file.parent} cannot be written. Put these lines into .env instead:")
        for name, value in values.items():
            shown = name in FIELDS and not name.endswith("_PASSWORD")
            click.echo(f"  {name}={value if shown or not value else '(as you gave it)'}")
    click.echo("\nWhat to do next:")
    # A command finds these data by itself only where it would look for them anyway.
    is_found = load_settings().data.absolute() == file.parent.absolute()
    where = "" if is_found else f" --data {shlex.quote(str(file.parent))}"
    for number, step in enumerate(next_steps(person, link, where), 1):
        click.echo(f"  {number}. {step}")


def next_steps(person: Administrator | None, link: str, where: str) -> Iterator[str]:
    yield f"If it is not running yet, start it: ./soundings serve{where}"
    if person:
        yield f"{person.name} opens this link. It works once, for 24 hours:\n     {link}"
        yield "They set a password there, and add other people under Staff accounts."
    else:
        yield "Sign in as before: an administrator has an account."
    yield "Bring in what the police publish: Data imports, or ./soundings import --help"
    yield f"Check it from time to time: ./soundings doctor{where}"
    yield "Make backups: ./soundings backup --help"


def offer_test_mail(settings: Settings) -> None:
    sender = notifications.find_subscriber_sender(settings)
    if sender is None or not click.confirm("\nSend a test email now?", default=True):
        return
    address = click.prompt("To", default=parseaddr(settings.smtp_sender)[1])
    letter = notifications.MailMessage(
        address, "Test from Soundings", "Soundings can send emails.\n"
    )
    outcome = bootstrap.run_async(sender.send(letter))
    good = outcome == "sent"
    click.echo("The mail server accepted it." if good else "The mail server did not accept it.")
    if not good:
        click.echo("Check the answers on email: ./soundings setup")
