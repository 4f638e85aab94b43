"""The Met's use of force report by report: a row is one officer and one subject."""

import csv
import datetime
import io
import json
import re

import pytest

from survey.problems import Invalid
from survey.sources import formats
from tests.london import CITY

KNOWN = datetime.date(2024, 6, 15)
HACKNEY = "E09000012"
APRIL = datetime.date(2023, 4, 1)


def header():
    """The columns as published: four devices, twenty tactics, and words as they are spelt."""
    steps = ("Drawn", "Aimed", "{a}", "Red-Dotted", "Drive Stun", "Angle Drive Stun", "Fired")
    devices = [
        f"{d} {step.format(a=f'Ar{d}' if d != 'CED' else 'Arced')}"
        for d in ("CED", "CED2", "CED3", "CED4")
        for step in (*steps, "Drive Stun Repeat Application", "Fired Total Number Of Cycles")
    ]
    return [
        *("IncidentDate", "IncidentTime", "Incident Location: Open ground (e.g. park, car park)"),
        *("Borough", "Impact Factor: Possesion of a weapon", "Impact Factor: Mental Health"),
        *(f"{what} {n}" for n in range(1, 21) for what in ("Tactic", "Effective")),
        *("CED Used", *devices, "SubjectAge", "SubjectGender", "SubjectEthnicity"),
        *("PhysicalDisability", "MentalDisability", "Outcome: No Further Action"),
    ]


PLAIN = {
    "IncidentDate": "2023-04-05",
    "Borough": "Hackney",
    "SubjectAge": "18-34",
    "SubjectGender": "Male",
    "SubjectEthnicity": "White",
    "PhysicalDisability": "No",
    "MentalDisability": "No",
    "Impact Factor: Mental Health": "No",
    "Tactic 1": "Compliant handcuffing",
}


