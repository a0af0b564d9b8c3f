"""Meters: what reads energy. One class each; the protocol uses `CodeCarbonMeter`, the others are its references."""
