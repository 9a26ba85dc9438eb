"""The network, the diffusion process, the losses, and how models are saved and sampled."""
