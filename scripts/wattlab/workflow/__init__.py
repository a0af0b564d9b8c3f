"""What stands around a run: loading a study for the rules, the doctor, progress, history, merging.

In: configuration and results. Out: what the Snakefile and the commands of the Makefile ask for. Imports all folders.
"""
