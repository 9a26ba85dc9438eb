"""The network, the diffusion process, the losses, and what is saved of them."""
