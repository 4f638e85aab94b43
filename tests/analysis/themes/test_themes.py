"""Candidate themes keep the rules that themefinder keeps, for any collection of texts."""

import csv
import json
import random

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from analysis.text.model import reading
from analysis.themes import clusters
from analysis.themes.candidates import (
    discover_themes,
    largest_share,
    proposed_number,
    theme_hierarchy,
)
from analysis.themes.clusters import ClusterTree
from analysis.themes.codebook import STARTING_CODEBOOK
from analysis.themes.hierarchy import (
    ThemeHierarchy,
    central_quotes,
    key_phrases,
    noun_phrases,
    word_runs,
)

EXAMPLES = [example for theme in STARTING_CODEBOOK.themes for example in theme.examples]


def check_theme_rules(found, texts, most=25):
    fewest = max(5, 0.001 * len(texts))
    assert len(found) <= most
    assert all(theme.size >= fewest or len(found) == 1 for theme in found)
    assert sum(theme.size for theme in found) <= len(texts)
    assert [theme.size for theme in found] == sorted((t.size for t in found), reverse=True)
    assert len({theme.label for theme in found}) == len(found)
    assert all(theme.quotes and len(set(theme.quotes)) == len(theme.quotes) for theme in found)
    assert all(word_overlap(a.words, b.words) < 0.7 for a in found for b in found if a is not b)
    assert not {q for t in found for q in t.quotes} - {" ".join(text.split()) for text in texts}


def word_overlap(one, other):
    first, second = set(one), set(other)
    return len(first & second) / max(1, len(first | second))


@pytest.mark.slow
def test_the_rules_on_our_own_examples():
    found = discover_themes(EXAMPLES)
    assert 6 <= len(found) <= 25
    check_theme_rules(found, EXAMPLES)


@pytest.mark.slow
@pytest.mark.parametrize("many", [60, len(EXAMPLES)])
def test_the_order_of_the_texts_does_not_matter(many):
    some = EXAMPLES[:many]
    assert discover_themes(random.Random(3).sample(some, many)) == discover_themes(some)


@pytest.mark.slow
def test_fewer_than_thirty_texts_have_no_themes():
    assert discover_themes(EXAMPLES[:29]) == []
    assert discover_themes([*EXAMPLES[:29], "  ", "👍", "the"]) == []
    assert discover_themes(EXAMPLES[:30])


def test_one_text_ten_thousand_times_is_one_theme():
    (theme,) = discover_themes(["Stop using Tasers on kids please"] * 10_000)
    assert (theme.size, theme.quotes) == (10_000, ("Stop using Tasers on kids please",))


@pytest.mark.parametrize(
    "texts",
    [["taser"] * 40, [f"w{n}" for n in range(50)], ["a b"] * 50, ["aa" * 2_000] * 31],
    ids=["one word", "nothing in common", "nothing said", "one long word"],
)
def test_texts_without_variety_keep_the_rules(texts):
    check_theme_rules(discover_themes(texts), texts)


@pytest.mark.slow
def test_the_reader_sets_the_largest_number_of_themes():
    assert len(discover_themes(EXAMPLES, most=7, fewest=3)) <= 7


@pytest.mark.slow
def test_every_cut_keeps_the_rules_and_holds_the_one_below_it():
    tree = theme_hierarchy(EXAMPLES, reading.text_vectors(EXAMPLES))
    for number in (6, 12, 25):
        found = tree.at(number)
        check_theme_rules(found, EXAMPLES)
        assert len(found) == min(number, len(tree))
        assert sum(theme.size for theme in found) == len(EXAMPLES)
    assert 6 <= tree.proposed <= 25
    parts, whole = tree.members(12).values(), tree.members(6).values()
    assert all(any(set(part) <= set(one) for one in whole) for part in parts)


