# One job per figure, from the tables alone, for two columns of a paper and for one: an edit of a figure's module draws
# that figure again.
rule draw_figure:
    input:
        study=STUDY_FILE,
        tables=lambda wildcards: [
            f"{RESULTS}/tables/{table}.csv"
            for table in ALL_FIGURES[wildcards.figure].tables
        ],
        source=lambda wildcards: sources(
            "draw_figure", f"wattlab.figures.{wildcards.figure}"
        ),
    output:
        pdf=f"{RESULTS}/figures/{{figure}}.pdf",
        png=report(
            f"{RESULTS}/figures/{{figure}}.png",
            caption="captions/figure.rst",
            category="Figures",
            labels=lambda wildcards: {"figure": ALL_FIGURES[wildcards.figure].title},
        ),
        column_pdf=f"{RESULTS}/figures/{{figure}}_column.pdf",
        column_png=f"{RESULTS}/figures/{{figure}}_column.png",
    log:
        f"{RESULTS}/logs/draw_figure/{{figure}}.log",
    wildcard_constraints:
        # By name: `tasks_column` is no figure but a form of one.
        figure="|".join(ALL_FIGURES),
    localrule: True
    conda:
        "../envs/analysis.yaml"
    resources:
        quiet=1,
    params:
        program=program("draw_figure"),
        tables=tables_folder,
        figures=figures_folder,
        title=lambda wildcards: ALL_FIGURES[wildcards.figure].title,
        caption=lambda wildcards: ALL_FIGURES[wildcards.figure].caption,
    message:
        "Drawing {wildcards.figure}"
    shell:
        "python {params.program:q} --study {input.study:q} --tables {params.tables:q} --figure {wildcards.figure}"
        " --figures {params.figures:q} > {log:q} 2>&1"
