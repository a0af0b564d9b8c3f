# From the records to every table, in one job of seconds.
rule build_tables:
    input:
        study=STUDY_FILE,
        records=records,
        beside=beside_of(STUDY.config.beside),
        meter_logs=[local(log.path) for log in STUDY.config.meter_logs],
        catalog=catalog("tasks", "grids", "training", "paper"),
        source=sources("build_tables", *TABLES.values()),
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
    localrule: True
    conda:
        "../envs/analysis.yaml"
    resources:
        quiet=1,
    params:
        program=program("build_tables"),
        tables=tables_folder,
    message:
        "Building the tables"
    shell:
        "python {params.program:q} --study {input.study:q} --tables {params.tables:q} > {log:q} 2>&1"
