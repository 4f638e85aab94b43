"""A case number that shows when it was mistyped, and a passphrase that nobody finds by trying."""

import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.receipts import (
    ALPHABET,
    DIGITS,
    GROUP,
    HOW_MANY_GROUPS,
    HOW_MANY_WORDS,
    WORD_LISTS,
    case_number,
    parse_case_number,
    passphrase,
    passphrase_language,
    passphrase_letters,
    passphrase_sort,
    passphrase_words,
)

SEVEN = st.text(ALPHABET, min_size=7, max_size=7)


def test_six_words_of_the_list_say_sixty_bits_or_more():
    told_apart = {
        passphrase_letters(word) for word in passphrase_words()
    }  # "yo-yo" counts as "yoyo"
    assert len(passphrase_words()) == len(set(passphrase_words())) == len(told_apart) + 1 == 1296
    assert HOW_MANY_WORDS * math.log2(len(told_apart)) >= 60
    assert max(map(len, passphrase_words())) <= 5


@given(st.binary())
def test_a_passphrase_is_words_of_the_list_and_always_the_same(seed):
    phrase = passphrase(seed)
    assert set(phrase.split()) <= set(passphrase_words())
    assert len(phrase.split()) == HOW_MANY_WORDS
    assert passphrase(seed) == phrase


def test_passphrases_use_the_whole_list_evenly():
    drawn = [word for n in range(2_000) for word in passphrase(str(n).encode()).split()]
    often = [drawn.count(word) for word in passphrase_words()]
    expected = len(drawn) / len(passphrase_words())
    squares = sum((n - expected) ** 2 / expected for n in often)
    assert squares < 1295 + 6 * math.sqrt(2 * 1295)  # χ² with 1,295 degrees of freedom


@given(SEVEN)
def test_a_number_is_known_however_it_is_typed(letters):
    number = case_number(letters)
    assert parse_case_number(number) == number
    assert parse_case_number(f" {number.lower().replace('-', ' ')} ") == number


@given(SEVEN, st.integers(0, 7), st.sampled_from(ALPHABET))
def test_one_wrong_letter_is_always_seen(letters, place, other):
    whole = case_number(letters).replace("-", "")
    wrong = whole[:place] + other + whole[place + 1 :]
    assert (parse_case_number(wrong) is None) == (wrong != whole)


@given(SEVEN, st.integers(0, 6))
def test_two_swapped_letters_are_always_seen(letters, place):
    whole = case_number(letters).replace("-", "")
    swapped = whole[:place] + whole[place + 1] + whole[place] + whole[place + 2 :]
    assert (parse_case_number(swapped) is None) == (swapped != whole)


@pytest.mark.parametrize("typed", ["", "AAAA", "AAAA-2222-3", "0000-0000", "ÅAAA-2222", "🎈" * 8])
def test_what_cannot_be_a_number_is_none(typed):
    assert parse_case_number(typed) is None


def test_a_passphrase_counts_by_its_letters_alone():
    assert passphrase_letters("Acid  ACORN-acre\nyo-yo") == passphrase_letters(
        "acid acorn acre yoyo"
    )


@pytest.mark.parametrize("language", WORD_LISTS)
def test_a_passphrase_in_any_language_is_as_strong_as_the_english_one(language):
    different = {passphrase_letters(word) for word in passphrase_words(language)}
    assert HOW_MANY_WORDS * math.log2(len(different)) >= 62
    assert max(map(len, passphrase_words(language))) <= 8
    assert HOW_MANY_GROUPS * GROUP * math.log2(10) >= 62


@given(st.binary(), st.sampled_from([*WORD_LISTS, DIGITS]))
def test_a_passphrase_is_known_however_it_is_typed(seed, sort):
    phrase = passphrase(seed, sort)
    known = passphrase_letters(phrase)
    # English and French share some words.
    assert passphrase_language(phrase) in (sort, "en")
    bare = "".join(c for c in unicodedata.normalize("NFD", phrase) if c.isascii() or c == "ı")
    turkish = phrase.replace("i", "İ").replace("ı", "I")
    capitals = (turkish if sort == "tr" else phrase).upper()
    for typed in (phrase, capitals, bare, phrase.replace(" ", "-"), phrase.replace(" ", "")):
        assert passphrase_letters(typed) == known


@pytest.mark.parametrize("zero", ["٠", "۰", "০", "０"])
def test_digits_count_in_the_numerals_of_any_script(zero):
    phrase = passphrase(b"a seed", DIGITS)
    typed = phrase.translate({ord(str(n)): chr(ord(zero) + n) for n in range(10)})
    assert passphrase_letters(typed) == passphrase_letters(phrase) == phrase.replace(" ", "")
    assert [len(group) for group in phrase.split()] == [GROUP] * HOW_MANY_GROUPS


def test_a_language_without_a_list_gets_digits():
    sorts = {code: passphrase_sort(code) for code in ("en", "en-GB", "pt-BR", "bn", "ar", "xx")}
    assert sorts == {"en": "en", "en-GB": "en", "pt-BR": "pt", "bn": "", "ar": "", "xx": ""}
