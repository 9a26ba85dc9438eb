"""What the artist can do: labels and tooltips of operators, and what they say when they are done."""

OPERATORS = {
    # Generating
    "Generate Lip Sync": "Lippensync erzeugen",
    "Make the face speak the strip: a new Action with all of its ARKit shape keys": (
        "Das Gesicht den Strip sprechen lassen: eine neue Aktion mit all seinen ARKit-Shape-Keys"
    ),
    "Resample Lip Sync": "Lippensync neu würfeln",
    "Make other takes of the same strip, with the next seeds that have not been used; what is locked stays as it is": (
        "Weitere Takes desselben Strips erzeugen, mit den nächsten noch unbenutzten Startwerten; was gesperrt ist, bleibt, wie es ist"
    ),
    "Make {} of the same strip, with seeds that have not been used; what is locked stays as it is": (
        "{} desselben Strips erzeugen, mit noch unbenutzten Startwerten; was gesperrt ist, bleibt, wie es ist"
    ),
    "another take": "Einen weiteren Take",
    "{} other takes": "{} weitere Takes",
    "How many to make at once": "Wie viele auf einmal",
    "Cancel Lip Sync": "Lippensync abbrechen",
    "Stop the generation under way; of several strips, those that are done are kept": (
        "Die laufende Erzeugung abbrechen; von mehreren Strips bleiben die fertigen erhalten"
    ),
    "Cancelled, nothing was changed": "Abgebrochen, nichts wurde verändert",
    "Nothing is being generated": "Es wird nichts erzeugt",
    "A take is being generated: wait for it, or cancel it": "Ein Take wird gerade erzeugt: abwarten oder abbrechen",
    '"{}": {} frames on {} keys of {}': '"{}": {} Bilder auf {} Shape-Keys von {}',
    "{}, and {} more": "{}, und {} weitere",
    # Takes
    "Assign Lip Sync Take": "Take zuweisen",
    "Make this take move the face; the one that does now stays in the file": (
        "Das Gesicht durch diesen Take bewegen; der jetzige bleibt in der Datei"
    ),
    "Name of the take's Action. Empty: the one that moves the face": "Name der Aktion des Takes. Leer: der, der das Gesicht bewegt",
    '"{}" moves the face': '"{}" bewegt das Gesicht',
    "Duplicate Lip Sync Take": "Take duplizieren",
    "Copy this take, with the keys that it has now, and make the copy move the face": (
        "Diesen Take mit seinen jetzigen Keyframes kopieren und das Gesicht durch die Kopie bewegen"
    ),
    '"{}" is a copy of "{}"': '"{}" ist eine Kopie von "{}"',
    "Push Down Lip Sync Take": "Take in NLA ablegen",
    "Move this take from the face onto an NLA track of each of its meshes, so that the next take can follow or replace it": (
        "Diesen Take vom Gesicht auf eine NLA-Spur jedes seiner Meshes legen, damit der nächste ihm folgen oder ihn ersetzen kann"
    ),
    '"{}" is on an NLA track of {}': '"{}" liegt auf einer NLA-Spur von {}',
    "Delete Lip Sync Take": "Take löschen",
    "Remove this take from the file; the one before it of the same strip moves the face instead": (
        "Diesen Take aus der Datei entfernen; das Gesicht bewegt dann der vorige desselben Strips"
    ),
    "Delete Take": "Take löschen",
    'Delete "{}"?': '"{}" löschen?',
    '"{}" was deleted': '"{}" wurde gelöscht',
    '"{}" was deleted, "{}" moves the face': '"{}" wurde gelöscht, "{}" bewegt das Gesicht',
    "Make Lip Sync Take Again": "Take wiederholen",
    "Generate this take once more as it was before any edit, from the same sound, identity, emotion and seed": (
        "Diesen Take noch einmal erzeugen, wie er vor jeder Bearbeitung war, aus demselben Ton mit Identität, Emotion und Startwert von damals"
    ),
    "The sound is not the same as the first time, so this take may be another one": (
        "Der Ton ist nicht derselbe wie beim ersten Mal, daher kann dieser Take ein anderer sein"
    ),
    "The model is not the same as the first time, so this take may be another one": (
        "Das Modell ist nicht dasselbe wie beim ersten Mal, daher kann dieser Take ein anderer sein"
    ),
    "It fits {} fps, as the first time, and the scene runs at {}": "Er passt zu {} fps wie beim ersten Mal, und die Szene läuft mit {}",
    # Locks and controls
    "Lock Preview Range": "Vorschaubereich sperren",
    "Lock the frames of the timeline's preview range": "Die Bilder im Vorschaubereich der Zeitleiste sperren",
    "Reset Lip Sync Controls": "Lippensync-Regler zurücksetzen",
    "Set every control to what leaves a take as it was generated": "Jeden Regler so stellen, dass ein Take bleibt, wie er erzeugt wurde",
    "Apply Lip Sync Controls Preset": "Voreinstellung der Lippensync-Regler anwenden",
    "Set the controls as a preset has them": "Die Regler stellen wie in einer Voreinstellung",
    "File": "Datei",
    "The preset's file": "Die Datei der Voreinstellung",
    "Add Lip Sync Controls Preset": "Voreinstellung der Lippensync-Regler hinzufügen",
    "Keep the controls that are shown as a preset, or remove one": "Die gezeigten Regler als Voreinstellung behalten oder eine entfernen",
    # Cast
    "Add Selected Strips to Cast": "Ausgewählte Strips zur Besetzung hinzufügen",
    "Give the face all sound strips that are selected in the Sequencer, also those that the list gives to another one": (
        "Dem Gesicht alle im Sequenzer ausgewählten Ton-Strips geben, auch die, die laut Liste ein anderes spricht"
    ),
    "Add All Strips to Cast": "Alle Strips zur Besetzung hinzufügen",
    "Give the face all sound strips that are not in the list yet": "Dem Gesicht alle Ton-Strips geben, die noch nicht in der Liste sind",
    '"{}": {} added, {} taken over from others': '"{}": {} hinzugefügt, {} von anderen übernommen',
    "Remove Strip from Cast": "Strip aus der Besetzung entfernen",
    "Take the strip off the list": "Den Strip von der Liste nehmen",
    "Generate All Lip Sync": "Alle Lippensync erzeugen",
    "Make every character of the list speak its strips; muted strips and those that can't be spoken are skipped": (
        "Jede Figur der Liste ihre Strips sprechen lassen; stumme, und die nicht zu sprechen sind, werden übersprungen"
    ),
    "1 take made": "1 Take erzeugt",
    "{} takes made": "{} Takes erzeugt",
    "{} of {} strips": "{} aus {} Strips",
    "1 strip": "1 Strip",
    "{} strips": "{} Strips",
    "Cancelled: {}, {} left": "Abgebrochen: {}, {} übrig",
    "{} skipped: {}": "{} übersprungen: {}",
    "and {} more": "und {} weitere",
    "No take was made: {}": "Kein Take wurde erzeugt: {}",
    # Files
    "Import Capture": "Aufnahme importieren",
    "Key a captured performance on the face as a new take, from the current frame on: LiveLinkFace's CSV, BEAT's or Audio2Face's JSON, NPZ": (
        "Eine aufgenommene Darbietung als neuen Take ab dem aktuellen Bild auf das Gesicht legen: CSV von LiveLinkFace, JSON von BEAT oder "
        "Audio2Face, NPZ"
    ),
    "ARKit Face Capture {}": "ARKit-Gesichtsaufnahme {}",
    '"{}": {} frames at {} fps, keyed at {} fps': '"{}": {} Bilder zu {} fps, Keyframes zu {} fps',
    "Export Take": "Take exportieren",
    (
        "Write the take that moves the face, one value a frame: as LiveLinkFace's CSV, or as JSON or NPZ if the file's name "
        "ends in .json or .npz"
    ): (
        "Den Take schreiben, der das Gesicht bewegt, ein Wert je Bild: als CSV wie LiveLinkFace, oder als JSON oder NPZ, wenn der "
        "Dateiname auf .json oder .npz endet"
    ),
    "ARKit Face Take {}": "ARKit-Gesichtstake {}",
    '"{}": {} frames of {} channels at {} fps': '"{}": {} Bilder mit {} Kanälen zu {} fps',
    "Speak Sound": "Ton sprechen",
    "Add a sound file to the Sequencer, from the current frame on, and make the face speak it": (
        "Eine Tondatei ab dem aktuellen Bild in den Sequenzer legen und das Gesicht sie sprechen lassen"
    ),
    "File Path": "Dateipfad",
    "The sound file": "Die Tondatei",
    "Speech": "Sprache",
    '"{}" was added, but not spoken: {}': '"{}" wurde hinzugefügt, aber nicht gesprochen: {}',
    "Key Lip Sync Manifest": "Lippensync-Manifest anwenden",
    "Lay the takes of a batch onto the characters that its manifest names, each on an NLA track at its frame": (
        "Die Takes eines Stapels auf die Figuren legen, die sein Manifest nennt, jeden auf einer NLA-Spur an seinem Bild"
    ),
    "{} of {} lines keyed": "{} von {} Zeilen auf die Figuren gelegt",
    # Mapping and bones
    "Reset Lip Sync Mapping": "Lippensync-Zuordnung zurücksetzen",
    "Forget what was chosen by hand, on all meshes of the face: keys are found by their names again": (
        "Auf allen Meshes des Gesichts vergessen, was von Hand gewählt wurde: Shape-Keys finden sich wieder nach ihren Namen"
    ),
    "The only one to reset. Empty: all": "Der einzige, der zurückgesetzt wird. Leer: alle",
    "Save Lip Sync Mapping": "Lippensync-Zuordnung speichern",
    "Write what was chosen by hand to a file, for this face or another one": (
        "Was von Hand gewählt wurde in eine Datei schreiben, für dieses oder ein anderes Gesicht"
    ),
    "Load Lip Sync Mapping": "Lippensync-Zuordnung laden",
    "Read a mapping from a file that Save Mapping wrote, in place of what was chosen so far": (
        "Eine Zuordnung aus einer Datei lesen, die Zuordnung speichern geschrieben hat, anstelle der bisherigen Wahl"
    ),
    '"{}": 1 choice': '"{}": 1 Zuordnung',
    '"{}": {} choices': '"{}": {} Zuordnungen',
    "{}; not on this face: {}": "{}; nicht auf diesem Gesicht: {}",
    "Drive Face Bones": "Gesichtsknochen antreiben",
    "Let the face's keys turn bones of its jaw and eyes, with drivers; channels without a key get one that deforms nothing": (
        "Die Shape-Keys des Gesichts mit Treibern die Knochen von Kiefer und Augen drehen lassen; Kanäle ohne Shape-Key erhalten einen, "
        "der nichts verformt"
    ),
    "Armature": "Skelett",
    "The armature that moves the face": "Das Skelett, das das Gesicht bewegt",
    "The bone that turns the lower jaw. Empty: none": "Der Knochen, der den Unterkiefer dreht. Leer: keiner",
    "Left Eye": "Linkes Auge",
    "The bone that turns the character's left eye. Empty: none": "Der Knochen, der das von der Figur aus linke Auge dreht. Leer: keiner",
    "Right Eye": "Rechtes Auge",
    "The bone that turns the character's right eye. Empty: none": "Der Knochen, der das von der Figur aus rechte Auge dreht. Leer: keiner",
    "Jaw Degrees": "Grad des Kiefers",
    "How far the jaw turns where jawOpen is 1; below 0 the other way": "Wie weit sich der Kiefer dreht, wo jawOpen 1 ist; unter 0 andersherum",
    "Eye Degrees": "Grad der Augen",
    "How far the eyes turn where eyeLook is 1; below 0 the other way": "Wie weit sich die Augen drehen, wo eyeLook 1 ist; unter 0 andersherum",
    "1 bone is driven": "1 Knochen wird angetrieben",
    "{} bones are driven": "{} Knochen werden angetrieben",
    "{}; new keys: {}": "{}; neue Shape-Keys: {}",
    # Sample face and reports
    "ARKit Sample Face": "ARKit-Beispielgesicht",
    "Add a stylized head with all 52 ARKit shape keys, to try lip sync on": (
        "Einen stilisierten Kopf mit allen 52 Shape-Keys von ARKit hinzufügen, um die Lippensync zu probieren"
    ),
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
}
