"""FLOPs of a study: the table `flops`, energies beside them, ranks and the figure."""

from pathlib import Path

import pandas as pd
import pytest

import count_flops
import rank_flops
from support import hand_tables
from support.drawn import drawn
from support.records import write_study
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.study.resolve import check_config, resolve
from wattlab.tables.reading import read_table

pytestmark = pytest.mark.slow

STUDY = {
    "study": "small",
    "weights": "hub",  # no checkpoint is there, and none is needed
    "data": "hub",
    "device": "cpu",
    "protocol": "paper-50",
    "tasks": [
        {"task": "fill-mask", "datasets": ["c4"], "models": ["google-bert--bert-base-uncased"]},
        {"task": "image-classification", "datasets": ["cifar10"], "models": ["microsoft--resnet-18"]},
        {"task": "object-detection", "datasets": ["coco"], "models": ["jozhang97--deta-swin-large"]},
        {"task": "fill-mask", "datasets": ["bookcorpus"], "models": ["somebody/a-model-of-her-own"]},
    ],
    "multi_purpose": [{"task": "text-classification", "datasets": ["sst2"], "models": ["bigscience--bloomz-560m"]}],
}
LENGTHS = "task,dataset,model,mean_input,mean_output\ntext-classification,sst2,bigscience--bloomz-560m,28.35,0.978\n"


@pytest.fixture(scope="module")
def flops(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = tmp_path_factory.mktemp("results") / "small"
    study = write_study(folder, resolve(check_config(STUDY, "test"), load_catalog(CATALOG_ROOT), "test"))
    tables = folder / "tables"
    tables.mkdir()
    (tables / "lengths.csv").write_text(LENGTHS)
    assert count_flops.main(["--study", str(study), "--tables", str(tables)]) == 0
    return read_table(tables / "flops.csv").set_index("model")


def test_the_flops_of_a_study_without_weights(flops: pd.DataFrame) -> None:
    bert = flops.loc["google-bert--bert-base-uncased"]
    n = bert["input_tokens"]  # the mean; the square of it is of next to no weight among 20 words
    by_hand = 12 * (24 * n * 768**2 + 4 * n**2 * 768) + 2 * n * 768 * (768 + 30_522)
    assert bert["flops_per_inference"] == pytest.approx(by_hand, rel=0.002)
    assert bert["input_from"] == "200 surrogate rows, tokens of a trained tokenizer"
    assert bert["parameters"] == 109_514_298
    assert {"_softmax", "gelu", "native_layer_norm"} <= set(bert["not_counted"].split(", "))
    resnet = flops.loc["microsoft--resnet-18"]
    assert resnet["flops_per_inference"] == pytest.approx(2 * 1.81e9, rel=0.02)  # torchvision, ResNet18_Weights: 1.81
    assert (resnet["image_size"], resnet["input_from"]) == ("640 x 480", "protocol: image_size")


def test_published_lengths_are_taken(flops: pd.DataFrame) -> None:
    bloomz = flops.loc["bigscience--bloomz-560m"]
    assert bloomz["input_from"].startswith("published mean of 28.35 words x ")
    assert 28.35 < bloomz["input_tokens"] < 60
    assert bloomz["output_tokens"] == 1
    assert bloomz["output_from"].endswith("cut at the cap")


def test_what_can_not_be_counted_says_why(flops: pd.DataFrame) -> None:
    uncounted = flops[flops["flops_per_inference"].isna()]["reason"]
    assert "needs transformers 4" in uncounted["jozhang97--deta-swin-large"]
    assert "catalog has no entry" in uncounted["somebody--a-model-of-her-own"]
    assert len(uncounted) == 2


def ranked(tmp_path: Path) -> tuple[dict[str, pd.DataFrame], Path]:
    """Hand-written tables whose FLOPs are the energies turned round within a task, and the folder with all."""
    tables = hand_tables.tables()
    cells = tables["cells"] = tables["cells"].assign(setting=None)
    counted = cells[["cell", "task", "dataset", "variant", "model", "purpose"]].assign(
        parameters=1_000_000, flops_per_inference=2e9 / cells["energy_kwh_per_1000"]
    )
    runs = pd.DataFrame(columns=["cell", "counted", "ram_model"]).astype({"counted": bool})
    folder = hand_tables.write(tmp_path / "tables", {**tables, "flops": counted, "runs": runs})
    study = write_study(tmp_path, hand_tables.study())
    assert rank_flops.main(["--study", str(study), "--tables", str(folder)]) == 0
    return {name: read_table(folder / f"{name}.csv") for name in ("cells", "flop_energy", "flop_ranks")}, folder


def test_energy_per_flop_and_the_ranks(tmp_path: Path) -> None:
    tables, folder = ranked(tmp_path)
    rows, cells = tables["flop_energy"], tables["cells"].set_index("cell")
    assert len(rows) == 51
    energy_j = rows["energy_kwh_per_1000"] * 3.6e6 / 1000
    expected = energy_j / (2e9 / rows["energy_kwh_per_1000"]) * 1e12
    assert rows["energy_j_per_tflop"].to_numpy() == pytest.approx(expected.to_numpy())
    high = cells.loc[rows["cell"], "ci95_high_energy_kwh_per_1000"].to_numpy() / rows["energy_kwh_per_1000"]
    assert (rows["ci95_high_energy_j_per_tflop"] / rows["energy_j_per_tflop"]).to_numpy() == pytest.approx(high)
    ranks = tables["flop_ranks"].set_index(["task", "purpose", "ranked_by", "ranked"]).sort_index()
    all_tasks = ranks.loc[("all tasks", "task-specific", "flops_per_inference", "energy_kwh_per_1000")]
    assert (all_tasks["spearman_rho"], all_tasks["n_models"]) == (-1.0, 11)
    few = ranks.loc[("fill-mask", "task-specific", "flops_per_inference", "energy_kwh_per_1000")]
    assert pd.isna(few["spearman_rho"]) and few["n_models"] == 1
    words = (folder / "flop_energy.md").read_text()
    assert "Energy modelled" in words and "95 % interval by Student's t over the repeats" in words


def test_the_figure_shows_each_model_once(tmp_path: Path) -> None:
    tables, _ = ranked(tmp_path)
    (axes,) = drawn("flops", {**hand_tables.tables(), **tables}).axes
    shown = {collection.get_gid(): len(collection.get_offsets()) for collection in axes.collections}
    assert shown["text-classification/task-specific"] == 2
    assert shown["summarization/multi-purpose"] == 2
    assert sum(shown.values()) == 11 + 6
