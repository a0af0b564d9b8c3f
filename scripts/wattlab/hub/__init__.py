"""Models and datasets of the Hugging Face hub: looking up, downloading, verifying. Without torch."""
