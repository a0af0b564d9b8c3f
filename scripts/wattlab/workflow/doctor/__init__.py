"""Before a study: what this machine can measure and what it can only model, and what the study will cost at least."""
