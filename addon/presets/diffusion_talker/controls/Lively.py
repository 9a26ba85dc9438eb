import bpy

controls = bpy.context.scene.lipsync.shown_controls()

controls.jaw = 1.15
controls.lips = 1.1
controls.cheeks = 1.3
controls.brows = 1.5
controls.lids = 1.1
controls.gaze = 1.2
controls.smoothing = 0.0
controls.blinks = 1.25
controls.closing = 0.0
controls.offset = 0.0
controls.mirror = False
controls.full_blinks = True
controls.eye_darts = True
controls.head = 1.2
