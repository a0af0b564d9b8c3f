# What a person names. Every target lists the records that it rests on as direct inputs: Snakemake takes a missing
# record below newer tables for an intermediate file, and would not measure it again.
rule tables:
    input:
        records,
        rules.build_tables.output,
        EXTRA_TABLES,


rule figures:
    input:
        records,
        rules.draw_figures.output,


rule report:
    input:
        records,
        rules.write_report.output,


for _part in ("task", "model"):
    for _value in sorted({getattr(cell.cell, _part) for cell in CELLS.values()}):

        rule:
            name:
                f"{_part}_{_value}"
            input:
                records_with(_part, _value),

        snakemake_internals.forget_body(workflow, f"{_part}_{_value}")
