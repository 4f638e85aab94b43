"""Random answers to a form, and the verdicts of JavaRosa and of our engine on them."""

import copy
import datetime
import os
import random
import re
import shutil
import subprocess
from pathlib import Path

import pyxform
from lxml import etree

from survey.formats.expressions import AWAY, CompiledForm, drop_templates, nodes_at

HERE = Path(__file__).parent
ODK_VALIDATE = Path(pyxform.__file__).parent / "validators/odk_validate/bin/ODK_Validate.jar"
BODY = "{http://www.w3.org/1999/xhtml}body"
XFORMS = "{http://www.w3.org/2002/xforms}"
LITERAL = re.compile(r"'([^']*)'|\"([^\"]*)\"")
NOW = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


def why_not() -> str:
    """Why JavaRosa cannot run here; '' if it can."""
    return "" if shutil.which("java") and shutil.which("javac") else "there is no JDK here"


def option_names(xform: bytes) -> dict[str, list[str]]:
    """The option names of each selection of a form, ignoring its filters."""
    root = etree.fromstring(xform)
    lists = {
        one.get("id"): [item.findtext(f"{XFORMS}name") for item in one.iter(f"{XFORMS}item")]
        for one in root.iter(f"{XFORMS}instance")
        if one.get("id")
    }
    offered = {}
    for control in root.find(BODY).iter(f"{XFORMS}select1", f"{XFORMS}select", "{*}rank"):
        items = control.find(f"{XFORMS}itemset")
        if items is not None:
            listed = re.search(r"instance\('([^']*)'\)", items.get("nodeset"))
            names = lists.get(listed[1], []) if listed else []
        else:
            names = [one.findtext(f"{XFORMS}value") for one in control.iter(f"{XFORMS}item")]
        offered[control.get("ref")] = [name for name in names if name]
    return offered


def literals_in(xform: bytes) -> list[str]:
    """The literals in a form's conditions: random answers taken from them meet some conditions."""
    conditions = [
        text
        for bind in etree.fromstring(xform).iter(f"{XFORMS}bind")
        for text in bind.attrib.values()
    ]
    found_ = {a or b for text in conditions for a, b in LITERAL.findall(text)}
    return sorted(word for word in found_ if word and len(word) < 20) or ["word"]


def random_instance(form: CompiledForm, xform: bytes, chance: random.Random):
    """A random instance of the form: random repeats, then random answers."""
    root = form.blank()
    for path in sorted(form.repeats, key=len):
        for parent in nodes_at(root, path.rpartition("/")[0]):
            set_repeats(parent, path.rpartition("/")[2], chance)
    drop_templates(root)
    offered, words = option_names(xform), literals_in(xform)
    for bind in form.binds:
        if bind.calculate is None and bind.count is None and "/meta/" not in bind.path:
            for node in nodes_at(root, bind.path):
                if len(node) == 0:
                    node.text = random_answer(bind, offered.get(bind.path), words, chance).strip()
    return root


def set_repeats(parent, tag, chance):
    """Replace the repeats that the form begins with by up to three new ones."""
    rounds = [one for one in parent if one.tag == tag]
    template = next((one for one in rounds if one.get("template") is not None), rounds[0])
    for one in rounds:
        if one is not template:
            parent.remove(one)
    for _ in range(chance.randrange(4)):
        again = copy.deepcopy(template)
        again.attrib.pop("template", None)
        parent.insert(parent.index(template) + 1, again)


def random_answer(bind, options, words, chance):
    kind = bind.type.rpartition(":")[2]
    if chance.random() < 0.3 or kind in ("binary", "barcode", "geopoint"):
        return ""
    if options:
        if kind == "rank":
            return " ".join(chance.sample(options, len(options)))
        return chance.choice(options)
    if kind == "int":
        return str(chance.choice([*range(-2, 12), 17, 18, 19, 65, 100, 1000]))
    if kind == "decimal":
        return str(chance.choice([-1.5, 0.0, 0.5, 1.0, 2.25, 10.0, 100.5]))
    if kind == "date":
        return str(
            datetime.date(2026, 11, 25) + datetime.timedelta(days=chance.randrange(-900, 30))
        )
    if kind == "dateTime":
        return f"2026-0{chance.randrange(1, 10)}-1{chance.randrange(10)}T10:30:00.000Z"
    if kind == "time":
        return f"1{chance.randrange(10)}:30:00.000Z"
    if kind == "select":
        return ""
    return chance.choice([*words, *map(str, range(6)), "a", "something else"])


