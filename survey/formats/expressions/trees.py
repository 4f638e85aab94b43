"""Elements of a form: copies without namespaces, and finding them by path."""

from lxml import etree
from lxml.etree import _Element as Node

JR = "http://openrosa.org/javarosa"


def without_namespaces(node: Node) -> Node:
    """A copy of elements without namespaces; the mark of a repeat's template stays."""
    copied = etree.Element(etree.QName(node).localname)
    for name, text in node.attrib.items():
        if name == f"{{{JR}}}template":
            copied.set("template", "")
        elif not name.startswith("{"):
            copied.set(name, text)
    copied.text = (node.text or "").strip() or None
    copied.extend(without_namespaces(child) for child in node if isinstance(child.tag, str))
    return copied


def drop_templates(root: Node) -> None:
    for node in list(root.iter()):
        if node.get("template") is not None:
            node.getparent().remove(node)


def nodes_at(root: Node, path: str) -> list[Node]:
    """The nodes at a path of the form, in every round of a repeat."""
    steps = [step.rpartition(":")[2] for step in path.split("/")[1:]]
    nodes = [root] if steps and steps[0] == root.tag else []
    for step in steps[1:]:
        nodes = [child for node in nodes for child in node if child.tag == step]
    return nodes
