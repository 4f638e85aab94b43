"""The files of the sentence model with their checksums, and edits of an ONNX file.

The edits change no number that a file computes: signed weights, parts of the graph. A file is a
protocol buffer: a row of fields, each with a number, a kind and a content. What is not named here
is copied byte by byte. The package onnx would bring 20 MB for these few edits. Source: onnx.proto3,
github.com/onnx/onnx; field numbers below.
"""

import functools
import hashlib
import os
from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from tokenizers import Tokenizer

# tokenizers brings huggingface-hub along, and nothing here may go to the network.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

FOLDER = Path(__file__).parent
# ModelProto, GraphProto
GRAPH = 7
VALUE_NAME = 1
NODE, GRAPH_NAME, INITIALIZER, INPUT, OUTPUT, VALUE_INFO = 1, 2, 5, 11, 12, 13
# NodeProto, TensorProto, ValueInfoProto
NODE_INPUT, NODE_OUTPUT, OPERATOR = 1, 2, 4
DATA_TYPE, TENSOR_NAME, RAW_DATA = 2, 8, 9
UINT8, INT8 = 2, 3
# Kinds of a field in the wire format.
VARINT, EIGHT_BYTES, WITH_LENGTH, FOUR_BYTES = 0, 1, 2, 5


class LexiconModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Logistic regression on the features of the lexicons: weights (8, 3), bias (3)."""

    weights: list[list[float]]
    bias: list[float]


class MixtureModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Weights of the model's and the lexicons' log probabilities, and the bias (3) of their sum."""

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
    digest = hashlib.sha256(content).hexdigest()
    # Codes remember the version of the model: another file must not read texts under its name.
    if digest != MODEL_CARD.sha256[name]:
        raise WrongModel(
            f"{path} has sha256 {digest}, and two_heads.toml names {MODEL_CARD.sha256[name]}. "
            "Restore the file from the repository, or build the model again."
        )
    return content


@functools.cache
def load_tokenizer() -> Tokenizer:
    return Tokenizer.from_str(load_checked_file("tokenizer.json").decode())


class Field(NamedTuple):
    """A field of a file: its number, where it starts, and from where to where its content is."""

    number: int
    start: int
    content: int
    end: int


class Node(NamedTuple):
    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def with_signed_weights(model: bytes) -> bytes:
    """The file with the unsigned weights of every MatMulInteger as signed ones.

    Weights and their zero points are moved down by 128, so every product of a centred weight is the
    same whole number: sum (a - z)(w - y) = sum (a - z)((w - 128) - (y - 128)).
    """
    changed = bytearray(model)
    fields = graph_fields(model)
    products = [
        node
        for node in (read_node(model, field) for field in fields[NODE])
        if node.operator == "MatMulInteger"
    ]
    weights = {name for node in products for name in (node.inputs[1], node.inputs[3])}
    for tensor in fields[INITIALIZER]:
        parts = {part.number: part for part in read_fields(model, tensor.content, tensor.end)}
        name, kind, raw = (parts.get(number) for number in (TENSOR_NAME, DATA_TYPE, RAW_DATA))
        if name and kind and raw and text_at(model, name) in weights:
            if model[kind.content] != UINT8:
                raise ValueError(f"{text_at(model, name)} is not unsigned.")
            changed[kind.content] = INT8
            lower = np.frombuffer(model, np.uint8, raw.end - raw.content, raw.content) ^ 0x80
            changed[raw.content : raw.end] = lower.tobytes()
    return bytes(changed)


