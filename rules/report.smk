# The page for people, and the verdict: the last rule says what is missing and why, at every call until nothing is.
rule write_report:
    input:
        study=TABLES_STUDY,
        tables=rules.build_tables.output.csv,
        more=EXTRA_TABLES,
        figures=expand(rules.draw_figure.output.png, figure=STUDY_FIGURES),
        catalog=[f"{CATALOG}/{name}.yaml" for name in ("grids", "equivalents")],
        beside=[
            str(Path(cells).with_name("tasks.csv"))
            for cells in beside_of(STUDY.config.beside)
        ],
        source=sources(
            "write_report.py",
            "wattlab/report/*.py",
            "wattlab/report/assets/*",
            "wattlab/figures/listing.py",
            "wattlab/figures/notes.py",
            "wattlab/figures/palette.py",
            "wattlab/figures/reading.py",
            "wattlab/tables/captions.py",
        ),
    output:
        report=report(
            f"{RESULTS}/report.html",
            caption="captions/page.rst",
            category="Report",
            labels={"page": "the report for people"},
        ),
    log:
        f"{RESULTS}/logs/write_report.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        quiet=1,
    params:
        tables=lambda wildcards, input: str(Path(input.tables[0]).parent),
        figures=lambda wildcards, input: str(Path(input.figures[0]).parent),
        beside=lambda wildcards, input: [
            str(Path(tasks).parents[1]) for tasks in input.beside
        ],
    message:
        "Writing the report"
    shell:
        "python -m write_report --study {input.study} --tables {params.tables} --figures {params.figures}"
        " --report {output.report} --beside {params.beside} > {log} 2>&1"


rule give_verdict:
    input:
        study=TABLES_STUDY,
        tables=rules.build_tables.output.csv,
        report=rules.write_report.output.report,
        source=sources(
            "give_verdict.py", "wattlab/report/summary.py", "wattlab/report/verdict.py"
        ),
    output:
        verdict=f"{RESULTS}/verdict.txt",
    log:
        f"{RESULTS}/logs/give_verdict.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        quiet=1,
    params:
        tables=lambda wildcards, input: str(Path(input.tables[0]).parent),
    message:
        "Is the study whole?"
    # To the terminal, not to the log: these are the words that the study ends with.
    shell:
        "python -m give_verdict --study {input.study} --tables {params.tables} --verdict {output.verdict} 2> {log}"
