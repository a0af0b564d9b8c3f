"""An accelerator of another vendor: three boards with a steady power each, on which torch's CPU computes."""

import time

from wattlab.meters.contract import Accelerator, Gpu, GpuReading

POWER_W = (100.0, 40.0, 20.0)


class Toy(Accelerator):
    """Its first board is cut into shares."""

    vendor, interface, platform = "Toys", "the toy box", "toys"
    torch_device = "cpu"
    visible_variable = "TOY_VISIBLE_DEVICES"
    sliced_words, sliced_remedy = "it is cut in two", "glue it"
    out_of_memory = "TOY is full"

    def find(self) -> list[Gpu]:
        return [Gpu(i, f"Toy {i}", f"TOY-{i}", "0.1", sliced=i == 0, memory_bytes=8 << 30) for i in range(len(POWER_W))]

    def torch_version(self) -> str:
        return "0.2"

    def synchronise(self) -> None:
        time.sleep(0)

    def energy_j(self, gpu: Gpu) -> float:
        return time.perf_counter() * POWER_W[gpu.index]

    def reading(self, gpu: Gpu) -> GpuReading:
        return GpuReading(power_w=POWER_W[gpu.index])

    def processes(self, gpu: Gpu) -> set[int]:
        return set()
