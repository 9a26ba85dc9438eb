"""How fast, how small: python -m tests.bench (`make bench`), tables in build/bench."""
