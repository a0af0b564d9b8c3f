"""`make bundle` and `make verify`: the same content is the same file, and what was changed afterwards is named."""

import re
import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import bundle_study
from support import records
from support.bundles import RECORD, TABLES, bundled, lines, one_joule, repacked, verified
from support.golden_files import GOLDEN
from support.whole_studies import few_cells, measured_study
from wattlab.tables.listing import TABLES as TABLE_NAMES
from wattlab.workflow.bundle.cells import Found
from wattlab.workflow.bundle.verify import same_number

pytestmark = pytest.mark.slow


def test_a_bundle_is_consistent_and_the_same_to_the_byte(
    packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said, findings = verified(packed, capsys)
    assert (code, findings) == (0, []) and said.endswith("consistent\n")
    assert f"6 records, 18 repeats judged again, {len(TABLE_NAMES)} tables built again" in said
    root = tmp_path / "elsewhere"
    shutil.copytree(packed.parent / "results", root / "results")
    assert bundled(root, "--answers").read_bytes() == packed.read_bytes()
    sha256 = re.search(r"SHA-256 of the manifest: (\w{64})", said)
    assert sha256 is not None
    assert verified(packed, capsys, "--sha256", sha256[1])[0] == 0
    code, _, findings = verified(packed, capsys, "--sha256", "0" * 64)
    assert code == 1 and findings == [f"manifest.json: its sha256 is {sha256[1]}, and {'0' * 64} was published"]


def test_a_bundle_without_answers_has_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measured_study(tmp_path, few_cells(repeats=3)[:2])
    bundle = bundled(tmp_path)
    assert not [name for name in zipfile.ZipFile(bundle).namelist() if "answers" in name]
    assert verified(bundle, capsys)[0] == 0


def test_a_study_whose_tables_are_old_is_told_when_it_is_packed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    measured_study(tmp_path, few_cells(repeats=3)[:2])
    table = tmp_path / "results/laptop/tables/totals.csv"
    table.write_text(table.read_text().replace("laptop", "laptop").replace("query", "query", 1) + "\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(bundle_study, "CONFIG", GOLDEN.parents[1] / "config.yaml")
    assert bundle_study.main([]) == 1
    assert "inconsistent: results/laptop/tables/totals.csv: " in capsys.readouterr().err


def scaled(by: float) -> Callable[[Path], None]:
    """Multiply a total of `tables/totals.csv`."""

    def apply(folder: Path) -> None:
        path = folder / TABLES / "totals.csv"
        head, first, *rest = path.read_text().splitlines(keepends=True)
        place = head.split(",").index("energy_kwh")
        values = first.split(",")
        values[place] = repr(float(values[place]) * by)
        path.write_text("".join([head, ",".join(values), *rest]))

    return apply


def test_the_last_digit_of_a_sum_is_no_finding_and_a_billionth_is(
    packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Python 3.12 and later, and other processors, add the same numbers up with another last digit."""
    code, said, findings = verified(repacked(packed, tmp_path / "last.zip", scaled(1 + 3e-16)), capsys)
    assert code == 0 and not findings and said.splitlines()[-1] == "consistent"
    code, _, findings = verified(repacked(packed, tmp_path / "billionth.zip", scaled(1 + 1e-9)), capsys)
    assert code == 1 and any("totals.csv: line 2, energy_kwh = " in finding for finding in findings)


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("0.0004387121325737022", "0.00043871213257370224", True),
        ("49.959999999999994", "49.96", True),
        ("1e-05", "9.999999999999999e-06", True),
        ("49.959999999999994", "49.9600001", False),
        ("2.10", "2.1", False),
        ("00123", "123", False),
        ("41e523456789", "41e123456789", False),
        ("nan", "inf", False),
    ],
)
def test_a_sum_is_the_same_but_for_its_last_digits_and_a_version_is_not(a: str, b: str, same: bool) -> None:
    assert same_number([a], [b]) is same and same_number([b], [a]) is same


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: (folder / "results/laptop/more.txt").write_text("more"), "results/laptop/more.txt: not in the manifest: it was added"),
        (lambda folder: (folder / RECORD).unlink(), f"{RECORD}: missing, and the manifest names it"),
        (lines(one_joule), "and the manifest says"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_the_manifests_is_named(
    packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Callable[[Path], None], message: str
) -> None:
    code, _, findings = verified(repacked(packed, tmp_path / "changed.zip", change, with_hashes=False), capsys)
    assert code == 1 and any(message in finding for finding in findings), findings


def test_the_papers_number_of_cells_verifies_within_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = [
        records.resolved_cell(task, f"data-{dataset}", f"owner--{task}-{model}", repeats=10)
        for task in records.TASKS
        for dataset in range(3)
        for model in range(8)
    ]
    for model in range(8):
        cells += records.multi_purpose_cells(f"bigscience--multi-{model}", repeats=10)
    measured_study(tmp_path, cells)
    # Packing verifies what was packed: once is enough.
    monkeypatch.setattr(bundle_study, "verify", lambda *_: Found())
    bundle = bundled(tmp_path)
    begun_s = time.process_time()
    code, said, _ = verified(bundle, capsys)
    assert code == 0 and "312 records, 3,120 repeats judged again" in said
    assert time.process_time() - begun_s < 60
