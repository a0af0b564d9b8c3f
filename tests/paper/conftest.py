"""What tests of the published study share: its tables, made once."""

import pytest

from build_tables import main as build_tables
from examine_logs import main as examine_logs
from import_logs import write_import, write_table
from support import published_logs
from wattlab.foundation.files import write_text
from wattlab.tables.reading import read_table


@pytest.fixture(scope="session")
def tables(tmp_path_factory):
    """Every table, through the files, as the workflow makes them."""
    folder = tmp_path_factory.mktemp("published")
    write_text(folder / "study-0.json", published_logs.study().model_dump_json())
    write_import(published_logs.imported(), folder)
    write_table(published_logs.scores(), folder / "tables", "quality", "")
    assert published_logs.study().config.study == "published"
    for verb in (build_tables, examine_logs):
        verb(["--study", str(folder / "study-0.json"), "--tables", str(folder / "tables")])
    return {path.stem: read_table(path) for path in (folder / "tables").glob("*.csv")}
