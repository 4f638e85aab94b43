"""The catalogues of translations hold every message of the code, and no old one."""

import re
import shutil

import pytest

from api import locales
from api.locales import LOCALES
from api.pages.filters import LANGUAGES
from tools.catalogues import FOLDER, SOURCES, collect_messages, read_catalogue, update_translations

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
            continue
        assert len(message.string) == read_catalogue(FOLDER / path).num_plurals
        for form in message.string:
            assert set(placeholders(form)) <= set(placeholders(message.id[1])), message.id
            # “One” and “two” may be words; a form for many numbers must say which.
            if form == message.string[-1]:
                assert placeholders(form) == placeholders(message.id[1])


@pytest.mark.parametrize("path", TRANSLATED, ids=str)
def test_a_translation_stays_as_it_is_where_no_message_is_new(path, tmp_path):
    """Arabic has six plurals; a catalogue that is written without its language has two."""
    copy = tmp_path / path
    copy.parent.mkdir(parents=True)
    copy.write_text((FOLDER / path).read_text())
    update_translations(copy, read_catalogue(FOLDER / f"{path.stem}.pot"))
    assert copy.read_text() == (FOLDER / path).read_text()


@pytest.mark.parametrize("path", TRANSLATED, ids=str)
def test_a_translation_is_not_the_english_again(path):
    """Short words may be the same in two languages; a sentence never is."""
    for message in messages_of(read_catalogue(FOLDER / path)).values():
        if not message.pluralizable and len(message.id.split()) > 5:
            assert message.string != message.id


def test_every_language_that_is_offered_has_its_catalogue_and_no_other():
    assert set(LANGUAGES) == set(LOCALES)
    has = {path.parts[0] for path in TRANSLATED if path.name == "messages.po"}
    assert has == set(LOCALES) - {"en"}


@pytest.mark.parametrize("reviewer", ["", "Amina Yusuf, 3 December 2026"])
def test_a_person_who_is_named_in_the_heading_confirms_a_catalogue(reviewer, tmp_path, monkeypatch):
    place = tmp_path / "so" / "LC_MESSAGES"
    shutil.copytree(FOLDER / "so" / "LC_MESSAGES", place)
    path = place / "messages.po"
    empty = '"X-Reviewed-By: \\n"'
    assert empty in path.read_text(), "somebody confirmed it: choose another language here"
    path.write_text(path.read_text().replace(empty, f'"X-Reviewed-By: {reviewer}\\n"'))
    before = path.read_text()
    update_translations(path, read_catalogue(FOLDER / "messages.pot"))
    assert path.read_text() == before
    monkeypatch.setattr(locales, "FOLDER", tmp_path)
    locales.is_confirmed.cache_clear()
    assert locales.is_confirmed("so") == bool(reviewer)
    locales.is_confirmed.cache_clear()


@pytest.mark.parametrize("language", ["ar", "ur"])
def test_a_phone_number_keeps_its_order_from_right_to_left(language):
    """Two groups of digits change places around a plain space, and not around one that holds."""
    catalogue = read_catalogue(FOLDER / language / "LC_MESSAGES/messages.po")
    texts = [str(one.string) for one in catalogue if "0800 1111" in str(one.id)]
    assert texts
    for text in texts:
        assert "0800\u00a01111" in text
