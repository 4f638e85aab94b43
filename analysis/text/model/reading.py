"""Texts read by the sentence model: what each is about (a vector) and its tone."""

import functools
import io
from typing import NamedTuple

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from analysis.text.lexicons import has_praise_and_blame
from analysis.text.masked_words import masked_text, names_in_words
from analysis.text.model import files, passages
from analysis.text.model.files import MODEL_CARD, load_checked_file, load_tokenizer
from analysis.text.personal_data import CHARACTERS_READ

DIMENSIONS = 384
VERSION = MODEL_CARD.version
SHARED_STATES = "layer_norm_8"
"""The value of the graph that both results are made from."""
TONE_STATES = "layer_norm_16"
"""The last states of the tone's own layers, of which its logits are made."""
SLOW_FUSION = "SkipLayerNormFusion"
"""onnxruntime's one step for a sum and its normalisation takes four times as long as both."""


class ReadingBatch(NamedTuple):
    """vectors (n, 384), rows of length 1 or 0; tone (n, 3): p negative, neutral, positive.

    placed (n): the whole and the sentences of each text, from the same reading; sentences (n): the
    tone of each sentence, (sentences, 3), where a text has several.
    """

    vectors: NDArray[np.float32]
    tone: NDArray[np.float64]
    placed: tuple[passages.PassageVectors, ...] = ()
    sentences: tuple[NDArray[np.float64], ...] = ()


class ModelParts(NamedTuple):
    """The model in three parts, so that no layer runs whose result nobody asks for.

    `shared`: word pieces to their states after the layers that vector and tone have in common;
    `vector` and `tone`: these states to each result.
    """

    shared: InferenceSession
    vector: InferenceSession
    tone: InferenceSession


@functools.cache
def load_parts() -> ModelParts:
    """The model, loaded once per process, with the fastest weights that change no bit."""
    return make_parts(with_fastest_weights(load_checked_file("two_heads.onnx")))


def with_fastest_weights(model: bytes) -> bytes:
    """The model with signed weights where this processor multiplies them exactly, else as it is.

    They are 1.6 times as fast on processors with VNNI.
    """
    return files.with_signed_weights(model) if multiplies_signed_exactly() else model


@functools.cache
def multiplies_signed_exactly() -> bool:
    """Whether signed weights change no bit of a reading of the largest activations.

    On x86 processors without VNNI onnxruntime adds their products in 16 bits and clips the sum
    (decision 0008).
    """
    shipped = load_checked_file("two_heads.onnx")
    signed = files.with_signed_weights(shipped)
    return reads_alike(make_parts(shipped).tone, make_parts(signed).tone)


def make_parts(model: bytes) -> ModelParts:
    def part(source: str, *results: str) -> InferenceSession:
        return make_session(files.part_of_graph(model, [source], results))

    return ModelParts(
        shared=part("input_ids", SHARED_STATES),
        vector=part(SHARED_STATES, "vector", "states"),
        tone=part(SHARED_STATES, "tone", TONE_STATES),
    )


def make_session(model: bytes) -> InferenceSession:
    """A session on one thread: work is spread over processes, and waiting threads use the
    processor.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return InferenceSession(
        model, options, providers=["CPUExecutionProvider"], disabled_optimizers=[SLOW_FUSION]
    )


def reads_alike(form: InferenceSession, other: InferenceSession) -> bool:
    """Whether two forms of the tone's part give the same bits for the largest activations.

    Equal states become 255 each, the largest there is, and sums of 16 bits overflow.
    """
    states = {SHARED_STATES: np.ones((1, 16, DIMENSIONS), np.float32)}
    first, second = (session.run(None, states)[0].tobytes() for session in (form, other))
    return bool(first == second)


@functools.cache
def tone_weights() -> NDArray[np.float64]:
    """What the tone's last states add to its logits, (384, 3): fitted by `fit_tone`."""
    with np.load(io.BytesIO(load_checked_file("tone_by_states.npz"))) as file:
        return np.asarray(file["weights"], np.float64)


def read_texts(texts: list[str]) -> ReadingBatch:
    """Vector, tone and passages of each text, the vector from its first 256 word pieces.

    For the tone, the model reads the text with names and words about identity masked; for the
    vector, with only the names masked that redaction marked. It reads once where these are the
    same. int8 activations are scaled over a batch, so each text is a batch of its own: its numbers
    depend on no other text. Equal texts are read once. An empty text has the zero vector and is
    neutral. Raises WrongModel.
    """
    known = load_example_readings()
    once = {
        text: known.get(text) or read_text(text[:CHARACTERS_READ]) for text in dict.fromkeys(texts)
    }
    readings = [once[text] for text in texts]
    return ReadingBatch(
        np.array([each.vector for each in readings], np.float32).reshape(-1, DIMENSIONS),
        np.array([each.tone for each in readings], np.float64).reshape(-1, 3),
        tuple(each.placed for each in readings),
        tuple(each.sentences for each in readings),
    )


def text_vectors(texts: list[str]) -> NDArray[np.float32]:
    """Only the vectors of `read_texts`, (n, 384): no text is read a second time for its tone."""
    once = {text: read_pieces(text[:CHARACTERS_READ]).vector for text in dict.fromkeys(texts)}
    return np.array([once[text] for text in texts], np.float32).reshape(-1, DIMENSIONS)


class SharedStates(NamedTuple):
    """states (1, pieces, 384) of a text after the shared layers; bounds (pieces, 2) in it."""

    states: NDArray[np.float32]
    bounds: NDArray[np.int64]


