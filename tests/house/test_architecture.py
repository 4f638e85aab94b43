"""ARCHITECTURE.md is true: every room that it draws and every step of a walk is there."""

import re

import pytest

from tests.house.trees import ROOT, tree_of

PAGE = (ROOT / "ARCHITECTURE.md").read_text()
TREE = PAGE.split("```")[1]
STEPS = re.findall(r"`(\w+)`\s+in\s+`([\w/.]+\.py)`", PAGE)


def rooms_of_the_tree():
    """The paths of the drawn tree, by the depth at which each line is written."""
    above = []
    for line in TREE.splitlines():
        if not line.strip():
            continue
        depth = (len(line) - len(line.lstrip())) // 2
        for name in re.findall(r"^\s*((?:[\w.]+/?\s)+)", line + " ")[0].split():
            above[depth:] = [name]
            yield "".join(above) if name.endswith("/") else "".join(above[:depth]) + name


def test_the_tree_fits_on_a_screen():
    lines = TREE.strip().splitlines()
    assert len(lines) <= 50
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("path", list(rooms_of_the_tree()))
def test_a_room_of_the_drawn_tree_is_there(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("name", "path"), STEPS)
def test_a_step_of_a_walk_is_a_function_in_its_file(name, path):
    defined = {getattr(node, "name", "") for node in tree_of(ROOT / path).body}
    assert name in defined


def test_the_walks_name_enough_to_be_followed():
    assert len(STEPS) > 12
