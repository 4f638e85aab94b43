"""Answers that browsers may keep: their tag (ETag), 304 for who has them, and compressed bytes."""

import gzip
import re
from collections.abc import Mapping
from typing import Any, Literal

import brotli
from litestar import Response

from api.security.limits import AnyRequest

Encoding = Literal["br", "gzip", ""]
# The `opt` of routes whose answers are compressed already.
COMPRESSED = {"compressed": True}
ASK_EACH_TIME = "public, no-cache"
NO_WEIGHT = re.compile(r"0(\.0*)?")


def accepted_encoding(request: AnyRequest) -> Encoding:
    """The best encoding of ours that the client accepts; '' if it accepts neither."""
    listed = request.headers.get("accept-encoding", "").replace(" ", "").lower().split(",")
    # Of weight 0, with or without decimals, is what the client does not take (RFC 9110).
    weighted = (one.partition(";q=") for one in listed)
    names = {name for name, _, weight in weighted if not NO_WEIGHT.fullmatch(weight)}
    return "br" if "br" in names else "gzip" if "gzip" in names else ""


def encode(body: bytes, encoding: Encoding, quality: int = 9) -> bytes:
    """The bytes in an encoding: the same each time, for gzip would note the time."""
    if encoding == "br":
        return bytes(brotli.compress(body, mode=brotli.MODE_TEXT, quality=quality))
    return gzip.compress(body, mtime=0) if encoding == "gzip" else body


def decode_brotli(body: bytes) -> bytes:
    return bytes(brotli.decompress(body))


def has_client_copy(request: AnyRequest, tag: str) -> bool:
    """Whether the client has the answer of this tag already, in whatever encoding."""
    # A list of tags, each perhaps marked as weak, and ours with the encoding at its end (RFC 9110).
    listed = request.headers.get("if-none-match", "").split(",")
    return any(one.strip().removeprefix("W/").startswith(f'"{tag}') for one in listed)


def tagged_headers(
    tag: str, encoding: Encoding, cache_control: str, vary: str = "Accept-Encoding"
) -> dict[str, str]:
    """The headers of an answer that may be kept; each encoding has a tag of its own."""
    ending = f"-{encoding}" if encoding else ""
    return {"ETag": f'"{tag}{ending}"', "Cache-Control": cache_control, "Vary": vary}


def not_modified_response(headers: Mapping[str, str], media_type: str) -> Response[Any]:
    """304: the client's copy is still right."""
    return Response(b"", status_code=304, headers=dict(headers), media_type=media_type)


def encoded_response(
    body: bytes, encoding: Encoding, headers: Mapping[str, str], media_type: str
) -> Response[bytes]:
    """A response of bytes that are in this encoding already."""
    marked = {"Content-Encoding": encoding} if encoding else {}
    return Response(body, headers={**headers, **marked}, media_type=media_type)
