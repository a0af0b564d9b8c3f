# The figures whose tables the study has.
STUDY_FIGURES = figures_of(
    {Path(path).stem for path in [*rules.build_tables.output.csv, *EXTRA_TABLES]},
    STUDY.config,
)


# All figures in one job, from the tables alone: what costs is the libraries, which are loaded once. For two columns of a
# paper and for one (`tasks_column`); what a caption says lies beside, since a journal's picture has neither title nor note.
rule draw_figures:
    input:
        study=TABLES_STUDY,
        tables=sorted(
            f"{RESULTS}/tables/{table}.csv"
            for table in {
                table for figure in STUDY_FIGURES.values() for table in figure.tables
            }
        ),
        source=sources("draw_figures", *(FIGURES[name] for name in STUDY_FIGURES)),
    output:
        png=[
            report(
                f"{RESULTS}/figures/{name}{form}.png",
                caption="captions/figure.rst",
                category="Figures",
                labels={"figure": figure.title, "for": columns},
            )
            for name, figure in STUDY_FIGURES.items()
            for form, columns in (("", "two columns"), ("_column", "one column"))
        ],
        others=expand(
            f"{RESULTS}/figures/{{name}}{{form}}",
            name=STUDY_FIGURES,
            form=[".md", ".tex", ".pdf", ".svg", "_column.pdf", "_column.svg"],
        ),
    log:
        f"{RESULTS}/logs/draw_figures.log",
    localrule: True
    conda:
        "../envs/analysis.yaml"
    resources:
        quiet=1,
    params:
        program=program("draw_figures"),
        tables=tables_folder,
        figures=figures_folder,
        names=list(STUDY_FIGURES),
    message:
        "Drawing the figures"
    shell:
        "python {params.program:q} --study {input.study:q} --tables {params.tables:q} --figure {params.names}"
        " --figures {params.figures:q} > {log:q} 2>&1"
