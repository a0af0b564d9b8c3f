"""CodeCarbon's tracker as we use it: every argument stated, nothing printed, no question that no number needs."""

import logging
from types import SimpleNamespace

import cpuinfo
from codecarbon import OfflineEmissionsTracker
from codecarbon.core.gpu_nvidia import NvidiaGPUDevice

from wattlab.foundation.processes import stated_cpu

# CodeCarbon asks each GPU for its memory, which no number of ours needs, and dies of every error but NotSupported (a GPU
# that shares the host's memory, a virtual one, a driver that may not tell). This is its own answer to that one.
NvidiaGPUDevice._get_memory_info = lambda _: SimpleNamespace(total=-1, free=-1, used=-1)  # type: ignore[method-assign]

# CodeCarbon asks py-cpuinfo for the CPU's name alone. Where the system states one that is its answer too, after it has
# started a second Python and run machine code: half a second of CPU in every process that measures.
if stated_cpu():
    cpuinfo.get_cpu_info = lambda: {"brand_raw": stated_cpu()}


def silent_tracker(n_gpus: int, *, force_cpu_load: bool) -> OfflineEmissionsTracker:
    """A silent tracker of the whole machine. The intensity is a placeholder: emissions are computed in the tables.

    `force_cpu_load`: model the CPU although it has counters, since they can not all be used.
    """
    _silence()
    tracker = OfflineEmissionsTracker(
        country_iso_code="USA",
        region="oregon",
        cloud_provider=None,
        cloud_region=None,
        country_2letter_iso_code=None,
        project_name="wattlab",
        measure_power_secs=15,
        output_methods=[],
        output_handlers=[],
        output_dir=".",
        gpu_ids=list(range(n_gpus)),
        tracking_mode="machine",
        log_level="error",
        force_cpu_power=None,
        force_ram_power=None,
        force_mode_cpu_load=force_cpu_load,
        force_carbon_intensity_g_co2e_kwh=1.0,
        pue=1.0,
        wue=0.0,
        allow_multiple_runs=True,
        rapl_include_dram=False,
        rapl_prefer_psys=False,
        experiment_id=None,
        experiment_name=None,
        electricitymaps_api_token=None,
        emissions_endpoint=None,
        metadata=None,
    )
    _silence()
    return tracker


def _silence() -> None:
    """CodeCarbon sets its own level while it is imported and while it is built, and prints at "error" all the same."""
    logging.getLogger("codecarbon").setLevel("CRITICAL")
