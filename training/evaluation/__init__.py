"""How good a model is: metrics of sequences, tables, reports."""
