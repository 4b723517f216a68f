"""Files of others that the studio's page is drawn with: named, licensed, unchanged, and small."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from dreamzoom.io.files import file_digest
from dreamzoom.io.toml import parse_toml, read_toml
from dreamzoom.studio.pages import STATIC

ROOT = Path(__file__).parents[2]
VENDOR = STATIC / "vendor"
LIST = VENDOR / "VENDORED.toml"
VENDORED = read_toml(LIST)
LICENCES = {
    "MIT": "Permission is hereby granted",
    "Apache-2.0": "Apache License",
    "BSD-3-Clause": "Neither the name",
}
MOST = 1 << 20
"""Bytes of the page's files in the wheel, which are compressed there."""


@pytest.mark.parametrize("name", sorted(VENDORED))
def test_a_file_is_as_it_was_published(name):
    facts = VENDORED[name]
    assert file_digest(VENDOR / name) == facts["sha256"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", facts["version"])
    assert facts["package"]
    assert facts["file"].startswith("dist/") or "/dist/" in facts["file"]


@pytest.mark.parametrize("name", sorted(VENDORED))
def test_a_file_comes_with_its_licence(name):
    licence = (VENDOR / VENDORED[name]["licence_file"]).read_text("utf-8")
    assert LICENCES[VENDORED[name]["licence"]] in licence


def test_nothing_is_there_without_a_name():
    licences = {facts["licence_file"] for facts in VENDORED.values()}
    assert {path.name for path in VENDOR.iterdir()} == {LIST.name, *VENDORED, *licences}


def test_their_licences_go_with_the_package_and_stand_in_the_readme():
    project = parse_toml((ROOT / "pyproject.toml").read_text("utf-8"), "pyproject.toml")["project"]
    named = {path for pattern in project["license-files"] for path in ROOT.glob(pattern)}
    assert set(VENDOR.glob("LICENSE.*")) <= named
    readme = (ROOT / "README.md").read_text("utf-8")
    for facts in VENDORED.values():
        package = facts["package"].removeprefix("@preact/").removesuffix("-core")
        assert package.casefold() in readme.casefold(), package


def test_the_page_is_small_in_the_wheel():
    files = [path for path in STATIC.rglob("*") if path.is_file()]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < MOST


def test_the_page_names_no_address_of_another_machine():
    """Comments may; code may not, for nobody else is to be asked for anything."""
    own = [
        path
        for path in STATIC.rglob("*")
        if path.suffix in (".js", ".css", ".html") and VENDOR not in path.parents
    ]
    assert own
    for path in own:
        found = re.findall(r"https?://(?!www\.w3\.org/)[\w.]+", path.read_text("utf-8"))
        assert found == [], path
