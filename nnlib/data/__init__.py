"""The data files that `nnlib.datasets` reads; README.md says their sources and licences."""
