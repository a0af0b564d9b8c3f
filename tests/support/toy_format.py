"""A log format that the package does not know: a JSON object per line, as another tool writes them, energies in joules."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from wattlab.foundation.units import J_PER_KWH
from wattlab.logs.formats.contract import LogFormat, LoggedWindow, Problem


class JsonLines(LogFormat):
    """`{"run", "net", "phase", "begin", "seconds", "joules": {"cpu", "ram", "gpu"}, "gpus", "host"}`."""

    model_column = "net"

    def looks_like(self, content: bytes) -> bool:
        return content.startswith(b'{"run"')

    def windows(self, file: str, content: bytes) -> Iterator[LoggedWindow | Problem]:
        for line, text in enumerate(content.decode().splitlines(), 1):
            try:
                yield self._window(file, line, json.loads(text))
            except (ValueError, KeyError) as error:
                yield Problem(file, f"no whole line ({error})", "log the run again", line=line, n_rows=1)

    def _window(self, file: str, line: int, row: dict[str, Any]) -> LoggedWindow:
        joules = row["joules"]
        return LoggedWindow(
            file=file,
            line=line,
            run_id=row["run"],
            name=row[self.model_column],
            part=row["phase"],
            started_at=datetime.fromisoformat(row["begin"]),
            duration_s=row["seconds"],
            energy_cpu_kwh=joules["cpu"] / J_PER_KWH,
            energy_ram_kwh=joules["ram"] / J_PER_KWH,
            energy_gpu_kwh=joules["gpu"] / J_PER_KWH,
            energy_node_kwh=sum(joules.values()) / J_PER_KWH,
            energy_cpu_method="counter",
            energy_ram_method="counter",
            energy_gpu_method="sampled",
            gpu_count=row["gpus"],
            software={"toy": "1.0"},
            facts={"gpu_model": row["host"]},
        )
