"""The graph of all-mpnet-base-v2 as an ONNX file with weights of eight bits, from its weights.

MPNet (Song et al. 2020) is BERT with positions relative to each other: a number by head and
distance is added to the scores of attention. Each column of a matrix has a scale of its own,
activations are scaled text by text as in the two-headed model.
"""

import contextlib
import hashlib
import importlib.metadata
import io
import json
import struct
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.text.model.files import (
    DATA_TYPE,
    FOUR_BYTES,
    GRAPH,
    GRAPH_NAME,
    INITIALIZER,
    INPUT,
    INT8,
    NODE,
    NODE_INPUT,
    NODE_OUTPUT,
    OPERATOR,
    OUTPUT,
    RAW_DATA,
    TENSOR_NAME,
    UINT8,
    VALUE_NAME,
    WrongModel,
    encode_field,
    encode_number,
    encode_varint,
)

PARTS = 5
FOLDER = "all-mpnet-base-v2"
SHA256 = {
    "model.safetensors": "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
    "tokenizer.json": "b8be2c30ba5dd723a6d5ee26d013da103d5408d92ddcb23747622f9e48f1d842",
}

Weights = NDArray[np.float32]
LAYERS, HEADS, WIDE = 12, 12, 768
LONGEST = 256
NEAR, FAR, BUCKETS = 8, 128, 16
FIRST_PLACE = 2
"""Positions are counted from here: 0 and 1 stand for marks that our texts do not have."""
EPSILON = 1e-5
IR_VERSION, OPSET = 10, 20
UNSIGNED_ZERO = 128
# AttributeProto: name, f, i, ints, type
ATTRIBUTE_NAME, FLOAT, INTEGER, INTEGERS, ATTRIBUTE_TYPE = 1, 2, 3, 8, 20
TYPE_FLOAT, TYPE_INTEGER, TYPE_INTEGERS = 1, 2, 7
Shape = tuple[int | str, ...]
ELEMENT_TYPES = {"float32": 1, "uint8": UINT8, "int8": INT8, "int64": 7}


def part_files() -> list[Path]:
    """The files of the zip's parts, in their order; empty where a wheel or a file is missing."""
    paths = []
    for number in range(1, PARTS + 1):
        name = f"{FOLDER}-pypi-part"
        try:
            wheel = importlib.metadata.distribution(f"{name}-{number:03}")
        except importlib.metadata.PackageNotFoundError:
            return []
        paths.append(
            Path(str(wheel.locate_file(f"{name}_{number:03}/input/{FOLDER}.zip.{number:03}")))
        )
    return paths if all(path.is_file() for path in paths) else []


class JoinedFiles(io.RawIOBase):
    """Files one after the other, read as a single one."""

    def __init__(self, files: Sequence[IO[bytes]]) -> None:
        self.files = files
        self.sizes = [file.seek(0, io.SEEK_END) for file in files]
        self.at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: sum(self.sizes)}[whence]
        self.at = start + offset
        return self.at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        first = 0
        for file, size in zip(self.files, self.sizes, strict=True):
            if self.at < first + size:
                file.seek(self.at - first)
                # To the end of this file at most: the next call goes on with the next one.
                content = file.read(min(len(buffer), first + size - self.at))
                buffer[: len(content)] = content
                self.at += len(content)
                return len(content)
            first += size
        return 0


@contextlib.contextmanager
def open_archive() -> Iterator[zipfile.ZipFile]:
    with contextlib.ExitStack() as opened:
        files = [opened.enter_context(path.open("rb")) for path in part_files()]
        whole = io.BufferedReader(JoinedFiles(files))
        yield opened.enter_context(zipfile.ZipFile(whole))


def read_tokenizer() -> bytes:
    with open_archive() as archive:
        content = archive.read(f"{FOLDER}/tokenizer.json")
    check_digest("tokenizer.json", hashlib.sha256(content).hexdigest())
    return content


def read_weights() -> Iterator[tuple[str, Weights]]:
    """Each matrix of the model with its name, one at a time: together they take 440 MB.

    The digest is checked at the end: use nothing before then. Raises WrongModel.
    """
    digest = hashlib.sha256()
    with open_archive() as archive, archive.open(f"{FOLDER}/model.safetensors") as file:

        def take(size: int) -> bytes:
            content = file.read(size)
            digest.update(content)
            return content

        (length,) = struct.unpack("<Q", take(8))
        header = json.loads(take(length))
        header.pop("__metadata__", None)
        for name, tensor in sorted(header.items(), key=lambda row: row[1]["data_offsets"][0]):
            first, last = tensor["data_offsets"]
            content = take(last - first)
            if tensor["dtype"] == "F32":
                yield name, np.frombuffer(content, "<f4").reshape(tensor["shape"])
    check_digest("model.safetensors", digest.hexdigest())


def check_digest(name: str, digest: str) -> None:
    if digest != SHA256[name]:
        raise WrongModel(f"{name} of the extra mpnet has sha256 {digest}, and not {SHA256[name]}.")


