"""The stages that train: student encoder, teacher, distillation, voice head, calibration, enrollment."""
