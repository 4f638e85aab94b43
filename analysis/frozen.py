"""What an edition was made from as bytes, so that it can be made again on another machine."""

import datetime
import zlib
from typing import Any

import msgspec
import numpy as np

from analysis.material import Material
from survey.editions import Safe

DIGITS = 9


def frozen(material: Material) -> bytes:
    """The material in bytes, margins in their order; no pickle: a file from elsewhere is safe."""
    return msgspec.msgpack.encode(material, enc_hook=told)


def thawed(body: bytes) -> Material:
    """The material again. Errors: msgspec.DecodeError for bytes that are none."""
    return msgspec.msgpack.decode(body, type=Material, dec_hook=array)


def settled(edition: Safe) -> Safe:
    """Every figure to nine digits: where two machines differ in the last bits, the bytes agree."""
    return msgspec.convert(rounded(msgspec.to_builtins(edition)), Safe)


def rounded(value: Any) -> Any:
    match value:
        case float():
            return float(f"{value:.{DIGITS}g}")
        case dict():
            return {key: rounded(one) for key, one in value.items()}
        case list() | tuple():
            return [rounded(one) for one in value]
    return value


def packed(body: bytes) -> bytes:
    return zlib.compress(body, level=1)  # a fifth larger than 6, in a quarter of the time


def unpacked(kept: bytes) -> bytes:
    """Errors: ValueError for bytes that were not packed here."""
    try:
        return zlib.decompress(kept)
    except zlib.error as fault:
        raise ValueError("not packed inputs") from fault


def told(value: Any) -> Any:
    """An array as its type, shape and bytes; one of objects holds days or sets of themes."""
    if not isinstance(value, np.ndarray):
        raise TypeError(f"no part of what an edition is made from: {type(value).__name__}")
    if value.dtype.hasobject:
        return {"objects": [sorted(one) if isinstance(one, frozenset) else one for one in value]}
    return {
        "type": value.dtype.str,
        "shape": value.shape,
        "bytes": np.ascontiguousarray(value).data,
    }


def array(_: Any, given: Any) -> Any:
    if "objects" in given:
        found = np.empty(len(given["objects"]), dtype=object)
        for at, one in enumerate(given["objects"]):
            found[at] = plain(one)
        return found
    return np.frombuffer(given["bytes"], dtype=given["type"]).reshape(given["shape"]).copy()


def plain(one: Any) -> Any:
    if isinstance(one, str):
        return datetime.date.fromisoformat(one)
    return one if one is None else frozenset(one)
