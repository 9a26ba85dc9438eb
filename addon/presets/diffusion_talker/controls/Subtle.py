import bpy

controls = bpy.context.scene.lipsync.shown_controls()

controls.jaw = 0.85
controls.lips = 0.9
controls.cheeks = 0.7
controls.brows = 0.6
controls.lids = 1.0
controls.gaze = 0.7
controls.smoothing = 0.05
controls.blinks = 1.0
controls.closing = 0.0
controls.offset = 0.0
controls.mirror = False
controls.full_blinks = True
controls.eye_darts = True
controls.head = 0.7
