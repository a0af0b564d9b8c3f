# What the answers of published weights on the datasets themselves are worth. Random weights and surrogate rows have no
# quality: their studies have no such table.
from wattlab.catalog.reading import read_tasks

METRICS = [task.metric for task in read_tasks().values() if task.metric is not None]


rule score_answers:
    input:
        study=TABLES_STUDY,
        records=records,
        answers=[f"{RESULTS}/outputs/{cell_id}.jsonl.gz" for cell_id in CELLS],
        rows=[
            f"results/{Shared.SAMPLES}/{spec.dataset}/{spec.key}.parquet"
            for spec in SAMPLE_SPECS.values()
        ],
        tables=rules.build_tables.output.csv,
        catalog=catalog("tasks"),
        # Metrics are named in catalog/tasks.yaml, and may be a person's own.
        source=sources("score_answers", "wattlab.quality.*", *METRICS),
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
    localrule: True
    conda:
        "../envs/analysis.yaml"
    resources:
        quiet=1,
    params:
        program=program("score_answers"),
        tables=tables_folder,
    message:
        "Scoring the answers"
    shell:
        "python {params.program:q} --study {input.study:q} --tables {params.tables:q} > {log:q} 2>&1"


EXTRA_TABLES += rules.score_answers.output