def part_of_graph(model: bytes, inputs: Collection[str], outputs: Collection[str]) -> bytes:
    """The file with only what leads from `inputs` to `outputs`; both name values of its graph.

    Raises ValueError where the outputs need more than the inputs, or a name is not in the graph.
    """
    fields = graph_fields(model)
    nodes = [read_node(model, field) for field in fields[NODE]]
    needed = needed_nodes(nodes, inputs, outputs)
    made = {name for row in needed for name in nodes[row].outputs}
    used = {name for row in needed for name in nodes[row].inputs if name} | {*outputs}
    weights = {name_within(model, field, TENSOR_NAME): field for field in fields[INITIALIZER]}
    if missing := sorted(used - made - {*inputs, *weights}):
        raise ValueError(f"The outputs also need {', '.join(missing)}.")
    kept = [
        *(fields[NODE][row] for row in needed),
        *(field for name, field in weights.items() if name in used),
        *fields[GRAPH_NAME],
        # Shapes too: without them onnxruntime fuses other operators, and rounds otherwise.
        *(field for field in fields[VALUE_INFO] if name_within(model, field, VALUE_NAME) in used),
    ]
    values = {
        name_within(model, field, VALUE_NAME): model[field.content : field.end]
        for number in (VALUE_INFO, INPUT, OUTPUT)
        for field in fields[number]
    }
    graph = b"".join(
        [
            *(model[field.start : field.end] for field in kept),
            *(encode_field(INPUT, values[name]) for name in inputs),
            *(encode_field(OUTPUT, values[name]) for name in outputs),
        ]
    )
    others = [
        model[field.start : field.end] for field in read_fields(model) if field.number != GRAPH
    ]
    return b"".join([*others, encode_field(GRAPH, graph)])


def needed_nodes(nodes: list[Node], inputs: Collection[str], outputs: Collection[str]) -> list[int]:
    """Numbers of the nodes that the outputs need, in the graph's own order."""
    maker = {name: row for row, node in enumerate(nodes) for name in node.outputs}
    needed: set[int] = set()
    asked = list(outputs)
    while asked:
        name = asked.pop()
        row = maker.get(name)
        if name not in inputs and row is not None and row not in needed:
            needed.add(row)
            asked += nodes[row].inputs
    return sorted(needed)


def graph_fields(model: bytes) -> dict[int, list[Field]]:
    """The fields of the graph by number."""
    (graph,) = (field for field in read_fields(model) if field.number == GRAPH)
    fields: dict[int, list[Field]] = defaultdict(list)
    for part in read_fields(model, graph.content, graph.end):
        fields[part.number].append(part)
    return fields


def read_node(model: bytes, field: Field) -> Node:
    parts = list(read_fields(model, field.content, field.end))

    def words(number: int) -> tuple[str, ...]:
        return tuple(text_at(model, part) for part in parts if part.number == number)

    return Node(words(OPERATOR)[0], words(NODE_INPUT), words(NODE_OUTPUT))


def name_within(model: bytes, field: Field, number: int) -> str:
    """The text in the field of this number within a field."""
    parts = read_fields(model, field.content, field.end)
    return next(text_at(model, part) for part in parts if part.number == number)


def text_at(model: bytes, field: Field) -> str:
    return model[field.content : field.end].decode()


def read_fields(message: bytes, start: int = 0, end: int | None = None) -> Iterator[Field]:
    """The fields of the message between two places, in their order."""
    end = len(message) if end is None else end
    at = start
    while at < end:
        first = at
        key, at = read_varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            content, at = at, read_varint(message, at)[1]
        elif kind == WITH_LENGTH:
            length, content = read_varint(message, at)
            at = content + length
        elif kind in (EIGHT_BYTES, FOUR_BYTES):
            content, at = at, at + (8 if kind == EIGHT_BYTES else 4)
        else:
            raise ValueError(f"Kind {kind} of field {number} is not known.")
        yield Field(number, first, content, at)


def read_varint(message: bytes, at: int) -> tuple[int, int]:
    """The number that is written from `at` on, seven bits a byte, and where it ends."""
    number = shift = 0
    while True:
        byte = message[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at


def encode_field(number: int, content: bytes) -> bytes:
    return encode_varint(number << 3 | WITH_LENGTH) + encode_varint(len(content)) + content


def encode_number(number: int, content: int) -> bytes:
    return encode_varint(number << 3 | VARINT) + encode_varint(content)


def encode_varint(number: int) -> bytes:
    """The number as it is in a file; a negative one as 64 bits."""
    parts, number = bytearray(), number & (2**64 - 1)
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])
