"""The published study, from the authors' logs: every printed number of tables 2, 3 and 5, the totals, the account."""

import io
import math
import re
from decimal import Decimal

import pandas as pd
import pytest
from PIL import Image, ImageColor

from build_tables import main as build_tables
from examine_logs import main as examine_logs
from give_verdict import main as give_verdict
from import_logs import account_line, write_import, write_table
from publish_docs import MAX_BYTES, TABLES, small_image
from publish_docs import main as publish_docs
from support import published_logs
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog, read_yaml
from wattlab.figures.listing import FIGURES
from wattlab.figures.palette import MODALITY_COLOURS, STRUCTURE_COLOURS
from wattlab.foundation.errors import InputError
from wattlab.foundation.files import write_text
from wattlab.foundation.units import J_PER_KWH
from wattlab.logs.archive import checksum, fetch
from wattlab.logs.imported import repeats_frame
from wattlab.logs.resolve import NOT_NAMED, model_stems, resolve_published
from wattlab.logs.scores import read_scores
from wattlab.paper.audit import by_chance, summary
from wattlab.paper.decomposition import caption, decomposition, finding
from wattlab.paper.printed import rounded, truncated
from wattlab.paper.ranks import rank_tables
from wattlab.quality.table import TABLE as QUALITY
from wattlab.records.record import Record
from wattlab.report.page import study_facts
from wattlab.report.summary import closing_paragraph
from wattlab.study.resolve import check_config
from wattlab.tables.building import build
from wattlab.tables.evidence import gather
from wattlab.tables.reading import read_table
from wattlab.tables.writing import as_csv

pytestmark = pytest.mark.slow

#: Exact mean over the 240 repeats, kWh per 1,000 inferences, beside the print of Table 2.
TABLE_2 = {
    "text-classification": (0.0022922068351356, "0.002"),
    "question-answering": (0.0032810070896878, "0.003"),
    "fill-mask": (0.0033788577311971, "0.003"),
    "token-classification": (0.0035802604465042, "0.004"),
    "image-classification": (0.0070735388476013, "0.007"),
    "object-detection": (0.037746167308587, "0.038"),
    "text-generation": (0.046904443919467, "0.047"),
    "summarization": (0.049185040381457, "0.049"),
    "image-to-text": (0.062977695167855, "0.063"),
    "text-to-image": (2.9071766411874593, "2.907"),
}

#: Exact energy (kWh) and emissions (g), beside the print of Table 3.
TABLE_3 = {
    "google--flan-t5-base": (0.026519122839915, "0.026", "3.67"),
    "google--flan-t5-large": (0.055343834079301, "0.055", "7.68"),
    "google--flan-t5-xl": (0.058306333512815, "0.058", "8.08"),
    "google--flan-t5-xxl": (0.082727875848057, "0.083", "11.48"),
    "bigscience--bloomz-560m": (0.054269524832639, "0.054", "7.5"),
    "bigscience--bloomz-1b7": (0.062389953082858, "0.062", "8.66"),
    "bigscience--bloomz-3b": (0.073337827721609, "0.073", "10.17"),
    "bigscience--bloomz-7b1": (0.104256424683275, "0.104", "14.46"),
}

