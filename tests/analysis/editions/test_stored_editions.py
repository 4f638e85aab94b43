"""Editions and inputs that were stored before chapters became tables give the same figures."""

import gzip

import msgspec
import pytest

from analysis.editions import deserialise, make_edition, round_figures
from api.editions.files import render_csv
from survey.editions.stored import edition_from_json
from tests.house.trees import ROOT

FOLDER = ROOT / "tests" / "reference" / "editions"


def stored(name):
    return gzip.decompress((FOLDER / f"{name}.gz").read_bytes())


@pytest.mark.parametrize("kind", ["weekly", "monthly"])
def test_a_stored_edition_is_read_with_the_figures_that_it_had(kind):
    assert render_csv(edition_from_json(stored(f"{kind}.json"))) == stored(f"{kind}.csv")


@pytest.mark.parametrize("kind", ["weekly", "monthly"])
def test_stored_inputs_give_the_edition_that_they_gave(kind):
    """With what an earlier edition of their own shape published, which some counts repeat; editions
    made then had no history.
    """
    made = round_figures(make_edition(deserialise(stored(f"inputs_{kind}"))))
    assert made.history.reports
    assert render_csv(msgspec.structs.replace(made, history=None)) == stored(f"inputs_{kind}.csv")


@pytest.mark.parametrize("earlier", [3, [3], [{"demands": [{}]}], [{"encounters": [None]}]])
def test_bytes_that_are_no_inputs_are_refused(earlier):
    """A file for `report rebuild` comes from elsewhere."""
    body = msgspec.msgpack.encode({"earlier": earlier})
    with pytest.raises(msgspec.ValidationError):
        deserialise(body)
