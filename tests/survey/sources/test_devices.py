"""Models of devices, their shots and from how far, in every format that can hold them.

No file of a force with models could be had: all tables here are fixtures, made up in the shapes
that forces use for other figures.
"""

import datetime
import itertools

import msgspec
import pytest

from survey.deployments import COUNTED, RANKED, SHOTS, Deployment, tally_deployments
from survey.files import cells, grids
from survey.problems import Invalid
from survey.sources import formats, mappings
from survey.sources.mappings import guesses, reading, totals
from tests.london import CITY

KNOWN = datetime.date(2026, 11, 30)
ONE_BY_ONE = (
    "source,incident,subject,officer_report,date,area,tactics,model,distance,cartridges,probes\n"
    "A,i1,s1,r1,2026-10-05,Hackney,fired,Taser 10,3.5,,4\n"
    "A,i1,s1,r2,2026-10-05,Hackney,drawn;warned,TASER\N{REGISTERED SIGN} 7,,,\n"
    "A,i2,s2,r3,2026-10-06,Hackney,drawn;warned,T10,,0,0\n"
    "A,i3,s3,r4,2026-10-07,Hackney,fired;red_dotted,X2,1,2,\n"
)
ONE_A_ROW = (
    "District,When,What was done,Taser model,Distance,Probes fired,Cartridges\n"
    "Hackney,03/10/2026,Fired,Taser 10,3 m,4,0\n"
    "Hackney,04/10/2026,Fired,Taser X2,1,0,2\n"
    "Hackney,05/10/2026,Audible warning,Taser 10,,0,0\n"
    "Brent,06/10/2026,Drawn,Taser 7,,0,0\n"
)
DATES = 'source = "Force A: uses"\ndates = "%d/%m/%Y"\n'


def read(text):
    return formats.read_import("own.csv", text.encode(), city=CITY, known_on=KNOWN)


def counted(figures, measure="officer_reports", area="E09000012"):
    return {
        (c.tactic, c.group): c.count
        for c in figures.counts
        if (c.measure, c.area) == (measure, area)
    }


@pytest.mark.parametrize("measure", COUNTED)
def test_deployments_one_by_one_have_models_and_shots(measure):
    found = counted(read(ONE_BY_ONE), measure)
    # An incident is that of its most severe report: the Taser 10 of r1, not the Taser 7 of r2.
    many = {"officer_reports": (4, 1, 2), "subjects": (3, 0, 1), "incidents": (3, 0, 1)}
    uses, sevens, warned = many[measure]
    models = {group: n for (tactic, group), n in found.items() if tactic == "ced"}
    assert models["all"] == uses
    assert {g: n for g, n in models.items() if g.startswith("model:")} == {
        "model:t10": 2,
        "model:x2": 1,
        **({"model:t7": sevens} if sevens else {}),
    }
    assert found["warned", "all"] == warned
    assert found["fired", "distance:2-5"] == found["fired", "distance:0-2"] == 1
    # Of all reports, whatever a use is: two officers fire two devices.
    assert {what: found[what, "all"] for what in SHOTS} == {"cartridges": 2, "probes": 4}


@pytest.mark.parametrize("left", [*itertools.product([False, True], repeat=4)])
def test_each_of_these_columns_may_be_missing(left):
    """Whichever are there, uses are the same."""
    names = [n for n, out in zip(("model", "distance", *SHOTS), left, strict=True) if not out]
    rows = [line.split(",") for line in ONE_BY_ONE.splitlines()]
    keep = [at for at, name in enumerate(rows[0]) if at < 7 or name in names]
    found = counted(read("\n".join(",".join(row[at] for at in keep) for row in rows)))
    assert found["ced", "all"] == 4
    assert {group.partition(":")[0] for _, group in found} == {"all"} | {*names} - {*SHOTS}
    assert {tactic for tactic, _ in found} & {*SHOTS} == {*names} & {*SHOTS}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("T10,", "Phaser,", "row 4, column 'model': 'Phaser' is not a model known here"),
        (",3.5,", ",far,", "row 2, column 'distance': 'far' is not a distance in metres"),
        (",,4\n", ",,four\n", "row 2, column 'probes': 'four' is not a whole number"),
        ("drawn;warned,T10", "drawn;shouted,T10", "'shouted' is not one of"),
    ],
)
def test_refuses_devices_that_cannot_be(old, new, words):
    with pytest.raises(Invalid) as refusal:
        read(ONE_BY_ONE.replace(old, new))
    assert words in refusal.value.sentence


