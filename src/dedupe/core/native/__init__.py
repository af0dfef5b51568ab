"""The compiled kernels, and which implementation of the hot stages runs."""
