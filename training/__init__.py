"""What makes the models: faces for speech, the diffusion teacher, its distillation, its measures and its export."""
