import bpy

controls = bpy.context.scene.lipsync.shown_controls()

controls.jaw = 0.55
controls.lips = 0.6
controls.cheeks = 0.8
controls.brows = 1.0
controls.lids = 1.0
controls.gaze = 1.0
controls.smoothing = 0.1
controls.blinks = 1.0
controls.closing = 0.0
controls.offset = 0.0
controls.mirror = False
controls.full_blinks = True
controls.eye_darts = True
controls.head = 1.0