def test_a_tree_is_cut_where_the_reader_likes():
    tree = clusters.ClusterTree(np.array([0, 1, 2, 2]), ((0, 2), (1, 3)))
    assert [tree.cut(number).tolist() for number in (1, 2, 3)] == [
        [0, 0, 0, 0],
        [1, 0, 1, 1],
        [0, 1, 2, 2],
    ]


def test_noun_phrases_need_no_corpora():
    assert "young people" in noun_phrases("We don't trust young people with the loud sirens.")


def test_phrases_run_between_pauses_and_end_in_no_stop_word():
    assert word_runs("Lost or stolen, my card!") == {"lost", "stolen", "lost or stolen", "card"}


def test_key_phrases_do_not_repeat_themselves():
    phrases = ["young people", "people", "young", "night bus"]
    rows = np.array([[1, 0, 0], [0.9, 0.4, 0], [0.8, 0.6, 0], [0.6, 0, 0.8]], np.float32)
    centre, middle = np.eye(3, dtype=np.float32)[:2]
    assert key_phrases(phrases, rows, centre, middle) == ("young people", "night bus")


def test_complaints_of_a_real_city(shared):
    path = shared / "data/freetext/ppd_complaints_2015-2020.csv"
    with path.open(encoding="utf-8") as file:
        texts = [row["summary"] for row in csv.DictReader(file)]
    found = discover_themes(texts)
    assert len(found) >= 6
    check_theme_rules(found, texts)


def test_a_consultation(shared):
    folder = shared / "data/freetext/themefinder_gambling_XS/evals/data/gambling_XS/inputs"
    lines = (folder / "question_part_1/responses.jsonl").read_text("utf-8").splitlines()
    texts = [json.loads(line)["response"] for line in lines]
    found = discover_themes(texts)
    assert len(found) >= 6
    check_theme_rules(found, texts)


def test_most_texts_stay_together_when_some_are_left_out(shared):
    """80 % bootstrap, pairs of runs, 25 themes of short complaints."""
    vectors, _ = banking_vectors(shared, 25, 2_000)
    runs = []
    for seed in range(3):
        rows = np.random.default_rng(seed).permutation(len(vectors))[: int(0.8 * len(vectors))]
        space = clusters.reduced_space(vectors[np.sort(rows)])
        run = np.full(len(vectors), -1)
        run[np.sort(rows)] = clusters.cluster_tree(space).cut(25)
        runs.append(run)
    pairs = [(runs[a], runs[b], (runs[a] >= 0) & (runs[b] >= 0)) for a, b in ((0, 1), (0, 2))]
    assert np.mean([adjusted_rand_score(a[both], b[both]) for a, b, both in pairs]) >= 0.8


def banking_vectors(shared, themes, most):
    with (shared / "data/labelled/banking77/train.csv").open(encoding="utf-8") as file:
        rows = [(row["text"], row["category"]) for row in csv.DictReader(file)]
    kinds = sorted({kind for _, kind in rows})[::3][:themes]
    rows = sorted(row for row in rows if row[1] in kinds)
    rows = random.Random(5).sample(rows, min(most, len(rows)))
    return reading.text_vectors([text for text, _ in rows]), [kind for _, kind in rows]


def test_what_most_texts_say_is_no_name_of_a_theme():
    """Names of complaints were "called 911, complainant states", dates and hours."""
    about = ["lost my purse", "lost my keys", "broke our door", "broke our window"] * 3
    texts = sorted(f"On 7-5-16 at 6pm the complainant states they {one} {n}" for n, one in
                   enumerate(about))  # fmt: skip
    leaf = np.array(["broke" in text for text in texts], int)
    vectors = np.eye(2, dtype=np.float32)[leaf]
    tree = ThemeHierarchy(
        texts, np.ones(12, int), vectors, ClusterTree(leaf, ((0, 1),)), 2,
        lambda phrases: np.ones((len(phrases), 2), np.float32),
    )  # fmt: skip
    assert tree.candidate(0).label in {"Purse", "Keys"}
    words = {word for node in (0, 1) for phrase in tree.candidate(node).words
             for word in phrase.split()}  # fmt: skip
    assert words & {"lost", "broke"}
    assert not words & {"6pm", "7-5-16", "complainant", "states"}


