"""What answers are worth: scores of the first repeat's answers against the references of the frozen rows.

In: answers, rows and tables. Out: the table `quality`. A metric per module; `scoring` chooses. Imports `tables` and below.
"""
