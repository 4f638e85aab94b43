"""The catalogues of translations hold every message of the code, and no old one."""

import re
from pathlib import Path

import pytest

from tools.catalogues import (
    FOLDER,
    SOURCES,
    collect_messages,
    read_catalogue,
    update_translations,
)

TRANSLATED = sorted(path.relative_to(FOLDER) for path in FOLDER.glob("*/LC_MESSAGES/*.po"))


def messages_of(catalogue):
    return {one.id: one for one in catalogue if one.id and not one.fuzzy}


def placeholders(text):
    return sorted(re.findall(r"%\(\w+\)\w|%%\{\w+\}|\{\w+\}", text))


@pytest.mark.parametrize("domain", SOURCES)
def test_the_list_of_messages_is_what_the_code_has(domain):
    listed = messages_of(read_catalogue(FOLDER / f"{domain}.pot"))
    assert set(listed) == set(messages_of(collect_messages(domain)))
    assert len(listed) > 100, "run python -m tools.catalogues"


@pytest.mark.parametrize("path", TRANSLATED, ids=str)
def test_a_translation_is_whole_and_fills_the_same_places(path):
    listed = messages_of(read_catalogue(FOLDER / f"{path.stem}.pot"))
    translated = messages_of(read_catalogue(FOLDER / path))
    assert set(translated) == set(listed)
    for message in translated.values():
        assert all(message.string if message.pluralizable else (message.string,)), message.id
        if not message.pluralizable:
            assert placeholders(message.string) == placeholders(message.id)


@pytest.mark.parametrize("path", TRANSLATED, ids=str)
def test_a_translation_stays_as_it_is_where_no_message_is_new(path, tmp_path):
    """Arabic has six plurals; a catalogue that is written without its language has two."""
    copy = tmp_path / path
    copy.parent.mkdir(parents=True)
    copy.write_text((FOLDER / path).read_text())
    update_translations(copy, read_catalogue(FOLDER / f"{path.stem}.pot"))
    assert copy.read_text() == (FOLDER / path).read_text()


def test_pages_and_emails_are_translated_into_arabic():
    assert Path("ar/LC_MESSAGES/messages.po") in TRANSLATED