WHAT_IS_NO_NAME = """
a an the my our your his her their is are was were be been isn't wasn't not never no and or but that
which who to of in on at for with by from got get gets said told arrested treated harassed falsely
rude regarding including
"""


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("corpus", ["gambling", "complaints"])
def test_names_of_candidates_are_nouns(shared, corpus, seed):
    """They were pieces of sentences: "treated unprofessionally, district was rude"."""
    texts = random.Random(seed).sample(corpora(shared)[corpus], 190)
    tree = theme_hierarchy(texts, reading.text_vectors(texts))
    names = [theme.label.lower().split() for theme in tree.at(tree.proposed)]
    assert len(names) >= 2
    assert len({" ".join(name) for name in names}) == len(names)
    for name in names:
        assert 1 <= len(name) <= 3
        assert not {name[0], name[-1]} & set(WHAT_IS_NO_NAME.split())
        assert all(word.replace("-", "").replace("'", "").isalnum() for word in name)


def corpora(shared):
    folder = shared / "data/freetext"
    asked = folder / "themefinder_gambling_XS/evals/data/gambling_XS/inputs"
    answers = [
        json.loads(line)["response"]
        for path in sorted(asked.glob("question_part_*/responses.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]
    with (folder / "ppd_complaints_2015-2020.csv").open(encoding="utf-8", errors="replace") as file:
        complaints = [row["summary"] for row in csv.DictReader(file) if row["summary"]]
    return {"gambling": answers, "complaints": complaints[:2_000]}


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("The street lighting is broken.", {"street lighting", "street", "lighting"}),
        ("They were banning ads.", {"banning ads", "ads"}),
        ("Bad quality of service", {"quality of service", "bad quality", "quality", "service"}),
        ("They never fired him and she was falsely arrested.", set()),
        ("", set()),
    ],
)
def test_noun_phrases_are_what_a_person_would_call_it(said, names):
    assert noun_phrases(said) == names


def test_a_quote_says_something_where_any_text_does():
    texts = ["Diversity in policing", "More police", "We want officers who live where we live"]
    near, space = np.ones(3, np.float32), np.eye(3, dtype=np.float32)
    assert central_quotes(texts, near, space)[0] == texts[2]
    assert central_quotes(texts[:2], near[:2], space[:2])[0] == "More police"


def test_words_tell_apart_what_vectors_do_not():
    texts = ["helicopter noise", "helicopter lights", "kettle steam", "kettle cord"]
    vectors = np.random.default_rng(3).normal(size=(40, 8)).astype(np.float32)
    vectors[2] = vectors[1]
    space = clusters.discovery_space(vectors, texts * 10)
    assert clusters.reduced_space(vectors)[0] @ clusters.reduced_space(vectors)[1] == pytest.approx(
        clusters.reduced_space(vectors)[0] @ clusters.reduced_space(vectors)[2]
    )
    assert space[0] @ space[1] > space[0] @ space[2]


def test_the_number_proposed_leaves_no_theme_with_half_of_the_texts():
    """The best cut by separation may be one large group and many small ones."""
    rng = np.random.default_rng(2)
    centres = np.linalg.qr(rng.normal(size=(16, 16)))[0]
    near = [centres[0] + 0.9 * centres[1 + n % 4] for n in range(200)]
    rows = np.array([*near, *(centres[6 + n % 8] for n in range(120))])
    rows = clusters.unit_rows((rows + rng.normal(0, 0.05, rows.shape)).astype(np.float32))
    tree, counts = clusters.cluster_tree(rows), np.ones(len(rows), int)
    chosen = tree.cut(proposed_number(rows, tree, counts))
    assert largest_share(chosen, counts) <= 0.5
