"""Models that the catalog lacks, named by their hub id alone: fetched, loaded, and run by the adapters of their task."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import pytest
import torch
import transformers

import measure_cell
from support import records
from support.hub_models import fetch, hub_cell, repo_of, source_on
from support.hub_models import publish as save_small
from support.mock_hub import MockHub
from support.tiny_models import full_spec, row_of, tokenizer_of
from support.warm import python_folder
from support.workflow import warm_environment
from wattlab.hub.receipts import read_receipt
from wattlab.hub.requests import model_fetch
from wattlab.hub.snapshots import snapshot_of
from wattlab.records.record import read_record
from wattlab.runs import memory_check as memory
from wattlab.runs.places import input_paths
from wattlab.study.cells import MeasuredCell, ResolvedStudy
from wattlab.tasks import adapter_for

CPU = torch.device("cpu")
ROOT = Path(__file__).resolve().parents[2]
SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
TEMPLATE = (
    "{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def like(model: str, task: str, dataset: str) -> Any:
    """A tokenizer of the kind that a catalog's model has."""
    return tokenizer_of(full_spec(task, dataset, model))


def qwen(folder: Path) -> None:
    tokenizer = like("openai-community--gpt2", "text-generation", "oscar")
    tokenizer.chat_template = TEMPLATE
    tokenizer.model_max_length = int(1e30)
    tokenizer.save_pretrained(folder)
    config = transformers.Qwen2Config(
        **SMALL,
        num_key_value_heads=2,
        vocab_size=len(tokenizer),
        max_position_embeddings=256,
        bos_token_id=0,
        eos_token_id=0,
    )
    transformers.Qwen2ForCausalLM(config).save_pretrained(folder)
    (folder / "generation_config.json").write_text(
        json.dumps({"do_sample": True, "temperature": 0.7, "eos_token_id": [0, 1], "max_new_tokens": 2048})
    )


def t5(folder: Path) -> None:
    tokenizer_of(full_spec("summarization", "xsum", "google--flan-t5-base", prompted=True)).save_pretrained(folder)
    config = transformers.MT5Config(d_model=32, d_kv=16, d_ff=64, num_layers=2, num_heads=2, vocab_size=32128)
    config.decoder_start_token_id = 0
    transformers.MT5ForConditionalGeneration(config).save_pretrained(folder)


def camembert(folder: Path) -> None:
    tokenizer = like("cardiffnlp--twitter-roberta-base-sentiment-latest", "text-classification", "imdb")
    tokenizer.model_max_length = int(1e30)
    tokenizer.save_pretrained(folder)
    config = transformers.CamembertConfig(
        **SMALL, vocab_size=len(tokenizer), max_position_embeddings=66, type_vocab_size=1, pad_token_id=1, num_labels=3
    )
    transformers.CamembertForSequenceClassification(config).save_pretrained(folder)


def publish(hub: MockHub, cell: MeasuredCell, make: Any, folder: Path) -> None:
    make(folder)
    hub.models[cell.spec.model.hub_id] = repo_of(folder)


def opened(hub: MockHub, tmp_path: Path, cell: MeasuredCell, make: Any) -> Any:
    """The cell's adapter, its published model loaded."""
    publish(hub, cell, make, tmp_path / "published")
    receipt = tmp_path / "receipt.json"
    fetched = fetch(cell.spec, receipt)
    assert fetched.status == "complete"
    source = source_on(cell.spec, snapshot_of(fetched, receipt))
    adapter = cast(Any, adapter_for(cell.spec)(cell.spec, source, CPU))
    adapter.load()
    adapter.transfer()
    return adapter


