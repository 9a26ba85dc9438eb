"""Synthesize English speech with phone times from text, so that the performer can animate faces for many voices."""
