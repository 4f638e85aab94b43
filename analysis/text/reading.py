"""Texts read by the sentence model: what each is about (a vector) and its tone."""

import functools
import hashlib
import io
import os
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from analysis.text.passages import PassageVectors, TextPieces, passage_vectors, with_blank_marks
from analysis.text.personal_data.marks import CHARACTERS_READ
from analysis.text.tone.masking import masked_text

# tokenizers brings huggingface-hub along, and nothing here may go to the network.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

FOLDER = Path(__file__).with_name("model")
DIMENSIONS = 384


class LexiconModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Logistic regression on the features of the lexicons: weights (8, 3), bias (3)."""

    weights: list[list[float]]
    bias: list[float]


class MixtureModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Weights of the two logarithms of probability, and the bias (3) of their sum."""

    model: float
    lexicons: float
    bias: list[float]


class ModelCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The checksums that the model's files must have, and the parameters fitted with it."""

    version: str
    sha256: dict[str, str]
    lexicons: LexiconModel
    mixture: MixtureModel


MODEL_CARD = msgspec.toml.decode((FOLDER / "two_heads.toml").read_bytes(), type=ModelCard)
VERSION = MODEL_CARD.version


class ReadingBatch(NamedTuple):
    """vectors (n, 384), rows of length 1 or 0; tone (n, 3): p negative, neutral, positive.

    placed (n): the whole and the sentences of each text, from the same reading.
    """

    vectors: NDArray[np.float32]
    tone: NDArray[np.float64]
    placed: tuple[PassageVectors, ...] = ()


class WrongModel(Exception):
    """A file of the sentence model is absent or is not the one this version was tested with."""


def load_checked_file(name: str) -> bytes:
    path = FOLDER / name
    if not path.is_file():
        raise WrongModel(f"{path} is missing. Restore it from the repository.")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    # Codes remember the version of the model: another file must not read texts under its name.
    if found != MODEL_CARD.sha256[name]:
        raise WrongModel(
            f"{path} has sha256 {found}, and two_heads.toml names {MODEL_CARD.sha256[name]}. "
            "Restore "
            "the file from the repository, or build the model again."
        )
    return content


@functools.cache
def load_tokenizer() -> Tokenizer:
    return Tokenizer.from_str(load_checked_file("tokenizer.json").decode())


@functools.cache
def load_session() -> onnxruntime.InferenceSession:
    """The model, loaded once per process, on one thread: work is spread over processes, and waiting
    threads use the processor.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(
        load_checked_file("two_heads.onnx"), options, providers=["CPUExecutionProvider"]
    )


@functools.cache
def tone_weights() -> NDArray[np.float64]:
    """What the vector adds to the tone head's logits, (384, 3): fitted by `fit_tone`."""
    with np.load(io.BytesIO(load_checked_file("tone_by_vector.npz"))) as file:
        return np.asarray(file["weights"], np.float64)


def read_texts(texts: list[str]) -> ReadingBatch:
    """Vector, tone and passages of each text, the vector from its first 256 word pieces.

    For the tone, names and words about identity are masked; for the vector they are not. If the two
    versions differ the text is read twice. int8 activations are scaled over a batch, so each text
    is a batch of its own: its numbers depend on no other text. Equal texts are read once. An empty
    text has the zero vector and is neutral. Raises WrongModel.
    """
    known = load_example_readings()
    once = {
        text: known.get(text) or read_text(text[:CHARACTERS_READ]) for text in dict.fromkeys(texts)
    }
    found = [once[text] for text in texts]
    return ReadingBatch(
        np.array([each.vector for each in found], np.float32).reshape(-1, DIMENSIONS),
        np.array([each.tone for each in found], np.float64).reshape(-1, 3),
        tuple(each.placed for each in found),
    )


def text_vectors(texts: list[str]) -> NDArray[np.float32]:
    """Only the vectors of `read_texts`, (n, 384): no text is read a second time for its tone."""
    once = {
        text: run_model(with_blank_marks(text[:CHARACTERS_READ]))[0].vector
        for text in dict.fromkeys(texts)
    }
    return np.array([once[text] for text in texts], np.float32).reshape(-1, DIMENSIONS)


class SingleReading(NamedTuple):
    vector: NDArray[np.float32]
    tone: NDArray[np.float64]
    placed: PassageVectors


@functools.cache
def load_example_readings() -> dict[str, SingleReading]:
    """Readings of the examples that come with Soundings, made by `model/read_examples.py`.

    Reading them takes each process some seconds, and every machine learns from the same numbers.
    """
    with np.load(io.BytesIO(load_checked_file("examples.npz"))) as file:
        texts, tones, sizes = file["texts"].tolist(), file["tones"], file["sizes"]
        cuts = np.cumsum(sizes)[:-1]
        rows = np.split(file["rows"], cuts)
        spans = [tuple(map(tuple, part.tolist())) for part in np.split(file["spans"], cuts)]
    return {
        text: SingleReading(row[0], tone, PassageVectors(span, row))
        for text, tone, row, span in zip(texts, tones, rows, spans, strict=True)
    }


def read_text(text: str) -> SingleReading:
    written, judged = with_blank_marks(text), masked_text(text)
    pieces, tone = run_model(written)
    if written.strip() and judged.split() != written.split():
        tone = run_model(judged)[1]
    return SingleReading(
        pieces.vector, tone, passage_vectors(written, pieces, lambda part: run_model(part)[0])
    )


def run_model(text: str) -> tuple[TextPieces, NDArray[np.float64]]:
    """The model's output for a single text; its tone is softmax(head's logits + vector U).

    U are the `tone_weights`: the head alone takes too many texts for neutral.
    """
    if not text.strip():
        nothing = TextPieces(np.zeros(DIMENSIONS, np.float32), None, np.zeros((0, 2), np.int64))
        return nothing, np.array([0.0, 1.0, 0.0])
    pieces, logits = run_heads(text)
    scores = logits + pieces.vector.astype(np.float64) @ tone_weights()
    # The largest is subtracted, so that exp cannot overflow.
    weights = np.exp(scores - scores.max())
    return pieces, weights / weights.sum()


def run_heads(text: str) -> tuple[TextPieces, NDArray[np.float64]]:
    """What the two heads find in a text with words: its pieces, and the logits (3) of its tone."""
    encoded = load_tokenizer().encode(text)
    ids = np.array([encoded.ids], np.int64)
    vector, logits, *states = load_session().run(None, {"input_ids": ids})
    bounds = np.array(encoded.offsets, np.int64)
    return TextPieces(vector[0], states[0][0] if states else None, bounds), logits[0].astype(
        np.float64
    )
