"""Speech and phone times in, a performed face out: the training data of the default model."""
