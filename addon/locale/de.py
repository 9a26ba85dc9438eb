"""German."""

MESSAGES = {
    # Panels
    "Lip Sync": "Lippensync",
    "Takes": "Takes",
    "Keys": "Keyframes",
    "Active Strip": "Aktiver Strip",
    "Active Object": "Aktives Objekt",
    "1 mesh": "1 Mesh",
    "{} meshes": "{} Meshes",
    "{} of 52 keys on {}": "{} von 52 Shape-Keys auf {}",
    "Mouth by {} {} visemes": "Mund durch {} Viseme ({})",
    "Generate": "Erzeugen",
    "Resample": "Neu würfeln",
    "Imported": "Importiert",
    "Imported from {}": "Importiert aus {}",
    "Seed {}": "Seed {}",
    "{}, {}, Seed {}": "{}, {}, Startwert {}",
    "Show Log": "Protokoll zeigen",
    "Blender's Own": "Das von Blender",
    "The Extension's Own": "Das der Erweiterung",
    "{} {}: {} identities, {} emotions": "{} {}: {} Identitäten, {} Emotionen",
    # Controls
    "Controls": "Regler",
    "Presets": "Vorlagen",
    "Take: {}": "Take: {}",
    "New Takes": "Neue Takes",
    "What a new take gets where none moves the face": "Was ein neuer Take bekommt, wo keiner das Gesicht bewegt",
    "Strength Jaw": "Stärke Kiefer",
    "Jaw": "Kiefer",
    "Lips": "Lippen",
    "Cheeks": "Wangen",
    "Brows": "Brauen",
    "Lids": "Lider",
    "Gaze": "Blick",
    "Smoothing": "Glättung",
    "Blinks": "Blinzeln",
    "Mouth Closing": "Mundschluss",
    "Offset (ms)": "Versatz (ms)",
    "Mirror": "Spiegeln",
    "Reset Controls": "Regler zurücksetzen",
    "How far the jaw moves, and what shuts the lips over it, compared with what was generated": (
        "Wie weit sich der Kiefer bewegt, und was darüber die Lippen schließt, verglichen mit dem, was erzeugt wurde"
    ),
    "How far the lips move compared with what was generated": "Wie weit sich die Lippen bewegen, verglichen mit dem, was erzeugt wurde",
    "How far cheeks and nose move compared with what was generated": (
        "Wie weit sich Wangen und Nase bewegen, verglichen mit dem, was erzeugt wurde"
    ),
    "How far the brows move compared with what was generated": "Wie weit sich die Brauen bewegen, verglichen mit dem, was erzeugt wurde",
    "How far the lids move in blinks, squints and wide eyes compared with what was generated": (
        "Wie weit sich die Lider beim Blinzeln, Zukneifen und Aufreißen bewegen, verglichen mit dem, was erzeugt wurde"
    ),
    "How far the eyes turn compared with what was generated": "Wie weit sich die Augen drehen, verglichen mit dem, was erzeugt wurde",
    "Seconds over which every curve but the blinks is averaged; lips that are shut for a P, B or M stay shut": (
        "Sekunden, über die jede Kurve außer dem Blinzeln gemittelt wird; Lippen, die für P, B oder M geschlossen sind, bleiben es"
    ),
    "How many times as many blinks as were generated: 0 for none": "Wievielmal so oft geblinzelt wird wie erzeugt: 0 für gar nicht",
    "Above 0 closes lips that nearly meet, below 0 parts them a little; vowels stay": (
        "Über 0 schließen sich Lippen, die sich fast berühren, unter 0 öffnen sie sich ein wenig; Vokale bleiben"
    ),
    "Milliseconds by which the take comes later than the sound, or earlier below 0": (
        "Millisekunden, um die der Take später als der Ton kommt, unter 0 früher"
    ),
    "Swap left and right": "Links und rechts vertauschen",
    "Reset Lip Sync Controls": "Lippensync-Regler zurücksetzen",
    "Set every control to what leaves a take as it was generated": "Stellt jeden Regler so, dass ein Take bleibt, wie er erzeugt wurde",
    "Apply Lip Sync Controls Preset": "Vorlage für Lippensync-Regler anwenden",
    "Set the controls as a preset has them": "Stellt die Regler wie in einer Vorlage",
    "File": "Datei",
    "The preset's file": "Die Datei der Vorlage",
    "Choose one of the presets in the header of the panel Controls": "Eine der Vorlagen in der Kopfzeile des Feldes Regler wählen",
    "Add Lip Sync Controls Preset": "Vorlage für Lippensync-Regler hinzufügen",
    "Keep the controls that are shown as a preset, or remove one": "Behält die gezeigten Regler als Vorlage oder entfernt eine",
    "Linked from another file, so the controls can't change it": (
        "Aus einer anderen Datei verknüpft, daher können die Regler ihn nicht ändern"
    ),
    "Edited by hand, so the controls leave it alone; {}": "Von Hand bearbeitet, daher lassen ihn die Regler in Ruhe; {}",
    "Make Again gives one to adjust": "Nochmals erzeugen gibt einen zum Regeln",
    "import it again for one to adjust": "für einen zum Regeln nochmals importieren",
    "The strength of {}": "Die Stärke von {}",
    "{} can't be {}: choose {} to {}": "{} kann nicht {} sein: {} bis {} wählen",
    # Progress
    ", {} s left": ", noch {} s",
    ", {} min left": ", noch {} min",
    "Starting": "Wird gestartet",
    "Restarting": "Wird neu gestartet",
    "Reading sound": "Ton wird gelesen",
    "Listening": "Hört zu",
    "Building {} for {}, once": "{} wird für {} übersetzt, einmalig",
    "Performing": "Spielt",
    # Settings
    "Strip": "Strip",
    "The sound strip to speak. Empty: the active strip of the Sequencer": "Der Ton-Strip, der gesprochen wird. Leer: der aktive Strip des Sequenzers",
    "Face": "Gesicht",
    "The mesh that speaks, other meshes of the same face are found by themselves. Empty: the active object": (
        "Das Mesh, das spricht; weitere Meshes desselben Gesichts finden sich von selbst. Leer: das aktive Objekt"
    ),
    "Identity": "Identität",
    "How the speaker moves": "Wie sich der Sprecher bewegt",
    "Emotion": "Emotion",
    "How the speaker feels": "Was der Sprecher fühlt",
    "Auto \u2014 by Voice": "Auto \u2014 nach Stimme",
    "Whatever fits the voice best": "Was am besten zur Stimme passt",
    "{} (Missing)": "{} (fehlt)",
    "The installed model doesn't have it: choose another": "Das installierte Modell hat das nicht: anderes wählen",
    "Seed": "Startwert",
    "Another number gives another performance, the same one the same again": (
        "Eine andere Zahl ergibt ein anderes Spiel, dieselbe dasselbe noch einmal"
    ),
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
    "Straight": "Gerade",
    "Take": "Take",
    "The Action that moves the face": "Die Aktion, die das Gesicht bewegt",
    "Runtime": "Laufzeit",
    "What runs the model; where it can't, ONNX Runtime does the work and the take's report says why": (
        "Was das Modell ausführt; wo es nicht geht, rechnet die ONNX Runtime, und die Meldung zum Take sagt, warum"
    ),
    "ONNX Runtime": "ONNX Runtime",
    "On the processor; always there": "Auf dem Prozessor; immer da",
    "PyTorch": "PyTorch",
    "On an NVIDIA GPU, or else on the processor; needs torch and onnx in the backend's Python": (
        "Auf einer Grafikkarte von NVIDIA, sonst auf dem Prozessor; braucht torch und onnx im Python des Backends"
    ),
    "TensorRT": "TensorRT",
    "On an NVIDIA GPU; needs tensorrt-cu13 and cuda-bindings in the backend's Python, and minutes at the first start": (
        "Auf einer Grafikkarte von NVIDIA; braucht tensorrt-cu13 und cuda-bindings im Python des Backends, und beim ersten Start Minuten"
    ),
    "Backend Python": "Python des Backends",
    "Another Python to run the backend, with numpy, onnxruntime, soundfile and soxr installed. Empty: Blender's own": (
        "Ein anderes Python für das Backend, in dem numpy, onnxruntime, soundfile und soxr installiert sind. Leer: das von Blender"
    ),
    "Model": "Modell",
    "The folder of another model, as the project's training exports it. Empty: the one that comes with the extension": (
        "Der Ordner eines anderen Modells, wie ihn das Training dieses Projekts exportiert. Leer: das der Erweiterung"
    ),
    # The model's emotions
    "Neutral": "Neutral",
    "Happiness": "Freude",
    "Anger": "Ärger",
    "Sadness": "Trauer",
    "Contempt": "Verachtung",
    "Surprise": "Überraschung",
    "Fear": "Angst",
    "Disgust": "Ekel",
    # Operators
    "Generate Lip Sync": "Lippensync erzeugen",
    "Make the face speak the strip: a new Action with all of its ARKit shape keys": (
        "Das Gesicht den Strip sprechen lassen: eine neue Aktion mit all seinen ARKit-Shape-Keys"
    ),
    "Resample Lip Sync": "Lippensync neu würfeln",
    "Make other takes of the same strip, with the next seeds that have not been used": (
        "Weitere Takes desselben Strips erzeugen, mit den nächsten noch unbenutzten Startwerten"
    ),
    "How many to make at once": "Wie viele auf einmal",
    "Cancel Lip Sync": "Lippensync abbrechen",
    "Stop the generation under way; nothing is changed": "Die laufende Erzeugung abbrechen; nichts wird verändert",
    "Cancelled, nothing was changed": "Abgebrochen, nichts wurde verändert",
    "Nothing is being generated": "Es wird nichts erzeugt",
    "A take is being generated: wait for it, or cancel it": "Ein Take wird gerade erzeugt: abwarten oder abbrechen",
    "Assign Lip Sync Take": "Take zuweisen",
    "Make this take move the face; the one that does now stays in the file": (
        "Das Gesicht durch diesen Take bewegen; der jetzige bleibt in der Datei"
    ),
    "Name of the take's Action": "Name der Aktion des Takes",
    'There is no take "{}": choose one of the list': 'Es gibt keinen Take "{}": einen aus der Liste wählen',
    "Import Capture": "Aufnahme importieren",
    "Key a captured performance on the face as a new take, from the current frame on: a LiveLinkFace CSV, or a JSON of Export Take": (
        "Eine aufgenommene Darbietung als neuen Take ab dem aktuellen Bild auf das Gesicht legen: CSV von LiveLinkFace oder JSON von Take exportieren"
    ),
    "ARKit Face Capture (.csv/.json)": "ARKit-Gesichtsaufnahme (.csv/.json)",
    "{}: {} frames at {} fps, keyed at {} fps": "{}: {} Bilder zu {} fps, Keyframes zu {} fps",
    "Export Take": "Take exportieren",
    "Write the take that moves the face, one value a frame: as a LiveLinkFace CSV, or as JSON if the file's name ends in .json": (
        "Den Take schreiben, der das Gesicht bewegt, ein Wert je Bild: als CSV für LiveLinkFace oder als JSON, wenn der Dateiname auf .json endet"
    ),
    "ARKit Face Take (.csv/.json)": "ARKit-Gesichtstake (.csv/.json)",
    "{}: {} frames of {} channels at {} fps": "{}: {} Bilder mit {} Kanälen zu {} fps",
    "Speak Sound": "Ton sprechen",
    "Add a sound file to the Sequencer, from the current frame on, and make the face speak it": (
        "Eine Tondatei ab dem aktuellen Bild in den Sequenzer legen und das Gesicht sie sprechen lassen"
    ),
    "File Path": "Dateipfad",
    "The sound file": "Die Tondatei",
    "Speech": "Sprache",
    '"{}" was added, but not spoken: {}': '"{}" wurde hinzugefügt, aber nicht gesprochen: {}',
    "ARKit Sample Face": "ARKit-Beispielgesicht",
    "Add a stylized head with all 52 ARKit shape keys, to try lip sync on": (
        "Einen stilisierten Kopf mit allen 52 Shape-Keys von ARKit hinzufügen, um die Lippensync zu probieren"
    ),
    "Switch to Object Mode": "In den Objektmodus wechseln",
    "Copy Error Details": "Fehlerdetails kopieren",
    "Copy the message, the versions of all that takes part and the end of the backend's log to the clipboard, to paste into a report": (
        "Die Meldung, die Versionen aller Beteiligten und das Ende des Backend-Protokolls in die Zwischenablage kopieren, für einen Fehlerbericht"
    ),
    "Nothing has failed": "Es ist kein Fehler aufgetreten",
    "Copied: paste it into a report": "Kopiert: in einen Fehlerbericht einfügen",
    "Show Lip Sync Log": "Lippensync-Protokoll zeigen",
    "Show what the backend wrote since it was last started, as a text in a Text Editor": (
        "Zeigen, was das Backend seit seinem letzten Start geschrieben hat, als Text in einem Texteditor"
    ),
    "The backend has not been started yet: generate first": "Das Backend wurde noch nicht gestartet: erst etwas erzeugen",
    "Lip Sync Log": "Lippensync-Protokoll",
    # Outcomes
    "{}: {} frames on {} keys of {}{}": "{}: {} Bilder auf {} Shape-Keys von {}{}",
    "{} mesh": "{} Mesh",
    ", and {} more": ", und {} weitere",
    "The backend gave up": "Das Backend hat aufgegeben",
    "The backend sent no take: generate again": "Das Backend hat keinen Take geschickt: noch einmal erzeugen",
    "The face is gone (deleted, or another file was opened), so nothing was keyed": (
        "Das Gesicht ist fort (gelöscht, oder eine andere Datei wurde geöffnet), daher wurden keine Keyframes gesetzt"
    ),
    "The face has no take: generate or import one first": "Das Gesicht hat keinen Take: erst einen erzeugen oder importieren",
    '"{}" moves none of the face\'s ARKit keys: choose a take': '"{}" bewegt keinen der ARKit-Keys des Gesichts: einen Take wählen',
    '"{}" moves none of the face\'s ARKit keys: choose another file or face': (
        '"{}" bewegt keinen der ARKit-Keys des Gesichts: andere Datei oder anderes Gesicht wählen'
    ),
    # The face
    "Select a face: an object with ARKit's shape keys": "Ein Gesicht auswählen: ein Objekt mit den Shape-Keys von ARKit",
    '"{}" has no shape keys: select a face that has ARKit\'s': '"{}" hat keine Shape-Keys: ein Gesicht auswählen, das die von ARKit hat',
    '"{}" can\'t be keyed: {}': '"{}" kann keine Keyframes erhalten: {}',
    "it has {}": "vorhanden sind {}",
    "it has none but the basis": "nur die Basis ist vorhanden",
    'No ARKit shape keys on "{}": looked for {}, found 0, {}: rename them or select another face': (
        'Keine ARKit-Shape-Keys auf "{}": {} gesucht, 0 gefunden, {}: umbenennen oder ein anderes Gesicht auswählen'
    ),
    "ARKit shape key": "ARKit-Shape-Key",
    "ARKit shape key or viseme": "ARKit-Shape-Key oder Visem",
    'Every {} of "{}" is driven, muted or locked: free those that shall move': (
        'Jeder {} von "{}" ist durch Treiber bestimmt, stumm oder gesperrt: freigeben, was sich bewegen soll'
    ),
    "its shape keys are linked; make its mesh a library override, and give the keys animation data in the source file": (
        "seine Shape-Keys sind verknüpft; das Mesh zur Bibliotheksüberschreibung machen und den Keys in der Quelldatei Animationsdaten geben"
    ),
    "its shape keys are not relative; turn Relative on": "seine Shape-Keys sind nicht relativ; Relativ einschalten",
    "an NLA strip of its keys is in tweak mode; leave tweak mode": (
        "ein NLA-Strip seiner Keys ist im Optimierungsmodus; diesen Modus verlassen"
    ),
    "driven": "durch Treiber bestimmt",
    "muted": "stumm",
    "locked": "gesperrt",
    "Left alone, as {}: {}": "Unberührt, da {}: {}",
    '"{}" was left out: {}': '"{}" wurde ausgelassen: {}',
    (
        '"{}" will be still when the file is opened again, as its shape keys have no animation data where they are linked from: '
        "add some in that file"
    ): (
        '"{}" wird nach dem nächsten Öffnen der Datei stillstehen, da die Shape-Keys dort, woher sie verknüpft sind, keine Animationsdaten '
        "haben: in jener Datei welche anlegen"
    ),
    # The strip
    "Add a sound strip in the Sequencer": "Im Sequenzer einen Ton-Strip hinzufügen",
    "Select a sound strip in the Sequencer, or pick one": "Im Sequenzer einen Ton-Strip auswählen, oder hier einen angeben",
    '"{}" is a meta strip: pick a sound strip inside of it': '"{}" ist ein Meta-Strip: einen Ton-Strip darin angeben',
    'There is no sound strip "{}" any more: pick another': 'Es gibt keinen Ton-Strip "{}" mehr: einen anderen angeben',
    'The strip "{}" has no sound: pick another': 'Der Strip "{}" hat keinen Ton: einen anderen angeben',
    'The strip "{}" is retimed, and Blender doesn\'t tell how: reset its retiming, or bake it to a new file': (
        'Der Strip "{}" ist im Tempo verändert, und Blender sagt nicht, wie: das Tempo zurücksetzen oder den Ton in eine neue Datei backen'
    ),
    'Nothing can be heard of the strip "{}": pick another': 'Vom Strip "{}" ist nichts zu hören: einen anderen angeben',
    'The file of the strip "{}" is missing ({}): find it with File > External Data': (
        'Die Datei des Strips "{}" fehlt ({}): mit Datei > Externe Daten suchen'
    ),
    'The sound of the strip "{}" is gone: pick another strip': 'Der Ton des Strips "{}" ist fort: einen anderen Strip angeben',
    'The strip\'s scene "{}" runs at {} fps and "{}" at {}: set both the same': (
        'Die Szene des Strips "{}" läuft mit {} fps und "{}" mit {}: beide gleich einstellen'
    ),
    'There is no file "{}": choose another': 'Es gibt keine Datei "{}": eine andere wählen',
    '"{}" can\'t be added as a sound: {}': '"{}" kann nicht als Ton hinzugefügt werden: {}',
    # The backend
    "There is no Python at {}: choose another in the preferences": "Es gibt kein Python unter {}: in den Einstellungen ein anderes wählen",
    "This Blender comes without a Python to run the backend: choose one in the preferences": (
        "Dieses Blender bringt kein Python für das Backend mit: in den Einstellungen eines wählen"
    ),
    "This extension brings no {} for this Blender's Python {}: choose a Python that has them in the preferences": (
        "Diese Erweiterung bringt kein {} für Python {} dieses Blenders mit: in den Einstellungen ein Python wählen, das sie hat"
    ),
    'The backend can\'t be started with "{}" ({}): choose another Python in the preferences': (
        'Das Backend lässt sich mit "{}" nicht starten ({}): in den Einstellungen ein anderes Python wählen'
    ),
    # The model
    "No model.json in {}: reinstall the extension or choose another model folder": (
        "Kein model.json in {}: die Erweiterung neu installieren oder einen anderen Modellordner wählen"
    ),
    "The model in {} can't be read ({}): choose another model folder": (
        "Das Modell in {} kann nicht gelesen werden ({}): einen anderen Modellordner wählen"
    ),
    "The model.json in {} is broken ({}): reinstall the extension or export the model again": (
        "Das model.json in {} ist beschädigt ({}): die Erweiterung neu installieren oder das Modell neu exportieren"
    ),
    # Runtimes
    "{}; until then, ONNX Runtime does the work": "{}; bis dahin rechnet die ONNX Runtime",
    'This Python lacks what the {} runtime needs ({}): install it with "pip install {}"': (
        'Diesem Python fehlt, was die Laufzeit {} braucht ({}): mit "pip install {}" installieren'
    ),
    "choose another runtime": "eine andere Laufzeit wählen",
    "install NVIDIA's driver, or choose another runtime": "den Treiber von NVIDIA installieren oder eine andere Laufzeit wählen",
    "CUDA failed ({}): {}": "CUDA ist gescheitert ({}): {}",
    "NVIDIA's driver doesn't say its version ({}): {}": "Der Treiber von NVIDIA nennt seine Version nicht ({}): {}",
    "TensorRT can't read {} ({}): choose another runtime": "TensorRT kann {} nicht lesen ({}): eine andere Laufzeit wählen",
    "TensorRT can't build an engine of {}: choose another runtime; the log says more": (
        "TensorRT kann {} nicht übersetzen: eine andere Laufzeit wählen; mehr steht im Protokoll"
    ),
    "TensorRT can't load an engine: choose another runtime; the log says more": (
        "TensorRT kann ein übersetztes Modell nicht laden: eine andere Laufzeit wählen; mehr steht im Protokoll"
    ),
    "TensorRT can't run its engine: choose another runtime; the log says more": (
        "TensorRT kann ein übersetztes Modell nicht ausführen: eine andere Laufzeit wählen; mehr steht im Protokoll"
    ),
    "TensorRT's engine isn't built for {} of the shape {}: choose another runtime": (
        "TensorRTs Modell ist nicht für {} in der Größe {} übersetzt: eine andere Laufzeit wählen"
    ),
    "TensorRT's {} differs from ONNX Runtime's by {}, more than {}: choose another runtime": (
        "TensorRTs {} weicht um {} von dem der ONNX Runtime ab, mehr als {}: eine andere Laufzeit wählen"
    ),
    "The torch runtime doesn't know the {} in {} ({}): use the onnx runtime for this model": (
        "Die Laufzeit torch kennt {} in {} nicht ({}): für dieses Modell die Laufzeit onnx wählen"
    ),
    "{} leaves the axis {} of {} open, whose length isn't known: use the onnx runtime for this model": (
        "{} lässt die Achse {} von {} offen, deren Länge unbekannt ist: für dieses Modell die Laufzeit onnx wählen"
    ),
    "The model in {} has schema {}, this version reads {}: export it again or update": (
        "Das Modell in {} hat das Schema {}, diese Version liest {}: neu exportieren oder die Erweiterung aktualisieren"
    ),
    "The model in {} lacks {}: reinstall the extension": "Dem Modell in {} fehlt {}: die Erweiterung neu installieren",
    "{} in {} is not the file its model.json describes: reinstall the extension": (
        "{} in {} ist nicht die Datei, die das model.json beschreibt: die Erweiterung neu installieren"
    ),
    "The {} runtime is not there ({}): reinstall the extension, or install the package named": (
        "Die Laufzeit {} fehlt ({}): die Erweiterung neu installieren, oder das genannte Paket"
    ),
    # The request
    'There is no {} "{}" in this model: choose {} or one of {}': 'Es gibt keine {} "{}" in diesem Modell: {} oder eine von {} wählen',
    "identity": "Identität",
    "emotion": "Emotion",
    "{} frames a second can't be made: choose {} to {}": "{} Bilder je Sekunde sind nicht möglich: {} bis {} wählen",
    "{} takes can't be made at once: choose 1 to {}": "{} Takes auf einmal sind nicht möglich: 1 bis {} wählen",
    "{} can't be a seed: choose a whole number of 0 or more": "{} ist kein Startwert: eine ganze Zahl ab 0 wählen",
    'There is no region "{}" of the face: choose one of {}': 'Es gibt keine Region "{}" des Gesichts: eine von {} wählen',
    "The strength of {} can't be {}: choose 0 to {}": "Die Stärke von {} kann nicht {} sein: 0 bis {} wählen",
    # The sound
    "There is no file {}; find the strip's file or choose another": "Es gibt keine Datei {}; die Datei des Strips suchen oder eine andere wählen",
    "{} can't be opened ({}); check the path and its permissions": "{} kann nicht geöffnet werden ({}); Pfad und Rechte prüfen",
    "{} is a folder; choose a sound file in it": "{} ist ein Ordner; eine Tondatei darin wählen",
    "{} is not a regular file; choose a sound file": "{} ist keine gewöhnliche Datei; eine Tondatei wählen",
    "{} is empty; export the sound again": "{} ist leer; den Ton neu exportieren",
    "{} holds no sound; export it again": "{} enthält keinen Ton; neu exportieren",
    "{} is not sound that can be read ({}); convert it to WAV, FLAC or Ogg": (
        "{} ist kein lesbarer Ton ({}); in WAV, FLAC oder Ogg umwandeln"
    ),
    "{} has {} samples a second; convert it to something between {} and {}": (
        "{} hat {} Abtastwerte je Sekunde; in etwas zwischen {} und {} umwandeln"
    ),
    "{} s lies behind the end of {}, which is {} s long; choose an earlier start": (
        "{} s liegt hinter dem Ende von {}, das {} s lang ist; einen früheren Anfang wählen"
    ),
    "{} s of {} are too short; choose at least {} s": "{} s von {} sind zu kurz; mindestens {} s wählen",
    "{} hours of {} are too long; choose at most {} hours": "{} Stunden von {} sind zu lang; höchstens {} Stunden wählen",
    "The range {} to {} s can't be read; give a start of 0 s or later and an end after it": (
        "Der Bereich {} bis {} s kann nicht gelesen werden; einen Anfang ab 0 s und ein späteres Ende angeben"
    ),
    # Files of curves
    '"{}" is a folder: give the name of a file': '"{}" ist ein Ordner: den Namen einer Datei angeben',
    'There is no folder "{}": make it first, or choose another': 'Es gibt keinen Ordner "{}": erst anlegen oder einen anderen wählen',
    '"{}" can\'t be read: choose a .csv (LiveLinkFace) or a .json': '"{}" kann nicht gelesen werden: eine .csv (LiveLinkFace) oder .json wählen',
    '"{}" can\'t be written: give it the suffix .csv (LiveLinkFace) or .json': (
        '"{}" kann nicht geschrieben werden: die Endung .csv (LiveLinkFace) oder .json geben'
    ),
    '"{}" can\'t be written ({}): check the folder and its permissions': '"{}" kann nicht geschrieben werden ({}): Ordner und Rechte prüfen',
    '"{}" holds frames that don\'t fit its names or its fps: export them again': (
        '"{}" enthält Bilder, die nicht zu den Namen oder den fps passen: neu exportieren'
    ),
    '"{}" holds no frames, or values that are no numbers: export it again': (
        '"{}" enthält keine Bilder, oder Werte, die keine Zahlen sind: neu exportieren'
    ),
    '"{}" holds no curves that can be read ({}): export them again': '"{}" enthält keine lesbaren Kurven ({}): neu exportieren',
    '"{}" is no LiveLinkFace file: its first line names no Timecode or no ARKit channel': (
        '"{}" ist keine LiveLinkFace-Datei: die erste Zeile nennt keinen Timecode oder keinen ARKit-Kanal'
    ),
    '"{}" can\'t be read as a LiveLinkFace file ({}): export it again': (
        '"{}" kann nicht als LiveLinkFace-Datei gelesen werden ({}): neu exportieren'
    ),
    "The timecodes of this file span more than a day: export it again": (
        "Die Timecodes dieser Datei umfassen mehr als einen Tag: neu exportieren"
    ),
}
