# What the answers of published weights on the datasets themselves are worth. Random weights and surrogate rows have no
# quality: their studies have no such table. The answers in outputs/ are declared nowhere; the records name their hashes.
rule score_answers:
    input:
        study=TABLES_STUDY,
        records=list(RECORDS.values()),
        samples=ancient(
            sorted(
                {
                    str(input_paths(Path("results"), cell).manifest)
                    for cell in STUDY.cells
                }
            )
        ),
        tables=rules.build_tables.output.csv,
        source=sources(
            "score_answers.py",
            "wattlab/quality/*.py",
            "wattlab/tables/captions.py",
            "wattlab/tables/writing.py",
        ),
    output:
        csv=report(
            f"{RESULTS}/tables/quality.csv",
            caption="captions/table.rst",
            category="Tables",
            labels={"table": "quality"},
        ),
        md=f"{RESULTS}/tables/quality.md",
        tex=f"{RESULTS}/tables/quality.tex",
    log:
        f"{RESULTS}/logs/score_answers.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        quiet=1,
    params:
        tables=lambda wildcards, output: str(Path(output.csv).parent),
    message:
        "Scoring the answers"
    shell:
        "python -m score_answers --study {input.study} --tables {params.tables} > {log} 2>&1"


STUDY_FIGURES += ["quality"]
EXTRA_TABLES += rules.score_answers.output
