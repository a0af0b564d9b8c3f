"""The methods paragraph of a paper, written from the configuration and the tables, with BibTeX for what it cites.

Every number in it is read from `study.json` (the resolved protocols) or from the tables (machine, versions, methods);
a value that differs between cells is given with its range, and what no record holds is not mentioned.
"""

import re

import pandas as pd

from wattlab.figures import notes
from wattlab.figures.reading import Tables
from wattlab.report.summary import measured_cells
from wattlab.study.cells import ResolvedStudy
from wattlab.tables.intervals import CONFIDENCE, N_RESAMPLES

#: Key -> BibTeX. The entries of software without a paper are its repository.
_BIBTEX = {
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


def methods_paragraph(study: ResolvedStudy, tables: Tables) -> str:
    """The paragraph in LaTeX's words for citations (`\\cite{key}`), else plain text."""
    measured = measured_cells(tables["cells"])
    if measured.empty:
        return "Nothing is measured yet, so that there is no method to describe."
    sentences = [_what(study, measured), *(_imported() if study.config.is_imported else _how(study, tables))]
    return " ".join([*sentences, _energy(study, measured), _statistics(study, tables)])


def bibtex(study: ResolvedStudy, tables: Tables) -> str:
    """The entries of the paragraph's citations, in its order."""
    text = methods_paragraph(study, tables)
    keys = dict.fromkeys(key for group in re.findall(r"\\cite\{([^}]*)\}", text) for key in group.split(","))
    version = versions(tables["provenance"]).get("codecarbon", "not recorded")
    return "\n\n".join(_BIBTEX[key].replace("$codecarbon", version) for key in keys)


def versions(provenance: pd.DataFrame) -> dict[str, str]:
    """Package -> version; several versions of one package joined by `and`."""
    rows = provenance[provenance["aspect"].astype(str).str.startswith("software.")]
    found: dict[str, list[str]] = {}
    for aspect, value in zip(rows["aspect"], rows["value"], strict=True):
        found.setdefault(str(aspect).removeprefix("software."), []).append(str(value))
    return {package: " and ".join(values) for package, values in found.items()}


def _what(study: ResolvedStudy, measured: pd.DataFrame) -> str:
    counts = [
        _count(measured["task"].nunique(), "task"),
        _count(measured["dataset"].nunique(), "dataset"),
        _count(measured["model"].nunique(), "model"),
    ]
    return (
        f"Following \\cite{{luccioni2024power}}, we report the energy of {', '.join(counts[:2])} and {counts[2]} "
        f"({_count(len(measured), 'combination')} of the three), {notes.weights_phrase(measured, study)}."
    )


def _imported() -> list[str]:
    return [
        "The numbers are the rows of the CodeCarbon logs \\cite{codecarbon} that its authors published, a repeat each."
    ]


def _how(study: ResolvedStudy, tables: Tables) -> list[str]:
    """Process, windows, repeats, device and software, from the specs and the records."""
    protocols = [cell.spec.protocol for cell in study.cells if cell.spec is not None]
    ram_gb, found = _machine(tables["provenance"], "ram_gb"), versions(tables["provenance"])
    place = notes.device_phrase(measured_cells(tables["cells"]), tables["provenance"])
    named = [f"{name} {found[name]}" for name in ("torch", "diffusers", "codecarbon") if name in found]
    library = f"transformers {found['transformers']} \\cite{{wolf2020transformers}}" if "transformers" in found else ""
    software = ", ".join([part for part in (library, *named) if part])

    def of(name: str, unit: str = "") -> str:
        return _range([getattr(protocol, name) for protocol in protocols], unit)

    return [
        "Each combination was measured in a process of its own that loaded the model once, run by Snakemake "
        f"\\cite{{molder2021snakemake}} {place}{f' with {ram_gb} GB of memory' if ram_gb else ''}"
        f"{f', using {software}' if software else ''}.",
        f"A repeat ran whole passes over {of('n_inferences')} samples at batch size {of('batch_size')} in "
        f"{of('dtype')} with a CPU thread count of {of('cpu_threads')}, in windows planned for at least {of('min_window_s', 's')}, after "
        f"{of('warmup_inferences')} warm-up inferences; each combination has {of('repeats')} valid repeats, with idle "
        f"windows of {of('idle_window_s', 's')} before and after each; the seed is {of('seed')}.",
        "Tokenization, image processing, transfer of the inputs, the forward or generating pass and decoding lie inside "
        "the measured window; loading, transfer of the model, warm-up and idle lie outside.",
    ]


def _energy(study: ResolvedStudy, measured: pd.DataFrame) -> str:
    scope = study.config.headline_scope
    source = "" if study.config.is_imported else "read by CodeCarbon \\cite{codecarbon}, "
    return (
        f"Energies are {source}gross, of the {scope}: {notes.energy_phrase(measured, scope)}. Emissions are energy times "
        f"{study.grid.intensity_g_per_kwh:g} g of CO2eq per kWh ({study.grid.grid})."
    )


def _statistics(study: ResolvedStudy, tables: Tables) -> str:
    level = f"{100 * CONFIDENCE:.0f} %"
    rho = tables["comparison"].get("spearman_rho")
    order = (
        " The order of the tasks is compared by Spearman's rho with the interval of \\cite{bonett2000sample}."
        if rho is not None and rho.notna().any()
        else ""
    )
    return (
        f"The interval of a combination is Student's t over its repeats, that of a task a percentile bootstrap over its "
        f"models ({N_RESAMPLES:,} resamples), both at {level}.{order}"
    )


def _machine(provenance: pd.DataFrame, name: str) -> str:
    values = provenance.loc[provenance["aspect"] == f"machine.{name}", "value"].dropna().astype(str)
    return " and ".join(f"{float(value):.3g}" for value in values if value not in ("none", "not recorded"))


def _range(values: list[object], unit: str = "") -> str:
    """`10`, `1 to 8`, `float32 or float16`: what the cells' protocols hold."""
    distinct = sorted(set(values), key=lambda value: (isinstance(value, str), value))
    texts = [f"{value:g}" if isinstance(value, int | float) else str(value) for value in distinct]
    number = len(texts) > 1 and all(isinstance(value, int | float) for value in distinct)
    text = f"{texts[0]} to {texts[-1]}" if number else " or ".join(texts)
    return f"{text} {unit}".strip()


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
