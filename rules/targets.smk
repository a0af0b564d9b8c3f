# What a person names. Every target lists the records that it rests on as direct inputs: Snakemake takes a missing
# record below newer tables for an intermediate file, and would not measure it again.
rule tables:
    input:
        list(RECORDS.values()),
        rules.build_tables.output,
        EXTRA_TABLES,


rule figures:
    input:
        list(RECORDS.values()),
        expand(rules.draw_figure.output, figure=STUDY_FIGURES),


rule report:
    input:
        list(RECORDS.values()),
        rules.write_report.output,


_of_task, _of_model = {}, {}
for _cell_id, _record in RECORDS.items():
    _of_task.setdefault(CELLS[_cell_id].cell.task, []).append(_record)
    _of_model.setdefault(CELLS[_cell_id].cell.model, []).append(_record)

for _task, _records in sorted(_of_task.items()):

    rule:
        name:
            f"task_{_task}"
        input:
            _records,


for _model, _records in sorted(_of_model.items()):

    rule:
        name:
            f"model_{_model}"
        input:
            _records,
