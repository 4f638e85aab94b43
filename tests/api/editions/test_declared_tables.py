"""Page and files say the same figures: each declared table, and each table of any chapter."""

import random
import re
from collections import defaultdict
from fnmatch import fnmatchcase

import pytest

from analysis.editions import gate
from api import editions
from api.editions import contents
from api.editions import files as export
from api.editions.rows import HEAD
from api.editions.tables import DeclaredTable
from tests.analysis.editions.full_editions import full_monthly_edition, full_weekly_edition
from tests.analysis.editions.random_edition import random_full_edition

FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?")
# Columns of a page that hold no figure, or one that follows from others; by section and heading.
PAGE_ALONE = {
    ("sample", "Figure"),  # the efficiency is the quotient of two others
    ("bins-event-study", "Index points (95% interval)"),  # one is 0 by definition
    ("tone", "Share of worry that it reads as worry"),  # names its quarter
    ("actions", "Due"),
    ("recommendations", "Status"),
    ("recommendations", "Why, answers and our figures"),  # also names days of answers
    ("starts", "Strength"),
    ("themes-open", "Days"),
}
# Tables of files with figures that these sections repeat.
REPEATED = {
    "funnel-*": ("index", "deployments", "complaints"),
}
EVERY_EDITION = pytest.mark.parametrize("made", ["weekly", "monthly", 0, 1, 2, 3])


def edition_of(made):
    full = {"weekly": full_weekly_edition, "monthly": full_monthly_edition}
    if made in full:
        return full[made]()
    return gate.safe_edition(random_full_edition(random.Random(made)))


def figures_in(words):
    return set(FIGURE.findall(words))


def said_in_files(rows):
    """Every figure of the rows as a page may say it: itself or in per cent, with up to two
    decimals; also those among words, such as p.
    """
    figures = [cell for row in rows for cell in row if isinstance(cell, int | float)]
    worded = [float(one) for row in rows for one in re.findall(r"\d+\.?\d*", row[-2])]
    return {
        f"{abs(scale * figure):,.{places}f}"
        for figure in (*figures, *worded)
        for scale in (1, 100)
        for places in range(3)
    }


def figures_of_page(edition):
    """The figures in each cell of the tables of a page, with its section and heading."""
    for section in editions.report_view(edition, "").every_section:
        for table in section.every_table:
            for row in table.rows:
                for head, cell in zip(table.head[1:], row[1:], strict=True):
                    if (section.key, head) not in PAGE_ALONE:
                        yield section.key, head, figures_in(cell.text)


def tables_of_section(key):
    """Patterns for the tables of files with the figures of a section."""
    repeated = (names for start, names in REPEATED.items() if fnmatchcase(key, start))
    return *contents.section_tables(key), *(name for names in repeated for name in names)


def figures_without_file(edition, rows):
    """The figures of the page that are not in the files of their section."""
    known = {}
    for key, head, figures in figures_of_page(edition):
        if key not in known:
            names = tables_of_section(key)
            mine = [row for row in rows if any(fnmatchcase(row[0], name) for name in names)]
            known[key] = said_in_files(mine)
        yield from ((key, head, figure) for figure in figures - known[key])


@EVERY_EDITION
def test_every_figure_in_a_table_of_the_page_is_in_the_files_of_its_section(made):
    """Of all chapters, whether they declare their tables or not."""
    edition = edition_of(made)
    assert sum(len(figures) for *_place, figures in figures_of_page(edition)) > 200
    assert list(figures_without_file(edition, [*export.edition_rows(edition)])) == []


@pytest.mark.parametrize(
    "make", [full_weekly_edition, pytest.param(full_monthly_edition, marks=pytest.mark.slow)]
)
def test_a_section_whose_files_lack_its_figures_is_seen(make):
    edition = make()
    rows = [*export.edition_rows(edition)]
    shown = {key for key, _head, figures in figures_of_page(edition) if figures}
    for section in shown:
        others = [row for row in rows if not fnmatchcase(row[0], tables_of_section(section)[0])]
        assert any(key == section for key, *_ in figures_without_file(edition, others))


@pytest.fixture
def declared(monkeypatch):
    """The declared tables whose rows of files an edition asks for."""
    asked, rows = [], DeclaredTable.export
    monkeypatch.setattr(DeclaredTable, "export", lambda table: asked.append(table) or rows(table))
    return asked


def pairs_of(table):
    """Each figure that page and files have: its cell, and its row without the name of the area."""
    files = iter([*table.export()])
    cells = iter([cell for row in table.page.rows for cell in row[1:]])
    for row in table.rows:
        for column in table.columns:
            file = next(files) if column.measure else None
            cell = next(cells) if row.name and column.head else None
            if file and cell:
                yield cell, file


@EVERY_EDITION
def test_a_declared_table_says_the_same_on_the_page_and_in_files(made, declared):
    list(export.edition_rows(edition_of(made)))
    pairs = [pair for table in tuple(declared) for pair in pairs_of(table)]
    assert len(pairs) >= 20
    for cell, file in pairs:
        assert cell.withheld == (file[HEAD.index("status") - 1] == "withheld")
        assert figures_in(cell.text) <= said_in_files([file])


def test_every_column_that_is_declared_has_a_figure_in_some_edition(declared):
    """A column of a figure that no table has would say that it is withheld, for ever."""
    for make in (full_weekly_edition, full_monthly_edition):
        list(export.edition_rows(make()))
    figures = defaultdict(set)
    for table in declared:
        for place, column in enumerate(table.columns):
            figures[column.head, column.measure] |= {row.figures[place] for row in table.rows}
    for column, found in figures.items():
        assert [one for one in found if one is not None and one != (None,) * 4], column