def test_an_instruct_model_is_asked_in_its_chat_template(hub, tmp_path):
    cell = hub_cell("text-classification", "imdb", "org/qwen", prompted=True, max_new_tokens=3, min_new_tokens=None)
    adapter = opened(hub, tmp_path, cell, qwen)
    assert type(adapter.model).__name__ == "Qwen2ForCausalLM"
    prompt = adapter.prepare(row_of(cell.spec, text="A fine film."))
    assert prompt.startswith("<user>") and "A fine film." in prompt and prompt.endswith("</s><assistant>")
    config = adapter.model.generation_config
    assert (config.max_new_tokens, config.do_sample, config.temperature, config.pad_token_id) == (3, True, 0.7, 0)
    assert adapter.max_tokens == 256, "the configuration's positions: neither catalog nor tokenizer says"
    assert adapter.infer([prompt])[0].value == adapter.infer([prompt])[0].value, "sampling is seeded"
    assert 1 <= adapter.infer([prompt])[0].n_output_units <= 3
    base = transformers.AutoModel.from_config(adapter.model.config)
    assert adapter.parameters_as_published("AutoModel", None) == sum(p.numel() for p in base.parameters())


def test_a_prompt_that_is_too_long_keeps_the_end_that_asks(hub, tmp_path):
    """The text in it loses its last words; the template stays whole around it."""
    cell = hub_cell("question-answering", "squad", "org/qwen", prompted=True, max_new_tokens=8, max_input_words=None)
    adapter = opened(hub, tmp_path, cell, qwen)
    long = adapter.prepare(row_of(cell.spec, context="old books of the town " * 100, question="Where are the books"))
    assert long.startswith("<user>Where are the books? Find") and long.endswith('". Answer:</s><assistant>')
    assert 235 < adapter.size(long) <= 248 == adapter.longest_text
    longer = long.replace('". Answer:', ' old books of". Answer:')
    assert len(adapter.tokenizer(longer)["input_ids"]) > 248, "some words more do not fit"
    ids = adapter.encoded([longer])["input_ids"][0]
    assert adapter.tokenizer.decode(ids).endswith('". Answer:</s><assistant>'), (
        "what is still too long loses its beginning"
    )
    short = adapter.prepare(row_of(cell.spec, context="old  books", question="Where"))
    assert '"old  books". Answer:' in short, "what fits is not touched"


def test_an_encoder_decoder_is_found_by_its_configuration(hub, tmp_path):
    cell = hub_cell("summarization", "xsum", "org/mt5", prompted=True, max_new_tokens=4, min_new_tokens=4)
    adapter = opened(hub, tmp_path, cell, t5)
    assert type(adapter.model).__name__ == "MT5ForConditionalGeneration"
    prompt = adapter.prepare(row_of(cell.spec))
    assert "<user>" not in prompt
    assert adapter.infer([prompt])[0].n_output_units == 4


