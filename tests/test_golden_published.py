"""Tables of the authors' logs are those of d48ec93: every file by hash, its columns too, and docs/published by its text.

Skipped without the logs (see published_logs). An intended change: `make published publish-docs`, then
`WATTLAB_GOLDEN=write pytest tests/test_golden_published.py`; nothing of the raw logs is recorded.
"""

import csv
import hashlib
import io
import json
from typing import Any

import pytest

import build_tables
import examine_logs
import import_logs
from support import golden_files, published_logs
from support.golden_files import GOLDEN, as_json, compare, difference
from wattlab.study.specs import write_study
from wattlab.workflow.loading import study_of

pytestmark = pytest.mark.slow

ROOT = GOLDEN.parents[1]
DOCS = ROOT / "docs" / "published"


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """File name -> text of every table that `make published` makes, by the scripts that its rules call."""
    logs = published_logs.archive()
    folder = tmp_path_factory.mktemp("published") / "results" / "published"
    made = folder / "tables"
    study = write_study(folder, study_of(ROOT / "config.yaml", ROOT / "studies" / "published.yaml"))
    assert import_logs.main(["--study", str(study), "--logs", str(logs)]) == 0
    for script in (build_tables, examine_logs):
        assert script.main(["--study", str(study), "--tables", str(made)]) == 0
    texts = {path.name: path.read_bytes().decode() for path in sorted(made.iterdir()) if path.suffix != ".json"}
    account = json.loads((folder / "import.json").read_text())
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
