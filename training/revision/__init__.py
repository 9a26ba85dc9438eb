"""Revise a finished model: change what its takes do, by rules and by real lips, and train it on its own takes so changed."""
