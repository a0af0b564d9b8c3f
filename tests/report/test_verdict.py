"""The verdict: its exit code by what is missing, its list, its file."""

from pathlib import Path
from typing import Any

import pytest

import give_verdict
from support import hand_tables
from support.records import write_study
from wattlab.foundation.errors import plain
from wattlab.report.verdict import MOST_LINES, missing_lines
from wattlab.tables.reading import Tables

Row = tuple[str, str, str, str, str, str, int]


def row(kind: str, model: str = "gpt2", reason: str = "out of memory", remedy: str = "add memory") -> Row:
    return ("text-generation", "imdb", model, kind, reason, remedy, 0)


def listed(*rows: Row) -> list[dict[Any, Any]]:
    return hand_tables.missing(*rows).to_dict("records")


def given(folder: Path, *rows: Row) -> list[str]:
    """Arguments of the verb for a study with these cells missing."""
    tables: Tables = hand_tables.tables() | {"missing": hand_tables.missing(*rows)}
    study = write_study(folder, hand_tables.study())
    tables_folder = hand_tables.write(folder / "tables", tables)
    return ["--study", str(study), "--tables", str(tables_folder), "--verdict", str(folder / "verdict.txt")]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kinds", "code"),
    [
        ([], 0),
        (["known"], 0),
        (["known", "known"], 0),
        (["waiting"], 1),
        (["incomplete"], 1),
        (["failed"], 1),
        (["unavailable"], 1),
        (["stale"], 1),
        (["known", "waiting", "failed"], 1),
    ],
)
def test_exit_code_and_file_by_kind(tmp_path: Path, kinds: list[str], code: int) -> None:
    (tmp_path / "verdict.txt").write_text("an older verdict")
    assert give_verdict.main(given(tmp_path, *(row(kind) for kind in kinds))) == code
    assert (tmp_path / "verdict.txt").exists() == (code == 0)


@pytest.mark.slow
def test_a_whole_study_prints_and_writes_the_paragraph(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert give_verdict.main(given(tmp_path)) == 0
    *lines, page = capsys.readouterr().out.splitlines(keepends=True)
    assert page == f"The page: {tmp_path}/report.html; tables and figures lie beside it.\n"
    printed = "".join(lines)
    assert (tmp_path / "verdict.txt").read_text() == printed
    assert printed.startswith("The study laptop ran all 52 cells")
    assert printed.endswith("No cell is missing.\n") and printed.count("\n") == 1


@pytest.mark.slow
def test_each_call_says_again_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = given(tmp_path, row("failed"), row("known", "opt", "too large", "none needed"))
    printed = []
    for _ in range(2):
        assert give_verdict.main(arguments) == 1
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert printed[0].splitlines()[1:-1] == [
        "failed (1):",
        "  text-generation/imdb/gpt2: out of memory; add memory",
        "known (1):",
        "  text-generation/imdb/opt: too large; none needed",
    ]


def test_the_list_is_short_and_starts_with_what_needs_a_hand() -> None:
    many = [row("waiting", f"w{number}") for number in range(30)] + [row("failed", "f")]
    lines = missing_lines(listed(*many))
    assert lines[0] == "failed (1):" and lines[2] == "waiting (30):"
    assert lines[3] == "  out of memory; add memory:" and lines[4] == "    text-generation/imdb/w0"
    assert sum("text-generation/imdb/" in line for line in lines) == MOST_LINES
    assert lines[-1] == "and 11 more in tables/missing.csv"
    assert missing_lines([]) == []


def test_text_of_a_log_can_not_steer_the_terminal() -> None:
    assert plain("bad\x1b[31m\nnews\r\t!") == "bad [31m news !"
    (line,) = missing_lines(listed(row("failed", reason="x" * 30 + " word" * 100)))[1:]
    assert len(line) < 340 and " …" in line


def test_a_cell_without_reason_or_remedy_is_still_listed(tmp_path: Path) -> None:
    table = hand_tables.missing(row("failed")).assign(reason=None, remedy=None)
    assert missing_lines(table.to_dict("records"))[1] == "  text-generation/imdb/gpt2: no reason given"
