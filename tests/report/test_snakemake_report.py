"""`snakemake --report`: figures, tables and the page are registered, with category, label and caption."""

import json
import re
import zipfile
from pathlib import Path

import pytest

from support.workflow import Project
from wattlab.figures.listing import figures_of
from wattlab.tables.listing import TABLES

pytestmark = pytest.mark.slow


def test_the_report_of_snakemake_has_everything_with_labels(finished: Project, tmp_path: Path) -> None:
    archive = tmp_path / "snakemake.zip"
    run = finished.snakemake("--report", str(archive))
    assert run.returncode == 0, run.stdout
    with zipfile.ZipFile(archive) as packed:
        names = packed.namelist()
        texts = [packed.read(name).decode(errors="replace") for name in names if name.endswith((".html", ".js"))]
    whole = "\n".join(texts)
    for name, figure in figures_of(TABLES).items():
        assert any(path.endswith(f"/{name}.png") for path in names), name
        assert json.dumps(figure.title) in whole, name
    for table in TABLES:
        assert f"{table}.csv" in whole, table
    assert any(path.endswith("/report.html") for path in names)
    assert {"Figures", "Tables", "Report"} <= set(re.findall(r'"(Figures|Tables|Report)"', whole))
    assert "What an inference costs, measured." in whole
