"""A checkpoint's folder, a file of rows, and a study that names both by their paths."""

import json
from pathlib import Path
from typing import Any

from support.hub_models import SST2
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog
from wattlab.study.cells import ResolvedStudy
from wattlab.study.config import StudyConfig
from wattlab.study.resolve import check_config, resolve
from wattlab.workflow.own import with_own

TASK = SST2[0]


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def checkpoint(folder: Path, **config: Any) -> Path:
    """What a plan looks at of a folder that `save_pretrained` wrote."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "bert", **config}))
    (folder / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    (folder / "tokenizer.json").write_text("{}")
    (folder / "optimizer.pt").write_bytes(b"no part of it")
    return folder


def configured(**changes: Any) -> StudyConfig:
    content: dict[str, Any] = {
        "study": "mine",
        "weights": "hub",
        "data": "hub",
        "device": "cpu",
        "protocol": "laptop",
        "tasks": [{"task": TASK, "models": ["./mine"], "datasets": ["./rows.jsonl"]}],
        **changes,
    }
    return check_config(content, "mine.yaml")


def planned(**changes: Any) -> ResolvedStudy:
    return resolve(
        *with_own(configured(**changes), load_catalog(CATALOG_ROOT), "mine.yaml", Path("results")), "mine.yaml"
    )


def group(task: str = TASK, models: str = "./mine", datasets: str = "./rows.jsonl") -> dict[str, Any]:
    return {"tasks": [{"task": task, "models": [models], "datasets": [datasets]}]}


def header(content: bytes) -> bytes:
    """A file of safetensors that begins so."""
    return len(content).to_bytes(8, "little") + content
