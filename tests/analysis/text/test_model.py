"""The sentence model: the tested files, figures of each text alone, and no group shifts the
tone.
"""

import hashlib
import tomllib
from pathlib import Path

import numpy as np
import pytest

from analysis.text import masked_words
from analysis.text.model import files, reading
from analysis.text.tone import score_texts
from tests.bench.text import sentiment as bench

FOLDER = Path(reading.__file__).parent
GRAMMAR = Path(__file__).parents[3] / "tools/text_model/grammar.toml"
EXPECTED = tomllib.loads(Path(__file__).with_name("text_model_scores.toml").read_text("utf-8"))


def test_the_files_are_the_ones_that_were_tested():
    for name, expected in files.MODEL_CARD.sha256.items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == expected
    assert EXPECTED["version"] == reading.VERSION


def test_the_artefact_is_small_enough_to_ship():
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) <= 30_000_000


def test_another_file_is_refused_with_a_way_out(tmp_path, monkeypatch):
    (tmp_path / "tokenizer.json").write_text("{}")
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    with pytest.raises(files.WrongModel, match=r"sha256 .* Restore"):
        files.load_checked_file("tokenizer.json")
    with pytest.raises(files.WrongModel, match="missing"):
        files.load_checked_file("two_heads.onnx")


def test_scores_are_the_ones_of_this_version():
    texts = [each["text"] for each in EXPECTED["scores"]]
    found = score_texts(texts, ["en"] * len(texts))
    assert [tone.label for tone in found] == [each["label"] for each in EXPECTED["scores"]]
    np.testing.assert_allclose(
        reading.read_texts(texts).tone, [each["tone"] for each in EXPECTED["scores"]], atol=1e-3
    )


def test_batch_mates_change_no_bit():
    texts = [each["text"] for each in EXPECTED["scores"]]
    together, backwards = reading.read_texts(texts), reading.read_texts(texts[::-1])
    alone = [reading.read_texts([text]) for text in texts]
    for row, read in enumerate(alone):
        assert (read.vectors[0] == together.vectors[row]).all()
        assert (read.tone[0] == together.tone[row]).all()
    assert (backwards.vectors[::-1] == together.vectors).all()
    assert (backwards.tone[::-1] == together.tone).all()


def test_shapes_and_the_empty_text():
    read = reading.read_texts(["They came at once.", "", "[postcode]", "They came at once."])
    assert read.vectors.shape == (4, reading.DIMENSIONS)
    assert read.vectors.dtype == np.float32
    np.testing.assert_allclose((read.vectors**2).sum(axis=1), [1, 0, 0, 1], atol=1e-5)
    np.testing.assert_array_equal(read.tone[1:3], [[0, 1, 0], [0, 1, 0]])
    np.testing.assert_allclose(read.tone.sum(axis=1), 1)
    assert reading.text_vectors([]).shape == (0, reading.DIMENSIONS)


def test_a_very_long_text_is_read_from_its_start():
    start = "The officer was kind. " * 60
    first, second = reading.read_texts([start, start + "He shouted at me. " * 3_000]).vectors
    assert (first == second).all()


def test_vectors_know_what_texts_are_about():
    asked, near, far = reading.text_vectors(
        ["They searched my bag at the station.", "I was stopped and searched.", "I bake bread."]
    )
    assert asked @ near > asked @ far + 0.2


def test_tone_does_not_see_who_somebody_is_and_vectors_do():
    read = reading.read_texts(["The Somali man was stopped.", "The Polish man was stopped."])
    assert (read.tone[0] == read.tone[1]).all()
    assert (read.vectors[0] != read.vectors[1]).any()


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("Two Black boys and a Muslim woman", "Two local boys and a local woman"),
        ("Asylum seekers were moved on", "locals were moved on"),
        ("[name] was rude", "someone was rude"),
        ("Blackheath and whitewash stay", "Blackheath and whitewash stay"),
        ("a poor service", "a poor service"),
        ("the stammering driver", "the local driver"),
        ("a lady with a limp, an epileptic", "a lady who is local, an local"),
        ("His body went limp", "His body went limp"),
        ("a freckled boy, my son is freckled", "a local boy, my son is local"),
        ("Being freckled, I", "Being local, I"),
        ("the rude man and a dismissive officer", "the rude man and a dismissive officer"),
        ("My son was handcuffed.", "My son was handcuffed."),
        ("a Quaker household, a Taser", "a local household, a Taser"),
    ],
)
def test_masking(said, read):
    assert masked_words.masked_text(said) == read


