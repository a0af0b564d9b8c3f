# FLOPs on shapes alone, of any study, when they are asked for (`snakemake flops`): minutes for many cells, so that no study
# waits for them. Once they are there, the energies are set beside them.
rule count_flops:
    input:
        study=STUDY_FILE,
        lengths=rules.import_logs.output.lengths if STUDY.config.is_imported else [],
        catalog=catalog("tasks"),
        source=sources("count_flops"),
    output:
        csv=f"{RESULTS}/tables/flops.csv",
        md=f"{RESULTS}/tables/flops.md",
    log:
        f"{RESULTS}/logs/count_flops.log",
    localrule: True
    conda:
        "../envs/inference.yaml"
    resources:
        quiet=1,
    params:
        program=program("count_flops"),
        tables=tables_folder,
    message:
        "Counting FLOPs"
    shell:
        "python {params.program:q} --study {input.study:q} --tables {params.tables:q} > {log:q} 2>&1"


rule rank_flops:
    input:
        study=TABLES_STUDY,
        tables=rules.build_tables.output.csv,
        flops=rules.count_flops.output.csv,
        source=sources("rank_flops", *OF_FLOPS.values()),
    output:
        csv=[
            report(
                f"{RESULTS}/tables/{table}.csv",
                caption="captions/table.rst",
                category="Tables",
                labels={"table": table.replace("_", " ")},
            )
            for table in OF_FLOPS
            if table != "flops"
        ],
        md=[f"{RESULTS}/tables/{table}.md" for table in OF_FLOPS if table != "flops"],
        tex=[f"{RESULTS}/tables/{table}.tex" for table in OF_FLOPS if table != "flops"],
    log:
        f"{RESULTS}/logs/rank_flops.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    resources:
        quiet=1,
    params:
        program=program("rank_flops"),
        tables=tables_folder,
    message:
        "Setting energies beside FLOPs"
    shell:
        "python {params.program:q} --study {input.study:q} --tables {params.tables:q} > {log:q} 2>&1"


if Path(placed(rules.count_flops.output.csv)).exists():
    EXTRA_TABLES += [*rules.count_flops.output, *rules.rank_flops.output]


rule flops:
    input:
        rules.count_flops.output,
    localrule: True
