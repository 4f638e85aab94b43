"""`setup` asks what a new installation has to know, and says what to do next."""

import asyncpg
import msgspec
import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet

from api.__main__ import main
from api.commands import setup
from api.commands.serving import serve
from api.settings import SETTINGS_FILE, Settings, environment_name, load_settings, setting_names
from survey.problems import Unavailable
from tests.api.commands.test_commands import run, settings  # noqa: F401 - fixtures

ANSWERS = [
    "Taser working group",
    "",
    "hello@example.org",
    "",
    "https://soundings.example.org",
    "mail.example.org",
    "70000",
    "587",
    "not an address",
    "Soundings <soundings@example.org>",
    "joan",
    "s3cret",
]
PERSON = ["Joan Adeyemi", "joan", "Joan Adeyemi", "joan@example.org"]


@pytest.fixture
async def database(server):
    """A new database, as of a new installation."""
    connection = await asyncpg.connect(server)
    await connection.execute("DROP DATABASE IF EXISTS setup WITH (FORCE)")
    await connection.execute("CREATE DATABASE setup")
    await connection.close()
    return server.replace("///soundings?", "///setup?")


def type_answers(monkeypatch, typed):
    monkeypatch.setattr(setup, "is_terminal", lambda: True)
    monkeypatch.setattr(setup, "offer_test_mail", lambda _: None)
    answers = iter(typed)
    monkeypatch.setattr(
        setup.click, "prompt", lambda words, default="", **_: next(answers) or default
    )


def test_it_asks_saves_makes_the_administrator_and_says_what_is_next(run, monkeypatch, tmp_path):  # noqa: F811
    type_answers(monkeypatch, [ANSWERS[0], *ANSWERS[1:], *PERSON])
    output = run("setup")
    assert "this is needed" in output
    assert "whole number from 1 to 65535" in output
    assert "Give a name and an email address" in output
    assert "https://soundings.example.org/sign-in/" in output
    for words in ("./soundings serve", "Staff accounts", "./soundings doctor"):
        assert words in output
    file = tmp_path / SETTINGS_FILE
    assert file.stat().st_mode & 0o777 == 0o600
    found = load_settings(data=tmp_path)
    assert (found.organisation, found.contact) == (ANSWERS[0], ANSWERS[2])
    assert (found.smtp_port, found.smtp_password) == (587, "s3cret")
    assert "s3cret" not in output
    type_answers(monkeypatch, ["", "", "", "", "-"])
    output = run("setup")
    assert "an administrator has an account" in output
    assert "/sign-in/" not in output
    changed = load_settings(data=tmp_path)
    assert (changed.organisation, changed.smtp_host) == (ANSWERS[0], "")
    assert "SMTP" not in file.read_text()


def test_a_file_is_read_where_nobody_can_be_asked(run, tmp_path):  # noqa: F811
    file = tmp_path / "answers"
    file.write_text("SOUNDINGS_ORGANISATION=Group\nSOUNDINGS_SMTP_HOST=mail.example.org\n")
    refused = run("setup", "--file", str(file), code=1)
    for words in ("setup.incomplete", "SOUNDINGS_CONTACT", "SOUNDINGS_SMTP_SENDER"):
        assert words in refused
    file.write_text("SOUNDINGS_ORGANISATION=Group\nSOUNDINGS_CONTACT=020 7946 0000\n")
    assert "setup.administrator" in run("setup", "--file", str(file), code=1)
    with file.open("a") as more:
        more.write("SOUNDINGS_ADMINISTRATOR=Joan Adeyemi <joan@example.org>\n")
    assert "/sign-in/" in run("setup", "--file", str(file))
    assert load_settings(data=tmp_path).contact == "020 7946 0000"


def test_where_no_command_would_look_the_next_steps_name_the_folder(run, tmp_path):  # noqa: F811
    file, other = tmp_path / "answers", tmp_path / "else where"
    answers = (
        "SOUNDINGS_ORGANISATION=Group\nSOUNDINGS_CONTACT=x\nSOUNDINGS_ADMINISTRATOR=J <j@x.uk>\n"
    )
    file.write_text(answers)
    assert "--data" not in run("setup", "--file", str(file))
    file.write_text(f"{answers}SOUNDINGS_DATA={other}\n")
    output = run("setup", "--file", str(file))
    assert f"./soundings serve --data '{other}'" in output
    assert f"./soundings doctor --data '{other}'" in output


