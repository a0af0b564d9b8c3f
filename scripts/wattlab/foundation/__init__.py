"""Facts without dependencies: units, hashes, atomic files, schemas' base, messages.

In: nothing. Out: what every other folder builds on. Imports no other folder.
"""