def ask_both(forms: dict[str, bytes], fills: dict[str, int], folder: Path, seed: int = 1):
    """Both engines' verdicts by (file, path); `fills` is how many instances each form gets."""
    chance = random.Random(seed)
    ours = {}
    for name, xform in forms.items():
        into = folder / name
        into.mkdir()
        (into / "form.xml").write_bytes(xform)
        form = CompiledForm(xform)
        for number in range(fills[name]):
            root = random_instance(form, xform, chance)
            file = f"{number:04}.instance.xml"
            written = etree.fromstring(etree.tostring(root))
            for node in written.iter():
                node.attrib.pop("kind", None)
            (into / file).write_bytes(etree.tostring(written))
            ours |= {
                (f"{name}/{file}", path): verdict
                for path, verdict in our_verdicts(form, root).items()
            }
    return ours, javarosa_verdicts(folder, [folder / name for name in forms])


def our_verdicts(form: CompiledForm, root) -> dict[str, tuple]:
    worked = form.evaluate(root, NOW)
    verdicts = {}
    binds = {bind.path: bind for bind in form.binds if bind.count is None}
    for node in root.iter():
        if len(node) == 0:
            path, places = "", ""
            for up in reversed([node, *node.iterancestors()]):
                tag = up.tag.removeprefix(AWAY)
                alike = [
                    one
                    for one in up.itersiblings(preceding=True)
                    if one.tag.removeprefix(AWAY) == tag
                ]
                path += f"/{tag}"
                places += f"/{tag}[{len(alike) + 1}]" if path.count("/") > 1 else path
            bind = binds.get(path)
            if bind is not None:
                one = worked.verdict(bind, node)
                verdicts[places] = (one.relevant, one.required, not one.broken, one.value)
    return verdicts


def javarosa_verdicts(folder: Path, folders: list[Path]) -> dict:
    subprocess.run(
        ["javac", "-cp", ODK_VALIDATE, "-d", folder / "classes", HERE / "JavaRosaVerdicts.java"],
        check=True,
    )
    run = subprocess.run(
        ["java", "-Duser.timezone=UTC", "-cp", f"{ODK_VALIDATE}{os.pathsep}{folder / 'classes'}",
         "JavaRosaVerdicts", *folders],
        check=True, capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    verdicts = {}
    for line in run.stdout.splitlines():
        file, path, relevant, required, constraint, text = line.split("\t")
        verdicts[file, path] = (relevant == "true", required == "true", constraint == "true", text)
    return verdicts


def faults_of_form(xform: bytes, folder: Path) -> str:
    """What ODK Validate says against a form; '' if it is valid."""
    (folder / "form.xml").write_bytes(xform)
    run = subprocess.run(
        ["java", "-jar", ODK_VALIDATE, folder / "form.xml"], capture_output=True, text=True
    )
    return run.stderr if run.returncode or "Xform is valid" not in run.stderr + run.stdout else ""


def fill_form(xform: bytes, answers: dict[str, str], folder: Path) -> bytes:
    """The form as JavaRosa fills it in; a repeat is asked once more for each 'name.round' of it."""
    if not (folder / "classes").exists():
        subprocess.run(
            ["javac", "-cp", ODK_VALIDATE, "-d", folder / "classes", HERE / "JavaRosaFills.java"],
            check=True,
        )
    (folder / "form.xml").write_bytes(xform)
    lines = [f"{name}\t{text}\n" for name, text in answers.items()]
    (folder / "answers.txt").write_text("".join(lines))
    subprocess.run(
        ["java", "-Duser.timezone=UTC", "-cp",
         f"{ODK_VALIDATE}{os.pathsep}{folder / 'classes'}", "JavaRosaFills",
         folder / "form.xml", folder / "answers.txt", folder / "filled.xml"],
        check=True, capture_output=True,
    )  # fmt: skip
    return (folder / "filled.xml").read_bytes()
