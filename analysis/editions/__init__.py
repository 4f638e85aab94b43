"""Makes an edition: from its inputs, kept as bytes, through its chapters and the gate."""

import datetime
import zlib
from typing import TypedDict

import msgspec
import numpy as np
from msgspec.structs import replace
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from analysis.editions import front, gate, perception
from analysis.editions.chapter import Derivation, EditionPair
from analysis.editions.chapters import index, outcome, themes
from analysis.editions.chapters.outcome import OutcomeInputs
from analysis.editions.codebook import without_badly_read
from analysis.editions.gate import CHAPTERS
from analysis.editions.inputs import EditionInputs
from analysis.editions.workings import Workings, in_index_window
from analysis.statistics.sampling.variance import Labels
from survey.editions import Edition, SafeEdition
from survey.editions.stored import Fields, inputs_with_tables
from survey.words import words_of

DIGITS = 9


class InputsKind(msgspec.Struct):
    """The kind of edition that serialised inputs are for; their other fields are not read."""

    kind: str


StoredObject = str | list[str] | None


def make_edition(inputs: EditionInputs) -> SafeEdition:
    """The edition as anybody may read it: computed, gated, then put into sentences."""
    # In the words it was made in, wherever it is made again.
    with (
        words_of(inputs.words),
        threadpool_limits(limits=1),
    ):  # two threads on small matrices wait for each other
        workings = edition_workings(inputs)
        full = ungated_edition(workings)
        safe = gate.safe_edition(full, inputs.earlier, inputs.current)
        # Sentences come after the gate, so that none of them can say what a table hides.
        return gate.with_derived_fields(Derivation(workings, full, safe, change_figures))


def make_outcome(inputs: OutcomeInputs) -> SafeEdition:
    """The outcome report of a trial, from what monthly reports have published."""
    with words_of(inputs.words):
        return gate.safe_edition(outcome.outcome_edition(inputs))


def edition_workings(inputs: EditionInputs) -> Workings:
    """The figures that all chapters share; without the index if its items do not measure one
    thing.
    """
    asked = perception.window_respondents(inputs, in_index_window(inputs))
    sound = perception.without_unreliable_index(inputs, asked.reliable)
    return Workings(inputs=sound, asked=asked)


def ungated_edition(workings: Workings) -> Edition:
    """The edition with every chapter, before disclosure control."""
    edition = front.bare_edition(workings.inputs)
    for chapter in CHAPTERS:
        tables = (*edition.tables, *chapter.compute_tables(workings))
        edition = replace(edition, **chapter.compute(workings), tables=tables)
    return edition


def change_figures(inputs: EditionInputs) -> EditionPair:
    """The figures whose changes are reported, made and gated by the functions that make an
    edition.
    """
    workings = edition_workings(inputs)
    full = replace(
        front.bare_edition(inputs),
        index=index.index_estimates(workings.inputs, workings.asked),
        rates_counted=workings.rates_counted,
        as_published=workings.as_published,
        complaints=workings.complaints,
        deployments=workings.deployments,
        # Changes of themes are reported for the city only.
        themes=without_badly_read(
            themes.edition_theme_shares(inputs, areas=False), workings.theme_checks
        ),
    )
    return EditionPair(full, gate.safe_edition(full, inputs.earlier, inputs.current))


class StoredArray(TypedDict, total=False):
    """An array as stored: of objects, or of numbers as bytes with their type and shape."""

    objects: list[StoredObject]
    type: str
    shape: tuple[int, ...]
    bytes: bytes | memoryview


def serialise(inputs: EditionInputs | OutcomeInputs) -> bytes:
    """The inputs as bytes, margins in order. No pickle, so a file from elsewhere is safe."""
    return msgspec.msgpack.encode(inputs, enc_hook=encode_array)


def deserialise(body: bytes) -> EditionInputs:
    """The inputs read back from bytes. Errors: msgspec.DecodeError for bytes that are not
    inputs.
    """
    try:
        given = inputs_with_tables(msgspec.msgpack.decode(body, type=Fields))
    except (AttributeError, KeyError, TypeError) as fault:
        raise msgspec.ValidationError("these are no earlier editions") from fault
    return msgspec.convert(given, EditionInputs, dec_hook=decode_array)


def is_outcome(body: bytes) -> bool:
    """Whether serialised inputs are those of an outcome report."""
    return msgspec.msgpack.decode(body, type=InputsKind).kind == "outcome"


def deserialise_outcome(body: bytes) -> OutcomeInputs:
    """The inputs of an outcome report read back. Errors: msgspec.DecodeError for any others."""
    return msgspec.msgpack.decode(body, type=OutcomeInputs)


def round_figures(edition: SafeEdition) -> SafeEdition:
    """Every figure rounded to nine digits, so that the bytes agree between machines."""
    return msgspec.convert(round_floats(msgspec.to_builtins(edition)), SafeEdition)


def round_floats(value: object) -> object:
    match value:
        case float():
            return float(f"{value:.{DIGITS}g}")
        case dict():
            return {key: round_floats(part) for key, part in value.items()}
        case list() | tuple():
            return [round_floats(part) for part in value]
    return value


def compress_inputs(body: bytes) -> bytes:
    return zlib.compress(body, level=1)  # a fifth larger than 6, in a quarter of the time


def decompress_inputs(packed: bytes) -> bytes:
    """The bytes that `compress_inputs` compressed. Errors: ValueError for any others."""
    try:
        return zlib.decompress(packed)
    except zlib.error as fault:
        raise ValueError("not packed inputs") from fault


def encode_array(value: object) -> StoredArray:
    """An array as its type, shape and bytes; an array of objects holds days or sets of themes."""
    if not isinstance(value, np.ndarray):
        raise TypeError(f"no part of what an edition is made from: {type(value).__name__}")
    if value.dtype.hasobject:
        # Sets have no order, and the hash of the bytes must be the same in every process.
        return {
            "objects": [
                sorted(member) if isinstance(member, frozenset) else member for member in value
            ]
        }
    return {
        # `str` names the byte order too, so that other machines read the same numbers.
        "type": value.dtype.str,
        "shape": value.shape,
        "bytes": np.ascontiguousarray(value).data,
    }


def decode_array(_: type, given: StoredArray) -> Labels:
    if "objects" in given:
        array = np.empty(len(given["objects"]), dtype=object)
        for at, member in enumerate(given["objects"]):
            array[at] = decode_object(member)
        return array
    # Without a copy the array could not be written to.
    return np.frombuffer(given["bytes"], dtype=given["type"]).reshape(given["shape"]).copy()


def decode_object(member: StoredObject) -> datetime.date | frozenset[str] | None:
    if isinstance(member, str):
        return datetime.date.fromisoformat(member)
    return member if member is None else frozenset(member)
