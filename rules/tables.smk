# From the records to every table, in one job of seconds.
rule build_tables:
    input:
        study=STUDY_FILE,
        records=list(RECORDS.values()),
        beside=beside_of(STUDY.config.beside),
        catalog=[
            f"{CATALOG}/{name}.yaml"
            for name in ("tasks", "grids", "training", "paper")
        ],
        source=sources(
            "build_tables.py",
            "wattlab/tables/*.py",
            "wattlab/tables/intervals.py",
            "wattlab/runs/device_state.py",
            "wattlab/tables/ram.py",
            "wattlab/tables/parity_definition.py",
        ),
    output:
        csv=[
            report(
                f"{RESULTS}/tables/{table}.csv",
                caption="captions/table.rst",
                category="Tables",
                labels={"table": table.replace("_", " ")},
            )
            for table in TABLES
        ],
        md=[f"{RESULTS}/tables/{table}.md" for table in TABLES],
        tex=[f"{RESULTS}/tables/{table}.tex" for table in TABLES],
        study=TABLES_STUDY,
    log:
        f"{RESULTS}/logs/build_tables.log",
    conda:
        "../envs/analysis.yaml"
    resources:
        quiet=1,
    params:
        tables=lambda wildcards, output: str(Path(output.csv[0]).parent),
    message:
        "Building the tables"
    shell:
        "python -m build_tables --study {input.study} --tables {params.tables} > {log} 2>&1"
