# The figures whose tables the study has.
STUDY_FIGURES = figures_of(
    {Path(path).stem for path in [*rules.build_tables.output.csv, *EXTRA_TABLES]},
    STUDY.config,
)


# One job per figure, from the tables alone, for two columns of a paper and for one: an edit of a figure's module draws
# that figure again.
rule draw_figure:
    input:
        study=TABLES_STUDY,
        tables=lambda wildcards: [
            f"{RESULTS}/tables/{table}.csv"
            for table in STUDY_FIGURES[wildcards.figure].tables
        ],
        source=lambda wildcards: sources("draw_figure", FIGURES[wildcards.figure]),
    output:
        pdf=f"{RESULTS}/figures/{{figure}}.pdf",
        png=report(
            f"{RESULTS}/figures/{{figure}}.png",
            caption="captions/figure.rst",
            category="Figures",
            labels=lambda wildcards: {"figure": STUDY_FIGURES[wildcards.figure].title},
        ),
        column_pdf=f"{RESULTS}/figures/{{figure}}_column.pdf",
        column_png=f"{RESULTS}/figures/{{figure}}_column.png",
    log:
        f"{RESULTS}/logs/draw_figure/{{figure}}.log",
    wildcard_constraints:
        # By name: `tasks_column` is no figure but a form of one.
        figure="|".join(STUDY_FIGURES),
    localrule: True
    conda:
        "../envs/analysis.yaml"
    resources:
        quiet=1,
    params:
        program=program("draw_figure"),
        tables=tables_folder,
        figures=figures_folder,
        title=lambda wildcards: STUDY_FIGURES[wildcards.figure].title,
        caption=lambda wildcards: STUDY_FIGURES[wildcards.figure].caption,
    message:
        "Drawing {wildcards.figure}"
    shell:
        "python {params.program:q} --study {input.study:q} --tables {params.tables:q} --figure {wildcards.figure}"
        " --figures {params.figures:q} > {log:q} 2>&1"
