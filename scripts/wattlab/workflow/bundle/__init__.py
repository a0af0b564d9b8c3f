"""A study as one file for a reviewer, and its check on another machine: `make bundle`, `make verify`."""