def test_the_mark_of_a_name_is_read_as_somebody_at_its_own_place():
    text = "[name] shouted. I told [name], at [postcode], to stop."
    first = reading.run_shared_layers(text)
    read = [text[start:end] for start, end in first.bounds[1:-1]]
    assert " ".join(read) == "[name] shouted . I told [name] , at , to stop ."
    marked, in_words = reading.text_vectors([text, text.replace("[name]", "someone")])
    assert (marked == in_words).all()


def test_a_text_without_words_of_identity_is_read_once(monkeypatch):
    asked = []
    once = reading.run_shared_layers
    monkeypatch.setattr(reading, "run_shared_layers", lambda text: asked.append(text) or once(text))
    reading.read_text("PC [name] shouted at me near [postcode].")
    assert len(asked) == 1
    reading.read_text("PC [name] shouted at a young woman.")
    assert len(asked) == 3


def test_every_masked_word_has_a_reason_and_one_place():
    groups = masked_words.load_masked_words().masked
    words = [word for group in groups for word in group.words]
    assert all(group.reason for group in groups)
    assert len(words) == len(set(words))
    assert all(word == word.lower() for word in words)


def test_held_out_words_are_on_no_list_and_in_no_training_sentence():
    held_out = bench.HELD_OUT
    words = {
        *(word for key in ("domain_nouns", "identities", "described") for word in held_out[key]),
        *(name for names in held_out["names"].values() for name in names),
    }
    grammar = GRAMMAR.read_text("utf-8").lower()
    masked = masked_words.replacements()
    assert not [w for w in words if w.lower() in masked or f" {w.lower()}," in grammar]
    frames = [*held_out["neutral_frames"], *held_out["identity_frames"]]
    assert not [frame for frame in frames if frame.split("{}")[0].lower() in grammar.splitlines()]


@pytest.mark.slow
def test_a_mention_is_neutral_in_frames_and_of_nouns_never_trained():
    assert bench.fairness_scores()["neutral"]["ours"] >= 0.92


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "most"),
    [("shift", 0.05), ("groups", 0.02), ("described", 0.02), ("impaired", 0.02), ("names", 0.02)],
)
def test_words_never_trained_shift_nothing(what, most):
    found = bench.fairness_scores()[what]
    assert abs(found["ours"]) <= most
    if what == "shift":
        assert abs(found["ours"]) < abs(found["VADER"])


def test_macro_recall_on_goemotions_dev(shared):
    """Three classes, every fifth of 4,547 comments of one label; the bench reads them all."""
    rows = bench.load_goemotions()[::5]
    texts = [text for text, _ in rows]
    truth = [label for _, label in rows]
    assert bench.macro_recall(bench.our_labels(texts), truth) >= 0.72


@pytest.mark.parametrize("said", ["muslım women", "MUSLİM women", "Muſlim women"])
def test_letters_that_a_pattern_takes_for_others_are_masked_too(said):
    """A Turkish keyboard writes "ı"; it ended the coding of the whole batch."""
    assert masked_words.masked_text(said) == "local women"


def test_a_text_is_read_again_only_where_a_word_is_masked(monkeypatch):
    asked, run = [], reading.run_shared_layers
    monkeypatch.setattr(reading, "run_shared_layers", lambda text: asked.append(text) or run(text))
    reading.read_text("The man was stopped. He was kind.")
    assert asked == ["The man was stopped. He was kind."]
    read = reading.read_text("The Somali man was stopped.")
    assert asked[1:] == ["The Somali man was stopped.", "The local man was stopped."]
    (written,) = reading.text_vectors(["The Somali man was stopped."])
    assert (read.vector == written).all()
    assert (read.tone == reading.read_text("The local man was stopped.").tone).all()
