"""The libraries of the image, made as the Dockerfile makes them: how large, and all still works."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.trees import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
MOST_MB = 700
# What charts, PDFs, paper, files, pictures, languages and texts are made and read with.
USING_LIBRARIES = (
    *("tests/analysis/statistics", "tests/analysis/text", "tests/analysis/themes"),
    *("tests/api/editions", "tests/api/operations/exports", "tests/api/paper"),
    *("tests/api/process", "tests/api/commands/test_backup.py", "tests/api/routes"),
    *("tests/api/pages/test_languages.py", "tests/survey/formats", "tests/survey/media"),
    *("tests/survey/sources", "tests/survey/store/answers"),
)


def run(*words, **settings):
    environment = os.environ | settings
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [*map(str, words)], cwd=ROOT, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:]
    return done.stdout


def sync(environment, *words):
    """What the Dockerfile installs, by the uv of the launcher."""
    uv = Path(sys.executable).with_name("uv")
    settings = {"UV_PROJECT_ENVIRONMENT": str(environment), "UV_LINK_MODE": "copy"}
    run(uv, "sync", "--frozen", *words, "--extra", "embedded", UV_PYTHON=sys.executable, **settings)


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    made = tmp_path_factory.mktemp("image") / "soundings"
    sync(made, "--no-dev")
    [packages] = made.glob("lib/python3*/site-packages")
    run("sh", "tools/image_libraries.sh", packages)
    run(made / "bin/python", "-P", "-m", "tools.bytecode", PYTHONPATH=str(ROOT))
    return made


@pytest.mark.slow
def test_the_libraries_take_little_room(environment):
    kilobytes = int(run("du", "-sk", environment).split()[0])
    assert kilobytes / 1024 <= MOST_MB


@pytest.mark.slow
def test_what_the_pages_import_is_compiled(environment):
    """Where nothing can be written, Python would compile it at each start."""
    listed = (
        "import sys, api.app, api.commands; print(*(m.__cached__ for m in list(sys.modules."
        "values()) if getattr(m, '__cached__', None)), sep='\\n')"
    )
    files = run(environment / "bin/python", "-P", "-c", listed, PYTHONPATH=str(ROOT)).split()
    assert [name for name in files if not Path(name).exists()] == []
    assert any(str(environment) in name for name in files)


@pytest.mark.long
def test_the_product_works_with_these_libraries(environment):
    sync(environment, "--inexact")
    words = ("-P", "-m", "pytest", "-q", "-n", "2", "-m", "not slow and not long")
    run(environment / "bin/python", *words, *USING_LIBRARIES, PYTHONPATH=str(ROOT))


def test_the_image_takes_its_libraries_as_these_tests_do():
    assert "uv sync --frozen --no-dev $(printf -- '--extra %s ' embedded" in DOCKERFILE
    assert "sh image_libraries.sh /opt/soundings/lib/python3.13/site-packages" in DOCKERFILE
    assert "python -P -m tools.bytecode" in DOCKERFILE
