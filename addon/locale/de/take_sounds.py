"""German: the sounds of takes."""

TAKE_SOUNDS = {
    "Sounds": "Laute",
    "Go to a frame with a sound to change it": "Zu einem Bild mit einem Laut gehen, um ihn zu ändern",
    "Close Lips Here": "Lippen hier schließen",
    "Close the lips on the current frame, as for an M, B or P; only the frames around it change": (
        "Die Lippen auf dem aktuellen Bild schließen, wie bei M, B oder P; nur die Bilder darum ändern sich"
    ),
    "Change Sound": "Laut ändern",
    "Change": "Ändern",
    "Make the sound on the current frame another one; only the frames around it change": (
        "Aus dem Laut auf dem aktuellen Bild einen anderen machen; nur die Bilder darum ändern sich"
    ),
    "Strength": "Stärke",
    "Set Sound Strength": "Stärke des Lautes setzen",
    "Make the sound on the current frame weaker or stronger": "Den Laut auf dem aktuellen Bild schwächer oder stärker machen",
    "How clearly the sound is spoken: 1 is as performed, and at 0 the mouth passes it by": (
        "Wie deutlich der Laut gesprochen wird: 1 ist wie gespielt, und bei 0 übergeht ihn der Mund"
    ),
    "Delete Sound": "Laut löschen",
    "Let the mouth pass by the sound on the current frame": "Den Mund den Laut auf dem aktuellen Bild übergehen lassen",
    "Reset Sound": "Laut zurücksetzen",
    "Reset": "Zurücksetzen",
    "Reset All": "Alle zurücksetzen",
    "Take back the edits of the sound on the current frame": "Die Änderungen am Laut auf dem aktuellen Bild zurücknehmen",
    "All Sounds": "Alle Laute",
    "Take back the edits of all sounds of the take": "Die Änderungen an allen Lauten des Takes zurücknehmen",
    "Move Sound Edge": "Grenze zwischen Lauten verschieben",
    "Move Edge Here": "Grenze hierher",
    (
        "Move the edge between two sounds that is nearest to the current frame. "
        "Drag it with the mouse; right-click cancels"
    ): (
        "Die Grenze zwischen zwei Lauten verschieben, die dem aktuellen Bild am nächsten liegt. "
        "Mit der Maus ziehen; Rechtsklick bricht ab"
    ),
    "Edge at {seconds:.3f} s": "Grenze bei {seconds:.3f} s",
    "To": "Nach",
    "Where the edge goes, in seconds from the take's start": "Wohin die Grenze kommt, in Sekunden ab dem Anfang des Takes",
    "Time": "Zeit",
    "Seconds from the take's start. Below 0: the current frame": (
        "Sekunden ab dem Anfang des Takes. Unter 0: das aktuelle Bild"
    ),
    "Go to Sound": "Zum Laut gehen",
    "Go to this sound": "Zu diesem Laut gehen",
    "Sound": "Laut",
    "The mouth shape to make": "Die Mundform, die gemacht werden soll",
    "{sound} (deleted)": "{sound} (gelöscht)",
    "Frames {first} to {last} have new keys": "Die Bilder {first} bis {last} haben neue Keyframes",
    "The face does this already, so no key changed": "Das Gesicht tut das schon, daher wurde kein Keyframe geändert",
    "Sounds to Markers": "Laute als Marker",
    "Write a timeline marker for every word and sound of the active take, in place of those written before": (
        "Für jedes Wort und jeden Laut des aktiven Takes einen Marker auf die Zeitleiste setzen, anstelle der früher geschriebenen"
    ),
    "Remove": "Entfernen",
    "Only remove the markers written before": "Nur die früher geschriebenen Marker entfernen",
    "{count} markers removed": "{count} Marker entfernt",
    "{count} markers written": "{count} Marker geschrieben",
    "The face has no active take whose sounds are known: generate one": (
        "Das Gesicht hat keinen aktiven Take, dessen Laute bekannt sind: einen erzeugen"
    ),
    "Import Sounds": "Laute importieren",
    "Correct the sounds of the active take by a file: JSON, TextGrid or Rhubarb TSV": (
        "Die Laute des aktiven Takes nach einer Datei berichtigen: JSON, TextGrid oder Rhubarb-TSV"
    ),
    "Export Sounds": "Laute exportieren",
    "Write the sounds of the active take, as edited, to JSON, TextGrid or Rhubarb TSV": (
        "Die Laute des aktiven Takes, wie geändert, als JSON, TextGrid oder Rhubarb-TSV schreiben"
    ),
    '"{file}": {count} sounds': '"{file}": {count} Laute',
    '"{file}" can\'t be written ({reason}): choose another folder': (
        '"{file}" kann nicht geschrieben werden ({reason}): einen anderen Ordner wählen'
    ),
    # Script
    "Script": "Text",
    "What is said in the strip, in English, to correct sounds that were heard wrong": (
        "Was im Strip auf Englisch gesagt wird, um falsch gehörte Laute zu berichtigen"
    ),
    "Script Text": "Textblock",
    "A text that holds the script, in place of the field": "Ein Textblock mit dem Gesagten, anstelle des Feldes",
    "What Is Said": "Was gesagt wird",
    "Use Script": "Text verwenden",
    "Align the text of the line with what was heard, and correct the sounds that look different": (
        "Den Text der Zeile mit dem Gehörten abgleichen und die Laute berichtigen, die anders aussehen"
    ),
    "The script has no words that could be found: type or paste what is said": (
        "Der Text hat keine Wörter, die gefunden werden konnten: eintippen oder einfügen, was gesagt wird"
    ),
    # Held poses
    "Hold Pose": "Pose halten",
    "Hold the face as it is on the current frame; the performance flows into the pose and out of it within 0.3 s": (
        "Das Gesicht so halten, wie es auf dem aktuellen Bild ist; das Spiel geht innerhalb von 0,3 s in die Pose über "
        "und wieder heraus"
    ),
    "Duration": "Dauer",
    "How long the pose is held from the current frame on": "Wie lange die Pose ab dem aktuellen Bild gehalten wird",
    "Regions": "Bereiche",
    "The regions of the face that are held": "Die Bereiche des Gesichts, die gehalten werden",
    "No region of the face is chosen: choose one or more": (
        "Kein Bereich des Gesichts ist gewählt: einen oder mehrere wählen"
    ),
    "The current frame isn't within the take: go to one of its frames": (
        "Das aktuelle Bild liegt nicht im Take: zu einem seiner Bilder gehen"
    ),
    "Hold this region": "Diesen Bereich halten",
    "Release Pose": "Pose lösen",
    "Release": "Lösen",
    "Release the poses that are held on the current frame": "Die Posen lösen, die auf dem aktuellen Bild gehalten werden",
    "No pose is held on this frame: go to a frame where one is": (
        "Auf diesem Bild wird keine Pose gehalten: zu einem Bild gehen, auf dem eine gehalten wird"
    ),
    "Show in Time Editors": "In Zeiteditoren zeigen",
    "Show the sounds of the active take in the Sequencer and the Dope Sheet": (
        "Die Laute des aktiven Takes im Sequenzer und im Dope Sheet zeigen"
    ),
    "Frame": "Bild",
    "The frame to go to": "Das Bild, zu dem gegangen wird",
    "its sounds": "seine Laute",
    # Why not
    '"{file}" can\'t be read ({reason}): choose another': (
        '"{file}" kann nicht gelesen werden ({reason}): eine andere Datei wählen'
    ),
    '"{file}" holds no sounds that can be read ({reason}): export it again': (
        '"{file}" enthält keine lesbaren Laute ({reason}): nochmals exportieren'
    ),
    '"{file}" isn\'t a file of sounds: choose a name that ends in {suffixes}': (
        '"{file}" ist keine Datei mit Lauten: einen Namen wählen, der auf {suffixes} endet'
    ),
    "{file} in {folder} is broken ({reason}): reinstall the extension or export the model again": (
        "{file} in {folder} ist defekt ({reason}): die Erweiterung neu installieren oder das Modell nochmals exportieren"
    ),
    "{model} can't tell sounds apart: choose a model with a sounds.npz": (
        "{model} kann keine Laute unterscheiden: ein Modell mit einer sounds.npz wählen"
    ),
    "This take is linked from another file: duplicate it to edit its sounds": (
        "Dieser Take ist aus einer anderen Datei verknüpft: duplizieren, um seine Laute zu ändern"
    ),
    "This take joins several strips: edit the sounds of each strip's own take": (
        "Dieser Take verbindet mehrere Strips: die Laute im eigenen Take jedes Strips ändern"
    ),
    "The chosen model can't tell sounds apart: choose another in the preferences": (
        "Das gewählte Modell kann keine Laute unterscheiden: in den Einstellungen ein anderes wählen"
    ),
    "The chosen model can't tell sounds apart, so the edits of sounds were left out": (
        "Das gewählte Modell kann keine Laute unterscheiden, daher wurden die Änderungen an Lauten weggelassen"
    ),
    "There is no sound on this frame: go to a frame within the take": (
        "Auf diesem Bild ist kein Laut: zu einem Bild innerhalb des Takes gehen"
    ),
    "The sounds of this take aren't known: regenerate it to find them": (
        "Die Laute dieses Takes sind nicht bekannt: nochmals erzeugen, um sie zu finden"
    ),
    # Mouth shapes
    "Rest": "Ruhe",
    "A pause, with the mouth at rest": "Eine Pause, mit ruhendem Mund",
    "M, B, P": "M, B, P",
    "The lips meet, as in mop": "Die Lippen treffen sich, wie in Mops",
    "F, V": "F, W",
    "The lower lip meets the upper teeth, as in five": "Die Unterlippe trifft die oberen Zähne, wie in fein",
    "Th": "Th",
    "The tongue is between the teeth, as in this": "Die Zunge ist zwischen den Zähnen, wie im englischen this",
    "T, D, N, L": "T, D, N, L",
    "The tongue is behind the teeth, as in tale": "Die Zunge ist hinter den Zähnen, wie in Tal",
    "S, Z": "S, Z",
    "The teeth nearly meet, as in size": "Die Zähne treffen sich fast, wie in süß",
    "Sh, Ch, J": "Sch, Tsch",
    "The lips protrude and the teeth nearly meet, as in shoe": (
        "Die Lippen stülpen sich vor und die Zähne treffen sich fast, wie in Schuh"
    ),
    "K, G, H": "K, G, H",
    "The tongue is at the back, as in go": "Die Zunge ist hinten, wie in gar",
    "R": "R",
    "The lips are slightly rounded, as in red and in bird": (
        "Die Lippen sind leicht gerundet, wie im englischen red und bird"
    ),
    "Oo, W": "U",
    "The lips are round and narrow, as in who": "Die Lippen sind rund und eng, wie in gut",
    "Oh": "O",
    "The lips are round and open, as in go": "Die Lippen sind rund und offen, wie in rot",
    "Ah": "A",
    "The jaw is wide open, as in father": "Der Kiefer ist weit offen, wie in Vater",
    "Uh": "E (unbetont)",
    "The mouth is half open, as in but": "Der Mund ist halb offen, wie in Hütte am Ende",
    "Eh": "Ä",
    "The mouth is open and wide, as in bed and in bad": "Der Mund ist offen und breit, wie in Bett",
    "Ee": "I",
    "The lips are spread, as in see": "Die Lippen sind breit, wie in sie",
}
