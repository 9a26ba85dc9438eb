"""The training stages: student encoder, teacher, distillation, voice head, calibration, enrollment."""
