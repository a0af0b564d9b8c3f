"""All benchmarks, their ratios in benchmarks/results.json, and how they stand to those of the last commit.

    make benchmarks                          # or ONLY="harness_overhead large_study"

Exit status 1 where a ratio rose beyond its tolerance: ratios alone, since seconds are those of a machine and an hour.
"""

import argparse
import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from ratios import Ratio
from wattlab.foundation.clock import utc_now
from wattlab.machine.describe import describe_machine

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks/results.json"
#: Each has `ratios()`.
BENCHMARKS = (
    "interval_coverage",
    "comparison_power",
    "large_study",
    "published_study",
    "harness_overhead",
    "beside_optimum",
)


def git(*arguments: str) -> str:
    """What git says here; empty where it has nothing to say."""
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def risen(found: dict[str, dict[str, Any]], committed: dict[str, dict[str, Any]]) -> list[str]:
    """A line for each ratio that lies beyond the tolerance above the committed one."""
    return [
        f"{name}: {ratio['value']:.4g}, {ratio['value'] / before['value'] - 1:+.1%} above the committed "
        f"{before['value']:.4g}; {ratio['tolerance']:.0%} are tolerated"
        for name, ratio in found.items()
        if (before := committed.get(name)) and ratio["value"] > before["value"] * (1 + ratio["tolerance"])
    ]


def main() -> int:
    """Run what is named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHMARKS], metavar="NAME", help=", ".join(BENCHMARKS))
    names = parser.parse_args().names or BENCHMARKS
    committed = json.loads(git("show", "HEAD:benchmarks/results.json") or "{}")
    # What an earlier call wrote is no change of what is measured.
    measured = ("scripts", "benchmarks", ":!benchmarks/results.json")
    commit = git("rev-parse", "HEAD") + (" with changes" if git("status", "--porcelain", *measured) else "")
    found, lines = {}, []
    for name in names:
        print(f"== {name}", flush=True)
        made: list[Ratio] = importlib.import_module(name).ratios()
        print("\n".join(f"  {ratio}" for ratio in made), flush=True)
        if not made:
            continue
        ratios = {ratio.name: ratio.content for ratio in made}
        found[name] = {
            "commit": commit,
            "measured_at_utc": utc_now(),
            "machine": describe_machine("cpu").kind,
            "ratios": ratios,
        }
        lines += risen(ratios, committed.get(name, {"ratios": {}})["ratios"])
        RESULTS.write_text(json.dumps(committed | found, indent=2) + "\n")
    print("\n".join(lines) or f"no ratio lies beyond its tolerance; {RESULTS.relative_to(ROOT)} has them")
    return bool(lines)


if __name__ == "__main__":
    sys.exit(main())
