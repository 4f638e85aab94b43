"""What weekly runs propose: a theme that has come up, and nothing in quiet weeks."""

import functools

import msgspec
import numpy as np
import pytest

from analysis.text.model import reading
from analysis.themes import clusters
from analysis.themes.candidates import CodedTexts, theme_merger, theme_proposals, theme_shape
from analysis.themes.codebook import STARTING_CODEBOOK
from survey.themes.codebooks import Codebook

HORSES = """The police horses left a mess all over our road
Mounted officers on horses charged into the crowd
My children love to stroke the police horses
Horses have no place in a city demonstration
A police horse kicked my bicycle
The horses at the football match kept people calm
Please bring back the mounted section, the horses are lovely
It is cruel to take horses into a riot
The horse manure on the high street is never cleaned up
Police on horses looked very impressive at the parade""".splitlines()
NO_TEXTS = CodedTexts([], np.zeros((0, 384), np.float32), [])
ALL = [(text, theme.id) for theme in STARTING_CODEBOOK.themes for text in theme.examples]


def simulated_week(seed, texts=300, planted=0.0):
    """A week of texts: examples of the codebook and a share of a new theme, each varied a
    little.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(texts):
        new = rng.random() < planted
        text, themes = (
            (HORSES[rng.integers(10)], ()) if new else text_with_theme(ALL[rng.integers(len(ALL))])
        )
        rows.append((f"{text} {seed}.{number}", noisy_vector(text, rng), themes))
    texts, vectors, themes = zip(*rows, strict=True)
    return CodedTexts(texts, np.array(vectors), themes)


def text_with_theme(example):
    return example[0], (example[1],)


@functools.cache
def vector_of(text):
    return reading.text_vectors([text])[0]


def noisy_vector(text, rng):
    noise = rng.normal(0, 0.015, 384).astype(np.float32)
    return clusters.unit_rows((vector_of(text) + noise)[None])[0]


def joined_weeks(weeks):
    return CodedTexts(
        [text for one in weeks for text in one.texts],
        np.concatenate([one.vectors for one in weeks]),
        [themes for one in weeks for themes in one.themes],
    )


@pytest.fixture(scope="module")
def before():
    return [simulated_week(seed) for seed in range(6)]


@pytest.mark.slow
def test_a_theme_of_three_in_a_hundred_is_raised_within_two_weeks_and_once(before):
    weeks, raised = list(before), []
    for number in (50, 51, 52):
        new = simulated_week(number, planted=0.03)
        raised += theme_proposals(STARTING_CODEBOOK, joined_weeks(weeks[-6:]), new, raised).new
        weeks.append(new)
        if number == 51:
            assert len(raised) == 1
    (theme,) = raised
    assert "horse" in theme.label.lower()
    assert sum("orse" in quote for quote in theme.quotes) >= 3


@pytest.mark.parametrize(
    "weeks_ahead", [range(60, 61), pytest.param(range(60, 73), marks=pytest.mark.slow)]
)
def test_quiet_weeks_raise_nothing(before, weeks_ahead):
    weeks = list(before)
    for number in weeks_ahead:
        new = simulated_week(number)
        assert theme_proposals(STARTING_CODEBOOK, joined_weeks(weeks[-6:]), new).new == []
        weeks.append(new)


@pytest.mark.slow
def test_two_names_of_one_theme_are_merged_unless_one_is_pinned(before):
    first = STARTING_CODEBOOK.themes[0]
    twin = msgspec.structs.replace(first, id="twin", examples=())
    texts = joined_weeks(before)
    themes = [(*found, "twin") if first.id in found else found for found in texts.themes]
    coded = CodedTexts(texts.texts, texts.vectors, themes)
    book = Codebook(version=2, themes=(*STARTING_CODEBOOK.themes, twin))
    (found,) = theme_proposals(book, NO_TEXTS, coded).mergers
    assert {found.theme, found.into} == {first.id, "twin"}
    assert found.likeness == 1
    pinned = msgspec.structs.replace(twin, pinned=True)
    book = Codebook(version=2, themes=(*STARTING_CODEBOOK.themes, pinned))
    assert theme_proposals(book, NO_TEXTS, coded).mergers == []


def test_themes_that_differ_are_not_alike(before):
    texts = joined_weeks(before)
    usual = {
        theme.id: theme_shape(texts, theme.id, texts.vectors.mean(axis=0))
        for theme in STARTING_CODEBOOK.themes
    }
    assert (
        theme_merger(usual, STARTING_CODEBOOK.themes[0].id, STARTING_CODEBOOK.themes[5].id) is None
    )


def test_two_themes_under_one_name_are_split_unless_it_is_pinned():
    rng = np.random.default_rng(3)
    about = ["They searched my bag and gave no slip.", "The horses left a mess on our road."]
    texts = [f"{about[number % 2]} {number}" for number in range(80)]
    rows = reading.text_vectors(about)[[number % 2 for number in range(80)]]
    rows = clusters.unit_rows((rows + rng.normal(0, 0.02, rows.shape)).astype(np.float32))
    theme = STARTING_CODEBOOK.themes[0]
    coded = CodedTexts(texts, rows, [(theme.id,)] * 80)
    (found,) = theme_proposals(Codebook(version=2, themes=(theme,)), NO_TEXTS, coded).divisions
    assert found.theme == theme.id
    assert sorted(part.size for part in found.parts) == [40, 40]
    pinned = msgspec.structs.replace(theme, pinned=True)
    assert theme_proposals(Codebook(version=2, themes=(pinned,)), NO_TEXTS, coded).divisions == []
