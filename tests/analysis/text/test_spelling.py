from collections import Counter

import pytest

from analysis.text import spelling
from analysis.text.spelling import suggested_query

WORD_COUNTS = Counter(
    {"taser": 90, "haringey": 12, "stop-and-search": 30, "police": 400, "peckham": 5, "receive": 4}
    | {"patrols": 20, "patrol": 25, "complaint": 33, "tazer": 3, "search": 50, "necessary": 2}
)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("polcie", "police"),
        ("Harringey patrols", "Haringey patrols"),
        ("TASR", "TASER"),
        ("complant about search", "complaint about search"),
        ("stop-and-serch", "stop-and-search"),
        ("neccessary", "necessary"),
    ],
)
def test_a_misspelt_search_is_put_right(asked, meant):
    assert suggested_query(asked, WORD_COUNTS) == meant


@pytest.mark.parametrize(
    "asked", ["taser", "tazer", "Haringey", "stop-and-search", "Peckham", "101", "", "pc", "xqzzk"]
)
def test_what_people_write_is_never_corrected(asked):
    assert suggested_query(asked, WORD_COUNTS) is None


def test_textblob_finds_a_word_two_letters_off():
    assert suggested_query("recieve", WORD_COUNTS) == "receive"
    assert suggested_query("neccesary", WORD_COUNTS) == "necessary"


def test_nothing_is_suggested_that_a_search_would_not_find():
    assert suggested_query("recieve", Counter({"taser": 1})) is None


def test_words_of_other_languages_stay():
    assert suggested_query("पुलिस полиция şikayet", WORD_COUNTS) is None


def test_a_long_word_and_many_unknown_ones_are_little_work(monkeypatch):
    looked_up = []

    def look_up(word):
        looked_up.append(word)
        return word, 0.0

    monkeypatch.setattr(spelling, "textblob_suggestion", look_up)
    assert suggested_query("q" * 5_000, WORD_COUNTS) is None
    assert looked_up == []
    assert suggested_query(" ".join(f"qwzx{letter}" for letter in "abcdefgh"), WORD_COUNTS) is None
    assert looked_up == ["qwzxa", "qwzxb", "qwzxc"]
