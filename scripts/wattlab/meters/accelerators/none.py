"""A machine without an accelerator: the CPU computes."""

from wattlab.meters.contract import Accelerator, Gpu


class NoAccelerator(Accelerator):
    """It has no device; there is nothing to wait for and nothing to lease."""

    vendor, interface, platform = "CPU", "the system", "a GPU"
    torch_device = "cpu"
    visible_variable = ""
    codecarbon_reads = True

    def find(self) -> list[Gpu]:
        """None."""
        return []

    def torch_version(self) -> None:
        """None."""

    def synchronise(self) -> None:
        """A CPU is done when its call returns."""
