"""The files that a balancer answers for are those that pages name, byte for byte."""

import gzip

import brotli

from api.pages.public_copies import load_static_files, static_address
from tools.static_files import write_static_files


def test_a_balancer_has_every_file_at_the_address_that_pages_name(tmp_path, monkeypatch):
    # The best quality takes seconds for all files together, and is tried where they are served.
    monkeypatch.setattr("tools.static_files.compress_once", lambda name, _: quickly(name))
    write_static_files(tmp_path)
    for name, file in load_static_files().items():
        written = tmp_path / static_address(name).removeprefix("/")
        assert written.read_bytes() == file.body
        packed = written.with_name(f"{written.name}.br")
        assert packed.exists() is not file.packed
        if packed.exists():
            assert brotli.decompress(packed.read_bytes()) == file.body
            plain = written.with_name(f"{written.name}.gz")
            assert gzip.decompress(plain.read_bytes()) == file.body


def quickly(name):
    return brotli.compress(load_static_files()[name].body, quality=1)
