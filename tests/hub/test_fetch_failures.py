"""Fetching models on a bad day: what is verified and fetched again, and what a receipt says when nothing comes."""

import shutil
from collections import namedtuple
from pathlib import Path

import httpx2
import pytest
from huggingface_hub import constants
from huggingface_hub.errors import HfHubHTTPError

from support.hub_clients import CONFIG, MODEL, WEIGHTS, connect, fetched, paths, refused, snapshot
from support.mock_hub import MockHub, Repo, handler
from wattlab.hub.client import retried
from wattlab.hub.datasets import look_up
from wattlab.hub.models import SPARE_BYTES
from wattlab.hub.receipts import DatasetFetch

SECRET = "secret-marker"


@pytest.fixture
def hub():
    with MockHub({"org/model": Repo(dict(MODEL))}) as running:
        yield running


@pytest.fixture
def waits(monkeypatch, hub, tmp_path):
    return connect(monkeypatch, hub, tmp_path / "home")


# ---------------------------------------------------------------- what comes wrong


@pytest.mark.parametrize("fault", ["truncate", "shorten", "corrupt"])
def test_a_file_that_came_wrong_is_fetched_again(hub, waits, fault):
    getattr(hub.faults, fault)("*/model.safetensors", 2)
    receipt = fetched()
    assert paths(receipt)
    assert (snapshot("org/model", receipt.commit) / "model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.parametrize("path", ["model.safetensors", "config.json"])
def test_a_file_that_stays_wrong_is_not_kept(hub, waits, path):
    hub.faults.corrupt(f"*/{path}", None)
    reason, remedy = refused(fetched())
    assert f"{path} has another" in reason and "3 times" in reason
    assert "make retry" in remedy
    assert not list(Path(constants.HF_HUB_CACHE).rglob(path))
    hub.faults.clear()
    assert path in paths(fetched())


def test_a_damaged_file_of_the_cache_is_fetched_again(hub, waits):
    place = snapshot("org/model", fetched().commit) / "model.safetensors"
    place.resolve().write_bytes(b"evil" * 1000)
    assert paths(fetched())
    assert place.read_bytes() == WEIGHTS


def test_a_burst_of_503_is_waited_for(hub, waits):
    hub.faults.unavailable("/api/models/org/model", 2)
    hub.faults.unavailable("*/resolve/*/config.json", 2)
    hub.faults.unavailable("*/cdn/*", 2)
    assert paths(fetched())
    assert waits[:2] == [1, 2]


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"Retry-After": "7"}, 7),
        ({"RateLimit": '"api";r=0;t=55'}, 55),
        ({"RateLimit": '"api";r=9;t=55'}, 1),
        ({"Retry-After": "9999"}, 300),
    ],
)
def test_a_wait_that_the_hub_asks_for(waits, headers, waited):
    answers = [httpx2.Response(429, headers=headers, request=httpx2.Request("GET", "http://hub")), None]

    def request() -> str:
        answer = answers.pop(0)
        if answer is not None:
            raise HfHubHTTPError("Too Many Requests", response=answer)
        return "given"

    assert retried(request) == "given"
    assert waits == [waited]


def test_a_hub_that_stays_down(hub, waits):
    hub.faults.unavailable("*", None)
    reason, remedy = refused(fetched())
    assert reason == "the hub answered HTTP 503 for model org/model, repeatedly"
    assert remedy == "try again later: `make retry`"
    assert waits == [1, 2, 4, 8, 16]


def test_a_hub_that_is_not_there(hub, waits, monkeypatch):
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    reason, remedy = refused(fetched())
    assert reason.startswith("http://127.0.0.1:9 could not be reached for model org/model: ConnectError")
    assert "check the network" in remedy