class SingleReading(NamedTuple):
    vector: NDArray[np.float32]
    tone: NDArray[np.float64]
    placed: passages.PassageVectors
    sentences: NDArray[np.float64] = np.zeros((0, 3))


@functools.cache
def load_example_readings() -> dict[str, SingleReading]:
    """Readings of the examples that come with Soundings, made by `model/read_examples.py`.

    Reading them takes each process some seconds, and every machine learns from the same numbers.
    """
    with np.load(io.BytesIO(load_checked_file("examples.npz"))) as file:
        texts, tones, sizes = file["texts"].tolist(), file["tones"], file["sizes"]
        cuts = np.cumsum(sizes)[:-1]
        rows = np.split(file["rows"].astype(np.float32), cuts)
        spans = [tuple(map(tuple, part.tolist())) for part in np.split(file["spans"], cuts)]
        sentences = np.split(file["sentences"], np.cumsum(file["toned"])[:-1])
    return {
        text: SingleReading(row[0], tone, passages.PassageVectors(span, row), each)
        for text, tone, row, span, each in zip(texts, tones, rows, spans, sentences, strict=True)
    }


def read_text(text: str) -> SingleReading:
    first = run_shared_layers(text)
    pieces = find_vector(first)
    placed = passages.passage_vectors(text, pieces, read_pieces)
    judged = masked_text(text)
    is_masked = judged.split() != names_in_words(text)[0].split()
    seen = run_shared_layers(judged) if is_masked else first
    written = passages.with_blank_marks(text)
    return SingleReading(
        pieces.vector,
        find_tone(seen),
        placed,
        sentence_tones(written, placed.spans[1:], judged if is_masked else written, seen),
    )


def sentence_tones(
    written: str,
    spans: tuple[passages.Bounds, ...],
    judged: str,
    first: SharedStates | None,
) -> NDArray[np.float64]:
    """The tone (n, 3) of each of n sentences of a text; empty unless it has both praise and blame.

    VADER decides whether it has, because reading the sentences of every text takes half as long
    again as all else. Only the tone's own layers read each sentence by itself, from the states that
    the shared ones made of the whole text: nearly as good as reading each alone, in a third of the
    time (docs/method/text.md).
    """
    if not has_praise_and_blame([written[start:end] for start, end in spans]):
        return tone_rows([])
    # Masking may join sentences; what the first 256 pieces do not hold is read by itself as well.
    places = passages.sentence_bounds(judged)
    if first is None or len(places) != len(spans):
        return tone_rows([read_tone(written[start:end]) for start, end in spans])
    tones = []
    for (start, end), place in zip(spans, places, strict=True):
        inside = (first.bounds[:, 0] >= place[0]) & (first.bounds[:, 1] <= place[1])
        inside &= first.bounds[:, 1] > first.bounds[:, 0]
        if not inside.any() or place[1] > first.bounds.max():
            tones.append(read_tone(written[start:end]))
            continue
        # The reader's marks of beginning and end belong to every text that it was taught.
        inside[[0, -1]] = True
        tones.append(find_tone(SharedStates(first.states[:, inside], first.bounds[inside])))
    return tone_rows(tones)


def tone_rows(tones: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.array(tones, np.float64).reshape(-1, 3)


def read_tone(text: str) -> NDArray[np.float64]:
    return find_tone(run_shared_layers(masked_text(text)))


def run_shared_layers(text: str) -> SharedStates | None:
    """The states of a single text's first 256 word pieces; None for an empty text.

    Marks of names are read as "someone", other marks are not seen; bounds are those in `text`.
    """
    said, ends = names_in_words(text)
    if not said.strip():
        return None
    encoded = load_tokenizer().encode(said)
    ids = np.array([encoded.ids], np.int64)
    (states,) = load_parts().shared.run(None, {"input_ids": ids})
    places = np.array(encoded.offsets, np.int64)
    # Each name before a place made the text longer by one character.
    return SharedStates(states, places - np.searchsorted(ends, places, side="right"))


def read_pieces(text: str) -> passages.TextPieces:
    return find_vector(run_shared_layers(text))


def find_vector(first: SharedStates | None) -> passages.TextPieces:
    if first is None:
        return passages.TextPieces(
            np.zeros(DIMENSIONS, np.float32), None, np.zeros((0, 2), np.int64)
        )
    vector, states = load_parts().vector.run(None, {SHARED_STATES: first.states})
    return passages.TextPieces(vector[0], states[0], first.bounds)


def find_tone(first: SharedStates | None) -> NDArray[np.float64]:
    """The probabilities (3) of negative, neutral and positive; an empty text is neutral.

    softmax(head's logits + mean of its last states, of length 1, times U), with U the
    `tone_weights`: the head alone takes too many texts for neutral.
    """
    if first is None:
        return np.array([0.0, 1.0, 0.0])
    logits, row = find_logits(first)
    scores = logits + row @ tone_weights()
    # The largest is subtracted, so that exp cannot overflow.
    weights = np.exp(scores - scores.max())
    return np.asarray(weights / weights.sum(), np.float64)


def find_logits(first: SharedStates) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The logits (3) of the tone head, and the mean (384) of its last states, of length 1."""
    logits, states = load_parts().tone.run(None, {SHARED_STATES: first.states})
    mean = states[0].mean(axis=0, dtype=np.float64)
    return np.asarray(logits[0], np.float64), mean / np.linalg.norm(mean)
