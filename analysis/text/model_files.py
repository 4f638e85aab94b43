"""The files of the sentence model, each with the checksum that it was tested with."""

import functools
import hashlib
import os
from pathlib import Path

import msgspec
from tokenizers import Tokenizer

# tokenizers brings huggingface-hub along, and nothing here may go to the network.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

FOLDER = Path(__file__).with_name("model")


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
            "Restore the file from the repository, or build the model again."
        )
    return content


@functools.cache
def load_tokenizer() -> Tokenizer:
    return Tokenizer.from_str(load_checked_file("tokenizer.json").decode())
