"""The methods paragraph of a paper, written from the configuration and the tables, with BibTeX for what it cites.

Every number in it is read from the study (the resolved protocols) or from the tables (machine, versions, methods);
a value that differs between cells is given with its range, and what no record holds is not mentioned.
"""

import re

import pandas as pd

from wattlab.foundation import wording
from wattlab.foundation.quantities import LEVEL
from wattlab.study.cells import ResolvedStudy
from wattlab.study.config import PUBLISHED_LOGS
from wattlab.tables import words
from wattlab.tables.latex import escaped
from wattlab.tables.reading import Tables

#: Key -> BibTeX. The entries of software without a paper are its repository.
_BIBTEX = {
    "wattlab": """@software{wattlab,
  author = {{The wattlab contributors}},
  title  = {wattlab: what an inference costs, measured}
}""",
    "luccioni2024power": """@inproceedings{luccioni2024power,
  author    = {Luccioni, Alexandra Sasha and Jernite, Yacine and Strubell, Emma},
  title     = {Power Hungry Processing: Watts Driving the Cost of {AI} Deployment?},
  booktitle = {Proceedings of the 2024 ACM Conference on Fairness, Accountability, and Transparency},
  year      = {2024},
  doi       = {10.1145/3630106.3658542}
}""",
    "codecarbon": """@software{codecarbon,
  author  = {{The CodeCarbon contributors}},
  title   = {CodeCarbon},
  url     = {https://github.com/mlco2/codecarbon},
  version = {$codecarbon}
}""",
    "wolf2020transformers": """@inproceedings{wolf2020transformers,
  author    = {Wolf, Thomas and others},
  title     = {Transformers: State-of-the-Art Natural Language Processing},
  booktitle = {Proceedings of the 2020 Conference on Empirical Methods in Natural Language Processing: System Demonstrations},
  year      = {2020},
  doi       = {10.18653/v1/2020.emnlp-demos.6}
}""",
    "molder2021snakemake": """@article{molder2021snakemake,
  author  = {M{\\"o}lder, Felix and others},
  title   = {Sustainable data analysis with {Snakemake}},
  journal = {F1000Research},
  volume  = {10},
  pages   = {33},
  year    = {2021},
  doi     = {10.12688/f1000research.29032.2}
}""",
    "bonett2000sample": """@article{bonett2000sample,
  author  = {Bonett, Douglas G. and Wright, Thomas A.},
  title   = {Sample size requirements for estimating {Pearson}, {Kendall} and {Spearman} correlations},
  journal = {Psychometrika},
  volume  = {65},
  pages   = {23--28},
  year    = {2000},
  doi     = {10.1007/BF02294183}
}""",
}

#: A citation: text of a machine or of logs that looks like another one is none.
_CITATION = rf"\\cite\{{({'|'.join(_BIBTEX)})\}}"


def methods_paragraph(study: ResolvedStudy, tables: Tables) -> str:
    """The paragraph in LaTeX's words for citations (`\\cite{key}`), else plain text."""
    shown = words.with_value(tables["cells"])
    if shown.empty:
        return "Nothing is measured yet, so that there is no method to describe."
    how = (
        _imported(study, shown, tables["provenance"])
        if study.config.is_imported
        else _how(study, shown, tables["provenance"])
    )
    return wording.sentences(
        f"following \\cite{{luccioni2024power}}, and with wattlab \\cite{{wattlab}}, we report the energy of {words.rests_on(shown)}, a cell being a task, a "
        f"dataset and a model, with {words.ground(shown, study)}",
        *how,
        words.energy(shown),
        words.assumed(shown, tables["provenance"]),
        *_checks(tables["provenance"]),
        *_wall(tables),
        f"emissions are energy times {words.grid(shown)}",
        f"cells: {words.interval('cells', shown)}",
        f"tasks: {words.interval('tasks', tables['tasks'])}",
        _order(tables["comparison"]),
    )


def latex(paragraph: str) -> str:
    """The paragraph as LaTeX takes it: its special letters escaped, its citations as they are."""
    texts = iter(re.split(_CITATION, paragraph))  # text, key, text, key, …, text
    return escaped(next(texts)) + "".join(f"\\cite{{{key}}}{escaped(next(texts))}" for key in texts)


def plain(paragraph: str) -> str:
    """The paragraph without the commands of LaTeX."""
    return re.sub(
        f" ?{_CITATION}",
        "",
        paragraph.replace("Following \\cite{luccioni2024power}", "Following Luccioni et al. (2024)", 1),
    )


def bibtex(study: ResolvedStudy, tables: Tables) -> str:
    """The entries of the paragraph's citations, in its order."""
    text = methods_paragraph(study, tables)
    keys = dict.fromkeys(re.findall(_CITATION, text))
    version = versions(tables["provenance"]).get("codecarbon", "not recorded")
    return "\n\n".join(_BIBTEX[key].replace("$codecarbon", version) for key in keys)


