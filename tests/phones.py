"""A phone in a few lines: loads the forms of its key, fills them in and sends them."""

import copy
import uuid

from lxml import etree

XFORMS = "{http://www.w3.org/2002/xforms}"
TEMPLATE = "{http://openrosa.org/javarosa}template"
ORX = "http://openrosa.org/xforms"


class Phone:
    """A phone with the address of a group, `/key/...`, and a client that reaches it."""

    def __init__(self, client, address):
        self.client = client
        self.address = address

    async def list_forms(self):
        """The forms as {id: {tag: text}}."""
        answer = await self.client.get(f"{self.address}/formList")
        assert answer.status_code == 200, answer.text
        root = etree.fromstring(answer.content)
        rows = [{etree.QName(one).localname: one.text for one in form} for form in root]
        return {row["formID"]: row for row in rows}

    async def load_form(self, slug):
        row = (await self.list_forms())[slug]
        return (await self.client.get(row["downloadUrl"])).content

    async def send(self, xml, files=None, **form):
        parts = {"xml_submission_file": ("form.xml", xml, "text/xml")}
        parts |= {name: (name, body, "image/jpeg") for name, body in (files or {}).items()}
        return await self.client.post(
            f"{self.address}/submission?deviceID=collect%3Aabc", files=parts, data=form
        )


def new_id():
    return f"uuid:{uuid.uuid4()}"


def fill_form(xform, answers, *, instance=None, earlier=None):
    """The form with these answers as a phone sends it; a repeat has a list of answers."""
    model = etree.fromstring(xform).find(f".//{XFORMS}instance")
    root = copy.deepcopy(model[0])
    for node in list(root.iter()):
        if node.get(TEMPLATE) is not None:
            fill_repeat(node, answers.get(etree.QName(node).localname, []))
    put_answers(root, answers)
    meta = next(node for node in root if etree.QName(node).localname == "meta")
    next(iter(meta)).text = instance or new_id()
    if earlier:
        etree.SubElement(meta, f"{{{ORX}}}deprecatedID").text = earlier
    return etree.tostring(root)


def fill_repeat(template, rounds):
    tag, parent = template.tag, template.getparent()
    for node in [one for one in parent if one.tag == tag and one is not template]:
        parent.remove(node)
    for answers in rounds:
        one = copy.deepcopy(template)
        one.attrib.pop(TEMPLATE)
        put_answers(one, answers)
        parent.insert(parent.index(template), one)
    parent.remove(template)


def put_answers(root, answers):
    for node in root.iter():
        name = etree.QName(node).localname
        if name in answers and len(node) == 0 and not isinstance(answers[name], list):
            node.text = answers[name]
