"""The published study, from the authors' logs: every printed number of tables 2, 3 and 5, totals, other tables."""

import math
from decimal import Decimal

import pytest

from give_verdict import main as give_verdict
from support import published_logs
from wattlab.foundation.files import write_text
from wattlab.foundation.units import J_PER_KWH
from wattlab.logs.imported import repeats_frame
from wattlab.paper.audit import summary
from wattlab.paper.decomposition import finding
from wattlab.paper.printed import rounded, truncated
from wattlab.paper.ranks import caption, rank_tables
from wattlab.records.record import Record
from wattlab.report.page import study_facts
from wattlab.report.summary import closing_paragraph
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


def test_quality_table():
    table = published_logs.scores()
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
    assert not [name for name in [*pairs, *stability] if "ci95" in name], "bounds of draws are no confidence intervals"
    assert "the middle 95 % of 2,000 draws" in caption(pairs) and "are no confidence intervals" in caption(pairs)
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