class SmallWeights(NamedTuple):
    """numbers (rows, columns) in -127 to 127; scale (columns)."""

    numbers: NDArray[np.int8]
    scale: NDArray[np.float32]


class ReaderFile(NamedTuple):
    """The model's file; `places` (256, 768), position embeddings, added to those of words; and
    `distances` (12 heads, 256, 256), position biases, added to attention scores.
    """

    model: bytes
    places: NDArray[np.float32]
    distances: NDArray[np.float32]


def make_reader_file(weights: Iterable[tuple[str, Weights]]) -> ReaderFile:
    """The reader's file from all matrices of the published model."""
    small: dict[str, SmallWeights] = {}
    plain: dict[str, Weights] = {}
    for name, matrix in weights:
        is_matrix = name.startswith("encoder.layer.") and matrix.ndim == 2
        if is_matrix or name == "embeddings.word_embeddings.weight":
            scale = (np.abs(matrix).max(axis=1) / np.float32(127)).astype(np.float32)
            numbers = np.rint(matrix / scale[:, None]).astype(np.int8)
            small[name] = SmallWeights(np.ascontiguousarray(numbers.T), scale)
        else:
            plain[name] = matrix
    places = plain.pop("embeddings.position_embeddings.weight")
    by_bucket = plain.pop("encoder.relative_attention_bias.weight")
    return ReaderFile(
        GraphWriter(small, plain).write(),
        places[FIRST_PLACE : FIRST_PLACE + LONGEST].copy(),
        np.ascontiguousarray(by_bucket[distance_buckets(LONGEST)].transpose(2, 0, 1)),
    )


def distance_buckets(length: int) -> NDArray[np.int64]:
    """(length, length): the bucket of each distance, exact to 7 and then by its logarithm."""
    distance = np.arange(length)[None] - np.arange(length)[:, None]
    far = np.maximum(np.abs(distance), NEAR)
    # Single floats, as the model was trained with: at a border another bucket would come out.
    steps = np.log(far.astype(np.float32) / NEAR) / np.log(np.float32(FAR / NEAR))
    large = np.minimum(NEAR + (steps * (BUCKETS - NEAR)).astype(np.int64), BUCKETS - 1)
    near = np.where(np.abs(distance) < NEAR, np.abs(distance), large)
    return BUCKETS * (distance > 0) + near


