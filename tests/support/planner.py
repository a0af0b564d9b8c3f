"""Dry runs at half the cost: a process that has imported Snakemake forks for each of them.

Reads a JSON line {"root": …, "arguments": […]}, prints a JSON line {"code": …, "text": …}. Each child is as fresh as a
call of Snakemake by a person: it imports the project that lies at `root`, and nothing of this process outlives it.
"""

import json
import os
import sys
import tempfile

import pandas  # noqa: F401  (imported once, for all children)
import pydantic  # noqa: F401
import snakemake.cli


def _child(root: str, arguments: list[str], output: int) -> None:
    os.chdir(root)
    os.dup2(output, 1)
    os.dup2(output, 2)
    code = 1
    try:
        snakemake.cli.main(arguments)
        code = 0
    except SystemExit as stop:
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
        code = stop.code if isinstance(stop.code, int) else int(bool(stop.code))
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Answer until the questions end."""
    for line in sys.stdin:
        question = json.loads(line)
        with tempfile.TemporaryFile() as output:
            pid = os.fork()
            if pid == 0:
                _child(question["root"], question["arguments"], output.fileno())
            _, status = os.waitpid(pid, 0)
            output.seek(0)
            answer = {"code": os.waitstatus_to_exitcode(status), "text": output.read().decode()}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
