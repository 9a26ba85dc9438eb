"""English speech with phone times from text, so that faces can be performed for voices that nobody recorded."""
