"""Training data that is made: speech, performed faces, pseudo-labels."""
