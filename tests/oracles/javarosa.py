"""Random answers to a form, and what JavaRosa and our engine each make of them."""

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

from survey.formats.expressions.form import AWAY, Form, drop_templates, found

HERE = Path(__file__).parent
JAR = Path(pyxform.__file__).parent / "validators/odk_validate/bin/ODK_Validate.jar"
BODY = "{http://www.w3.org/1999/xhtml}body"
XF = "{http://www.w3.org/2002/xforms}"
LITERAL = re.compile(r"'([^']*)'|\"([^\"]*)\"")
NOW = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


def why_not() -> str:
    """Why JavaRosa cannot be asked here; '' where it can."""
    return "" if shutil.which("java") and shutil.which("javac") else "there is no JDK here"


def options_of(xform: bytes) -> dict[str, list[str]]:
    """The names that each selection of a form offers, filters left aside."""
    root = etree.fromstring(xform)
    lists = {
        one.get("id"): [item.findtext(f"{XF}name") for item in one.iter(f"{XF}item")]
        for one in root.iter(f"{XF}instance")
        if one.get("id")
    }
    offered = {}
    for control in root.find(BODY).iter(f"{XF}select1", f"{XF}select", "{*}rank"):
        items = control.find(f"{XF}itemset")
        if items is not None:
            listed = re.search(r"instance\('([^']*)'\)", items.get("nodeset"))
            names = lists.get(listed[1], []) if listed else []
        else:
            names = [one.findtext(f"{XF}value") for one in control.iter(f"{XF}item")]
        offered[control.get("ref")] = [name for name in names if name]
    return offered


def words_in(xform: bytes) -> list[str]:
    """The literals of a form's conditions, so that random words meet them at times."""
    conditions = [
        text for bind in etree.fromstring(xform).iter(f"{XF}bind") for text in bind.attrib.values()
    ]
    found_ = {a or b for text in conditions for a, b in LITERAL.findall(text)}
    return sorted(word for word in found_ if word and len(word) < 20) or ["word"]


def filled(form: Form, xform: bytes, chance: random.Random):
    """A random instance: rounds, then answers."""
    root = form.blank()
    for path in sorted(form.repeats, key=len):
        for parent in found(root, path.rpartition("/")[0]):
            put_rounds(parent, path.rpartition("/")[2], chance)
    drop_templates(root)
    offered, words = options_of(xform), words_in(xform)
    for bind in form.binds:
        if bind.calculate is None and bind.count is None and "/meta/" not in bind.path:
            for node in found(root, bind.path):
                if len(node) == 0:
                    node.text = answer(bind, offered.get(bind.path), words, chance).strip()
    return root


def put_rounds(parent, tag, chance):
    """Up to three rounds in place of those that the form begins with."""
    rounds = [one for one in parent if one.tag == tag]
    template = next((one for one in rounds if one.get("template") is not None), rounds[0])
    for one in rounds:
        if one is not template:
            parent.remove(one)
    for _ in range(chance.randrange(4)):
        again = copy.deepcopy(template)
        again.attrib.pop("template", None)
        parent.insert(parent.index(template) + 1, again)


def answer(bind, options, words, chance):
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


def ask(forms: dict[str, bytes], fills: dict[str, int], folder: Path, seed: int = 1):
    """Both engines' verdicts, by (file, path); `fills` says how many answers a form gets."""
    chance = random.Random(seed)
    ours = {}
    for name, xform in forms.items():
        into = folder / name
        into.mkdir()
        (into / "form.xml").write_bytes(xform)
        form = Form(xform)
        for number in range(fills[name]):
            root = filled(form, xform, chance)
            file = f"{number:04}.instance.xml"
            written = etree.fromstring(etree.tostring(root))
            for node in written.iter():
                node.attrib.pop("kind", None)
            (into / file).write_bytes(etree.tostring(written))
            ours |= {
                (f"{name}/{file}", path): verdict for path, verdict in verdicts(form, root).items()
            }
    return ours, theirs(folder, [folder / name for name in forms])


def verdicts(form: Form, root) -> dict[str, tuple]:
    worked = form.evaluate(root, NOW)
    told = {}
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
                told[places] = (one.relevant, one.required, not one.broken, one.value)
    return told


def theirs(folder: Path, folders: list[Path]) -> dict:
    subprocess.run(
        ["javac", "-cp", JAR, "-d", folder / "classes", HERE / "JavaRosaVerdicts.java"], check=True
    )
    run = subprocess.run(
        ["java", "-Duser.timezone=UTC", "-cp", f"{JAR}{os.pathsep}{folder / 'classes'}",
         "JavaRosaVerdicts", *folders],
        check=True, capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    told = {}
    for line in run.stdout.splitlines():
        file, path, relevant, required, kept, text = line.split("\t")
        told[file, path] = (relevant == "true", required == "true", kept == "true", text)
    return told
