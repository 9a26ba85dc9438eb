"""Evaluation: metrics, tables and plots of trained models."""
