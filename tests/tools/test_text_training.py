"""What the tone is trained on: pairs that differ in words that may change nothing, and rated
texts.
"""

import io
import re
import tarfile

import pytest

from tools.text_model import sentences


def test_pairs_are_the_same_at_every_build_and_differ_only_in_priced_words():
    pairs = sentences.sentence_pairs(400, seed=1)
    assert pairs == sentences.sentence_pairs(400, seed=1)
    assert pairs != sentences.sentence_pairs(400, seed=2)
    assert {pair.label for pair in pairs} == {0, 1, 2}
    differ = [pair for pair in pairs if pair.first != pair.second]
    assert len(differ) > 200
    assert not [text for pair in pairs for text in pair[:2] if "<" in text or ">" in text]


def test_every_slot_of_every_frame_has_fillers_and_every_filler_once():
    written = sentences.load_grammar()
    words = sentences.slot_fillers(written)
    used = {slot for frames in written.frames for slot in sentences.SLOT.findall(frames.lines)}
    assert used <= set(words)
    assert set(written.priced) <= set(words)
    assert not [slot for slot, fill in words.items() if len(fill) != len(set(fill)) or "" in fill]
    assert {frames.label for frames in written.frames} == set(sentences.LABELS)


@pytest.mark.parametrize(
    ("mean", "tone"),
    [
        (0.0, (0, 1, 0)),
        (0.2, (0, 1, 0)),
        (0.5, (0, 0.5, 0.5)),
        (-0.5, (0.5, 0.5, 0)),
        (-0.8, (1, 0, 0)),
        (3.1, (0, 0, 1)),
    ],
)
def test_a_mean_of_ratings_is_neutral_where_it_rounds_to_nought(mean, tone):
    assert sentences.tone_probabilities(mean) == pytest.approx(tone)


def test_goemotions_without_its_doubtful_comments(tmp_path):
    path = tmp_path / "train.tsv"
    path.write_text("nice\t3\ta\nodd\t0\tb\nmeh\t2\tc\nbad\t1\td\n")
    judged = sentences.read_goemotions(path)
    assert [text for text, _ in judged] == ["nice", "meh", "bad"]
    train, calibrates = sentences.split_for_calibration(judged * 20)
    assert (len(train), len(calibrates)) == (57, 3)


def tweets_archive(files):
    inner, outer = io.BytesIO(), io.BytesIO()
    for buffer, members in ((inner, files), (outer, None)):
        with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
            for name, content in (
                members or {"a/hutto_ICWSM_2014.tar.gz": inner.getvalue()}
            ).items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return outer.getvalue()


def test_every_fifth_tweet_is_kept_from_training():
    lines = "\n".join(f"{n}\t{n / 5 - 1}\ttweet &amp; {n}" for n in range(10)).encode()
    made = tweets_archive(
        {f"hutto_ICWSM_2014/{name}_GroundTruth.txt": lines for name in sentences.GRADED}
    )
    tweets = sentences.read_graded_snippets(made, held_out=True)
    assert [text for text, _ in tweets] == ["tweet & 0", "tweet & 5"]
    trained = sentences.read_graded_snippets(made)
    assert len(trained) == 8 + 10 + 4 + 5


def test_marks_of_goemotions_become_words_and_a_swap_keeps_the_label():
    judged = [
        sentences.JudgedSentence("[NAME] is a [RELIGION] man", (0.0, 1.0, 0.0)),
        sentences.JudgedSentence("I love this book", (0.0, 0.0, 1.0)),
        sentences.JudgedSentence("nothing here", (0.0, 1.0, 0.0)),
        sentences.JudgedSentence("that man is rude", (1.0, 0.0, 0.0)),
        sentences.JudgedSentence("this book is doubtful", (0.0, 0.5, 0.5)),
    ]
    ((text, _), *_) = sentences.with_marks_replaced(judged, seed=3)
    assert "[" not in text
    pairs = {pair.label: pair for pair in sentences.swapped_pairs(judged, 10, seed=3)}
    assert len(pairs) == 3
    assert re.fullmatch(r"I love this .+", pairs[2].second)
    assert pairs[2].second != pairs[2].first == "I love this book"
    assert re.fullmatch(r"that .+ man is rude", pairs[0].second)


def test_mentions_of_any_noun_are_neutral_pairs():
    pairs = sentences.mention_pairs(50, ["teapot", "ruin"], seed=5)
    assert {pair.label for pair in pairs} == {1}
    assert all(re.search("teapot|ruin", text, re.IGNORECASE) for p in pairs for text in p[:2])
    judged = [
        sentences.JudgedSentence("the plot is a mess. She has an idea of it", (1.0, 0.0, 0.0))
    ]
    assert sentences.nouns_of_sentences(judged) == ["idea", "mess", "plot"]
