"""The demonstration on real files loads those that can be compared and refuses the rest."""

import datetime

import pytest

from api.editions import files, report_view
from api.jobs.edition_inputs import editions
from demo import command, london, steps
from survey.problems import Invalid
from tests import printed


async def test_the_published_files_are_found_and_a_spoiled_copy_is_left_out(db, shared):
    lines, month = await london.import_folder(db.the_connection, shared / "data")
    assert month == datetime.date(2023, 12, 1)
    assert any(one.startswith("Left out pas_cleaned_CORRUPTED") for one in lines)
    saved_lines = [one for one in lines if one.startswith("Saved ")]
    assert sum("Public Attitude Survey" in one for one in saved_lines) == 1
    assert sum("use of force by borough" in one for one in saved_lines) == 1


async def test_the_deployments_of_every_place_stand_beside_those_of_the_boroughs(db, shared):
    _, month = await london.import_folder(db.the_connection, shared / "data")
    edition, _ = await editions.make_edition(db.the_connection, "monthly", month)
    assert (edition.this_period.events, edition.deployments[0].events) == (481, 473)
    assert edition.this_period.elsewhere == 8  # Heathrow 2, out of force 6
    assert edition.tactics == (("ced", 481),)
    assert edition.themes == ()
    assert list(printed.faults(files.render_edition_pdf(edition, "0" * 64))) == []


async def test_a_folder_without_them_is_refused_and_nothing_is_kept(db, tmp_path):
    (tmp_path / "notes.csv").write_text("date,words\n2023-12-01,nothing of ours\n")
    with pytest.raises(Invalid) as refused:
        await london.import_folder(db.the_connection, tmp_path)
    assert refused.value.code == "demo.no_figures"
    assert not await db.the_connection.fetchval("SELECT count(*) FROM imports")


def test_an_empty_folder_is_refused_before_anything_starts(tmp_path):
    (tmp_path / "below").mkdir()
    for content in ("", "date,words\n2023-12-01,nothing of ours\n"):
        (tmp_path / "below" / "notes.csv").write_text(content)
        with pytest.raises(Invalid) as refused:
            london.check_folder(tmp_path)
        assert refused.value.code == "demo.no_figures"
    (tmp_path / "below" / "uses.csv").write_text("Date,Borough,CED Used,UseOfForceCount\n")
    london.check_folder(tmp_path)


async def test_a_second_start_says_that_its_folder_is_not_read(db, tmp_path, capsys):
    await db.the_connection.execute("UPDATE cities SET synthetic = false")
    await steps.make_and_publish(db.the_connection, "monthly", datetime.date(2023, 12, 1))
    await command.import_real_files(db.the_connection, tmp_path)
    assert f"{tmp_path} is not read" in capsys.readouterr().out


async def test_what_nobody_collects_is_not_said_to_be_none_and_published_perception_leads(
    db, shared
):
    """Found: "none recorded" for complaints and letters that nobody collects in these files."""
    _, month = await london.import_folder(db.the_connection, shared / "data")
    edition, sha256 = await editions.make_edition(db.the_connection, "monthly", month)
    assert edition.uncollected == ("sampled", "open", "complaints")
    view = report_view(edition, sha256)
    assert all(one.value.text != "none recorded" for one in view.stats)
    # As the publisher recorded it: a whole number, and no decimal that nobody knows.
    assert [one.value.text for one in view.stats][:1] == ["47%"]
    assert view.lead == (edition.headline[0],)
    assert edition.headline[0].startswith("473 uses of a conducted energy device were recorded")
    # Nobody runs a survey or takes complaints: neither is said to be empty, or withheld.
    assert not [words for words in (*edition.headline, *view.notes) if "nswer" in words]
    assert edition.withheld == 0
    lead = next(one for one in view.front if one.key.startswith("lead-published-"))
    said = {one.name: one.said for one in lead.tiles if one.value}
    assert len(said) == 32
    assert all(one.value.isdigit() for one in lead.tiles if one.value)
    assert not {"withheld"} & set(said.values())
    assert {said["Harrow"], said["Croydon"]} == {
        "higher than the whole force",
        "lower than the whole force",
    }
    (rates,) = (one for one in view.every_section if one.key == "rates")
    assert [table.head[1:] for table in rates.tables] == [("Deployments · per 10,000",)]
    # Every count has its rate here, also "4 · 0.20".
    assert [table.note for table in rates.tables] == [""]