def another_value(field):
    """A value of this setting that is valid and not its default."""
    kind = field.type if isinstance(field.type, type) else type(field.default)
    if field.name in FITTING:
        return FITTING[field.name]
    if kind is bool:
        return str(not field.default).lower()
    return str(field.default + 1) if kind is int else f"of-{field.name}"


FITTING = {
    "backup_copy": "cp {} /mnt/copies",
    "exit_url": "https://news.example.org/",
    "onion_url": "http://abc.onion",
    "other_places": "https://west.example.org, https://north.example.org",
    "transcription": "read",
    "log_format": "json",
    "scheduler": "tcp://10.0.0.5:8786",
    "secret": "0123456789abcdef" * 4,
    "contact_keys": Fernet.generate_key().decode(),
    "public_url": "https://soundings.example.org",
    "smtp_sender": "Soundings <soundings@example.org>",
}


def test_every_setting_of_the_file_is_used_and_saved(database, monkeypatch, tmp_path):
    """SOUNDINGS_DATABASE_URL was dropped, and the administrator put into an embedded database."""
    for name in setting_names():
        monkeypatch.delenv(name, raising=False)
    data = tmp_path / "of-the-file"
    given = {field.name: another_value(field) for field in msgspec.structs.fields(Settings)}
    given |= {"data": str(data), "database_url": database, "direct_database_url": database}
    file = tmp_path / "answers"
    lines = [f"{environment_name(name)}={value}\n" for name, value in given.items()]
    file.write_text("".join(lines) + "SOUNDINGS_ADMINISTRATOR=Joan Adeyemi <joan@example.org>\n")
    done = CliRunner().invoke(main, ["setup", "--file", str(file)])
    assert done.exit_code == 0, done.output
    saved = msgspec.structs.asdict(load_settings(data=data))
    assert {name: str(value).lower() for name, value in saved.items()} == {
        name: value.lower() for name, value in given.items()
    }
    assert not (data / "postgres").exists()
    listed = CliRunner().invoke(main, ["account", "list", "--data", str(data)])
    assert "joan@example.org" in listed.output


def test_a_line_that_would_be_lost_is_refused(run, tmp_path):  # noqa: F811
    file = tmp_path / "answers"
    file.write_text("SOUNDINGS_ORGANISATON=Group\nSOUNDINGS_PG_BIN=/x\nPORT=80\n")
    refused = run("setup", "--file", str(file), code=1)
    meant = "SOUNDINGS_ORGANISATON (did you mean SOUNDINGS_ORGANISATION?)"
    assert f"PORT, {meant}, SOUNDINGS_PG_BIN" in refused
    assert "[setup.unknown]" in refused
    assert not (tmp_path / SETTINGS_FILE).exists()


def test_a_container_is_set_up_from_its_environment(run, settings, monkeypatch, tmp_path):  # noqa: F811
    for name, value in (
        ("SOUNDINGS_ORGANISATION", "Group"),
        ("SOUNDINGS_CONTACT", "hello@example.org"),
        ("SOUNDINGS_ADMINISTRATOR", "Joan Adeyemi <joan@example.org>"),
    ):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(setup.keyring, "write_private_file", refuse_to_write)
    output = run("setup")
    assert "Put these lines into .env instead" in output
    assert "SOUNDINGS_ORGANISATION=Group" in output
    assert "/sign-in/" in output


def refuse_to_write(*_):
    raise OSError


async def test_serve_says_how_to_make_the_first_account(database, capsys):
    given = Settings(database_url=database)
    await serve.prepare_database(given)
    await serve.print_first_account_hint(given)
    assert "./soundings setup" in capsys.readouterr().out
    await setup.add_account(given, "joan@example.org", "Joan Adeyemi", "administrator")
    await serve.print_first_account_hint(given)
    assert capsys.readouterr().out == ""


def test_the_environment_goes_before_the_file(monkeypatch, tmp_path):
    (tmp_path / SETTINGS_FILE).write_text(
        "# a note\nSOUNDINGS_PORT=9000\nSOUNDINGS_HOST=192.168.1.7\n"
    )
    monkeypatch.delenv("SOUNDINGS_HOST", raising=False)
    monkeypatch.setenv("SOUNDINGS_PORT", "9001")
    found = load_settings(data=tmp_path)
    assert (found.port, found.host) == (9001, "192.168.1.7")


def test_an_unreadable_settings_file_is_one_sentence(tmp_path):
    (tmp_path / SETTINGS_FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(Unavailable, match="cannot be read"):
        load_settings(data=tmp_path)
