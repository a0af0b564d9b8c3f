"""Pins: what the hub says of them, what is written, and what is recorded of an endpoint with a password."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import pin_commits
from support.hub_clients import MODEL
from support.mock_hub import MockHub, Repo
from support.tiny_models import cell_on
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog, read_yaml
from wattlab.foundation.addresses import hub_endpoint, without_credentials
from wattlab.foundation.errors import InputError
from wattlab.hub import client
from wattlab.hub.failures import HubUnavailable
from wattlab.hub.pins import Pinned, write_pin
from wattlab.hub.receipts import ModelFetch, Receipt, receipt_path, take_over, write_receipt
from wattlab.machine.software import versions
from wattlab.records.record import Machine
from wattlab.records.store import store_path
from wattlab.runs.fingerprint import comparable_spec, fingerprint_of, identity, store_of
from wattlab.runs.inputs import InputContents
from wattlab.study.resolve import check_config, resolve
from wattlab.workflow.bundle.contents import public

MOVED, NEVER, LOST = "distilbert/distilgpt2", "bigscience/bloomz-1b7", "openai-community/gpt2"
ROWS = "stanfordnlp/sst2"
CPU = Machine(cpu_model="Example CPU", cpu_cores=8, ram_gb=31.4, host_sha256="0" * 64, device="cpu")


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalog that may be written to: three models and a dataset of ours."""
    root = tmp_path / "catalog"
    shutil.copytree(CATALOG_ROOT, root)
    monkeypatch.setattr(pin_commits, "CATALOG_ROOT", root)
    monkeypatch.setattr(client, "WAITS_S", ())
    return root


def entry(root: Path, hub_id: str) -> Any:
    load_catalog.cache_clear()
    return load_catalog(root).models[hub_id.replace("/", "--")]


def serve(hub: MockHub) -> dict[str, str]:
    """The repositories, one of them moved on and one at a commit that is no pin; main's commit by id."""
    pins = load_catalog(CATALOG_ROOT).models
    hub.models[MOVED] = Repo(dict(MODEL), commit=str(pins["distilbert--distilgpt2"].revision))
    hub.models[MOVED].push({"config.json": b"{}"})
    hub.models[NEVER], hub.models[LOST] = Repo(dict(MODEL)), Repo(dict(MODEL))
    hub.datasets[ROWS] = Repo({"a.parquet": b""}, commit=str(load_catalog(CATALOG_ROOT).datasets["sst2"].hub.revision))
    return {name: repo.revision("main")[0] for name, repo in hub.models.items()}  # type: ignore[index]


