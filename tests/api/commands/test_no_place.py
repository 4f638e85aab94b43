"""A data folder that cannot be used is reported in a sentence that says what to give instead."""

from click.testing import CliRunner

from api.__main__ import main


def test_a_folder_that_cannot_be_written_is_said_with_what_to_give(tmp_path):
    (tmp_path / "file").write_text("no folder")
    environment = {"SOUNDINGS_DATABASE_URL": "", "SOUNDINGS_DATA": str(tmp_path / "file" / "data")}
    done = CliRunner().invoke(main, ["migrate"], prog_name="soundings", env=environment)
    assert done.exit_code == 1
    assert "cannot hold a database: Not a directory. [data.no_place]" in done.output
    assert "SOUNDINGS_DATA" in done.output