def report_csv(*rows, columns=None):
    file = io.StringIO()
    writer = csv.DictWriter(file, columns or header(), restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(PLAIN | row for row in rows)
    return file.getvalue()


def read(*rows, columns=None, encoding="cp1252"):
    content = report_csv(*rows, columns=columns).encode(encoding)
    return formats.read_import("uof.csv", content, city=CITY, known_on=KNOWN)


def counts_by_tactic(found, group="all", area=HACKNEY):
    """The counts of one group in an area by tactic, zeros left out."""
    return {
        c.tactic: c.count for c in found.counts if (c.area, c.group) == (area, group) and c.count
    }


def test_each_row_is_an_officer_s_report_and_nothing_else():
    found = read({}, {}, {"CED Used": "Yes", "CED Drawn": "Yes"})
    assert counts_by_tactic(found) == {"force": 3, "ced": 1, "drawn": 1}
    assert {c.measure for c in found.counts} == {"officer_reports"}
    assert "neither people nor incidents" in found.notes[0]


STEPS = [
    ({"CED Drawn": "Yes", "CED Aimed": "Yes"}, "aimed"),
    ({"CED Aimed": "Yes", "CED Red-Dotted": "Yes"}, "red_dotted"),
    ({"CED Red-Dotted": "Yes", "CED Arced": "Yes"}, "arced"),
    ({"CED Arced": "Yes", "CED Drive Stun": "Yes"}, "drive_stunned"),
    ({"CED Drive Stun": "Yes", "CED Fired": "Yes"}, "fired"),
    ({"CED Fired": "Yes", "CED Angle Drive Stun": "Yes"}, "angled_drive_stunned"),
    ({"CED Drawn": "Yes", "CED2 ArCED2": "Yes"}, "arced"),
    ({"CED Aimed": "Yes", "CED4 Fired": "Yes", "CED3 Drawn": "Yes"}, "fired"),
    ({"CED Fired": "2"}, "fired"),
    ({"CED Used": "Yes", "CED Fired": "No"}, "not_stated"),
    ({"CED Used": "X2"}, "not_stated"),
]


@pytest.mark.parametrize(("row", "tactic"), STEPS)
def test_only_the_most_severe_use_of_any_device_counts(row, tactic):
    assert counts_by_tactic(read(row)) == {"force": 1, "ced": 1, tactic: 1}


def test_what_a_repeat_or_a_cartridge_says_is_no_step():
    row = {"CED2 Drive Stun Repeat Application": "Yes", "CED3 Fired Total Number Of Cycles": "4"}
    assert counts_by_tactic(read(row)) == {"force": 1}


def test_places_without_residents_are_areas():
    found = read({"Borough": "Heathrow"}, {"Borough": "Out of Force"}, {"Borough": ""})
    areas = {c.area for c in found.counts}
    assert areas == {"heathrow", "out-of-force", "not-stated"}
    assert not any(area.per_resident for area in CITY.areas if area.code in areas)


GROUPS = [
    ({"SubjectEthnicity": "Black (or Black British)"}, "ethnicity_officer:black"),
    ({"SubjectEthnicity": "Chinese"}, "ethnicity_officer:asian"),
    ({"SubjectEthnicity": ""}, "ethnicity_officer:unknown"),
    ({"SubjectAge": "11-17"}, "age:11-17"),
    ({"SubjectAge": "Nov-17"}, "age:11-17"),
    ({"SubjectAge": "65 and over"}, "age:65+"),
    ({"SubjectGender": "Female"}, "sex:female"),
    ({"MentalDisability": "Yes"}, "health:mental"),
    ({"MentalDisability": "Yes", "PhysicalDisability": "Yes"}, "health:both"),
    ({"MentalDisability": "", "PhysicalDisability": ""}, "health:unknown"),
    ({"Impact Factor: Mental Health": "Yes"}, "impact_mental_health:yes"),
    ({"Impact Factor: Possesion of a weapon": "Yes"}, "impact_weapon:yes"),
]


@pytest.mark.parametrize(("row", "group"), GROUPS)
def test_the_person_is_counted_in_each_dimension(row, group):
    assert counts_by_tactic(read(row | {"CED Fired": "Yes"}, {}), group)["fired"] == 1


def test_the_categories_of_a_dimension_add_up_to_all():
    found = read({"SubjectAge": "0-10"}, {"SubjectAge": "50-64"}, {"SubjectAge": "who knows"})
    parts = sum(c.count for c in found.counts if c.group.startswith("age:") and c.tactic == "force")
    assert parts == counts_by_tactic(found)["force"] == 3
    assert "age: 'who knows' (1 rows) is not a word known here; counted as unknown." in found.notes


def test_a_month_and_area_of_the_file_without_a_use_is_a_zero():
    found = read({}, {"IncidentDate": "01/05/2023", "Borough": "Barnet"})
    nothing = {(c.area, c.start.month) for c in found.counts if c.tactic == "force" and not c.count}
    assert nothing == {(HACKNEY, 5), ("E09000003", 4)}


def test_a_month_that_is_not_over_is_left_out_and_told():
    found = read({}, {"IncidentDate": "2024-06-02"})
    assert {c.start for c in found.counts} == {APRIL}
    assert found.notes[-1].endswith("left out: 1.")


def test_windows_dashes_and_later_columns_are_read():
    columns = ["Reason for Force: Effect Stop and search \u2013 new", *header()]
    assert counts_by_tactic(read({columns[0]: "Yes \u2019"}, columns=columns)) == {"force": 1}


REFUSED = [
    ({"Borough": "Hackny"}, "row 2, column 'borough': 'Hackny' is not an area in London"),
    ({"IncidentDate": "2024-06-16"}, "2024-06-16 is after 2024-06-15"),
    ({"IncidentDate": "yesterday"}, "'yesterday' is not a date"),
    ({"CED Fired": "perhaps"}, "column 'ced fired': 'perhaps' is neither Yes, No"),
    ({"CED2 Fired": "=1+1"}, "column 'ced2 fired': '=1+1' is neither"),
]


@pytest.mark.parametrize(("row", "sentence"), REFUSED)
def test_refuses_what_cannot_be(row, sentence):
    with pytest.raises(Invalid) as refusal:
        read(row)
    assert sentence in refusal.value.sentence


def test_a_file_without_the_steps_is_told_what_is_missing():
    columns = [name for name in header() if not name.startswith("CED ")]
    with pytest.raises(Invalid) as refusal:
        read({}, columns=columns)
    assert "Expected the columns IncidentDate, Borough" in refusal.value.remedy
    assert "CED Used, CED Drawn" in refusal.value.remedy.split("Seen:")[1]


def test_a_row_cut_short_and_words_in_the_wrong_column_are_refused():
    cut = report_csv({}).rstrip("\r\n").rsplit(",", 3)[0] + "\r\n"
    with pytest.raises(Invalid, match="row 2: has"):
        formats.read_import("uof.csv", cut.encode(), city=CITY, known_on=KNOWN)
    with pytest.raises(Invalid) as refusal:
        read(*({"SubjectAge": f"word {n}"} for n in range(30)))
    assert "30 others such as 'word 0'" in refusal.value.remedy


def test_the_published_271_columns_with_real_cells(shared):
    folder = shared / "data" / "deployments"
    columns = json.loads((folder / "mps_uof_fy20-21_columns_271.json").read_text())
    sample = (folder / "mps_uof_sample_rows_fy24-25_18cols.csv").read_text().splitlines()
    found = read(
        *({"MentalDisability": "Yes"} | row for row in csv.DictReader(sample)), columns=columns
    )
    assert len(columns) == 271
    assert sum(c.count for c in found.counts if (c.tactic, c.group) == ("force", "all")) == 5
    assert counts_by_tactic(found, "age:11-17", CITY.find("Camden").code) == {"force": 1}
    steps = [name for name in columns if re.match(r"CED\d? Ar", name)]
    assert counts_by_tactic(read({steps[3]: "Yes"}, columns=columns))["arced"] == 1


def test_the_sample_without_devices_is_refused_with_what_was_seen(shared):
    path = shared / "data" / "deployments" / "mps_uof_sample_rows_fy24-25_18cols.csv"
    with pytest.raises(Invalid, match="not the file that was expected") as refusal:
        formats.read_import(path.name, path.read_bytes(), city=CITY, known_on=KNOWN)
    assert "17 columns, CED Used, CED Drawn" in refusal.value.remedy