@pytest.mark.slow
def test_today_s_commits_are_written_where_none_holds(
    hub: MockHub, catalog: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main = serve(hub)
    asked = ["--only", MOVED, NEVER, LOST, ROWS]
    before = {path: path.read_text() for path in catalog.rglob("*.yaml")}
    assert pin_commits.main(["--check", *asked]) == 1
    said = capsys.readouterr().out
    assert f"model {NEVER}: none: not pinned ({main[NEVER]})" in said
    assert f": moved ({main[MOVED]})" in said and f": unknown to the hub ({main[LOST]})" in said
    assert said.endswith("1 as main, 1 moved, 1 not pinned, 1 unknown to the hub\n")
    assert before == {path: path.read_text() for path in catalog.rglob("*.yaml")}, "listing writes nothing"
    assert pin_commits.main(["--only", NEVER, LOST]) == 0
    assert entry(catalog, NEVER).revision == main[NEVER] and entry(catalog, LOST).revision == main[LOST]
    assert entry(catalog, LOST).revision_source.startswith("hub, asked on 20")
    changed = [path for path, text in before.items() if path.read_text() != text]
    assert len(changed) == 2
    for path in changed:
        kept = [line for line in path.read_text().splitlines() if not line.startswith("revision")]
        assert kept == [line for line in before[path].splitlines() if not line.startswith("revision")]
    assert pin_commits.main(["--only", MOVED]) == 0
    assert entry(catalog, MOVED).revision == main[MOVED], "named, it is pinned anew"


def test_what_is_not_there_is_told(hub: MockHub, catalog: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert pin_commits.main(["--only", NEVER]) == 1
    assert "not to be had (the hub has no model bigscience/bloomz-1b7" in capsys.readouterr().out
    with pytest.raises(InputError, match="ONLY=bigscience/bloomz: no entry.*did you mean"):
        pin_commits.main(["--only", "bigscience/bloomz"])


def test_a_hub_that_does_not_answer_is_left_after_three(
    hub: MockHub, catalog: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    serve(hub)
    hub.faults.unavailable(f"*{NEVER}*", times=None)
    assert pin_commits.main(["--only", NEVER, LOST]) == 1
    said = capsys.readouterr().out
    assert f"model {NEVER}: none: no answer (the hub answered HTTP 503" in said and "1 no answer, 1 pinned now" in said
    assert entry(catalog, NEVER).revision is None, "the next one was asked all the same"
    hub.faults.unavailable("*", times=None)
    hub.requests.clear()
    with pytest.raises(InputError, match=r"no answer for 3 repositories in a row: the hub answered HTTP 503.*stays"):
        pin_commits.main([])
    assert len({request.path for request in hub.requests}) == 3


@pytest.mark.slow
def test_renamed_and_gated_repositories_are_pinned_and_told(
    hub: MockHub, catalog: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main = serve(hub)
    hub.models["new-owner/bloomz"], hub.models[NEVER] = hub.models[NEVER], Repo({}, moved_to="new-owner/bloomz")
    hub.models[LOST].gated = True
    assert pin_commits.main(["--only", NEVER, LOST]) == 0
    said = capsys.readouterr().out
    assert f"model {NEVER}: renamed, new-owner/bloomz today; put that into bigscience--bloomz-1b7.yaml" in said
    assert (entry(catalog, NEVER).revision, entry(catalog, LOST).revision) == (main[NEVER], main[LOST])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("hub_id: a/b  # ours\n", "hub_id: a/b  # ours\nrevision: {}\nrevision_source: said, today\n"),
        ("hub_id: a/b", "hub_id: a/b\nrevision: {}\nrevision_source: said, today"),
        ("# one\r\nhub_id: a/b\r\nx: 1\r\n", "# one\r\nhub_id: a/b\r\nrevision: {}\r\nrevision_source: said, today\r\nx: 1\r\n"),
        (
            "hub_id:   a/b\n\n\"revision\":  'old'  # why\nrevision_source: >-\n  long\n  text\n# end\n",
            "hub_id:   a/b\n\n\"revision\":  {}  # why\nrevision_source: said, today\n# end\n",
        ),
        (
            "notes: |\n  revision: no key\n\nrevision:\nhub_id: a/b\n",
            "notes: |\n  revision: no key\n\nrevision: {}\nrevision_source: said, today\nhub_id: a/b\n",
        ),
        ("{{hub_id: a/b, x: 1}}\n", '{{hub_id: a/b, revision: "{}", revision_source: "said, today", x: 1}}\n'),
        ("hub_id: >-\n  a/b\nx: 1\n", "hub_id: >-\n  a/b\nrevision: {}\nrevision_source: said, today\nx: 1\n"),
        ("&a hub_id: a/b\nx: &b [1]\ny: *b\n", "&a hub_id: a/b\nrevision: {}\nrevision_source: said, today\nx: &b [1]\ny: *b\n"),
        ("x: &b {{hub_id: a/b}}\n<<: *b\n", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("commit", ["3" * 39 + "a", "0" * 40])
def test_every_other_byte_of_an_entry_stays(tmp_path: Path, commit: str, before: str, after: str | None) -> None:
    file = tmp_path / "a--b.yaml"
    file.write_bytes(before.format().encode())
    pinned = Pinned(file, "model", "a/b", None)
    if after is None:
        with pytest.raises(InputError, match=f"laid out in a way that is not edited here; write revision: {commit}"):
            write_pin(pinned, commit, "said, today")
        assert file.read_bytes() == before.format().encode()
        return
    write_pin(pinned, commit, "said, today")
    written = f"'{commit}'" if commit.isdigit() and before.startswith("{{") is False else commit
    assert file.read_bytes().decode() == after.format(written)
    assert read_yaml(file)["revision"] == commit


def test_a_file_that_may_not_be_written_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a--b.yaml"
    file.write_text("hub_id: a/b\n")
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write everything
    with pytest.raises(
        InputError, match=rf"a--b.yaml: not to be written; make it writable, or write revision: {'3' * 40}"
    ):
        write_pin(Pinned(file, "model", "a/b", None), "3" * 40, "said")
    assert file.read_text() == "hub_id: a/b\n"


def test_a_dataset_is_pinned_in_its_hub_part(hub: MockHub, catalog: Path) -> None:
    hub.datasets["rojagtap/bookcorpus"] = Repo({"a.parquet": b""})
    assert pin_commits.main(["--only", "rojagtap/bookcorpus"]) == 0
    load_catalog.cache_clear()
    pinned = load_catalog(catalog).datasets["bookcorpus"].hub.revision
    assert pinned == hub.datasets["rojagtap/bookcorpus"].commit


def test_most_of_the_catalog_is_pinned() -> None:
    catalog = load_catalog(CATALOG_ROOT)
    models = [model for model in catalog.models.values() if model.revision is not None]
    assert len(models) >= 66 and all(model.revision_source for model in models)
    assert sum(dataset.hub.revision is not None for dataset in catalog.datasets.values()) >= 24


# ---------------------------------------------------------------- what is refused, and what is the same


def study(**changes: Any) -> dict[str, Any]:
    models = ["dslim--bert-base-NER", "QCRI--bert-base-multilingual-cased-pos-english"]
    content = {"study": "x", "weights": "hub", "data": "surrogate", "device": "cpu", "protocol": "laptop"}
    return {
        **content,
        "tasks": [{"task": "token-classification", "datasets": ["wikiann"], "models": models}],
        **changes,
    }


def test_unpinned_repositories_may_be_refused() -> None:
    catalog = load_catalog(CATALOG_ROOT)
    with pytest.raises(InputError, match='no commit is pinned of QCRI/.*; `make pin ONLY="QCRI/'):
        resolve(check_config(study(require_pins=True), "x.yaml"), catalog, "x.yaml")
    content = study(require_pins=True, weights="architecture")
    assert len(resolve(check_config(content, "x.yaml"), catalog, "x.yaml").cells) == 2, "nothing is fetched"
    assert "require_pins" not in check_config(study(), "x.yaml").model_dump(mode="json")


def test_a_pin_is_no_other_measurement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cell = cell_on("hub", "text-generation", "wikitext", "gpt2")
    commit = "3" * 40
    inputs = InputContents(samples_sha256="1" * 64, tokenizer_sha256=None, hub_commit=commit)
    model = cell.spec.model
    spec_of = {
        pin: cell.spec.model_copy(update={"model": model.model_copy(update={"revision": pin})})
        for pin in (None, commit)
    }
    assert comparable_spec(spec_of[None]) == comparable_spec(spec_of[commit])
    names = {store_of(tmp_path, spec, CPU, inputs)[0] for spec in spec_of.values()}
    assert len(names) == 1
    other = InputContents("1" * 64, None, "4" * 40)
    assert store_of(tmp_path, spec_of[None], CPU, other)[0] not in names, "another commit is another measurement"
    # As an earlier version named it: with the pin, and with the endpoint's password.
    monkeypatch.setenv("HF_ENDPOINT", "http://user:marker@127.0.0.1:9")
    content = identity(spec_of[commit], CPU, inputs)
    assert content["hub_endpoint"] == "http://127.0.0.1:9"
    pinned = {**content["spec"], "model": {**content["spec"]["model"], "revision": commit}}
    for before in ({**content, "spec": pinned}, {**content, "hub_endpoint": "http://user:marker@127.0.0.1:9"}):
        earlier = store_path(tmp_path, cell.cell.id, fingerprint_of(before))
        earlier.parent.mkdir(parents=True, exist_ok=True)
        earlier.write_text("")
        assert store_of(tmp_path, spec_of[commit], CPU, inputs)[0] == earlier
        earlier.unlink()
    assert versions() == content["versions"]


def test_the_receipt_of_the_pinned_commit_is_taken_over(tmp_path: Path) -> None:
    commit, unpinned = "3" * 40, ModelFetch(hub_id="a/model", library="transformers")
    pinned = unpinned.model_copy(update={"revision": commit})
    other = unpinned.model_copy(update={"revision": "4" * 40})
    paths = {fetch: receipt_path(tmp_path, "models", "a--model", fetch) for fetch in (unpinned, pinned, other)}
    files = [{"path": "config.json", "size_bytes": 2, "sha256": "5" * 64}]
    receipt = Receipt.model_validate(
        {
            "status": "complete",
            "kind": "model",
            "hub_id": "a/model",
            "commit": commit,
            "files": files,
            "fetched_at_utc": "2026",
        }
    )
    write_receipt(paths[unpinned], receipt)
    assert take_over(paths[other], other) is None
    taken = take_over(paths[pinned], pinned)
    assert taken is not None and (taken.revision, taken.commit, taken.files) == (commit, commit, receipt.files)
    assert paths[pinned].exists() and not paths[unpinned].exists()


# ---------------------------------------------------------------- secrets


def test_no_record_holds_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://me:pass%40word@hub.example/api")
    assert hub_endpoint() == "https://hub.example/api"
    assert (
        without_credentials("at https://me@hub.example/a and http://x/y@z")
        == "at https://hub.example/a and http://x/y@z"
    )
    told = HubUnavailable("http://me:marker@hub could not be reached", "see http://me:marker@hub/a")
    assert "marker" not in f"{told} {told.reason} {told.remedy}" and "http://hub/a" in told.remedy
    store = tmp_path / "a.jsonl"
    store.write_text(json.dumps({"event": "identity", "hub_endpoint": "http://me:marker@hub"}))
    with pytest.raises(InputError, match="a.jsonl: the address of a hub in it holds a user's name or a password"):
        public(store)
    store.write_text(json.dumps({"hub_endpoint": "http://hub", "text": "http://me:marker@hub"}))
    assert public(store) == store.read_bytes()


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        ("http://u:p@ss-marker@hub/x", "http://hub/x"),
        ('http://u:pa"ss-marker@hub', "http://hub"),
        ("https://u:p ss-marker@hub/a@b", "https://hub/a@b"),
        ("u:marker@hub", "hub"),
    ],
)
def test_a_password_of_any_letters_is_taken_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stated: str, kept: str
) -> None:
    store = tmp_path / "a.jsonl"
    store.write_text(json.dumps({"hub_endpoint": stated}))
    with pytest.raises(InputError, match="holds a user's name or a password"):
        public(store)
    monkeypatch.setenv("HF_ENDPOINT", stated)
    assert (hub_endpoint(), client.bare(stated)) == (kept, kept)
    assert without_credentials(f"at {stated}/api: no answer") == f"at {kept}/api: no answer"
    store.write_text(json.dumps({"hub_endpoint": hub_endpoint()}))
    assert public(store) == store.read_bytes()
