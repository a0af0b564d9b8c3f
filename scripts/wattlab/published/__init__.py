"""From published CodeCarbon logs to the same records that a measurement leaves, and the audit of a paper against them.

mapping      which rows are which cell (data: `catalog/published/*.yaml`)
resolve      the study of the mapping, without the logs
archive      the logs: a folder, an archive, or their home at a commit
codecarbon   rows of any CodeCarbon version, and what is wrong with them
assemble     rows -> records, windows of no cell, problems, the account of every row
frame        records -> one line per repeat
printed, definitions, audit      every number that the paper prints, and how it comes about
"""
