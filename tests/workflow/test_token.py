"""HF_TOKEN, where the hub refuses what it was sent for: it stands in no file and in no output, with debugging on too."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.hub_clients import NO_TENSORS
from support.mock_hub import MockHub, Repo
from wattlab.hub.receipts import DatasetFetch, ModelFetch, Receipt, read_receipt

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
MARKER = "secret-marker-91c2"


def asked(hub: MockHub, folder: Path, fetch: ModelFetch | DatasetFetch) -> tuple[Receipt, str]:
    """The receipt of a fetch with the token, and all that it printed."""
    kind = "model" if isinstance(fetch, ModelFetch) else "dataset"
    receipt = folder / fetch.hub_id / "receipt.json"
    receipt.parent.mkdir(parents=True)
    environment = os.environ | hub.environment(folder / "home") | {"HF_TOKEN": MARKER, "HF_DEBUG": "1"}
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "fetch_from_hub",
            "--kind",
            kind,
            "--spec",
            fetch.model_dump_json(),
            "--receipt",
            str(receipt),
        ],
        env=environment | {"PYTHONPATH": str(SCRIPTS)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout
    return read_receipt(receipt), run.stdout


def test_a_token_that_is_refused_is_not_told(tmp_path: Path) -> None:
    files = {"config.json": b"{}", "model.safetensors": NO_TENSORS}
    models = {
        "org/refused": Repo(dict(files), refused=True),
        "org/altered": Repo(dict(files)),
    }
    datasets = {"org/refused-rows": Repo({"data/test.parquet": b"rows"}, gated=True, refused=True)}
    with MockHub(models, datasets) as hub:
        hub.faults.unavailable("/api/*", times=1)
        hub.faults.corrupt("/cdn/*", times=None)
        reasons = {
            "org/refused": "model org/refused is gated: the account of HF_TOKEN has not been let in",
            "org/altered": "model org/altered: model.safetensors has another SHA-256 than the hub states, 3 times",
            "org/refused-rows": "dataset org/refused-rows is gated: the account of HF_TOKEN has not been let in",
        }
        for hub_id, reason in reasons.items():
            fetch = (
                DatasetFetch(hub_id=hub_id, split="test")
                if hub_id in datasets
                else ModelFetch(hub_id=hub_id, library="transformers")
            )
            receipt, printed = asked(hub, tmp_path, fetch)
            assert receipt.reason == reason
            assert MARKER not in printed
        assert any(request.has_token for request in hub.requests)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) >= len(reasons)
    assert not [path for path in written if MARKER.encode() in path.read_bytes()]
