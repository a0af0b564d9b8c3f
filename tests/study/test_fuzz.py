"""Mutated configurations and catalog files, a thousand in `make fuzz`, a fifth of them else: each is refused in one message
that names the file, the key and the value, or it resolves. Seeded; no other exception ever leaves."""

import copy
import os
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import wattlab.catalog.reading
import wattlab.workflow.loading
from support.workflow import Project, make_project
from wattlab.catalog.reading import CATALOG_ROOT, read_yaml
from wattlab.foundation.errors import InputError
from wattlab.workflow.loading import resolve_study

REPOSITORY = CATALOG_ROOT.parent
pytestmark = pytest.mark.slow

ALL = os.environ.get("WATTLAB_FUZZ") == "all"
N_CONFIGURATIONS, N_CATALOGS, N_TEXTS = (500, 350, 150) if ALL else (100, 70, 30)
#: Valid ones of each that a test run takes through a dry run; `make fuzz` takes all.
N_PLANNED = 3
VALUES: tuple[Any, ...] = (
    None,
    "",
    "abc",
    "1",
    "x" * 300,
    "../../etc/passwd",
    "snow \u2603 man",
    -1,
    0,
    1.5,
    10**12,
    float("inf"),
    float("nan"),
    True,
    [],
    {},
    ["abc"],
    [[1]],
    {"abc": 1},
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Path of every key and item inside a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def mutate(content: Any, rng: random.Random) -> tuple[Any, tuple[Any, ...], str]:
    """A copy with one thing changed: the copy, the path of what was changed, and how."""
    changed = copy.deepcopy(content)
    path = rng.choice(list(places(changed)))
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    key = path[-1]
    how = rng.choice(("replace", "replace", "replace", "delete", "misspell", "add", "repeat"))
    if isinstance(holder, list):
        how = how if how in ("replace", "delete") else "repeat"
    elif how == "repeat":
        how = "replace"
    if how == "replace":
        holder[key] = rng.choice(VALUES)
    elif how == "delete":
        del holder[key]
    elif how == "misspell":
        path = (*path[:-1], f"{key}x")
        holder[path[-1]] = holder.pop(key)
    elif how == "add":
        path = (*path[:-1], "unheard_of")
        holder["unheard_of"] = 1
    else:
        holder.append(holder[key])
    return changed, path, how


def value_at(content: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        content = content[key]
    return content


def check_message(message: str, file: str, path: tuple[Any, ...], how: str, content: Any) -> None:
    """The message names the file, the key that was changed, and the value."""
    assert file in message, message
    assert not re.search(r"Traceback|[Ii]nput should|should (be|have|match)|tagged-union|function-wrap", message), (
        message
    )
    if "matches no cell of the study" in message and path[0] in ("tasks", "multi_purpose"):
        return  # what was changed left an exception without its cells: that is the mistake to tell
    keys = [str(key) for key in path if not isinstance(key, int)]
    if how == "delete" and value_at(content, path[:-1]) in ({}, []):
        keys = keys[: -1 if isinstance(path[-1], str) else None]  # it left nothing: the holder is what is wrong
    assert re.search(rf"(?<![\w-]){re.escape(keys[-1])}(?![\w-])", message), f"{message}\nnames no {keys[-1]!r}"
    if how != "replace":
        return
    value = value_at(content, path)
    inner = [*value.values(), *value] if isinstance(value, dict) else value if isinstance(value, list) else []
    if value is not None and value not in ([], {}):
        shown = {text[:60].rstrip("'\"") for part in (value, *inner) for text in (repr(part), str(part)) if text}
        assert any(text in message for text in shown), f"{message}\nshows none of {shown}"
    else:  # what is not given is told like a missing key, or shown
        assert re.search(rf"missing|needs|null|{re.escape(repr(value))}|empty", message), message


def planned(number: int, rng: random.Random) -> set[int]:
    """Which of so many valid ones are planned by Snakemake: a seeded sample, or all (`make fuzz`)."""
    return set(range(number)) if ALL else set(rng.sample(range(number), N_PLANNED))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the project whose configuration or catalog is replaced before each dry run."""
    return make_project(tmp_path_factory.mktemp("fuzz") / "project")


def outcomes_of(content: Any, file: Path) -> str | None:
    """None where a configuration resolves, else the message."""
    file.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
    try:
        study = resolve_study(read_yaml(file), [file])
    except InputError as error:
        return str(error)
    assert all(cell.spec is not None and len(cell.spec.sha256) == 64 for cell in study.cells)
    return None


def test_mutated_configurations(tmp_path: Path, project: Project) -> None:
    rng = random.Random(37)
    base = read_yaml(REPOSITORY / "config.yaml") | {
        "overrides": [{"where": {"task": "fill-mask"}, "set": {"repeats": 4}}],
        "known_missing": [{"where": {"dataset": ["c4", "imdb"]}, "reason": "none"}],
        "time_limit_s": {"fill-mask": 60.0},
    }
    assert outcomes_of(base, tmp_path / "config.yaml") is None
    valid = []
    for _ in range(N_CONFIGURATIONS):
        content, path, how = mutate(base, rng)
        message = outcomes_of(content, tmp_path / "config.yaml")
        if message is None:
            valid.append(content)
        else:
            check_message(message, "config.yaml", path, how, content)
    assert 0.05 * N_CONFIGURATIONS < len(valid) < 0.6 * N_CONFIGURATIONS, len(valid)
    for number in planned(len(valid), rng):
        (project.root / "config.yaml").write_text(yaml.safe_dump(valid[number], sort_keys=False, allow_unicode=True))
        n_cells = len(resolve_study(valid[number], [project.root / "config.yaml"]).cells)
        assert project.plan("tables")["measure_cell"] == n_cells, valid[number]


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the catalog in which a file is read again only after it changed."""
    root = tmp_path / "catalog"
    shutil.copytree(CATALOG_ROOT, root)
    known: dict[tuple[Path, int], Any] = {}

    def read(path: Path) -> Any:
        key = (path, path.stat().st_mtime_ns)
        if key not in known:
            known[key] = read_yaml(path)
        return copy.deepcopy(known[key])

    monkeypatch.setattr(wattlab.catalog.reading, "read_yaml", read)
    monkeypatch.setattr(wattlab.workflow.loading, "CATALOG_ROOT", root)
    monkeypatch.setattr(wattlab.workflow.loading, "load_catalog", wattlab.catalog.reading.load_catalog.__wrapped__)
    return root


def catalog_files(root: Path) -> list[Path]:
    """Files that a study reads: all entries, and the lists."""
    entries = [*(root / "models").glob("*.yaml"), *(root / "datasets").glob("*.yaml")]
    lists = [root / f"{name}.yaml" for name in ("tasks", "protocols", "grids", "training", "paper")]
    return sorted(entries) + lists * 8


def test_mutated_catalog_files(catalog: Path, project: Project) -> None:
    rng = random.Random(37)
    config = REPOSITORY / "config.yaml"
    content = read_yaml(config)
    valid: list[tuple[Path, str]] = []
    for _ in range(N_CATALOGS):
        file = rng.choice(catalog_files(catalog))
        whole = file.read_text()
        entry, path, how = mutate(read_yaml(file), rng)
        file.write_text(yaml.safe_dump(entry, sort_keys=False, allow_unicode=True))
        try:
            resolve_study(content, [config])
            valid.append((file.relative_to(catalog), file.read_text()))
        except InputError as error:
            if f"catalog/{file.relative_to(catalog).as_posix()}" in str(error):
                check_message(str(error), file.name, path, how, entry)
            else:  # the entry is sound by itself, and something else that names it is not
                assert "config.yaml" in str(error) or "catalog/" in str(error), error
        finally:
            file.write_text(whole)
    assert 0.1 * N_CATALOGS < len(valid) < 0.8 * N_CATALOGS, len(valid)
    shutil.copy(config, project.root / "config.yaml")
    for number in planned(len(valid), rng):
        name, text = valid[number]
        file = project.root / "catalog" / name
        whole = file.read_text()
        file.write_text(text)
        assert project.plan("tables")["measure_cell"] == 48, (name, text)
        file.write_text(whole)


def test_damaged_text(catalog: Path, tmp_path: Path) -> None:
    """Files cut short, with foreign bytes, tabs, lines twice: YAML or not, one message names the file."""
    rng = random.Random(37)
    config = tmp_path / "config.yaml"
    files = [config, *(rng.choice(catalog_files(catalog)) for _ in range(20))]
    config.write_bytes((REPOSITORY / "config.yaml").read_bytes())
    refused = 0
    for _ in range(N_TEXTS):
        file = rng.choice(files)
        whole = file.read_bytes()
        at = rng.randrange(len(whole))
        foreign = rng.choice(
            (b"\xff\xfe", b"\x00", b"\t", b": :", b"- ", b"&a *b ", b"{", b"!!python/object:os.system ", b"<<: 1\n")
        )
        file.write_bytes(rng.choice((whole[:at], whole[:at] + foreign + whole[at:], whole[:at] + whole[at // 2 :])))
        try:
            resolve_study(read_yaml(config) or {}, [config])
        except InputError as error:
            refused += 1
            assert file.name in str(error) or file == config or "catalog/" in str(error), error
        finally:
            file.write_bytes(whole)
    assert refused > N_TEXTS / 4, refused
