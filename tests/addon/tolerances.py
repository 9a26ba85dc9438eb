"""How far apart two equal values may be, in channels of 0..1, and what makes the difference. None depends on the processor."""

FLOAT32 = 1e-6  # Blender stores keys and shape keys in float32, whose step below 1 is 6e-8; a few sums of them
BEZIER = 2e-5  # Blender finds the time on a Bezier segment by a cubic's root in float32
STORED = 1e-4  # a take stores curves in 16 bits, steps of 1.5e-5; controls multiply them by up to 2
SIMPLIFIED = 1e-3  # key reduction at the finest tolerance the tests choose