class GraphWriter:
    """Writes the file node by node."""

    def __init__(self, small: dict[str, SmallWeights], plain: dict[str, Weights]) -> None:
        self.small, self.plain = small, plain
        self.nodes: list[bytes] = []
        self.constants: dict[str, bytes] = {}

    def write(self) -> bytes:
        states = self.words()
        for layer in range(LAYERS):
            states = self.layer(states, f"encoder.layer.{layer}")
        self.node("Identity", [states], results=["states"])
        texts: Shape = (1, "length", WIDE)
        squares: Shape = (1, HEADS, "length", "length")
        graph = [
            *(encode_field(NODE, node) for node in self.nodes),
            text_field(GRAPH_NAME, "mpnet"),
            *(encode_field(INITIALIZER, constant) for constant in self.constants.values()),
            encode_field(INPUT, value_of("input_ids", "int64", (1, "length"))),
            encode_field(INPUT, value_of("places", "float32", texts)),
            encode_field(INPUT, value_of("distances", "float32", squares)),
            encode_field(OUTPUT, value_of("states", "float32", texts)),
        ]
        operators = text_field(1, "") + encode_number(2, OPSET)
        return b"".join(
            [
                encode_number(1, IR_VERSION),
                encode_field(8, operators),
                encode_field(GRAPH, b"".join(graph)),
            ]
        )

    def words(self) -> str:
        """The states of the words before the first layer."""
        numbers, scale = self.small["embeddings.word_embeddings.weight"]
        rows = self.node("Gather", [self.constant("words", numbers.T), "input_ids"])
        scales = self.node("Gather", [self.constant("words.scale", scale[:, None]), "input_ids"])
        read = self.node("Mul", [self.as_floats(rows), scales])
        return self.norm(self.node("Add", [read, "places"]), "embeddings.LayerNorm")

    def layer(self, states: str, name: str) -> str:
        seen = self.linear(
            self.attend(states, f"{name}.attention.attn"), f"{name}.attention.attn.o"
        )
        states = self.norm(self.node("Add", [states, seen]), f"{name}.attention.LayerNorm")
        wide = self.node("Gelu", [self.linear(states, f"{name}.intermediate.dense")])
        after = self.linear(wide, f"{name}.output.dense")
        return self.norm(self.node("Add", [states, after]), f"{name}.output.LayerNorm")

    def attend(self, states: str, name: str) -> str:
        """What each piece sees of the others: softmax(q k / 8 + distances) v, head by head."""
        query, key, value = (
            self.node(
                "Transpose",
                [self.node("Reshape", [self.linear(states, f"{name}.{part}"), self.heads()])],
                [integers_attribute("perm", order)],
            )
            for part, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3]))
        )
        eighth = self.constant("eighth", np.array((WIDE / HEADS) ** -0.5, np.float32))
        alike = self.node("Mul", [self.node("MatMul", [query, key]), eighth])
        scores = self.node("Add", [alike, "distances"])
        shares = self.node("Softmax", [scores], [integer_attribute("axis", -1)])
        seen = self.node("MatMul", [shares, value])
        turned = self.node("Transpose", [seen], [integers_attribute("perm", [0, 2, 1, 3])])
        joined = self.constant("joined", np.array([1, -1, WIDE]))
        return self.node("Reshape", [turned, joined])

    def heads(self) -> str:
        return self.constant("heads", np.array([1, -1, HEADS, WIDE // HEADS]))

    def linear(self, states: str, name: str) -> str:
        numbers, scale = self.small[f"{name}.weight"]
        # As shipped elsewhere in Soundings: unsigned, made signed where that changes no bit.
        raised = (numbers.astype(np.int16) + UNSIGNED_ZERO).astype(np.uint8)
        zeros = np.full(len(scale), UNSIGNED_ZERO, np.uint8)
        rounded, size, zero = self.nodes_with_results("DynamicQuantizeLinear", [states], 3)
        product = self.node(
            "MatMulInteger",
            [
                rounded,
                self.constant(f"{name}.numbers", raised),
                zero,
                self.constant(f"{name}.zeros", zeros),
            ],
        )
        scales = self.node("Mul", [size, self.constant(f"{name}.scale", scale)])
        exact = self.node("Mul", [self.as_floats(product), scales])
        return self.node("Add", [exact, self.constant(f"{name}.bias", self.plain[f"{name}.bias"])])

    def norm(self, states: str, name: str) -> str:
        weights = [
            self.constant(f"{name}.{part}", self.plain[f"{name}.{part}"])
            for part in ("weight", "bias")
        ]
        marks = [integer_attribute("axis", -1), float_attribute("epsilon", EPSILON)]
        return self.node("LayerNormalization", [states, *weights], marks)

    def as_floats(self, name: str) -> str:
        return self.node("Cast", [name], [integer_attribute("to", ELEMENT_TYPES["float32"])])

    def constant(self, name: str, array: NDArray[np.generic]) -> str:
        """The name of a constant, written once."""
        self.constants[name] = b"".join(
            [
                *(encode_number(1, size) for size in array.shape),
                encode_number(DATA_TYPE, ELEMENT_TYPES[array.dtype.name]),
                text_field(TENSOR_NAME, name),
                encode_field(RAW_DATA, array.tobytes()),
            ]
        )
        return name

    def node(
        self,
        operator: str,
        inputs: list[str],
        attributes: Iterable[bytes] = (),
        results: list[str] | None = None,
    ) -> str:
        """Add a node and return the name of its result."""
        results = results or [f"value_{len(self.nodes)}"]
        parts = [text_field(NODE_INPUT, name) for name in inputs]
        parts += [text_field(NODE_OUTPUT, name) for name in results]
        parts += [text_field(3, f"node_{len(self.nodes)}"), text_field(OPERATOR, operator)]
        parts += [encode_field(5, attribute) for attribute in attributes]
        self.nodes.append(b"".join(parts))
        return results[0]

    def nodes_with_results(self, operator: str, inputs: list[str], count: int) -> list[str]:
        names = [f"value_{len(self.nodes)}_{number}" for number in range(count)]
        self.node(operator, inputs, results=names)
        return names


def text_field(number: int, text: str) -> bytes:
    return encode_field(number, text.encode())


def value_of(name: str, kind: str, shape: Shape) -> bytes:
    """An input or output of the graph; a size that is a word may differ from text to text."""
    sizes = [
        encode_field(1, text_field(2, size) if isinstance(size, str) else encode_number(1, size))
        for size in shape
    ]
    tensor = encode_number(1, ELEMENT_TYPES[kind]) + encode_field(2, b"".join(sizes))
    return text_field(VALUE_NAME, name) + encode_field(2, encode_field(1, tensor))


def integer_attribute(name: str, value: int) -> bytes:
    return b"".join(
        [
            text_field(ATTRIBUTE_NAME, name),
            encode_number(INTEGER, value),
            encode_number(ATTRIBUTE_TYPE, TYPE_INTEGER),
        ]
    )


def integers_attribute(name: str, values: list[int]) -> bytes:
    return b"".join(
        [
            text_field(ATTRIBUTE_NAME, name),
            *(encode_number(INTEGERS, value) for value in values),
            encode_number(ATTRIBUTE_TYPE, TYPE_INTEGERS),
        ]
    )


def float_attribute(name: str, value: float) -> bytes:
    written = encode_varint(FLOAT << 3 | FOUR_BYTES) + struct.pack("<f", value)
    kind = encode_number(ATTRIBUTE_TYPE, TYPE_FLOAT)
    return text_field(ATTRIBUTE_NAME, name) + written + kind
