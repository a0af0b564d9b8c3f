"""The LaTeX twins: booktabs, as many columns in every row as in the header, nothing that LaTeX would execute."""

import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from support import hand_tables
from support.pages import EVIL
from wattlab.tables.cells import TABLE as CELLS
from wattlab.tables.latex import MOST_ROWS_OF_A_PAGE, as_latex, escaped, heading, number


def fields(line: str) -> int:
    return len(re.split(r"(?<!\\)&", line))


def test_means_carry_their_intervals_and_missing_is_empty() -> None:
    table = hand_tables.with_interval(hand_tables.tasks(hand_tables.cells()), "question-answering")
    text = as_latex(table, None, "A caption.", "tab:tasks")
    head, *lines = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert fields(head) == 10 and {fields(line) for line in lines} == {10} and len(lines) == 10
    assert r"energy \\ (kWh per 1,000) \\ {[}95 \% interval{]} \\ (range of the models)" in head
    row = next(line for line in lines if line.startswith("question-answering"))
    assert "0.000937 [0.000656, 0.00122]" in row  # 0.13 g / 138.75 g/kWh, +- 30 %
    row = next(line for line in lines if line.startswith("text-classification"))
    assert "0.000613 (0.000432 to 0.000793)" in row  # two models, 0.060 and 0.110 g
    single = next(line for line in lines if line.startswith("fill-mask"))
    assert "0.000721 &" in single and "[" not in single
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == 1 and r"\label{tab:tasks}" in text


def test_text_is_set_and_never_executed() -> None:
    assert escaped("\\input{x} 50% & $y_1^2$ #~\n") == (
        r"\textbackslash{}input\{x\} 50\% \& \$y\_1\textasciicircum{}2\$ \#\textasciitilde{} "
    )
    table = pd.DataFrame({"model": [EVIL, "a_b & c"], "energy_kwh": [0.1, None]})
    lines = [line for line in as_latex(table, None, EVIL, "tab:x").splitlines() if line.endswith(r"\\")]
    assert [fields(line) for line in lines] == [2, 2, 2]
    assert lines[2] == r"a\_b \& c &  \\"


def test_numbers_and_headings() -> None:
    assert [number(value) for value in (0.000612345, 5.43e-7, -1.5, 12345.6, 3)] == [
        "0.000612",
        r"$5.43 \times 10^{-7}$",
        "$-$1.50",
        "12,300",
        "3",
    ]
    # Three digits, zeros kept; what somebody states, and whole numbers, as they are.
    assert [number(value) for value in (13.0001, 568_377_442.3, 51_686.0, 9999.7)] == [
        "13.0",
        "568,000,000",
        "51,686",
        "10,000",
    ]
    assert number(138.75, "intensity_g_per_kwh") == "138.75"
    assert heading("training_energy_kwh") == r"training energy \\ (kWh)"
    assert heading("n_models") == "n models"


def test_long_tables_break_over_pages() -> None:
    table = pd.DataFrame({"index": range(MOST_ROWS_OF_A_PAGE + 1)})
    text = as_latex(table, None, "c", "tab:l")
    assert r"\begin{longtable}{r}" in text and text.count(r"\toprule") == 2 and r"\end{longtable}" in text
    assert text.count(r"\caption") == 1 and text.startswith(r"\begin{center}")
    wide = as_latex(pd.DataFrame(dict.fromkeys("abcde", range(MOST_ROWS_OF_A_PAGE + 1))), None, "c", "tab:w")
    assert wide.startswith(r"\begin{landscape}") and wide.endswith("\\end{landscape}\n")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_it_compiles(tmp_path: Path) -> None:
    cells = hand_tables.cells()
    bodies = [
        as_latex(hand_tables.tasks(cells), None, "Tasks.", "tab:tasks"),
        as_latex(cells, CELLS.latex, "Cells.", "tab:cells"),
    ]
    head = "\\documentclass{article}\n\\usepackage[T1]{fontenc}\n\\usepackage{booktabs,longtable,graphicx,pdflscape}\n"
    (tmp_path / "t.tex").write_text(head + "\\begin{document}\n" + "\n".join(bodies) + "\\end{document}\n")
    subprocess.run(["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"], cwd=tmp_path, check=True)
