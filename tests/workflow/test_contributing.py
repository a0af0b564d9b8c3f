"""`docs/contributing.md` and `docs/README.md`: every row names what is there, and a kind's own test runs a member of it."""

import re

import pytest

from support.imports import ROOT
from wattlab.figures.listing import FIGURES
from wattlab.tables.listing import TABLES

DOCS = ROOT / "docs"


def rows(page: str, after: str) -> list[list[str]]:
    """Cells of the table that follows a heading, without its two head lines."""
    section = (DOCS / page).read_text().partition(after)[2].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


KINDS, CHANGES = rows("contributing.md", "## A new member"), rows("contributing.md", "## A frequent change")


def paths(cell: str) -> list[str]:
    """Paths that a cell names; `{…}` stands for any name."""
    named = re.findall(r"`([^`]+)`", cell)
    return [re.sub(r"\{[^}]*\}", "*", name) for name in named if "/" in name or name.endswith((".lock", ".yaml"))]


@pytest.mark.parametrize("row", [*KINDS, *CHANGES], ids=lambda row: row[0])
def test_what_a_row_names_is_there(row: list[str]) -> None:
    named = [path for cell in row[1:] for path in paths(cell)]
    assert named
    for path in named:
        assert list(ROOT.glob(path)), f"{row[0]}: {path} is not there"


@pytest.mark.parametrize("row", [*KINDS, *CHANGES], ids=lambda row: row[0])
def test_a_row_names_the_test_that_holds_it(row: list[str]) -> None:
    (held_by,) = paths(row[-1])
    assert "def test_" in (ROOT / held_by).read_text()


def test_every_kind_with_a_registry_has_a_row() -> None:
    named = {path for row in KINDS for cell in row for path in paths(cell)}
    package = ROOT / "scripts/wattlab"
    registries = {"tables/listing.py": TABLES, "figures/listing.py": FIGURES}
    for place, members in registries.items():
        assert members
        assert f"scripts/wattlab/{place}" in named
    assert (package / "meters/accelerators/__init__.py").relative_to(ROOT).as_posix() in named
    assert {"scripts/wattlab/tasks/contract.py", "scripts/wattlab/logs/formats/contract.py"} <= named


def test_the_index_names_every_page() -> None:
    linked = set(re.findall(r"\]\(([^)]+)\)", (DOCS / "README.md").read_text()))
    for page in DOCS.glob("*.md"):
        assert page.name in linked or page.name == "README.md", page.name
    for link in linked:
        assert (DOCS / link).exists(), link


def test_every_versions_name_is_told() -> None:
    names = set(re.findall(r"^([A-Z]+_VERSION) =", (ROOT / "scripts/wattlab/__init__.py").read_text(), re.MULTILINE))
    told = set(re.findall(r"`([A-Z]+_VERSION)`", (DOCS / "contributing.md").read_text()))
    assert names == told
