"""The sounds of speech: heard by a head on the encoder, edited by an artist, and turned back into mouth poses."""
