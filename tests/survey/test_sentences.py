"""Sentences of an edition: the English words, and what they were put together from."""

import datetime
import pickle

import msgspec

from survey.sentences import (
    Sentence,
    plural_sentence,
    restored_sentences,
    sentence_sources,
    translated_sentences,
    with_plain_strings,
)

DAY = datetime.date(2007, 12, 10)


class Line(msgspec.Struct, frozen=True):
    words: str
    more: tuple[str, ...] = ()


def test_a_sentence_is_its_english_words_and_knows_its_values():
    sentence = Sentence("{count} uses since {day}", count=1430, day=DAY)
    assert sentence == "1,430 uses since 10 December 2007"
    assert sentence.source.values == (("count", "1,430"), ("day", "2007-12-10"))
    assert pickle.loads(pickle.dumps(sentence)).source == sentence.source


def test_a_plural_is_chosen_by_its_number():
    assert [plural_sentence("{n} use", "{n} uses", n=n) for n in (0, 1, 2100)] == [
        "0 uses", "1 use", "2,100 uses",
    ]  # fmt: skip


def test_a_message_without_values_may_have_braces():
    assert Sentence("a {brace}") == "a {brace}"


def test_sources_are_found_in_sentences_and_their_values_also_once_they_are_plain():
    window = Sentence("the month to {day}", day=DAY)
    line = Line("data", (Sentence("{n} answers in {window}.", n=3, window=window),))
    found = sentence_sources(line)
    assert {one.message for one in found} == {"{n} answers in {window}.", "the month to {day}"}
    plain = with_plain_strings(line)
    assert type(plain.more[0]) is str
    assert msgspec.json.decode(msgspec.json.encode(plain), type=Line) == plain
    assert sentence_sources(plain, found) == found


def test_sentences_of_an_older_edition_get_their_sources_back():
    window = Sentence("the month to {day}", day=DAY)
    line = Line(Sentence("{n} answers in {window}.", n=3, window=window), ("data",))
    sources = sentence_sources(line)
    again = restored_sentences(with_plain_strings(line), sources)
    assert again == line
    assert sentence_sources(again) == sources


def test_the_source_of_a_sentence_that_is_gone_is_left_out():
    sentence = Sentence("{n} persons under 18", n=3)
    assert sentence_sources(Line(""), [sentence.source]) == ()


def test_a_translation_is_filled_from_inside_out():
    window = Sentence("in {year}", year="2007")
    line = Line(Sentence("{n} uses {window}", n=5, window=window), ("data", "2007"))
    sources = sentence_sources(line)

    def shout(source, values):
        return source.message.upper().format(**{k.upper(): v for k, v in values.items()})

    assert translated_sentences(with_plain_strings(line), sources, shout) == Line(
        "5 USES IN 2007", ("data", "2007")
    )


def test_a_single_word_stays_because_it_may_be_a_key():
    line = Line("female", (Sentence("{group} adults", group=Sentence("female")),))
    sources = sentence_sources(line)
    found = translated_sentences(
        with_plain_strings(line),
        sources,
        lambda source, values: source.message.format(**values).upper(),
    )
    assert found == Line("female", ("FEMALE ADULTS",))


def test_a_sentence_that_is_nothing_but_another_is_translated_as_the_other():
    """The first lines of an edition repeat an alert: it once asked for itself without end."""
    alert = Sentence("A use on {who} was reported.", who="a child")
    again = Sentence("{alert}", alert=alert)
    sources = sentence_sources((alert, again))
    found = restored_sentences((str(again),), sources)
    assert found == (alert,)
    assert found[0].source.message == "A use on {who} was reported."
