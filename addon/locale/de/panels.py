"""German: labels and tooltips of the panels."""

PANELS = {
    # Lip Sync
    "Lip Sync": "Lippensync",
    "Strip": "Strip",
    "The sound strip to speak": "Der Ton-Strip, der gesprochen wird",
    "The sound strip to speak. Empty: the active strip in the Sequencer": (
        "Der Ton-Strip, der gesprochen wird. Leer: der aktive Strip des Sequenzers"
    ),
    "Active Strip": "Aktiver Strip",
    "Face": "Gesicht",
    "The mesh that speaks; other meshes of the same face are found automatically": (
        "Das Mesh, das spricht; weitere Meshes desselben Gesichts werden automatisch gefunden"
    ),
    "The mesh that speaks; other meshes of the same face are found automatically. Empty: the active object": (
        "Das Mesh, das spricht; weitere Meshes desselben Gesichts werden automatisch gefunden. Leer: das aktive Objekt"
    ),
    "Active Object": "Aktives Objekt",
    "1 mesh": "1 Mesh",
    "{count} meshes": "{count} Meshes",
    "{count} of 52 shape keys on {meshes}": "{count} von 52 Shape-Keys auf {meshes}",
    "Mouth: {count} {name} visemes": "Mund: {count} Viseme ({name})",
    "Identity": "Identität",
    "How the speaker moves": "Wie sich der Sprecher bewegt",
    "Emotion": "Emotion",
    "How the speaker feels": "Was der Sprecher fühlt",
    "Auto": "Auto",
    "Auto \u2014 by Voice": "Auto \u2014 nach Stimme",
    "Whatever fits the voice best": "Was am besten zur Stimme passt",
    "{name} (Missing)": "{name} (fehlt)",
    "The installed model doesn't have this one: choose another": "Das installierte Modell hat das nicht: anderes wählen",
    "Intensity": "Intensität",
    (
        "How strong the emotion is: 0 is neutral, 1 is as learned. To change it over time, animate it or name "
        "markers after emotions"
    ): (
        "Wie stark die Emotion ist: 0 ist neutral, 1 wie gelernt. Soll sie sich mit der Zeit ändern: animieren, "
        "oder Markern die Namen von Emotionen geben"
    ),
    "Seed": "Startwert",
    (
        "Number of the performance: another number gives other blinks, glances and brows for the same words; the same "
        "number gives the same take again"
    ): (
        "Nummer des Spiels: Eine andere ergibt zu denselben Worten anderes Blinzeln, andere Blicke und Brauen, dieselbe "
        "noch einmal denselben Take"
    ),
    "Add Sample Face": "Beispielgesicht hinzufügen",
    'The sound is in the scene "{sound}" and the face in "{face}", so Play shows one without the other': (
        "Der Ton ist in der Szene „{sound}“ und das Gesicht in „{face}“, also zeigt die Wiedergabe nur eins von beiden"
    ),
    ("For dialogues: list sound strips and the character that speaks each, and Generate All makes all of them speak"): (
        "Für Dialoge: Ton-Strips auflisten und die Figur, die sie spricht. Alle erzeugen lässt dann alle sprechen"
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
    ", {seconds:.0f} s left": ", noch {seconds:.0f} s",
    ", {minutes:.0f} min left": ", noch {minutes:.0f} min",
    "{number} of {count}: {stage}": "{number} von {count}: {stage}",
    "Starting": "Wird gestartet",
    "Restarting": "Wird neu gestartet",
    "Reading sound": "Ton wird gelesen",
    "Listening": "Hört zu",
    "Performing": "Spielt",
    # Takes
    "Takes": "Takes",
    "Take": "Take",
    "The active take": "Der aktive Take",
    "This Strip": "Dieser Strip",
    "List only takes of the chosen strip": "Nur Takes des gewählten Strips zeigen",
    "Edited": "Bearbeitet",
    "Imported": "Importiert",
    "Seed {number}": "Startwert {number}",
    "Auto: {identity} (no match)": "Auto: {identity} (keine Übereinstimmung)",
    "Auto: {identity} ({share:.0%} match)": "Auto: {identity} ({share:.0%} Übereinstimmung)",
    "{count} Strips": "{count} Strips",
    'Joins "{strips}"': 'Vereint "{strips}"',
    "Regenerate": "Neu erzeugen",
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
    "What keeps its values when you resample": "Was beim Neuwürfeln seine Werte behält",
    "Resample Keeps": "Neu würfeln behält",
    "Keep the values of all these channels when resampling, including manual keys": (
        "Die Werte all dieser Kanäle beim Neuwürfeln behalten, auch Keyframes von Hand"
    ),
    "Keep the values of this channel when resampling, including manual keys": (
        "Die Werte dieses Kanals beim Neuwürfeln behalten, auch Keyframes von Hand"
    ),
    "Channels": "Kanäle",
    "Frames": "Bilder",
    "Keep the whole face on these frames when resampling": (
        "Auf diesen Bildern beim Neuwürfeln das ganze Gesicht behalten"
    ),
    "First": "Erstes",
    "The first locked frame": "Das erste gesperrte Bild",
    "Last": "Letztes",
    "The last locked frame": "Das letzte gesperrte Bild",
    # Controls
    "Controls": "Regler",
    "Presets": "Voreinstellungen",
    "New Takes": "Neue Takes",
    "The controls of a new take when the face has no active take": (
        "Die Regler eines neuen Takes, wenn das Gesicht keinen aktiven hat"
    ),
    "Strength Jaw": "Stärke Kiefer",
    "How far the jaw moves, with the channels that close the lips over it, compared with the generated curves": (
        "Wie weit sich der Kiefer bewegt, samt den Kanälen, die darüber die Lippen schließen, verglichen mit den "
        "erzeugten Kurven"
    ),
    "How far the lips move compared with the generated curves": (
        "Wie weit sich die Lippen bewegen, verglichen mit dem Erzeugten"
    ),
    "How far cheeks and nose move compared with the generated curves": (
        "Wie weit sich Wangen und Nase bewegen, verglichen mit dem Erzeugten"
    ),
    "How far the brows move compared with the generated curves": (
        "Wie weit sich die Brauen bewegen, verglichen mit dem Erzeugten"
    ),
    "How far the lids move in blinks, squints and wide eyes compared with the generated curves": (
        "Wie weit sich die Lider beim Blinzeln, Zukneifen und Aufreißen bewegen, verglichen mit dem Erzeugten"
    ),
    "How far the eyes turn compared with the generated curves": "Wie weit sich die Augen drehen, verglichen mit dem Erzeugten",
    "Smoothing": "Glättung",
    "Average every curve except blinks over this many seconds; lips that close for a P, B or M stay closed": (
        "Jede Kurve außer dem Blinzeln über so viele Sekunden mitteln; Lippen, die für P, B oder M geschlossen "
        "sind, bleiben es"
    ),
    "Saved settings of all controls: choose one, or save the present ones under a name": (
        "Gespeicherte Einstellungen aller Regler: eine wählen, oder die jetzigen unter einem Namen speichern"
    ),
    "How far the head turns compared with the generated curves, if it turns a bone or an object": (
        "Wie weit sich der Kopf dreht, verglichen mit den erzeugten Kurven, wenn er einen Knochen oder ein Objekt dreht"
    ),
    "Full Blinks": "Ganz blinzeln",
    "Close the lids in every blink, 10 to 28 times a minute; off leaves the blinks as generated or captured": (
        "Schließt die Lider bei jedem Blinzeln, 10- bis 28-mal in der Minute; aus lässt das Blinzeln, wie es erzeugt "
        "oder aufgenommen wurde"
    ),
    "Look Target": "Blickziel",
    "An object that the eyes hold, glancing away every few seconds; another face is looked in the eyes. Empty: the eyes look where the performance does": (
        "Ein Objekt, das die Augen festhalten, mit kurzen Blicken zur Seite alle paar Sekunden; einem anderen Gesicht "
        "sehen sie in die Augen. Leer: Die Augen blicken, wohin die Darbietung sie lenkt"
    ),
    "The eyes can't look at their own face: choose another object as the look target": (
        "Die Augen können ihr eigenes Gesicht nicht ansehen: ein anderes Objekt als Blickziel wählen"
    ),
    "Update Look Target": "Blickziel auffrischen",
    "Let the eyes of the active take follow the look target as it moves now, after it or the head was animated": (
        "Lässt die Augen des aktiven Takes dem Blickziel folgen, wie es sich jetzt bewegt, nachdem es oder der Kopf "
        "animiert wurde"
    ),
    "Choose a look target for the active take": "Ein Blickziel für den aktiven Take wählen",
    "Eye Darts": "Blicksprünge",
    "Let the eyes rest and jump around where they look, differently for each seed; off leaves the gaze as generated or captured": (
        "Lässt die Augen ruhen und springen, um den Punkt herum, auf den sie blicken, mit jedem Seed anders; aus lässt "
        "den Blick, wie er erzeugt oder aufgenommen wurde"
    ),
    "Blinks": "Blinzeln",
    "Blink rate: 0.5 removes half of the blinks, 2 doubles them, 0 removes all": (
        "Blinzelrate: 0,5 nimmt die Hälfte weg, 2 verdoppelt, 0 nimmt alle weg"
    ),
    "Mouth Closing": "Mundschluss",
    "Above 0 closes lips that nearly meet, below 0 parts them slightly; vowels don't change": (
        "Über 0 schließen sich Lippen, die sich fast berühren, unter 0 öffnen sie sich ein wenig; Vokale ändern "
        "sich nicht"
    ),
    "Offset (ms)": "Versatz (ms)",
    "Shift the take later than the sound, in milliseconds; below 0 shifts it earlier": (
        "Den Take gegenüber dem Ton später legen, in Millisekunden; unter 0 früher"
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
    "This line will be skipped: {why}": "Diese Zeile wird übersprungen: {why}",
    "Add Selected Strips": "Auswahl hinzufügen",
    "Add All Strips": "Alle hinzufügen",
    "Actions": "Aktionen",
    "How several strips of one character are stored": "Wie mehrere Strips einer Figur gespeichert werden",
    "One per Character": "Eine je Figur",
    "One Action with all strips of a character; the face rests between them": (
        "Eine Aktion mit allen Strips einer Figur; dazwischen ruht das Gesicht"
    ),
    "One per Strip": "Eine je Strip",
    'One Action per strip, each in its own NLA strip on the track "Lip Sync"': (
        'Eine Aktion je Strip, jede in einem eigenen NLA-Strip auf der Spur "Lip Sync"'
    ),
    "Generate All": "Alle erzeugen",
    # Mapping
    "Mapping": "Zuordnung",
    "The part of the face whose channels are listed": "Der Teil des Gesichts, dessen Kanäle aufgelistet sind",
    "How many of its channels have a shape key, out of how many": "Wie viele ihrer Kanäle einen Shape-Key haben, von wie vielen",
    "Channel": "Kanal",
    "The channel whose shape keys are shown below the list": "Der Kanal, dessen Shape-Keys unter der Liste stehen",
    "The shape key that this channel moves on this mesh. Empty: found by its name": (
        "Der Shape-Key, den dieser Kanal auf diesem Mesh bewegt. Leer: der, dessen Name passt"
    ),
    "Missing": "Fehlt",
    "Missing: {channels}": "Es fehlen: {channels}",
    "None": "Keiner",
    "none": "keiner",
    "{name} visemes move the mouth, so the shape keys of the channels they stand for are not animated": (
        "Viseme ({name}) bewegen den Mund, daher werden die Shape-Keys der Kanäle, für die sie stehen, nicht animiert"
    ),
    # Keys
    "Keys": "Keyframes",
    "How many keys a new take gets; all of them are on whole frames": (
        "Wie viele Keyframes ein neuer Take erhält, alle auf ganzen Bildern"
    ),
    "Simplified": "Vereinfacht",
    "As few keys as the tolerance allows": "So wenige Keyframes, wie die Toleranz erlaubt",
    "Dense": "Dicht",
    "A key on every frame": "Ein Keyframe auf jedem Bild",
    "Tolerance": "Toleranz",
    (
        "How far the reduced curves may differ from the generated ones on any frame; 1 is the full range of a shape key"
    ): (
        "Wie weit die vereinfachten Kurven auf einem Bild von den erzeugten abweichen dürfen; 1 ist der volle "
        "Bereich eines Shape-Keys"
    ),
    "Interpolation": "Interpolation",
    "How the curves run from one key to the next": "Wie die Kurven von einem Keyframe zum nächsten verlaufen",
    "Bezier": "Bézier",
    "Smooth, with automatic handles that never overshoot": "Weich, mit automatischen Griffen, die nie überschwingen",
    "Linear": "Linear",
    "Straight from key to key": "Gerade von Keyframe zu Keyframe",
    # Preferences
    "Backend Python": "Python des Backends",
    "A Python to run the backend, with numpy installed. Empty: Blender's own": (
        "Ein Python für das Backend, in dem numpy installiert ist. Leer: das von Blender"
    ),
    "Blender's Own": "Das von Blender",
    "Model": "Modell",
    "The folder of a model exported by this project's training. Empty: the extension's own model": (
        "Der Ordner eines Modells, das das Training dieses Projekts exportiert hat. Leer: das der Erweiterung"
    ),
    "The Extension's Own": "Das der Erweiterung",
    "{model} {version}: {identities} identities, {emotions} emotions": (
        "{model} {version}: {identities} Identitäten, {emotions} Emotionen"
    ),
    "Show Log": "Protokoll zeigen",
}