PARITY_MILLIONS = {
    "bigscience--bloomz-7b1": "568.4",
    "bigscience--bloomz-3b": "393.7",
    "bigscience--bloomz-1b7": "290.6",
    "bigscience--bloomz-560m": "203.6",
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Every table, through the files, as the workflow makes them."""
    folder = tmp_path_factory.mktemp("published")
    write_text(folder / "study-0.json", published_logs.study().model_dump_json())
    write_import(published_logs.imported(), folder)
    write_table(scores(), folder / "tables", "quality", "")
    assert published_logs.study().config.study == "published"
    for verb in (build_tables, examine_logs):
        verb(["--study", str(folder / "study-0.json"), "--tables", str(folder / "tables")])
    return {path.stem: read_table(path) for path in (folder / "tables").glob("*.csv")}


def scores() -> pd.DataFrame:
    mapping = published_logs.mapping()
    assert mapping.quality is not None
    stems = model_stems(mapping, load_catalog(CATALOG_ROOT), "mapping")
    rows = read_scores(published_logs.logs(), mapping.quality, stems, published_logs.imported().records)
    return QUALITY.frame(rows)


def one_joule_more(files: dict[str, bytes], record: Record) -> dict[str, bytes]:
    """The logs with one joule more in the GPU energy of the record's first query."""
    run = record.repeats[0].session
    name = next(name for name in files if f"/base/emissions_base_{run}" in name)
    lines = files[name].decode().splitlines()
    header = lines[0].split(",")
    for place, line in enumerate(lines):
        if line.startswith("query model"):
            values = line.split(",")
            for column in ("gpu_energy", "energy_consumed"):
                at = header.index(column)
                values[at] = repr(float(values[at]) + 1 / J_PER_KWH)
            lines[place] = ",".join(values)
    return {**files, name: ("\n".join(lines) + "\n").encode()}


def check_table_2(frame) -> None:
    chosen = frame[frame["selected"] & (frame["purpose"] == "task-specific")]
    for task, (exact, printed) in TABLE_2.items():
        mean = chosen.loc[chosen["task"] == task, "energy_node_kwh"].mean()
        assert mean == pytest.approx(exact, rel=1e-12), task
        assert rounded(mean, printed) == Decimal(printed), task


def check_table_3(frame) -> None:
    chosen = frame[frame["selected"] & (frame["purpose"] == "multi-purpose")]
    for model, (exact, energy, grams) in TABLE_3.items():
        rows = chosen[chosen["model"] == model]
        assert len(rows) == 90
        assert rows["energy_node_kwh"].mean() == pytest.approx(exact, rel=1e-12), model
        for value, printed in ((rows["energy_node_kwh"].mean(), energy), (rows["emissions_g"].mean(), grams)):
            unit = Decimal(1).scaleb(Decimal(printed).as_tuple().exponent)
            assert abs(rounded(value, printed) - Decimal(printed)) <= unit
            assert Decimal(printed) in (rounded(value, printed), truncated(value, printed)), (model, printed)


def check_totals(account) -> None:
    logged = account["logged"]["all"]
    assert logged["energy_node_kwh"] == pytest.approx(1290.0429155363252, rel=1e-14)
    assert logged["energy_gpu_kwh"] == pytest.approx(754.6584092, rel=1e-9)
    assert logged["emissions_kg"] == pytest.approx(178.9756846762566, rel=1e-12)
    assert f"{logged['emissions_kg']:.3f}" == "178.976"


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


def test_table_2_to_every_printed_digit(tables):
    check_table_2(repeats_frame(published_logs.imported().records))
    ours = tables["tasks"].set_index("task")
    for task, (exact, printed) in TABLE_2.items():
        assert ours.loc[task, "energy_kwh_per_1000"] == pytest.approx(exact, rel=1e-12)
        assert rounded(float(ours.loc[task, "energy_kwh_per_1000"]), printed) == Decimal(printed)
        assert ours.loc[task, "n_models"] == 8 and ours.loc[task, "n_repeats"] == 240
        low, high = ours.loc[task, "ci95_low_energy_kwh_per_1000"], ours.loc[task, "ci95_high_energy_kwh_per_1000"]
        assert low < exact < high
    assert f"{ours.loc['token-classification', 'energy_kwh_per_1000']:.6f}" == "0.003580"
    assert f"{ours.loc['text-classification', 'energy_kwh_per_1000']:.4f}" == "0.0023"


def test_table_3_within_one_unit_of_the_last_digit(tables):
    check_table_3(repeats_frame(published_logs.imported().records))
    ours = tables["multipurpose"].set_index("model")
    for model, (exact, _, _) in TABLE_3.items():
        assert ours.loc[model, "energy_kwh_per_1000"] == pytest.approx(exact, rel=1e-12)


def test_table_5_parities(tables):
    ours = tables["parity"]
    ours = ours[ours["n_cells"].notna()].set_index("model")
    for model, millions in PARITY_MILLIONS.items():
        assert f"{ours.loc[model, 'parity_inferences'] / 1e6:.1f}" == millions
        assert ours.loc[model, "ci95_low_parity_inferences"] < ours.loc[model, "parity_inferences"]


def test_totals():
    check_totals(published_logs.imported().account)


@pytest.mark.parametrize(
    ("cell", "check"),
    [
        ("text-to-image/diffusiondb/stabilityai--stable-diffusion-xl-base-1.0", "table 2"),
        ("summarization/xsum/google--flan-t5-xxl", "table 3"),
        ("text-classification/sst2/bigscience--bloomz-7b1", "table 3"),
        ("image-classification/cifar10@native/microsoft--resnet-18", "totals"),
    ],
)
def test_one_joule_in_one_log_turns_it_red(cell, check):
    record = next(record for record in published_logs.imported().records if record.cell_id == cell)
    changed = published_logs.import_of(one_joule_more(published_logs.logs().files, record))
    assert changed.account["rows"]["found"] == 13370
    with pytest.raises(AssertionError):
        check_totals(changed.account)
    frame = repeats_frame(changed.records)
    if check == "table 2":
        with pytest.raises(AssertionError):
            check_table_2(frame)
    if check == "table 3":
        with pytest.raises(AssertionError):
            check_table_3(frame)


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


def test_quality_table():
    table = scores()
    assert len(table) == 48 * 3 and table["selected"].all()
    row = table[(table["model"] == "bigscience--bloomz-560m") & (table["dataset"] == "sst2")].iloc[0]
    assert row["quality_score"] == 0.9243 and row["energy_kwh_per_1000"] == pytest.approx(0.00938, abs=5e-6)
    assert published_logs.study().config.is_imported


def test_a_score_never_stands_beside_the_energy_and_size_of_another_model(tables):
    quality, model = tables["quality"], "sshleifer--distilbart-xsum-12-6"
    others = quality[quality["model"] == model]
    assert list(others["quality_score"].round(4)) == [0.2032, 0.4529, 0.2303]
    assert others[["energy_kwh_per_1000", "parameters_as_published", "n_repeats"]].isna().all(axis=None)
    assert (
        others["reason"].str.contains("another model: .*logged by the run itself as sshleifer/distilbart-cnn-6-6").all()
    )
    rest = quality[quality["model"] != model]
    assert len(rest) == 141 and rest["energy_kwh_per_1000"].notna().all() and rest["reason"].isna().all()


@pytest.mark.parametrize(("name", "rows"), [("models", 1), ("ranks", 7), ("rank_stability", 1)])
def test_the_flag_of_another_model_reaches_every_table_of_the_model(tables, name, rows):
    table = tables[name]
    flagged = table[table["flags"].fillna("").str.contains("logged by the run itself as sshleifer/distilbart-cnn-6-6")]
    assert len(flagged) == rows
    assert (flagged.filter(like="model") == "sshleifer--distilbart-xsum-12-6").any(axis=1).all()


def test_the_print_of_table_2_leaves_a_ratio_open_by_its_rounding(tables):
    table = tables["comparison"].set_index("task")
    row = table.loc["text-classification"]
    assert row["low_energy_ratio"] == pytest.approx(0.00229220683 / 0.0025)
    assert row["high_energy_ratio"] == pytest.approx(0.00229220683 / 0.0015)
    assert (table["low_energy_ratio"] <= 1).all() and (table["high_energy_ratio"] > 1).all()
    assert table.loc["text-to-image", "high_energy_ratio"] < 1.0003


def test_decomposition_adds_up_and_the_floor_is_the_lowest_window():
    result = published_logs.imported()
    table = decomposition(result.records, list(result.unassigned), ["load", "transfer"], 42.0)
    shares = ["gpu_above_idle_share", "gpu_idle_share", "ram_share", "cpu_share"]
    assert table[shares].sum(axis=1).to_numpy() == pytest.approx(1.0, abs=1e-12)
    # Pandas over the raw files: the lowest mean of a load, and the highest of the lowest means of 25 days.
    assert table["idle_gpu_power_w"].iloc[0] == pytest.approx(443.433076, rel=1e-8)
    assert table["high_idle_gpu_power_w"].iloc[0] == pytest.approx(482.586590, rel=1e-8)
    task = table[(table["level"] == "task") & (table["purpose"] == "task-specific")].set_index("task")
    assert task.loc["text-to-image", "gpu_above_idle_share"] == pytest.approx(0.23, abs=0.01)
    every = table[table["level"] == "all"].iloc[0]
    assert every["energy_duration_correlation"] == pytest.approx(0.9998, abs=1e-4)
    # 430.8 W of RAM become 42 W: 388.8 W less of the mean power
    saved_w = (1 - every["codecarbon3_ram_ratio"]) * every["mean_power_w"]
    assert saved_w == pytest.approx(430.777 - 42, abs=3)


def test_the_split_of_gpus_is_relative_to_the_logs_and_says_how_far_nodes_differ(tables):
    table = tables["decomposition"]
    task = table[(table["level"] == "task") & (table["purpose"] == "task-specific")].set_index("task")
    assert task.loc["fill-mask", "low_gpu_above_idle_share"] == pytest.approx(0.0279, abs=1e-4)
    assert (table["low_gpu_above_idle_share"] < table["gpu_above_idle_share"]).all()
    said = f"{caption(table)} {finding(table)}"
    assert "443 W" in said and "483 W" in said and "bound" not in said
    assert finding(table).startswith("of the node's energy in a query, by task: 6 to 23 % GPUs above 443 W")
    assert "2 to 20 % above 483 W" in finding(table) and finding(table).endswith("4 % CPU")


def test_gpus_are_split_only_where_the_mapping_names_the_phases_of_idle_ones():
    result = published_logs.imported()
    table = decomposition(result.records, list(result.unassigned), [], 42.0)
    assert table[["gpu_above_idle_share", "gpu_idle_share", "one_gpu_share", "idle_gpu_power_w"]].isna().all(axis=None)
    assert table["ram_share"].notna().all() and finding(table) == "" and "are not split" in caption(table)


def test_the_page_has_the_counts_of_the_audit_and_what_the_energy_goes_into(tables):
    facts = dict(study_facts(published_logs.study(), tables))
    assert facts["Printed numbers"] == summary(tables["audit"])
    assert facts["The energy goes into"] == finding(tables["decomposition"])


def test_the_order_of_the_papers_own_logs_is_an_audit_and_no_finding(tables, capsys, tmp_path):
    write_text(tmp_path / "study-0.json", published_logs.study().model_dump_json())
    for name, table in tables.items():
        write_text(tmp_path / f"{name}.csv", as_csv(table))
    assert give_verdict(["--study", str(tmp_path / "study-0.json"), "--tables", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert said.startswith(closing_paragraph(published_logs.study(), tables))
    assert "(Spearman's rho 1.00) is an audit of that print, and no finding: both are of the same logs" in said


def test_ranks_tell_the_giant_from_the_dwarf_and_not_twins():
    pairs, stability = rank_tables(repeats_frame(published_logs.imported().records))
    assert len(pairs) == 13 * 28
    by_pair = pairs.set_index(["task", "model", "other_model"])
    giant = by_pair.loc[("text-to-image", "stabilityai--stable-diffusion-xl-base-1.0", "segmind--tiny-sd")]
    assert giant["told_apart"] and giant["energy_ratio"] == pytest.approx(11.293415 / 0.755471, rel=1e-4)
    twins = by_pair.loc[("text-classification", "lvwerra--distilbert-imdb", "sbcBI--sentiment_analysis_model")]
    assert not twins["told_apart"]
    tasks = stability[stability["level"] == "task"].set_index("task")
    assert tasks.loc["text-to-image", "rank"] == 10 and tasks.loc["text-to-image", "same_rank_share"] == 1.0


def test_nothing_is_missing(tables):
    assert tables["missing"].empty
    assert len(tables["cells"]) == 417
    assert math.isclose(tables["runs"]["energy_node_j"].sum() / J_PER_KWH, 996.3, abs_tol=0.05)


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


def test_the_tables_come_from_the_records_alone(tmp_path):
    """The importer's frame and the tables' own code agree on every cell."""
    result = published_logs.imported()
    write_import(result, tmp_path)
    write_text(tmp_path / "study-0.json", published_logs.study().model_dump_json())
    cells = build(gather(published_logs.study(), load_catalog(CATALOG_ROOT), tmp_path / "runs"))["cells"]
    ours = repeats_frame(result.records).groupby(["task", "dataset", "variant", "model"])["energy_node_kwh"].mean()
    theirs = cells.assign(variant=cells["variant"].fillna("")).set_index(["task", "dataset", "variant", "model"])
    assert theirs["energy_kwh_per_1000"].sort_index().to_numpy() == pytest.approx(
        ours.sort_index().to_numpy(), rel=1e-12
    )


DOCS = published_logs.ROOT / "docs" / "published"


@pytest.mark.parametrize("name", [name for name, forms in TABLES.items() if "csv" in forms])
def test_the_published_copy_is_what_a_fresh_run_gives(tables, name):
    kept = read_table(DOCS / f"{name}.csv")
    pd.testing.assert_frame_equal(kept, tables[name], rtol=1e-9, check_dtype=False)


def test_the_published_copy_is_small_and_its_page_tells_the_counts(tables):
    assert sum(path.stat().st_size for path in DOCS.rglob("*") if path.is_file()) < MAX_BYTES + 10_000
    page = " ".join((DOCS / "README.md").read_text().split())
    assert summary(tables["audit"]) in page and by_chance(tables["audit"]) in page
    assert finding(tables["decomposition"]) in page


def test_the_published_copy_shows_every_figure_at_a_modest_size():
    for name in FIGURES:
        with Image.open(DOCS / "figures" / f"{name}.png") as image:
            assert image.width == 1050 and image.mode == "P", name
    shown = re.findall(r"!\[[^]]+\]\(([^)]+)\)", (DOCS / "README.md").read_text())
    assert shown and all((DOCS / path).is_file() for path in shown)


def test_what_has_not_been_made_is_not_published(tmp_path):
    with pytest.raises(InputError, match="audit.csv: no such file; run `make published` first"):
        publish_docs(["--results", str(tmp_path), "--docs", str(tmp_path / "docs")])
    assert not (tmp_path / "docs").exists()


def test_shares_of_unlike_nodes_and_of_nodes_without_gpus():
    """What is not known of the GPUs is missing, and no zero."""
    records = published_logs.imported().records[:2]
    without = {"energy_gpu_j": None, "gpu_count": 0, "energy_gpu_method": "absent"}
    bare = records[0].model_copy(
        update={"repeats": [repeat.model_copy(update=without) for repeat in records[0].repeats]}
    )
    idle = ["load", "transfer"]
    table = decomposition([bare], [], idle, 42.0)
    gpus = ["gpu_above_idle_share", "gpu_idle_share", "gpu_idle_others_share", "one_gpu_share", "one_gpu_kwh_per_1000"]
    assert table[gpus].isna().all(axis=None)
    assert (table["ram_share"] + table["cpu_share"]).to_numpy() == pytest.approx(1.0, abs=1e-12)
    ram_j, cpu_j = (
        math.fsum(getattr(repeat, name) for repeat in bare.repeats) for name in ("energy_ram_j", "energy_cpu_j")
    )
    assert table["ram_share"].iloc[0] == pytest.approx(ram_j / (ram_j + cpu_j), rel=1e-12)
    both = decomposition([bare, records[1]], [], idle, 42.0)
    mixed = both[both["level"] == "all"].iloc[0]
    assert mixed[gpus].isna().all() and 0 < mixed["ram_share"] < table["ram_share"].iloc[0]
    unknown = [repeat.model_copy(update={"energy_ram_j": None}) for repeat in records[0].repeats]
    lost = decomposition([records[0].model_copy(update={"repeats": unknown})], [], idle, 42.0)
    assert lost[["energy_kwh_per_1000", "ram_share", "cpu_share"]].isna().all(axis=None)


def test_a_small_image_keeps_the_colours_apart():
    colours = [ImageColor.getrgb(colour) for colour in {*MODALITY_COLOURS.values(), *STRUCTURE_COLOURS.values()}]
    image = Image.new("RGB", (2100, 100 * len(colours)), "white")
    for place, colour in enumerate(colours):
        image.paste(colour, (0, 100 * place, 40, 100 * place + 100))
    written = io.BytesIO()
    image.save(written, "PNG")
    small = Image.open(io.BytesIO(small_image(written.getvalue()))).convert("RGB")
    assert small.size == (1050, 50 * len(colours))
    assert [small.getpixel((5, 50 * place + 25)) for place in range(len(colours))] == colours
    assert small.getpixel((500, 25)) == (255, 255, 255)