@pytest.mark.parametrize("more", RANKED)
def test_a_warning_counts_above_drawn_and_below_all_else(more):
    report = Deployment(
        incident="i",
        subject="s",
        officer_report="r",
        day=KNOWN,
        area="E09000012",
        tactics=("warned", more),
    )
    [count] = tally_deployments([report], "incidents")
    assert count.tactic == ("warned" if more == "drawn" else more)


def test_counts_in_the_plain_format_may_be_of_these():
    head = "source,start,end,area,measure,tactic,group,count\n"
    rows = [
        ("warned", "all", 4),
        ("warned", "model:t10", 4),
        ("probes", "all", 9),
        ("cartridges", "all", 2),
        ("fired", "distance:10+", 1),
    ]
    text = head + "".join(
        f"A,2026-10-01,2026-10-31,Hackney,incidents,{tactic},{group},{n}\n"
        for tactic, group, n in rows
    )
    assert counted(read(text), "incidents") == {(t, g): n for t, g, n in rows}


def guessed_mapping(text):
    """The mapping that the pages guess for a table, with the words that they guess."""
    grid = grids.read_grids("f.csv", text.encode(), "utf-8")[0]
    guess = guesses.guess_table(grid.rows, grids.guess_headings(grid.rows), CITY)
    return {column.heading: column.meaning for column in guess.columns}


def test_a_table_with_a_row_for_each_report_is_guessed():
    assert guessed_mapping(ONE_A_ROW) == {
        "District": "area",
        "When": "start",
        "What was done": "tactic",
        "Taser model": "model",
        "Distance": "distance",
        "Probes fired": "of:probes",
        "Cartridges": "of:cartridges",
    }


def mapped(text, columns, more=""):
    by = mappings.read_mapping("map.toml", f"{DATES}[columns]\n{columns}\n{more}".encode())
    return reading.read_mapped("f.csv", text.encode(), by=by, city=CITY, known_on=KNOWN)


WORDS = """
[tactics]
"Fired" = "fired"
"Drawn" = "drawn"
"Audible warning" = "warned"
[words."Taser model"]
"Taser 10" = "model:t10"
"Taser X2" = "model:x2"
"Taser 7" = "model:t7"
[words.Distance]
"" = "distance:unknown"
"3 m" = "distance:2-5"
"1" = "distance:0-2"
[[counts]]
heading = "Probes fired"
tactic = "probes"
[[counts]]
heading = "Cartridges"
tactic = "cartridges"
"""
OF_A_ROW = 'area = "District"\nstart = "When"\n'


def test_beside_a_column_of_tactics_each_row_is_a_use_with_its_shots():
    columns = OF_A_ROW + 'tactic = "What was done"\ngroup = ["Taser model", "Distance"]'
    found = counted(mapped(ONE_A_ROW, columns, WORDS))
    assert found["fired", "all"] == 2
    assert found["fired", "model:t10"] == found["fired", "distance:2-5"] == 1
    assert found["warned", "all"] == found["warned", "model:t10"] == 1
    assert found["probes", "all"] == found["probes", "model:t10"] == 4
    assert found["cartridges", "all"] == found["cartridges", "model:x2"] == 2


def test_a_table_of_shots_alone_has_no_uses():
    text = "District,When,Probes fired\nHackney,03/10/2026,4\nHackney,04/10/2026,5\n"
    more = '[[counts]]\nheading = "Probes fired"\ntactic = "probes"\n'
    assert counted(mapped(text, OF_A_ROW, more)) == {("probes", "all"): 9}


@pytest.mark.parametrize("name", ["probes", "cartridges"])
def test_a_shot_is_no_use_where_totals_are_checked(name):
    """A row's uses are its total: cartridges are not added to it."""
    figure = msgspec.structs.replace(read(ONE_BY_ONE).counts[0], tactic=name, count=9)
    row = totals.MappedRow(figure, ())
    assert totals.uses_in_row([row]) == 0


@pytest.mark.parametrize(
    ("text", "band"),
    [
        *(("0", "0-2"), ("1.99", "0-2"), ("2", "2-5"), ("4,9 m", "2-5")),
        *(("5 metres", "5-10"), ("10", "10+"), ("14m", "10+"), ("", "unknown")),
    ],
)
def test_a_distance_is_in_one_band(text, band):
    assert cells.parse_distance(text) == band


@pytest.mark.parametrize("sign", ["", "\N{REGISTERED SIGN}", "\N{TRADE MARK SIGN}"])
@pytest.mark.parametrize("name", ["Taser{} 10", "TASER{} T10", "taser{}10", "T10{}"])
def test_a_model_is_known_by_each_of_its_names(name, sign):
    assert cells.find_model(name.format(sign)) == "t10"
    assert guesses.guess_group("model", name.format(sign).casefold()) == "model:t10"
