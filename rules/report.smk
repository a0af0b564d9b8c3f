# The page for people, and the verdict: the last rule says what is missing and why, at every call until nothing is.
# Of a host's report this is a part, not the text.
if not snakemake_internals.is_module(workflow):

    report: "captions/workflow.rst"


rule write_report:
    input:
        study=TABLES_STUDY,
        tables=rules.build_tables.output.csv,
        more=EXTRA_TABLES,
        figures=rules.draw_figures.output,
        catalog=catalog("grids", "equivalents"),
        beside=[
            str(Path(cells).with_name("tasks.csv"))
            for cells in beside_of(STUDY.config.beside)
        ],
        source=sources("write_report"),
        assets=[
            local(str(path))
            for path in sorted(Path(SCRIPTS).glob("wattlab/report/assets/*"))
        ],
    output:
        report=report(
            f"{RESULTS}/report.html",
            caption="captions/page.rst",
            category="Report",
            labels={"page": "the report for people"},
        ),
    log:
        f"{RESULTS}/logs/write_report.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    resources:
        quiet=1,
    params:
        program=program("write_report"),
        tables=tables_folder,
        figures=figures_folder,
        beside=lambda wildcards, input: [
            str(Path(tasks).parents[1]) for tasks in input.beside
        ],
    message:
        "Writing the report"
    shell:
        "python {params.program:q} --study {input.study:q} --tables {params.tables:q} --figures {params.figures:q}"
        " --report {output.report:q} --beside {params.beside:q} > {log:q} 2>&1"


rule give_verdict:
    input:
        study=TABLES_STUDY,
        tables=rules.build_tables.output.csv,
        report=rules.write_report.output.report,
        source=sources("give_verdict"),
    output:
        verdict=f"{RESULTS}/verdict.txt",
    log:
        f"{RESULTS}/logs/give_verdict.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    resources:
        quiet=1,
    params:
        program=program("give_verdict"),
        tables=tables_folder,
    message:
        "Is the study whole?"
    # To the terminal, not to the log: these are the words that the study ends with.
    shell:
        "python {params.program:q} --study {input.study:q} --tables {params.tables:q} --verdict {output.verdict:q} 2> {log:q}"
