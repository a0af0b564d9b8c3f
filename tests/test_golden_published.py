"""Tables of the authors' logs are those of d48ec93: every file by hash, its columns too, and docs/published by its text.

Skipped without the logs (see published_logs). An intended change: `make published publish-docs`, then
`WATTLAB_GOLDEN=write pytest tests/test_golden_published.py`; nothing of the raw logs is recorded.
"""

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from support import golden_files
from support.golden_files import GOLDEN, as_json, compare, difference

pytestmark = pytest.mark.slow

ROOT = GOLDEN.parents[1]
DOCS = ROOT / "docs" / "published"


@pytest.fixture(scope="module")
def tables(published: Path) -> dict[str, str]:
    """File name -> text of every table that `make published` makes, by the scripts that its rules call."""
    made = sorted((published / "tables").iterdir())
    texts = {path.name: path.read_bytes().decode() for path in made if path.suffix != ".json"}
    account = json.loads((published / "import.json").read_text())
    return {**texts, "import.json": as_json(account)}


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def summary(name: str, text: str) -> Any:
    """The hash of a file; of a CSV the number of its rows and a hash for each column too, so that a diff names them."""
    if not name.endswith(".csv"):
        return digest(text)
    header, *rows = csv.reader(io.StringIO(text))
    columns = {column: digest("\n".join(row[place] for row in rows))[:12] for place, column in enumerate(header)}
    return {"sha256": digest(text), "n_rows": len(rows), "columns": columns}


def test_every_table_is_the_recorded_one(tables: dict[str, str]) -> None:
    found = compare("published.json", as_json({name: summary(name, text) for name, text in tables.items()}))
    assert not found, found


@pytest.mark.parametrize("name", sorted(path.name for path in DOCS.glob("*.*") if path.name != "README.md"))
def test_a_table_of_the_docs_is_the_recorded_one(tables: dict[str, str], name: str) -> None:
    found = difference((DOCS / name).read_bytes().decode(), tables[name], name)
    assert not found, found


def test_one_other_value_is_seen(tables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(golden_files, "WRITING", False)
    summaries = {name: summary(name, text) for name, text in tables.items()}
    header, *rows = csv.reader(io.StringIO(tables["cells.csv"]))
    rows[0][header.index("energy_kwh_per_1000")] += "1"
    changed = io.StringIO()
    csv.writer(changed, lineterminator="\n").writerows([header, *rows])
    summaries["cells.csv"] = summary("cells.csv", changed.getvalue())
    found = compare("published.json", as_json(summaries))
    assert '"energy_kwh_per_1000"' in found and "ci95" not in found
