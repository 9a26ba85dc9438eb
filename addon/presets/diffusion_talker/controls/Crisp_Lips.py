import bpy

controls = bpy.context.scene.lipsync.shown_controls()

controls.jaw = 1.0
controls.lips = 1.25
controls.cheeks = 1.0
controls.brows = 1.0
controls.lids = 1.0
controls.gaze = 1.0
controls.smoothing = 0.0
controls.blinks = 1.0
controls.closing = 0.6
controls.offset = 0.0
controls.mirror = False
controls.full_blinks = True
controls.eye_darts = True
controls.head = 1.0