def test_a_classifier_cuts_text_at_the_positions_that_it_uses(hub, tmp_path):
    cell = hub_cell("text-classification", "imdb", "org/camembert", max_input_words=None)
    adapter = opened(hub, tmp_path, cell, camembert)
    assert adapter.max_tokens == 64, "66 positions, the first two of which belong to padding"
    got = adapter.infer([adapter.prepare(row_of(cell.spec, text="A fine film. " * 200))])[0]
    assert got.value["label"] in {"LABEL_0", "LABEL_1", "LABEL_2"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The configuration file of this scheduler")
def test_a_pipeline_makes_its_own_steps_in_the_protocols_size(hub, tmp_path):
    cell = hub_cell("text-to-image", "sd-prompts", "org/pipe", image_size=[64, 64], steps=2)
    stem = ("text-to-image", "sd-prompts", "CompVis--stable-diffusion-v1-4")
    adapter = opened(hub, tmp_path, cell, lambda folder: save_small(folder, *stem))
    assert type(adapter.model).__name__ == "StableDiffusionPipeline"
    assert adapter._call == {"width": 64, "height": 64, "num_inference_steps": 2}, "guidance is left to the pipeline"
    assert adapter.infer([adapter.prepare(row_of(cell.spec))])[0].value.size == (64, 64)
    assert adapter.parameters_as_published(None, None) is None


# ---------------------------------------------------------------- the whole way


@pytest.mark.slow
def test_a_bare_id_is_fetched_sampled_measured_and_recorded(hub, tmp_path, monkeypatch):
    secret = "secret-marker"
    project = tmp_path / "project"
    cell = hub_cell(
        "text-classification", "imdb", "org/camembert", repeats=2, n_inferences=2, min_window_s=0, invalid_below_s=0,
        warmup_inferences=1, idle_window_s=0.05,
    )  # fmt: skip
    publish(hub, cell, camembert, tmp_path / "published")
    hub.models["org/camembert"].gated = True
    study = study_of(cell)
    (cell,) = study.measured
    inputs = input_paths(project / "results", cell)
    assert inputs.receipt is not None
    job = records.job_of(project / "results/tiny", study, cell)

    def run(*command: str, python: str = str(python_folder()[0] / "python")) -> str:
        done = subprocess.run(
            [python, "-m", *command],
            cwd=project,
            env=warm_environment()
            | hub.environment(tmp_path / "home")
            | {"HF_TOKEN": secret, "PYTHONPATH": str(ROOT / "scripts")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    run(
        "fetch_from_hub",
        "--kind",
        "model",
        "--spec",
        model_fetch(cell).model_dump_json(),
        "--receipt",
        str(inputs.receipt),
    )
    run("sample_dataset", "--spec", cell.spec.samples.model_dump_json(), "--manifest", str(inputs.manifest))
    hub.requests.clear()
    snapshot = snapshot_of(read_receipt(inputs.receipt), inputs.receipt)
    refuses_what_is_gone_or_too_large(job, snapshot.folder, monkeypatch)
    run("measure_cell", *job.arguments, python=sys.executable)
    assert hub.requests == [], "measuring asks nothing of the hub"
    record = read_record(project / f"results/tiny/runs/{cell.cell.id}.json")
    assert record.status == "complete", record.failure
    assert (record.hub_id, record.hub_revision) == ("org/camembert", read_receipt(inputs.receipt).commit)
    assert (record.structure, record.lengths, record.dtype) == ("encoder", "produced", "float32")
    assert len(record.valid_repeats) == 2
    assert record.parameters is not None and record.parameters_as_published is not None
    assert record.parameters_as_published < record.parameters
    written = b"".join(path.read_bytes() for path in project.rglob("*") if path.is_file())
    assert secret.encode() not in written


def refuses_what_is_gone_or_too_large(job: measure_cell.Job, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both before a worker is started, and both as a record."""
    weights = folder / "model.safetensors"
    with monkeypatch.context() as patch:
        patch.setattr(measure_cell, "run_worker", lambda *_: pytest.fail("a worker was started"))
        weights.rename(folder / "elsewhere")
        gone = measure_cell.record_of(job)
        (folder / "elsewhere").rename(weights)
        patch.setattr(memory, "BESIDE_BYTES", 10**15)
        large = measure_cell.record_of(job)
    assert (gone.status, large.status) == ("failed", "unavailable")
    assert gone.failure and "org/camembert: model.safetensors is not in the cache" in gone.failure.reason
    assert large.failure and "too large for this machine" in large.failure.reason and large.failure.remedy


def study_of(cell: MeasuredCell) -> ResolvedStudy:
    from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
    from wattlab.study.resolve import check_config, resolve

    values = cell.spec.protocol.model_dump(mode="json")
    changed = {
        key: values[key]
        for key in ("repeats", "n_inferences", "min_window_s", "invalid_below_s", "warmup_inferences", "idle_window_s")
    }
    content = {
        "study": "tiny", "weights": "hub", "data": "surrogate", "device": "cpu", "grid": 100.0, "protocol": "laptop",
        "exclusive": False, "headline_scope": "device",
        "overrides": [{"where": {"task": cell.cell.task}, "set": changed}],
        "tasks": [{"task": cell.cell.task, "datasets": [cell.cell.dataset], "models": ["org/camembert"]}],
    }  # fmt: skip
    return resolve(check_config(content, "test"), load_catalog(CATALOG_ROOT), "test")
