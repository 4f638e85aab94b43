"""The house does not grow heavier than what it does, and a noun stays together.

`python -P -m tests.house.weight` prints all that is counted here.
"""

from pathlib import Path

from tests.house import weight
from tests.house.manifest import LISTS
from tests.house.trees import ROOT

# Lines of code for each route, command and figure that the manifest lists (73.3 before the house
# was made lighter): put a smaller number here, never a larger one.
MOST_CODE = 69.0
# Files of many nouns stand there, one or two for each: none of these is a noun's own folder.
SHARED = (
    "analysis/editions", "api/commands", "api/editions", "api/jobs", "api/operations",
    "api/pages/templates", "api/routes", "demo", "survey/editions", "survey/formats",
    "survey/sources", "survey/store/schema", "tools",
)  # fmt: skip
# In how many folders besides these a noun may be: `survey`, its store, `analysis` and `api`.
MOST_FOLDERS = dict.fromkeys(weight.NOUNS, 4) | {
    "accounts": 5,  # whoever signs in is in `security`, an account's own pages beside its kind
    "demands": 5,  # what a demand is, and the stance of a text towards one, which is read apart
}


def lines_in(name: str) -> int:
    return len((LISTS / f"{name}.txt").read_text().splitlines())


def test_code_grows_no_faster_than_what_it_does():
    """Whoever adds a route, a command or a figure has so many lines for it, or makes something
    smaller.
    """
    does = sum(lines_in(name) for name in ("routes", "commands", "chapters"))
    assert weight.lines_of_code() / does <= MOST_CODE


def own_folders(noun: str) -> set[str]:
    """The folders in which files of a noun are, apart from those that all nouns share."""
    names = {str(folder.relative_to(ROOT)) for folder in weight.folders_of(weight.NOUNS[noun])}
    return {name for name in names if not any(Path(name).is_relative_to(one) for one in SHARED)}


def test_a_noun_is_one_folder_in_each_room():
    spread = {noun: own_folders(noun) for noun in weight.NOUNS}
    assert {
        noun: sorted(folders)
        for noun, folders in spread.items()
        if len(folders) > MOST_FOLDERS[noun]
    } == {}
