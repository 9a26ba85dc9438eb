"""German: labels, tooltips and reports of the operators."""

OPERATORS = {
    # Generating
    "Generate Lip Sync": "Lippensync erzeugen",
    "Make the face speak the sound strip, as a new take": "Das Gesicht den Ton-Strip sprechen lassen, als neuer Take",
    "Resample Lip Sync": "Lippensync neu würfeln",
    "Make new takes of the same strip with the next unused seeds; locked channels and frames keep their values": (
        "Neue Takes desselben Strips mit den nächsten unbenutzten Startwerten erzeugen; gesperrte Kanäle und "
        "Bilder behalten ihre Werte"
    ),
    "Make {takes} of the same strip with unused seeds; locked channels and frames keep their values": (
        "{takes} desselben Strips mit unbenutzten Startwerten erzeugen; gesperrte Kanäle und Bilder behalten ihre Werte"
    ),
    "a new take": "Einen neuen Take",
    "{count} new takes": "{count} neue Takes",
    "How many takes to make at once": "Wie viele Takes auf einmal",
    "Cancel Lip Sync": "Lippensync abbrechen",
    "Stop the running job; strips that are already done are kept": (
        "Die laufende Erzeugung abbrechen; schon fertige Strips bleiben erhalten"
    ),
    "Canceled: nothing was changed": "Abgebrochen: nichts wurde verändert",
    "Nothing is being generated": "Es wird nichts erzeugt",
    "A take is being generated: wait for it or cancel it": "Ein Take wird gerade erzeugt: abwarten oder abbrechen",
    '"{action}": {frames} frames on {keys} keys of {meshes}': (
        '"{action}": {frames} Bilder auf {keys} Shape-Keys von {meshes}'
    ),
    "{info}, and {count} more": "{info}, und {count} weitere",
    # Takes
    "Assign Lip Sync Take": "Take zuweisen",
    (
        "Make this the active take; the previous one stays in the file"
    ): "Diesen Take aktivieren; der bisherige bleibt in der Datei",
    "Name of the take's Action. Empty: the active take": "Name der Aktion des Takes. Leer: der aktive Take",
    '"{action}" is the active take': '"{action}" ist der aktive Take',
    "Duplicate Lip Sync Take": "Take duplizieren",
    "Copy this take with its current keys, and make the copy the active take": (
        "Diesen Take mit seinen jetzigen Keyframes kopieren und die Kopie aktivieren"
    ),
    '"{copy}" is a copy of "{action}"': '"{copy}" ist eine Kopie von "{action}"',
    "Push Down Lip Sync Take": "Take in NLA ablegen",
    "Move this take onto an NLA track of each mesh of the face, so another take can follow or replace it": (
        "Diesen Take auf eine NLA-Spur jedes Meshes des Gesichts legen, damit ein anderer ihm folgen oder ihn "
        "ersetzen kann"
    ),
    '"{action}" is on an NLA track of {meshes}': '"{action}" liegt auf einer NLA-Spur von {meshes}',
    "Delete Lip Sync Take": "Take löschen",
    "Remove this take from the file; the previous take of the same strip becomes active": (
        "Diesen Take aus der Datei entfernen; der vorige desselben Strips wird aktiv"
    ),
    "Delete Take": "Take löschen",
    'Delete "{action}"?': '"{action}" löschen?',
    '"{action}" was deleted': '"{action}" wurde gelöscht',
    '"{action}" was deleted, "{other}" is the active take': '"{action}" wurde gelöscht, "{other}" ist der aktive Take',
    "Regenerate Lip Sync Take": "Take neu erzeugen",
    "Generate this take again as it was before any edit, from the same sound, identity, emotion and seed": (
        "Diesen Take noch einmal erzeugen, wie er vor jeder Bearbeitung war, aus demselben Ton mit derselben "
        "Identität, Emotion und demselben Startwert"
    ),
    "The sound has changed since the first take, so this one may differ": (
        "Der Ton hat sich seit dem ersten Take geändert, daher kann dieser abweichen"
    ),
    "The model has changed since the first take, so this one may differ": (
        "Das Modell hat sich seit dem ersten Take geändert, daher kann dieser abweichen"
    ),
    "The take runs at {fps:g} fps like the first one, but the scene at {scene_fps:g}": (
        "Der Take läuft wie der erste mit {fps:g} fps, die Szene aber mit {scene_fps:g}"
    ),
    # Locks and controls
    "Lock Preview Range": "Vorschaubereich sperren",
    "Lock the frames of the timeline's preview range": "Die Bilder im Vorschaubereich der Zeitleiste sperren",
    "Reset Lip Sync Controls": "Lippensync-Regler zurücksetzen",
    "Set every control back to its default": "Alle Regler auf ihren Ausgangswert zurücksetzen",
    "Apply Lip Sync Controls Preset": "Voreinstellung der Lippensync-Regler anwenden",
    "Set the controls to the values of a preset": "Die Regler auf die Werte einer Voreinstellung setzen",
    "File": "Datei",
    "The preset's file": "Die Datei der Voreinstellung",
    "Add Lip Sync Controls Preset": "Voreinstellung der Lippensync-Regler hinzufügen",
    "Save the current controls as a preset, or remove one": (
        "Die jetzigen Regler als Voreinstellung speichern, oder eine entfernen"
    ),
    # Cast
    "Add Selected Strips to Cast": "Ausgewählte Strips zur Besetzung hinzufügen",
    "Assign all sound strips selected in the Sequencer to the face, including strips of other characters": (
        "Dem Gesicht alle im Sequenzer ausgewählten Ton-Strips geben, auch die anderer Figuren"
    ),
    "Add All Strips to Cast": "Alle Strips zur Besetzung hinzufügen",
    "Assign all sound strips that aren't in the list yet to the face": (
        "Dem Gesicht alle Ton-Strips geben, die noch nicht in der Liste sind"
    ),
    '"{face}": {added} added, {changed} taken from other characters': (
        '"{face}": {added} hinzugefügt, {changed} von anderen Figuren übernommen'
    ),
    "Remove Strip from Cast": "Strip aus der Besetzung entfernen",
    "Remove the strip from the list": "Den Strip von der Liste nehmen",
    "Generate All Lip Sync": "Alle Lippensync erzeugen",
    "Make every character in the list speak its strips; muted and unusable strips are skipped": (
        "Jede Figur der Liste ihre Strips sprechen lassen; stumme und unbrauchbare Strips werden übersprungen"
    ),
    "1 take made": "1 Take erzeugt",
    "{count} takes made": "{count} Takes erzeugt",
    "{info} of {strips} strips": "{info} aus {strips} Strips",
    "1 strip": "1 Strip",
    "{count} strips": "{count} Strips",
    "Canceled: {info}, {strips} left": "Abgebrochen: {info}, {strips} übrig",
    "{strips} skipped: {reasons}": "{strips} übersprungen: {reasons}",
    "and {count} more": "und {count} weitere",
    "No take was made: {why}": "Kein Take wurde erzeugt: {why}",
    "Drive Head": "Kopf antreiben",
    "Let takes turn a bone or an object with the head; the artist's own keys there stay, and the turn is added to them": (
        "Takes einen Knochen oder ein Objekt mit dem Kopf drehen lassen; eigene Keys dort bleiben, und die Drehung kommt "
        "hinzu"
    ),
    "Object": "Objekt",
    "The armature, or the object, that turns with the head. Empty: none does any more": (
        "Das Armature oder das Objekt, das sich mit dem Kopf dreht. Leer: keines mehr"
    ),
    "Bone": "Knochen",
    "The bone of the head": "Der Knochen des Kopfes",
    "Influence": "Einfluss",
    "How much of the turn is added: 1 is all of it. Strength Head in the controls goes beyond": (
        "Wie viel der Drehung hinzukommt: 1 ist alles. Die Stärke Kopf in den Reglern geht darüber hinaus"
    ),
    "Takes turn no head": "Takes drehen keinen Kopf",
    'Takes turn "{name}"': 'Takes drehen "{name}"',
    "Add Sound": "Ton hinzufügen",
    "Add a sound file to the Sequencer of this scene, at the current frame": (
        "Eine Tondatei ab dem aktuellen Bild in den Sequenzer dieser Szene einfügen"
    ),
    '"{strip}" was added at frame {frame}': "„{strip}“ wurde ab Bild {frame} eingefügt",
    "Bring Sound to the Face": "Ton zum Gesicht holen",
    (
        "Copy the sound strip to the scene of the face and open that scene, so that Play shows both; the strip stays "
        "where it is, too"
    ): (
        "Den Ton-Strip in die Szene des Gesichts kopieren und diese öffnen, damit die Wiedergabe beides zeigt; der Strip "
        "bleibt auch, wo er ist"
    ),
    "The sound is in the scene of the face already": "Der Ton ist schon in der Szene des Gesichts",
    '"{strip}" is in the scene "{scene}" now': "„{strip}“ ist jetzt in der Szene „{scene}“",
    "Smaller movements, for calm speech and close-ups": "Kleinere Bewegungen, für ruhiges Sprechen und Nahaufnahmen",
    "Larger movements, livelier brows and more blinks": "Größere Bewegungen, lebhaftere Brauen und mehr Blinzeln",
    "Lips that move further and close firmly": "Lippen, die sich weiter bewegen und fest schließen",
    "A mouth that hardly opens, with smooth movements": "Ein Mund, der sich kaum öffnet, mit weichen Bewegungen",
    # Files
    "Import Capture": "Aufnahme importieren",
    (
        "Import captured curves as a new take, from the current frame on: Live Link Face CSV, BEAT or Audio2Face "
        "JSON, or NPZ"
    ): (
        "Aufgenommene Kurven als neuen Take ab dem aktuellen Bild importieren: Live Link Face CSV, JSON von BEAT oder "
        "Audio2Face, oder NPZ"
    ),
    "Frame Rate": "Bildrate",
    "Frames per second of a file that doesn't tell its own. 0: as the file tells": (
        "Bilder je Sekunde einer Datei, die es selbst nicht angibt. 0: wie die Datei es angibt"
    ),
    "Head": "Kopf",
    "Head Bone": "Knochen des Kopfes",
    "Object or armature that gets the captured rotation of the head. Empty: the take only stores it": (
        "Objekt oder Skelett für die aufgenommene Drehung des Kopfes. Leer: der Take speichert sie nur"
    ),
    "Bone of the armature that gets the captured rotation of the head": (
        "Knochen des Skeletts für die aufgenommene Drehung des Kopfes"
    ),
    "Left Eye Bone": "Knochen des linken Auges",
    (
        "Object or armature that gets the captured rotation of the character's left eye. Empty: the take only stores it"
    ): (
        "Objekt oder Skelett für die aufgenommene Drehung des von der Figur aus linken Auges. Leer: der Take "
        "speichert sie nur"
    ),
    "Bone of the armature that gets the captured rotation of the character's left eye": (
        "Knochen des Skeletts für die aufgenommene Drehung des von der Figur aus linken Auges"
    ),
    "Right Eye Bone": "Knochen des rechten Auges",
    (
        "Object or armature that gets the captured rotation of the character's right eye. Empty: the take only "
        "stores it"
    ): (
        "Objekt oder Skelett für die aufgenommene Drehung des von der Figur aus rechten Auges. Leer: der Take "
        "speichert sie nur"
    ),
    "Bone of the armature that gets the captured rotation of the character's right eye": (
        "Knochen des Skeletts für die aufgenommene Drehung des von der Figur aus rechten Auges"
    ),
    "Key Head and Eyes": "Kopf und Augen keyen",
    "Key the head and eye rotations that the active take stores on bones or objects of your choice": (
        "Die Drehungen von Kopf und Augen, die der aktive Take speichert, auf gewählten Knochen oder Objekten keyen"
    ),
    '"{action}" has no rotation for: {parts}': '"{action}" hat keine Drehung für: {parts}',
    "ARKit Face Capture {kinds}": "ARKit-Gesichtsaufnahme {kinds}",
    '"{action}": {frames} frames at {fps:g} fps, keyed at {scene_fps:g} fps': (
        '"{action}": {frames} Bilder zu {fps:g} fps, Keyframes zu {scene_fps:g} fps'
    ),
    "Export Take": "Take exportieren",
    (
        "Write the active take with one value per frame: as Live Link Face CSV, or as JSON or NPZ if the file "
        "name ends in .json or .npz"
    ): (
        "Den aktiven Take schreiben, ein Wert je Bild: als CSV wie Live Link Face, oder als JSON oder NPZ, wenn "
        "der Dateiname auf .json oder .npz endet"
    ),
    "ARKit Face Take {kinds}": "ARKit-Gesichtstake {kinds}",
    '"{file}": {frames} frames of {channels} channels at {fps:g} fps': (
        '"{file}": {frames} Bilder mit {channels} Kanälen zu {fps:g} fps'
    ),
    "Speak Sound": "Ton sprechen",
    "Add a sound file to the Sequencer at the current frame, and make the face speak it": (
        "Eine Tondatei beim aktuellen Bild in den Sequenzer legen und das Gesicht sie sprechen lassen"
    ),
    "File Path": "Dateipfad",
    "The sound file": "Die Tondatei",
    "Speech": "Sprache",
    '"{strip}" was added, but no take was made: {why}': '"{strip}" wurde hinzugefügt, aber kein Take erzeugt: {why}',
    "Key Lip Sync Manifest": "Lippensync-Manifest anwenden",
    "Put the takes of a batch on the characters named in its manifest, each on an NLA track at its frame": (
        "Die Takes eines Stapels auf die Figuren legen, die sein Manifest nennt, jeden auf einer NLA-Spur an "
        "seinem Bild"
    ),
    "{count} of {lines} lines keyed": "{count} von {lines} Zeilen auf die Figuren gelegt",
    # Mapping and bones
    "Reset Lip Sync Mapping": "Lippensync-Zuordnung zurücksetzen",
    "Reset manual choices on all meshes of the face, so shape keys are found by their names again": (
        "Die Wahl von Hand auf allen Meshes des Gesichts zurücksetzen: Shape-Keys finden sich wieder nach ihren Namen"
    ),
    "The channel to reset. Empty: all": "Der Kanal, der zurückgesetzt wird. Leer: alle",
    "Save Lip Sync Mapping": "Lippensync-Zuordnung speichern",
    "Write the manual choices to a file, for this face or another": (
        "Die Wahl von Hand in eine Datei schreiben, für dieses oder ein anderes Gesicht"
    ),
    "Load Lip Sync Mapping": "Lippensync-Zuordnung laden",
    "Read a mapping from a file that Save Mapping wrote, replacing the current choices": (
        "Eine Zuordnung aus einer Datei lesen, die Zuordnung speichern geschrieben hat, anstelle der bisherigen Wahl"
    ),
    '"{file}": 1 choice': '"{file}": 1 Zuordnung',
    '"{file}": {count} choices': '"{file}": {count} Zuordnungen',
    "{done}; not on this face: {rest}": "{done}; nicht auf diesem Gesicht: {rest}",
    "Drive Face Bones": "Gesichtsknochen antreiben",
    "Drive the jaw and eye bones by the face's shape keys; a channel without a shape key gets an empty one": (
        "Die Knochen von Kiefer und Augen durch die Shape-Keys des Gesichts antreiben; ein Kanal ohne Shape-Key "
        "erhält einen leeren"
    ),
    "Armature": "Skelett",
    "The armature that deforms the face": "Das Skelett, das das Gesicht bewegt",
    "The bone that turns the lower jaw. Empty: none": "Der Knochen, der den Unterkiefer dreht. Leer: keiner",
    "Left Eye": "Linkes Auge",
    "The bone that turns the character's left eye. Empty: none": "Der Knochen, der das von der Figur aus linke Auge dreht. Leer: keiner",
    "Right Eye": "Rechtes Auge",
    "The bone that turns the character's right eye. Empty: none": "Der Knochen, der das von der Figur aus rechte Auge dreht. Leer: keiner",
    "Jaw Degrees": "Grad des Kiefers",
    "How far the jaw turns at jawOpen 1; negative values turn it the other way": (
        "Wie weit sich der Kiefer bei jawOpen 1 dreht; negative Werte drehen andersherum"
    ),
    "Eye Degrees": "Grad der Augen",
    "How far the eyes turn at eyeLook 1; negative values turn them the other way": (
        "Wie weit sich die Augen bei eyeLook 1 drehen; negative Werte drehen andersherum"
    ),
    "1 bone is driven": "1 Knochen wird angetrieben",
    "{count} bones are driven": "{count} Knochen werden angetrieben",
    "{done}; new shape keys: {keys}": "{done}; neue Shape-Keys: {keys}",
    # Sample face and reports
    "ARKit Sample Face": "ARKit-Beispielgesicht",
    "Add a stylized head with all 52 ARKit shape keys to try lip sync": (
        "Einen stilisierten Kopf mit allen 52 Shape-Keys von ARKit hinzufügen, um die Lippensync zu probieren"
    ),
    "Copy Error Details": "Fehlerdetails kopieren",
    "Copy the message, all versions and the end of the backend's log to the clipboard, to paste into a bug report": (
        "Die Meldung, alle Versionen und das Ende des Backend-Protokolls in die Zwischenablage kopieren, für "
        "einen Fehlerbericht"
    ),
    "Nothing has failed": "Es ist kein Fehler aufgetreten",
    "Copied: paste it into a bug report": "Kopiert: in einen Fehlerbericht einfügen",
    "Show Lip Sync Log": "Lippensync-Protokoll zeigen",
    "Show what the backend has logged since it was last started, in a Text Editor": (
        "Zeigen, was das Backend seit seinem letzten Start geschrieben hat, als Text in einem Texteditor"
    ),
    "The backend hasn't been started yet: generate first": "Das Backend wurde noch nicht gestartet: erst etwas erzeugen",
}
