"""The stages as commands. Each module adds its parsers; heavy imports happen when a stage runs, so that --help is instant."""
