# What published logs allow beyond the tables of every study: what the energy is made of, which models can be distinguished,
# and, where the mapping names numbers in print, their audit.
EXAMINED = [
    "decomposition",
    "ranks",
    "rank_stability",
    *(["audit"] if PRINTED else []),
]


rule examine_logs:
    input:
        study=TABLES_STUDY,
        records=rules.import_logs.output.records,
        unassigned=rules.import_logs.output.unassigned,
        account=rules.import_logs.output.account,
        mapping=MAPPING,
        printed=[PRINTED] if PRINTED else [],
        source=sources("examine_logs"),
    output:
        csv=[f"{RESULTS}/tables/{name}.csv" for name in EXAMINED],
        md=[f"{RESULTS}/tables/{name}.md" for name in EXAMINED],
    log:
        f"{RESULTS}/logs/examine_logs.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    resources:
        quiet=1,
    params:
        program=program("examine_logs"),
        tables=tables_folder,
    message:
        "Examining the logs"
    shell:
        "python {params.program:q} --study {input.study:q} --tables {params.tables:q} 2> {log:q}"


EXTRA_TABLES += [*rules.import_logs.output.quality, *rules.examine_logs.output]
