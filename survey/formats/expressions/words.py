"""The texts of an XForm that expressions can ask for: option labels, and texts by id."""

import re

from lxml import etree
from lxml.etree import _Element as Node

from survey.formats.expressions.values import Argument

XFORMS = "http://www.w3.org/2002/xforms"
LISTED = re.compile(r"instance\(\s*['\"]([^'\"]*)['\"]\s*\)")
SELECTS = (
    f"{{{XFORMS}}}select",
    f"{{{XFORMS}}}select1",
    "{http://www.opendatakit.org/xforms}rank",
)


def texts_by_id(model: Node) -> Node:
    """Every text by its id, in the form's default language."""
    found = etree.Element("texts")
    translations = list(model.iter(f"{{{XFORMS}}}translation"))
    # Expressions see one language, so that results do not depend on the respondent's.
    first = [one for one in translations if one.get("default")] or translations
    for translation in first[:1]:
        for text in translation.iter(f"{{{XFORMS}}}text"):
            values = [one for one in text.iter(f"{{{XFORMS}}}value") if not one.get("form")]
            one = etree.SubElement(found, "text", name=text.get("id") or "")
            one.text = "".join(values[0].itertext()) if values else ""
    return found


def labels_by_path(body: Node, lists: dict[str | None, Node], texts: Node) -> Node:
    """Every select by its path, with the label of each option."""
    by_id = {one.get("name"): one.text for one in texts}
    found = etree.Element("labels")
    for control in body.iter(*SELECTS):
        select = etree.SubElement(found, "select", path=control.get("ref") or "")
        for itemset in control.iter(f"{{{XFORMS}}}itemset"):
            listed = LISTED.match(itemset.get("nodeset") or "")
            rows = lists.get(listed[1]) if listed else None
            for row in () if rows is None else rows.iter("item"):
                text = row.findtext("label") or by_id.get(row.findtext("itextId"))
                etree.SubElement(select, "option", name=row.findtext("name") or "").text = text
        for item in control.iter(f"{{{XFORMS}}}item"):
            name, label = (item.find(f"{{{XFORMS}}}{tag}") for tag in ("value", "label"))
            if name is not None and label is not None:
                etree.SubElement(select, "option", name=name.text or "").text = label.text
    return found


def find_text(nodes: Argument, name: str) -> str:
    """The text of the node with this name; '' if there is none, or if these are no nodes at all."""
    among = nodes if isinstance(nodes, list) else []
    return next((node.text or "" for node in among if node.get("name") == name), "")