def _altered(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Lets the mock hub answer as something that is none."""
    send = handler.Handler._send

    def altered(self, status, body, headers, length=None):
        if kind == "a login page" and "/api/" in self.path:
            status, body, headers, length = 200, b"<html>log in</html>", {"Content-Type": "text/html"}, None
        if kind == "no sha" and "/api/" in self.path:
            body, length = body.replace(b'"sha"', b'"was_sha"'), None
        if kind == "no X-Repo-Commit":
            headers = {key: value for key, value in headers.items() if key != "X-Repo-Commit"}
        if kind == "no paths-info" and "/paths-info/" in self.path:
            status, body, headers, length = 404, b"{}", {"Content-Type": "application/json"}, None
        send(self, status, body, headers, length)

    monkeypatch.setattr(handler.Handler, "_send", altered)


@pytest.mark.parametrize(
    ("kind", "said"),
    [("a login page", "its answer is no JSON"), ("no sha", "no commit"), ("no X-Repo-Commit", "X-Repo-Commit")],
)
def test_what_answers_in_the_hubs_place_is_a_reason_and_a_remedy(hub, waits, monkeypatch, kind, said):
    _altered(monkeypatch, kind)
    reason, remedy = refused(fetched())
    assert reason.startswith(f"{hub.endpoint} answers for model org/model, and not as the hub does: ")
    assert said in reason
    assert "HF_ENDPOINT" in remedy and "network" not in remedy


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("a login page", "its answer is no JSON"),
        ("no sha", "no commit"),
        ("no paths-info", "HTTP 404 for /api/datasets/"),
    ],
)
def test_a_dataset_likewise(hub, waits, monkeypatch, kind, said):
    hub.datasets["org/data"] = Repo({"data/test.parquet": b"rows"})
    _altered(monkeypatch, kind)
    receipt = look_up(DatasetFetch(hub_id="org/data", split="test"))
    assert receipt.status == "unavailable"
    assert "answers for dataset org/data, and not as the hub does" in receipt.reason and said in receipt.reason
    assert "HF_ENDPOINT" in receipt.remedy


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("model.safetensors", POINTER, "is a pointer of Git LFS"),
        ("model.safetensors", b"", "is empty"),
        ("model.safetensors", b"safe" * 100, "is no safetensors file"),
        ("model.safetensors", b"short", "is no safetensors file"),
        ("model.safetensors", (3).to_bytes(8, "little") + b"[1]", "is no safetensors file"),
        ("model.safetensors", WEIGHTS[:-1], "ends too early: 3999 bytes of 4000"),
        ("pytorch_model.bin", POINTER, "is a pointer of Git LFS"),
        ("pytorch_model.bin", b"", "is empty"),
        ("pytorch_model.bin", b"<html>", "is no file of torch"),
        ("tokenizer.json", POINTER, "is a pointer of Git LFS"),
        ("tokenizer.json", b'{"model": ', "is no JSON"),
        ("spiece.model", POINTER, "is a pointer of Git LFS"),
    ],
)
def test_a_file_that_is_not_what_its_name_says(hub, waits, name, content, said):
    """The hub states its size and checksum, so that it counts as whole."""
    whole = {} if name.endswith(".bin") else {"model.safetensors": WEIGHTS}
    hub.models["org/other"] = Repo({"config.json": CONFIG, **whole, name: content})
    reason, remedy = refused(fetched("org/other"))
    assert reason.startswith(f"its {name} {said}")
    assert "pin a commit whose files are whole" in remedy


def test_offline(hub, waits, monkeypatch):
    monkeypatch.setattr(constants, "is_offline_mode", lambda: True)
    assert "HF_HUB_OFFLINE is set" in refused(fetched())[0]


@pytest.mark.parametrize(
    ("repo", "revision", "token", "reason", "remedy"),
    [
        (None, None, None, "the hub has no model org/other: gone, renamed, or private", "correct its id"),
        (Repo({}, private=True), None, None, "gone, renamed, or private", "HF_TOKEN"),
        (
            Repo(dict(MODEL), gated=True),
            None,
            None,
            "is gated: it needs an account that accepted its terms",
            "accept the terms at",
        ),
        (
            Repo(dict(MODEL), refused=True),
            None,
            SECRET,
            "gated: the account of HF_TOKEN has not been let in",
            "accept the terms",
        ),
        (Repo(dict(MODEL)), "0" * 40, None, f"model org/other has no revision {'0' * 40}", "`make pin ONLY=org/other`"),
    ],
    ids=["gone", "private", "gated", "not let in", "revision"],
)
def test_what_the_hub_refuses(hub, waits, monkeypatch, repo, revision, token, reason, remedy):
    if repo is not None:
        hub.models["org/other"] = repo
    monkeypatch.setenv("HF_TOKEN", token or "")
    said = refused(fetched("org/other", revision=revision))
    assert reason in said[0] and remedy in said[1]
    assert SECRET not in " ".join(said)
    assert waits == []


def test_a_token_opens_a_gate_and_is_not_sent_elsewhere(hub, waits, monkeypatch):
    hub.models["org/model"].gated = True
    monkeypatch.setenv("HF_TOKEN", SECRET)
    assert paths(fetched())
    assert {request.has_token for request in hub.requests if request.path.startswith("/cdn/")} == {False}
    assert {request.has_token for request in hub.requests if not request.path.startswith("/cdn/")} == {True}


# ---------------------------------------------------------------- the disk


def test_a_disk_without_room_is_told_before_anything_is_downloaded(hub, waits, monkeypatch):
    needed = SPARE_BYTES + 4000 + len(CONFIG) + 2 + 6
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, needed - 1))
    reason, remedy = refused(fetched())
    assert f"({needed} bytes)" in reason and reason.startswith("too large for the disk")
    assert "HF_HOME" in remedy
    assert hub.downloaded("org/model") == set()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, needed))
    assert paths(fetched())
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, SPARE_BYTES))
    assert paths(fetched()), "what is there already needs no room"
