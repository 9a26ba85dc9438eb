"""What runs in the child process: sound in, named curves out. No bpy here."""

__version__ = "0.1.0"
