"""From sound to curves with a trained model. Runs in the child process."""
