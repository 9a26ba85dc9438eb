"""Films of people who talk -> recordings in BEAT's layout."""
