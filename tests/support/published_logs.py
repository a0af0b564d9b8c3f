"""The authors' logs for tests: never part of the repository, found by an environment variable or beside it."""

import os
import tarfile
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

import build_tables
import examine_logs
import import_logs
from wattlab.catalog.reading import CATALOG_ROOT, load_catalog, read_yaml
from wattlab.logs.archive import LOGS_VARIABLE, LogFiles, read_logs
from wattlab.logs.assemble import Import, import_study
from wattlab.logs.mapping import Mapping, load_mapping
from wattlab.logs.resolve import model_stems, resolve_published
from wattlab.logs.scores import read_scores
from wattlab.quality.table import TABLE as QUALITY
from wattlab.study.cells import ResolvedStudy
from wattlab.study.resolve import check_config
from wattlab.study.specs import write_study
from wattlab.workflow.loading import study_of

ROOT = CATALOG_ROOT.parent
ARCHIVE = "co2_inference-9ae9895.tar.gz"


def archive() -> Path:
    """The archive or folder of the logs; skips the test where there is none."""
    named = os.environ.get(LOGS_VARIABLE)
    path = Path(named) if named else ROOT.parent / "shared" / "published_logs" / ARCHIVE
    if not path.exists():
        pytest.skip(f"the published logs are not at {path}: fetch them, or name them by {LOGS_VARIABLE}")
    return path


@cache
def study() -> ResolvedStudy:
    config = check_config(read_yaml(ROOT / "studies" / "published.yaml"), "studies/published.yaml")
    return resolve_published(config, load_catalog(CATALOG_ROOT), "studies/published.yaml")


@cache
def mapping() -> Mapping:
    return load_mapping("catalog/published/co2_inference.yaml")


@cache
def logs() -> LogFiles:
    return read_logs(archive(), mapping())


def import_of(files: dict[str, bytes]) -> Import:
    return import_study(study(), mapping(), load_catalog(CATALOG_ROOT), LogFiles("logs", files))


@cache
def imported() -> Import:
    return import_of(logs().files)


def scores() -> pd.DataFrame:
    """The table of quality."""
    of_logs = mapping()
    assert of_logs.quality is not None
    stems = model_stems(of_logs, load_catalog(CATALOG_ROOT), "mapping")
    return QUALITY.frame(read_scores(logs(), of_logs.quality, stems, imported().records))


def make_tables(folder: Path) -> None:
    """A folder of the study with its import and tables, by the scripts that the rules of `make published` call."""
    path = write_study(folder, study_of(ROOT / "config.yaml", ROOT / "studies" / "published.yaml"))
    assert import_logs.main(["--study", str(path), "--logs", str(archive())]) == 0
    for script in (build_tables, examine_logs):
        assert script.main(["--study", str(path), "--tables", str(folder / "tables")]) == 0


def unpack(folder: Path) -> None:
    with tarfile.open(archive()) as tar:
        tar.extractall(folder, filter="data")
