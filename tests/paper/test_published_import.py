"""The authors' logs as records: every row accounted for, the cells, their runs, names and lengths, the archive."""

import pytest

from import_logs import account_line
from support import published_logs
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog, read_yaml
from wattlab.foundation.errors import InputError
from wattlab.logs.archive import checksum, fetch
from wattlab.logs.imported import repeats_frame
from wattlab.logs.resolve import NOT_NAMED, resolve_published
from wattlab.study.resolve import check_config

pytestmark = pytest.mark.slow


def test_every_row_is_accounted_for(tables):
    account = published_logs.imported().account
    assert account["files"] == {"found": 6513, "read": 6513}
    assert account["rows"] == {"found": 13370, "of_cells": 8640, "of_no_cell": 4730, "left_out": 0}
    assert account["runs"] == {"of_cells": 4170, "of_no_cell": 2343}
    assert published_logs.imported().problems == []
    assert "13,370 rows in 6,513 files" in account_line(published_logs.imported())
    totals = tables["totals"].set_index("phase")
    assert int(totals["n_windows"].sum()) == 13370
    assert totals["energy_kwh"].sum() == pytest.approx(1290.0429155363252, rel=1e-12)
    assert totals.loc["unassigned", "energy_kwh"] == pytest.approx(259.4, abs=0.05)
    assert totals.loc["transfer", "n_windows"] == 300


def test_selected_cells_and_the_reasons_of_the_others():
    study = published_logs.study()
    assert len(study.cells) == 417
    selected = [cell for cell in study.cells if cell.facts.selected]
    assert len(selected) == 312
    assert sum(cell.cell.purpose == "multi-purpose" for cell in selected) == 72
    assert all(cell.spec is None for cell in study.cells)
    assert all(not cell.facts.selected for cell in study.cells if cell.cell.variant == "native")
    reasons = {cell.facts.unselected_because for cell in study.cells if not cell.facts.selected}
    assert None not in reasons and NOT_NAMED not in reasons and len(reasons) == 4
    generators = {cell.cell.model for cell in selected if cell.cell.task == "text-to-image"}
    assert len(generators) == 8 and "SG161222--Realistic_Vision_V1.4" not in generators


def test_every_cell_has_ten_valid_repeats_and_its_windows():
    records = published_logs.imported().records
    assert {len(record.valid_repeats) for record in records} == {10}
    assert {record.status for record in records} == {"complete"}
    images = [record for record in records if record.task == "text-to-image"]
    assert all(session.transfer is not None for record in images for session in record.sessions)
    assert all(session.load is not None for record in records for session in record.sessions)
    assert {repeat.gpu_count for record in records for repeat in record.repeats} == {8}


def test_runs_that_carry_another_name_say_so():
    records = {record.cell_id: record for record in published_logs.imported().records}
    record = records["summarization/xsum/sshleifer--distilbart-xsum-12-6"]
    assert all("sshleifer/distilbart-cnn-6-6" in repeat.flags[0] for repeat in record.repeats)
    assert record.other_model == record.repeats[0].flags[0]
    flagged = {record.model for record in records.values() for repeat in record.repeats if repeat.flags}
    assert flagged == {"sshleifer--distilbart-xsum-12-6"}


def test_published_lengths():
    records = {record.cell_id: record for record in published_logs.imported().records}
    record = records["question-answering/squad-v2/bigscience--bloomz-7b1"]
    assert record.repeats[0].n_output_units == 2407 and record.repeats[0].output_unit == "word"
    assert record.lengths == "published"
    assert sum(record.lengths == "published" for record in records.values()) == 72


def test_checksum_of_the_archive_is_the_pinned_one():
    home = published_logs.mapping().home
    assert checksum(published_logs.logs().files, home.paths) == home.sha256


def test_unreachable_home_is_one_message_with_the_remedy(tmp_path):
    home = published_logs.mapping().home
    with pytest.raises(InputError, match="can not be fetched .*make published LOGS=PATH") as error:
        fetch(home, tmp_path / "logs", url=str(tmp_path / "nowhere.git"))
    assert "\n" not in str(error.value)
    assert not (tmp_path / "logs").exists()


def test_selection_of_an_unlogged_model_is_refused():
    content = read_yaml(published_logs.ROOT / "studies" / "published.yaml")
    content["tasks"][0]["models"][0] = "lvwerra/distilbert-imdbb"
    with pytest.raises(InputError, match="is in no group of the mapping; did you mean .*distilbert-imdb"):
        resolve_published(check_config(content, "study"), load_catalog(CATALOG_ROOT), "studies/published.yaml")


def test_a_model_left_out_of_the_study_is_imported_unselected():
    content = read_yaml(published_logs.ROOT / "studies" / "published.yaml")
    content["tasks"][0]["models"] = content["tasks"][0]["models"][1:]
    study = resolve_published(check_config(content, "study"), load_catalog(CATALOG_ROOT), "studies/published.yaml")
    assert len(study.cells) == 417
    assert sum(cell.facts.selected for cell in study.cells) == 309
    assert any(cell.facts.unselected_because == NOT_NAMED for cell in study.cells)


def test_the_tables_come_from_the_records_alone(tables):
    """The importer's frame and the tables, built from the records that it wrote, agree on every cell."""
    cells, repeats = tables["cells"], repeats_frame(published_logs.imported().records)
    ours = repeats.groupby(["task", "dataset", "variant", "model"])["energy_node_kwh"].mean()
    theirs = cells.assign(variant=cells["variant"].fillna("")).set_index(["task", "dataset", "variant", "model"])
    assert theirs["energy_kwh_per_1000"].sort_index().to_numpy() == pytest.approx(
        ours.sort_index().to_numpy(), rel=1e-12
    )
