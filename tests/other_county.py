"""A made-up county in place of London: its areas have London's codes, so that what tests prepare
finds them, and names of their own. It calls postcodes otherwise, or has none.
"""

import csv
import shutil

from survey.sources.places import LONDON

BEGIN = ("North", "South", "East", "West", "Mill", "Church", "Stone", "Ash", "Oak", "Thorn", "Wood")
END = ("ton", "field", "ley")
CITY = """
name = "Midshire"
attribution = ["Made up for a test."]
areas = "areas.csv"
populations = "populations.csv"
postcodes = "postcodes.csv"

[words]
area = "district"
areas = "districts"
area_example = "Stonefield"
force = "Midshire Constabulary"
force_short = "the Constabulary"
body = "Midshire Police Panel"
postcode = "ZIP code"
postcode_example = "SW2 1AA"
complaints = "https://constabulary.example/complaints"

[words.translated.fr]
borough = "district"
boroughs = "districts"
"""


def write_county(folder, *, has_postcodes=True):
    """The folder of the county, as an operator would write it."""
    shutil.copytree(LONDON, folder)
    lines = CITY.splitlines(keepends=True)
    kept = [line for line in lines if has_postcodes or not line.startswith("postcode")]
    (folder / "city.toml").write_text("".join(kept))
    names = [begin + end for end in END for begin in BEGIN]
    path = folder / "areas.csv"
    with path.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    places = {"E23000001": "Midshire Constabulary", "E23000034": "Town Police",
              "heathrow": "Airfield"}  # fmt: skip
    for row in rows:
        is_local = row["kind"] in ("borough", "city")
        name = names.pop(0) if is_local else places.get(row["code"], row["name"])
        # Tests that send an answer name the area so.
        row["variants"] = "Hackney" if row["code"] == "E09000012" else ""
        row["name"], row["short"] = name, name[:2].upper() + str(len(rows))[:1]
        row["per_resident"] = "yes" if is_local else row["per_resident"]
    with path.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.DictWriter(opened, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)
    return folder
