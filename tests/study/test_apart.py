"""Studies of one folder stay apart: no study takes another's place, and none lies where all share something."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from support.workflow import REPOSITORY, Project
from wattlab.foundation.errors import InputError
from wattlab.foundation.shared import Shared
from wattlab.study.cells import ResolvedStudy
from wattlab.workflow.loading import resolve_study, study_of

CONFIG = REPOSITORY / "config.yaml"
ONE_CELL = [{"task": "fill-mask", "datasets": ["c4"], "models": ["albert--albert-base-v2"]}]


def study(folder: Path, *contents: dict[str, Any]) -> ResolvedStudy:
    """The default study with files laid over it."""
    files = []
    for number, content in enumerate(contents):
        files.append(folder / f"Part{number}.yaml")
        files[-1].write_text(yaml.safe_dump(content))
    return study_of(CONFIG, *files)


def test_a_file_with_cells_of_its_own_names_its_study(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Part0.yaml: it has cells of its own and no `study:`.*study: part0"):
        study(tmp_path, {"tasks": ONE_CELL})
    with pytest.raises(InputError, match="would replace those of .*Part0.yaml"):
        study(tmp_path, {"study": "mine", "tasks": ONE_CELL}, {"multi_purpose": []})
    assert len(study(tmp_path, {"study": "mine", "tasks": ONE_CELL, "multi_purpose": []}).cells) == 1
    assert study(tmp_path, {"grid": 50}).grid.intensity_g_per_kwh == 50, "the default study, otherwise"


@pytest.mark.parametrize("name", [shared.value for shared in Shared])
def test_no_study_is_named_like_a_shared_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=f"study = '{name}': all studies share results/{name}; choose another name"):
        study(tmp_path, {"study": name, "tasks": ONE_CELL})


def test_a_study_without_a_cell_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the study 'empty' has no cell: name tasks, datasets and models"):
        study(tmp_path, {"study": "empty", "tasks": [], "multi_purpose": []})


@pytest.mark.slow
def test_every_folder_of_a_finished_study_is_its_own_or_a_shared_one(finished: Project) -> None:
    folders = {path.name for path in finished.results.iterdir() if path.is_dir()}
    assert folders - {"small"} <= set(Shared)
    assert {"repeats", "samples", "specs", "tokenizers"} <= folders


def test_a_study_without_the_default_of_its_folder_says_where_that_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with `-s …/Snakefile --configfile …/studies/wide.yaml` in a folder that has no config.yaml."""
    monkeypatch.chdir(tmp_path)
    wide = REPOSITORY / "studies/wide.yaml"
    with pytest.raises(
        InputError, match="without the keys weights, data, protocol. They stand in config.yaml"
    ) as found:
        resolve_study(yaml.safe_load(wide.read_text()), [wide])
    assert f"add `--directory {REPOSITORY}`" in str(found.value)
    assert f"`--configfile {REPOSITORY}/config.yaml {wide}`" in str(found.value)
    assert study_of(REPOSITORY / "config.yaml", wide).config.study == "wide", "what it advises works"
