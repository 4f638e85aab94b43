"""The syntax trees that the tests of this folder read, each file parsed once."""

import ast
import functools
from pathlib import Path

ROOT = Path(__file__).parents[2]


@functools.cache
def tree_of(file):
    return ast.parse(file.read_text())


@functools.cache
def nodes_of(file):
    return list(ast.walk(tree_of(file)))
