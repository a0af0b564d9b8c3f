"""Words about numbers are made in two modules: no other source holds a literal scope, method, interval or level."""

import ast
import re
from pathlib import Path

import pytest

from support import records
from support.imports import SCRIPTS
from support.tables import Tables
from wattlab.foundation.quantities import QUANTITIES, IfAny, obtained
from wattlab.tables.evidence import Evidence

#: Where the words are made.
MAKERS = {"wattlab/foundation/quantities.py", "wattlab/foundation/wording.py", "wattlab/tables/words.py"}
#: What shows numbers: other packages speak of configuration, hardware or the paper's own definitions.
SHOWING = ("*.py", "wattlab/tables/*.py", "wattlab/figures/*.py", "wattlab/report/**/*.*", "wattlab/workflow/**/*.py")

FORBIDDEN = re.compile(
    r"\d\d ?% ?(t |bootstrap )?interval|\b95 %|bootstrap|Student.s t|Fisher.s z|\bnode\b|\bgross\b|\bcounters?\b|over (its |the )?models"
)
#: Parts of strings that are no words about a number that is shown, with the reason.
ALLOWED = {
    "share of the node's energy": "the decomposition is of the node by its definition",
    "shares of the node's energy": "the same",
    "Shares of the node's energy": "the same",
    "part of a node's energy": "the same",
    "logged node energy": "the same",
    "node, with the RAM power of CodeCarbon 3": "the name of one of its readings",
    "no node scope": "why a value is missing",
    "no counter that is read": "the doctor, of this machine's hardware",
    "no RAPL counter": "the same",
    "energy counter": "the same",
}


def prose(path: Path) -> list[str]:
    """Strings with a space in them but docstrings; of a page's asset the text without comments."""
    text = path.read_text()
    if path.suffix == ".py":
        nodes = list(ast.walk(ast.parse(text)))
        docs = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        strings = [n for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in docs]
        return [node.value for node in strings if " " in node.value]
    if path.suffix == ".js":
        return [text for text in re.findall(r'"[^"\n]*"|`[^`\n]*`', text) if " " in text]
    if path.suffix != ".j2":
        return []
    return [re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", line) for line in text.splitlines()]


def sources() -> list[str]:
    found = {path.relative_to(SCRIPTS).as_posix() for pattern in SHOWING for path in SCRIPTS.glob(pattern)}
    return sorted(name for name in found - MAKERS if "__pycache__" not in name)


@pytest.mark.parametrize("name", sources())
def test_no_literal_words_about_numbers(name: str) -> None:
    found = []
    for text in prose(SCRIPTS / name):
        for allowed in ALLOWED:
            text = text.replace(allowed, "")
        found += [text] if FORBIDDEN.search(text) else []
    assert found == [], f"{name}: take the words from foundation.quantities or tables.words"


def test_the_scan_finds_what_it_looks_for(tmp_path: Path) -> None:
    page = tmp_path / "page.html.j2"
    page.write_text("<p>with the 95 % interval over its repeats</p>\n{{ words.node }}")
    assert [bool(FORBIDDEN.search(line)) for line in prose(page)] == [True, False]
    module = tmp_path / "m.py"
    module.write_text('"""A node, gross."""\nx = "energy of the node, gross"\ny = "node"\n')
    assert prose(module) == ["energy of the node, gross"]


def test_every_quantity_and_method_is_a_column_of_the_cells() -> None:
    columns = set(Tables(Evidence(records.resolved_study([records.resolved_cell()]), records.catalog(), []))["cells"])
    everywhere = {name: quantity for name, quantity in QUANTITIES.items() if not isinstance(name, IfAny)}
    assert set(everywhere) <= columns and set(QUANTITIES) - set(everywhere) == {"energy_wall_kwh_per_1000"}
    assert {quantity.method for quantity in everywhere.values()} - {None} <= columns
    assert QUANTITIES["net_energy_device_kwh_per_1000"].title == "device, net of idle"
    assert QUANTITIES["emissions_g_per_1000"].unit == "g CO₂eq per 1,000 inferences"


def test_methods_in_words() -> None:
    assert [obtained("cpu", "model"), obtained("ram", "constant"), obtained("gpu", "sampled")] == [
        "CPU load model",
        "constant RAM power",
        "GPU power sampled",
    ]
