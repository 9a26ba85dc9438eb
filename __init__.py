from .addon import register, unregister  # noqa: F401
