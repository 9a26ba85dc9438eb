"""Data: recordings in BEAT's layout, and the prepared arrays that training reads."""
