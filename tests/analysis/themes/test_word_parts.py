"""Parts of words are counted as scikit-learn counts them, to the last bit."""

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from analysis.themes.codebook import OFF_TOPIC_TEXTS, STARTING_CODEBOOK, theme_texts
from analysis.themes.heads import learn_word_parts, plain

LEARNED = sorted(text for theme in STARTING_CODEBOOK.themes for text in theme_texts(theme))
READ = [
    *OFF_TOPIC_TEXTS,
    "They didn’t listen, they didn't listen!",
    "\tThe  officer\u00a0at the\nstation ",
    "ΟΔΟΣ Σ",
    "x",
    "",
]


def test_features_are_those_of_scikit_learn():
    peer = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 4), min_df=2, sublinear_tf=True, preprocessor=plain
    )
    wanted = peer.fit(LEARNED).transform(READ)
    found = learn_word_parts(LEARNED).features(READ)
    wanted.sort_indices()
    assert found.shape == wanted.shape
    for part in ("indptr", "indices", "data"):
        np.testing.assert_array_equal(getattr(found, part), getattr(wanted, part))
