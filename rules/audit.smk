# What published logs allow beyond the tables of every study: what the energy is made of, which models can be distinguished,
# and, where the mapping names numbers in print, their audit.
if PRINTED:

    rule audit_paper:
        input:
            study=TABLES_STUDY,
            records=rules.import_logs.output.records,
            account=rules.import_logs.output.account,
            printed=PRINTED,
            source=sources("audit_paper"),
        output:
            csv=f"{RESULTS}/tables/audit.csv",
            md=f"{RESULTS}/tables/audit.md",
        log:
            f"{RESULTS}/logs/audit_paper.log",
        localrule: True
        conda:
            "../envs/analysis.yaml"
        resources:
            quiet=1,
        params:
            program=program("audit_paper"),
            tables=tables_folder,
        message:
            "Auditing the printed numbers"
        shell:
            "python {params.program:q} --study {input.study:q} --tables {params.tables:q} --printed {input.printed:q}"
            " 2> {log:q}"

    EXTRA_TABLES += rules.audit_paper.output


rule decompose_energy:
    input:
        study=TABLES_STUDY,
        records=rules.import_logs.output.records,
        unassigned=rules.import_logs.output.unassigned,
        mapping=MAPPING,
        source=sources("decompose_energy"),
    output:
        csv=f"{RESULTS}/tables/decomposition.csv",
        md=f"{RESULTS}/tables/decomposition.md",
    log:
        f"{RESULTS}/logs/decompose_energy.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    resources:
        quiet=1,
    params:
        program=program("decompose_energy"),
        tables=tables_folder,
    message:
        "Decomposing the logged energy"
    shell:
        "python {params.program:q} --study {input.study:q} --tables {params.tables:q} > {log:q} 2>&1"


rule rank_models:
    input:
        study=TABLES_STUDY,
        records=rules.import_logs.output.records,
        source=sources("rank_models"),
    output:
        csv=[f"{RESULTS}/tables/{name}.csv" for name in ("ranks", "rank_stability")],
        md=[f"{RESULTS}/tables/{name}.md" for name in ("ranks", "rank_stability")],
    log:
        f"{RESULTS}/logs/rank_models.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    resources:
        quiet=1,
    params:
        program=program("rank_models"),
        tables=tables_folder,
    message:
        "Ranking the models"
    shell:
        "python {params.program:q} --study {input.study:q} --tables {params.tables:q} > {log:q} 2>&1"


EXTRA_TABLES += [
    *rules.import_logs.output.quality,
    *rules.decompose_energy.output,
    *rules.rank_models.output,
]
