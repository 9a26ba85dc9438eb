"""The benchmark: speed and size, as tables in build/bench. Run by `make bench`."""