def versions(provenance: pd.DataFrame) -> dict[str, str]:
    """Package -> version; several versions of one package joined by `and`."""
    rows = provenance[provenance["aspect"].astype(str).str.startswith("software.")]
    found: dict[str, list[str]] = {}
    for aspect, value in zip(rows["aspect"], rows["value"], strict=True):
        found.setdefault(str(aspect).removeprefix("software."), []).append(str(value))
    return {package: " and ".join(values) for package, values in found.items()}


def _imported(study: ResolvedStudy, shown: pd.DataFrame, provenance: pd.DataFrame) -> list[str]:
    """Whose logs the numbers are, and of which machine, as far as the logs say it."""
    logs = "CodeCarbon logs \\cite{codecarbon}" if "codecarbon" in versions(provenance) else "logs"
    whose = (
        "that its authors published, a repeat each"
        if study.config.origin == PUBLISHED_LOGS
        else "of our own, a repeat each"
    )
    return [f"the numbers are the rows of the {logs} {whose}, {words.device(shown, provenance)}"]


def _how(study: ResolvedStudy, shown: pd.DataFrame, provenance: pd.DataFrame) -> list[str]:
    """Process, windows, repeats, device and software, from the specs and the rows of the cells shown."""
    specs = {cell.cell.id: cell.spec for cell in study.cells if cell.spec is not None}
    protocols = [specs[cell].protocol for cell in shown["cell"] if cell in specs]
    ram_gb, found = _machine(provenance, "ram_gb"), versions(provenance)
    named = [f"{name} {found[name]}" for name in ("torch", "diffusers", "codecarbon") if name in found]
    library = f"transformers {found['transformers']} \\cite{{wolf2020transformers}}" if "transformers" in found else ""
    software = ", ".join([part for part in (library, *named) if part])

    def of(name: str) -> str:
        return wording.span(getattr(protocol, name) for protocol in protocols)

    return [
        "each cell was run in a process of its own that loaded the model once, by Snakemake "
        f"\\cite{{molder2021snakemake}} {words.device(shown, provenance)}{f' with {ram_gb} GB of memory' if ram_gb else ''}"
        f"{f', using {software}' if software else ''}; CodeCarbon \\cite{{codecarbon}} read the energies",
        f"a repeat ran whole passes over {of('n_inferences')} samples at batch size {of('batch_size')} in {of('dtype')} with "
        f"a CPU thread count of {of('cpu_threads')}, in windows planned for at least {of('min_window_s')} s, after "
        f"{of('warmup_inferences')} warm-up inferences; each cell has {wording.counts(shown['n_valid'], 'valid repeat')}, "
        f"with idle windows of {of('idle_window_s')} s before and after each; the seed is {of('seed')}",
        "tokenization, image processing, transfer of the inputs, the forward or generating pass and decoding lie inside "
        "the measured window; loading, transfer of the model, warm-up and idle lie outside",
    ]


def _checks(provenance: pd.DataFrame) -> list[str]:
    """What `make check-machine` said of the machines that measured."""
    found = provenance.loc[provenance["aspect"] == "meter.machine_check", "value"]
    return [str(value) for value in found.dropna()]


def _wall(tables: Tables) -> list[str]:
    """What a meter at the wall says, and how well."""
    name = "energy_wall_kwh_per_1000"
    rows, facts = words.with_value(tables["cells"], name), tables["provenance"].set_index("aspect")["value"]
    if rows.empty:
        return []

    def of(aspect: str) -> str:
        return wording.span(float(value) for value in facts[facts.index == f"wall.{aspect}"])

    uncertain = (rows[f"u95_{name}"] / rows[name]).median()
    return [
        f"a meter at the wall logged every {of('interval_s')} s; its clock was {of('offset_s')} s off the machine's, as the edges of "
        f"idle and load show, and each window's energy was integrated from its log with a median uncertainty of "
        f"{wording.percent(uncertain)} ({LEVEL}; sampling, offset and resolution, without the meter's own accuracy)",
        words.energy(rows, name),
    ]


def _order(comparison: pd.DataFrame) -> str:
    if "spearman_rho" not in comparison or comparison["spearman_rho"].isna().all():
        return ""
    return (
        "the order of the tasks is compared by Spearman's rho with the interval of Bonett and Wright \\cite{bonett2000sample}: "
        f"{words.interval('comparison', comparison)}"
    )


def _machine(provenance: pd.DataFrame, name: str) -> str:
    values = provenance.loc[provenance["aspect"] == f"machine.{name}", "value"].dropna().astype(str)
    return " and ".join(f"{float(value):.3g}" for value in values if value not in ("none", "not recorded"))
