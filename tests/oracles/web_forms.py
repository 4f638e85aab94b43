"""A page around ODK Web Forms, made from its package: `python -m tests.oracles.web_forms FOLDER`.

It asks the npm registry, so the tests do not do it: they take the folder that the variable
WEB_FORMS_FOLDER names, and are skipped without one.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = ("@getodk/web-forms@0.22.0", "vue@3", "esbuild")
HOST = Path(__file__).with_name("web_forms_host.js")
VARIABLE = "WEB_FORMS_FOLDER"


def bundle_path() -> Path:
    return Path(os.environ.get(VARIABLE, "")) / "bundle.js"


def why_not() -> str:
    """Why ODK Web Forms cannot run here; '' if it can."""
    if not os.environ.get(VARIABLE):
        return f"{VARIABLE} names no folder with ODK Web Forms"
    return "" if bundle_path().is_file() else f"there is no bundle.js in {bundle_path().parent}"


def install(folder: Path) -> None:
    """Install the package into a folder, and bundle our page around it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}')
    npm = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run([*npm, *PACKAGES], cwd=folder, check=True)
    shutil.copy(HOST, folder / "host.js")
    bundle = ["npx", "esbuild", "host.js", "--bundle", "--format=esm", "--outfile=bundle.js"]
    subprocess.run([*bundle, "--minify"], cwd=folder, check=True)


if __name__ == "__main__":
    install(Path(sys.argv[1]))
