"""A demonstration in which the documents' commands are typed one after the other, by a shell."""

import contextlib
import datetime
import json
import os
import re
import subprocess
import sys
from typing import NamedTuple

from PIL import Image

from api import clock
from api.security.people import create_api_key
from survey.store.accounts import people
from survey.store.surveys import instruments
from tests import alone
from tests.campaigns.sizes import DEADLINE_S
from tests.documented.commands import BLOCK
from tests.house.test_documents import DOCUMENTS

ESTIMATES = "docs/how-to/statisticians/estimate-from-a-file.md"
ACCESS_CODE = "XVFH-HN82-RCW6-N7WJ-59JW"
PLAIN_USES = """source,start,end,area,measure,tactic,group,count
Example force,2024-02-01,2024-03-01,Hackney,officer_reports,drawn,all,12
"""
LAUNCHER = f"""#!/bin/sh
exec "{sys.executable}" -P -m api "$@"
"""


class Step(NamedTuple):
    """A documented command by some of its words, and what must come of it.

    `given` replaces words that stand for the reader's own, such as FILE. `status` is the exit
    status: curl's is 22 where the service refuses. `key` is the kind of key that KEY holds.
    """

    words: str
    says: str = ""
    given: tuple[tuple[str, str], ...] = ()
    status: int = 0
    key: str = ""


class Journey:
    """A folder with a launcher and the files that the documents tell a reader to make."""

    def __init__(self, folder):
        self.folder, self.keys = folder, {}
        self.words = {"/safe/": f"{folder}/safe/", "/srv/other": f"{folder}/other"}
        self.environment = os.environ | {
            "PYTHONPATH": str(alone.ROOT),
            "OPENBLAS_NUM_THREADS": "1",
            "SOUNDINGS_DATA": str(folder / "data"),
            "SOUNDINGS_ARCHIVE": str(folder / "archive"),
            "SOUNDINGS_PUBLIC_URL": "",
            "CURL_HOME": str(folder),
        }
        self.make_files()

    def make_files(self):
        self.folder.mkdir(exist_ok=True)
        (self.folder / "soundings").write_text(LAUNCHER)
        (self.folder / "soundings").chmod(0o755)
        (self.folder / ".curlrc").write_text("silent\nshow-error\nfail-with-body\n")
        (self.folder / "safe").mkdir()
        (self.folder / "archive").mkdir()
        # The survey of the document closes one day; the test has to work after it, too.
        [survey] = [
            text
            for kind, text in BLOCK.findall(DOCUMENTS["docs/reference/survey-json.md"])
            if kind == "json"
        ]
        (self.folder / "park-lane.json").write_text(re.sub(r'\n *"closes": .*', "", survey))
        people_csv, margins = [
            text for kind, text in BLOCK.findall(DOCUMENTS[ESTIMATES]) if kind == "csv"
        ]
        (self.folder / "people.csv").write_text(people_csv)
        (self.folder / "margins.csv").write_text(margins)
        (self.folder / "uses.csv").write_text(PLAIN_USES)
        (self.folder / "restated-uses.csv").write_text(PLAIN_USES.replace(",12", ",15"))
        Image.new("RGB", (80, 60), "navy").save(self.folder / "picture.jpg")

    async def make_keys(self, dsn):
        """What a person makes on a page: keys of programs, and an access code."""
        connection = await alone.connect(dsn)
        try:
            [joan] = [one for one in await people.load_all(connection) if "joan" in one.email]
            until = clock.today() + datetime.timedelta(days=30)
            for kind, survey in (("send", "park-lane-estate"), ("read", None)):
                self.keys[kind] = await create_api_key(
                    connection, str(joan.id), kind, until, survey
                )
            trial, _ = await instruments.get(connection, "taser-trial")
            drawn = [(ACCESS_CODE, "inner", "u1", 0.01)]
            await instruments.insert_invitations(connection, trial, drawn)
        finally:
            await connection.close()

    def run(self, step, command):
        """Type a command; returns what it printed."""
        for old, new in (*step.given, *self.words.items()):
            command = command.replace(old, new)
        named = re.match(r"([A-Z]+)=\$\(", command)
        shell = f'{command}; printf "%s" "${named[1]}"' if named else command
        environment = self.environment | {"KEY": self.keys.get(step.key, "")}
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", shell],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=DEADLINE_S,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == step.status, f"{command}\n{said[-3000:]}"
        assert step.says in said, f"{command}\n{said[-3000:]}"
        self.learn(command, done.stdout, named)
        return said

    def learn(self, command, said, named):
        """Remember the number and passphrase of a complaint, and the key to its case."""
        if named:
            self.keys["case"] = said
        with contextlib.suppress(ValueError):
            match json.loads(said):
                case {"reference": reference, "passphrase": passphrase}:
                    self.words |= {"AXJX-A5RE": reference}
                    self.words |= {"zoom heap creme chain silly slot": passphrase}


def step_of(command, steps):
    """The step that types this command: one that names its end, else the one that names most."""
    found = [step for step in steps if step.words in command]
    return max(found, key=lambda one: (command.endswith(one.words), len(one.words)), default=None)
