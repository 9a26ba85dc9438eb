"""What stands in the panels: labels, settings and their tooltips."""

PANELS = {
    # Lip Sync
    "Lip Sync": "Lippensync",
    "Strip": "Strip",
    "The sound strip to speak": "Der Ton-Strip, der gesprochen wird",
    "The sound strip to speak. Empty: the active strip of the Sequencer": "Der Ton-Strip, der gesprochen wird. Leer: der aktive Strip des Sequenzers",
    "Active Strip": "Aktiver Strip",
    "Face": "Gesicht",
    "The mesh that speaks, other meshes of the same face are found by themselves": (
        "Das Mesh, das spricht; weitere Meshes desselben Gesichts finden sich von selbst"
    ),
    "The mesh that speaks, other meshes of the same face are found by themselves. Empty: the active object": (
        "Das Mesh, das spricht; weitere Meshes desselben Gesichts finden sich von selbst. Leer: das aktive Objekt"
    ),
    "Active Object": "Aktives Objekt",
    "1 mesh": "1 Mesh",
    "{} meshes": "{} Meshes",
    "{} of 52 keys on {}": "{} von 52 Shape-Keys auf {}",
    "Mouth by {} {} visemes": "Mund durch {} Viseme ({})",
    "Identity": "Identität",
    "How the speaker moves": "Wie sich der Sprecher bewegt",
    "Emotion": "Emotion",
    "How the speaker feels": "Was der Sprecher fühlt",
    "Auto": "Auto",
    "Auto \u2014 by Voice": "Auto \u2014 nach Stimme",
    "Whatever fits the voice best": "Was am besten zur Stimme passt",
    "{} (Missing)": "{} (fehlt)",
    "The installed model doesn't have it: choose another": "Das installierte Modell hat das nicht: anderes wählen",
    "Intensity": "Intensität",
    (
        "How strong the emotion is: 0 is neutral, 1 as the model learned it. Animate it, or name markers after emotions, "
        "to change it over time"
    ): (
        "Wie stark die Emotion ist: 0 ist neutral, 1 wie vom Modell gelernt. Soll sie sich mit der Zeit ändern: animieren, "
        "oder Markern die Namen von Emotionen geben"
    ),
    "Seed": "Startwert",
    "Another number gives another performance, the same one the same again": (
        "Eine andere Zahl ergibt ein anderes Spiel, dieselbe dasselbe noch einmal"
    ),
    "Generate": "Erzeugen",
    "Resample": "Neu würfeln",
    # The model's emotions
    "Neutral": "Neutral",
    "Happiness": "Freude",
    "Anger": "Ärger",
    "Sadness": "Trauer",
    "Contempt": "Verachtung",
    "Surprise": "Überraschung",
    "Fear": "Angst",
    "Disgust": "Ekel",
    # Progress
    ", {} s left": ", noch {} s",
    ", {} min left": ", noch {} min",
    "{} of {}: {}": "{} von {}: {}",
    "Starting": "Wird gestartet",
    "Restarting": "Wird neu gestartet",
    "Reading sound": "Ton wird gelesen",
    "Listening": "Hört zu",
    "Performing": "Spielt",
    # Takes
    "Takes": "Takes",
    "Take": "Take",
    "The Action that moves the face": "Die Aktion, die das Gesicht bewegt",
    "This Strip": "Dieser Strip",
    "List only takes of the strip that is to speak": "Nur Takes des Strips zeigen, der gesprochen wird",
    "Edited": "Bearbeitet",
    "Imported": "Importiert",
    "Seed {}": "Startwert {}",
    "Voice like {}": "Stimme wie {}",
    "{} Strips": "{} Strips",
    'Joins "{}"': 'Vereint "{}"',
    "Make Again": "Wiederholen",
    "Push Down": "In NLA ablegen",
    "Duplicate": "Duplizieren",
    "Delete": "Löschen",
    # Regions of the face
    "Region": "Region",
    "Mouth": "Mund",
    "Jaw": "Kiefer",
    "Lips": "Lippen",
    "Cheeks": "Wangen",
    "Brows": "Brauen",
    "Lids": "Lider",
    "Gaze": "Blick",
    "Visemes": "Viseme",
    # Locks
    "Locks": "Sperren",
    "What Resample leaves as it is": "Was Neu würfeln lässt, wie es ist",
    "Resample Keeps": "Neu würfeln behält",
    "Resample leaves all of it as it is, hand edits included": "Neu würfeln lässt all das, wie es ist, auch von Hand Bearbeitetes",
    "Resample leaves this channel as it is, hand edits included": "Neu würfeln lässt diesen Kanal, wie er ist, auch von Hand Bearbeitetes",
    "Channels": "Kanäle",
    "Frames": "Bilder",
    "Resample leaves the whole face as it is on these frames": "Neu würfeln lässt auf diesen Bildern das ganze Gesicht, wie es ist",
    "First": "Erstes",
    "The first frame that is left as it is": "Das erste Bild, das bleibt, wie es ist",
    "Last": "Letztes",
    "The last frame that is left as it is": "Das letzte Bild, das bleibt, wie es ist",
    # Controls
    "Controls": "Regler",
    "Presets": "Voreinstellungen",
    "New Takes": "Neue Takes",
    "What a new take gets where none moves the face": "Was ein neuer Take erhält, wo noch keiner das Gesicht bewegt",
    "Strength Jaw": "Stärke Kiefer",
    "How far the jaw moves, and what shuts the lips over it, compared with what was generated": (
        "Wie weit sich der Kiefer bewegt, und was darüber die Lippen schließt, verglichen mit dem Erzeugten"
    ),
    "How far the lips move compared with what was generated": "Wie weit sich die Lippen bewegen, verglichen mit dem Erzeugten",
    "How far cheeks and nose move compared with what was generated": "Wie weit sich Wangen und Nase bewegen, verglichen mit dem Erzeugten",
    "How far the brows move compared with what was generated": "Wie weit sich die Brauen bewegen, verglichen mit dem Erzeugten",
    "How far the lids move in blinks, squints and wide eyes compared with what was generated": (
        "Wie weit sich die Lider beim Blinzeln, Zukneifen und Aufreißen bewegen, verglichen mit dem Erzeugten"
    ),
    "How far the eyes turn compared with what was generated": "Wie weit sich die Augen drehen, verglichen mit dem Erzeugten",
    "Smoothing": "Glättung",
    "Seconds over which every curve but the blinks is averaged; lips that are shut for a P, B or M stay shut": (
        "Sekunden, über die jede Kurve außer dem Blinzeln gemittelt wird; Lippen, die für P, B oder M geschlossen sind, bleiben es"
    ),
    "Blinks": "Blinzeln",
    "How many times as many blinks as were generated: 0 for none": "Wievielmal so oft geblinzelt wird wie erzeugt: 0 für gar nicht",
    "Mouth Closing": "Mundschluss",
    "Above 0 closes lips that nearly meet, below 0 parts them a little; vowels stay": (
        "Über 0 schließen sich Lippen, die sich fast berühren, unter 0 öffnen sie sich ein wenig; Vokale bleiben"
    ),
    "Offset (ms)": "Versatz (ms)",
    "Milliseconds by which the take comes later than the sound, or earlier below 0": (
        "Millisekunden, um die der Take später als der Ton kommt, unter 0 früher"
    ),
    "Mirror": "Spiegeln",
    "Swap left and right": "Links und rechts vertauschen",
    "Reset Controls": "Regler zurücksetzen",
    # Cast
    "Cast": "Besetzung",
    "Line": "Zeile",
    "The strip whose character is shown below": "Der Strip, dessen Figur unten gezeigt wird",
    "No Strip": "Kein Strip",
    "Nobody": "Niemand",
    "Character": "Figur",
    "It will be skipped: {}": "Wird übersprungen: {}",
    "Add Selected Strips": "Auswahl hinzufügen",
    "Add All Strips": "Alle hinzufügen",
    "Actions": "Aktionen",
    "What becomes of several strips of one character": "Was aus mehreren Strips einer Figur wird",
    "One per Character": "Eine je Figur",
    "One Action with all strips of a character, at rest between them": "Eine Aktion mit allen Strips einer Figur, dazwischen in Ruhe",
    "One per Strip": "Eine je Strip",
    'An Action for each strip, in an NLA strip of its own on the track "Lip Sync"': (
        'Eine Aktion für jeden Strip, in einem eigenen NLA-Strip auf der Spur "Lip Sync"'
    ),
    "Generate All": "Alle erzeugen",
    # Mapping
    "Mapping": "Zuordnung",
    "The part of the face whose channels are listed": "Der Teil des Gesichts, dessen Kanäle aufgelistet sind",
    "How many of its channels move a key, and how many there are": "Wie viele ihrer Kanäle einen Shape-Key bewegen, und wie viele es gibt",
    "Channel": "Kanal",
    "The channel whose keys are shown below the list": "Der Kanal, dessen Shape-Keys unter der Liste stehen",
    "The shape key that this channel moves on this mesh. Empty: whichever is found by its name": (
        "Der Shape-Key, den dieser Kanal auf diesem Mesh bewegt. Leer: der, dessen Name passt"
    ),
    "Missing": "Fehlt",
    "Missing: {}": "Es fehlen: {}",
    "None": "Keiner",
    "none": "keiner",
    "{} visemes move the mouth: keys of the channels that they stand for are left alone": (
        "Viseme ({}) bewegen den Mund: die Shape-Keys der Kanäle, für die sie stehen, bleiben unberührt"
    ),
    # Keys
    "Keys": "Keyframes",
    "How many keys a new take gets, all of them on whole frames": "Wie viele Keyframes ein neuer Take erhält, alle auf ganzen Bildern",
    "Simplified": "Vereinfacht",
    "As few keys as the tolerance allows": "So wenige Keyframes, wie die Toleranz erlaubt",
    "Dense": "Dicht",
    "A key on every frame": "Ein Keyframe auf jedem Bild",
    "Tolerance": "Toleranz",
    "How far the curves may be from what was generated on any frame, where 1 is a shape key's full movement": (
        "Wie weit die Kurven auf einem Bild vom Erzeugten abweichen dürfen; 1 ist die volle Bewegung eines Shape-Keys"
    ),
    "Interpolation": "Interpolation",
    "How the curves run from one key to the next": "Wie die Kurven von einem Keyframe zum nächsten verlaufen",
    "Bezier": "Bézier",
    "Smooth, with automatic handles that never overshoot": "Weich, mit automatischen Griffen, die nie überschwingen",
    "Linear": "Linear",
    "Straight from key to key": "Gerade von Keyframe zu Keyframe",
    # Preferences
    "Backend Python": "Python des Backends",
    "Another Python to run the backend, with numpy, onnxruntime, soundfile and soxr installed. Empty: Blender's own": (
        "Ein anderes Python für das Backend, in dem numpy, onnxruntime, soundfile und soxr installiert sind. Leer: das von Blender"
    ),
    "Blender's Own": "Das von Blender",
    "Model": "Modell",
    "The folder of another model, as the project's training exports it. Empty: the one that comes with the extension": (
        "Der Ordner eines anderen Modells, wie ihn das Training dieses Projekts exportiert. Leer: das der Erweiterung"
    ),
    "The Extension's Own": "Das der Erweiterung",
    "{} {}: {} identities, {} emotions": "{} {}: {} Identitäten, {} Emotionen",
    "Show Log": "Protokoll zeigen",
}
