"""The same plan on a cluster: an engine moves the data, the kernels of the library work on it."""
