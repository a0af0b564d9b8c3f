"""What answers are worth: scores of the first repeat's answers against the references of the frozen rows.

Only published weights on the datasets themselves have a quality. A metric per module; `scoring` chooses.
"""
