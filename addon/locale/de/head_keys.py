"""German: giving a head its keys."""

HEAD_KEYS = {
    # Panel
    "ARKit Keys": "ARKit-Keys",
    "Find Again": "Neu suchen",
    "Mirror": "Spiegeln",
    "Make All Again": "Alle neu erstellen",
    "Making keys {share:.0%}": "Keys werden erstellt: {share:.0%}",
    # Operators
    "Make ARKit Keys": "ARKit-Keys erstellen",
    (
        "Give a head without shape keys ARKit's 52, with the eyes, teeth, tongue, lashes and brows in it; "
        "existing keys are kept"
    ): (
        "Einem Kopf ohne Shape-Keys die 52 von ARKit geben, samt Augen, Zähnen, Zunge, Wimpern und Brauen darin; "
        "vorhandene Keys bleiben erhalten"
    ),
    "Make Again": "Neu erstellen",
    "Replace the keys that were made before, as after landmarks were moved": (
        "Die früher erstellten Keys ersetzen, etwa nachdem Gesichtspunkte verschoben wurden"
    ),
    "Make Active Key Again": "Aktiven Key neu erstellen",
    "Make the active shape key again, as after landmarks were moved; all others stay as they are": (
        "Den aktiven Shape-Key neu erstellen, etwa nachdem Gesichtspunkte verschoben wurden; alle anderen bleiben, "
        "wie sie sind"
    ),
    "Find Face Landmarks": "Gesichtspunkte suchen",
    "Find lips, lids, brows, nose, chin and ears, and mark them with spheres that can be dragged before keys are made": (
        "Lippen, Lider, Brauen, Nase, Kinn und Ohren suchen und mit Kugeln markieren, die sich verschieben lassen, "
        "bevor Keys erstellt werden"
    ),
    "Cancel Making Keys": "Erstellen der Keys abbrechen",
    "Stop making keys; nothing is changed": "Das Erstellen der Keys abbrechen; nichts wird verändert",
    "Play All Keys": "Alle Keys abspielen",
    "Play all 52 keys one after the other, and then set them back; Escape ends it": (
        "Alle 52 Keys nacheinander abspielen und danach zurücksetzen; Escape beendet es"
    ),
    "Set Key Strength": "Stärke des Keys einstellen",
    "Make the active shape key move the face more or less, on all of its meshes": (
        "Den aktiven Shape-Key das Gesicht mehr oder weniger bewegen lassen, auf allen seinen Meshes"
    ),
    "Strength": "Stärke",
    "How far the key moves the face, where 1 is as it was made": (
        "Wie weit der Key das Gesicht bewegt, wobei 1 so ist, wie er erstellt wurde"
    ),
    "Delete Unused Keys": "Unbenutzte Keys löschen",
    "Delete those of ARKit's shape keys that move nothing": "Die ARKit-Shape-Keys löschen, die nichts bewegen",
    "{count} keys deleted": "{count} Keys gelöscht",
    "Mirror Face Landmarks": "Gesichtspunkte spiegeln",
    "Put the landmarks of the other side where those of this side mirror to": (
        "Die Gesichtspunkte der anderen Seite spiegelbildlich zu denen dieser Seite setzen"
    ),
    "From": "Von",
    "The side that is right already": "Die Seite, die schon richtig ist",
    "Left": "Links",
    "Right": "Rechts",
    "The character's left": "Links von der Figur aus gesehen",
    "The character's right": "Rechts von der Figur aus gesehen",
    "Remove Face Landmarks": "Gesichtspunkte entfernen",
    "Delete the spheres that mark the face; keys that were made stay": (
        "Die Kugeln löschen, die das Gesicht markieren; erstellte Keys bleiben"
    ),
    # Reports
    "Made {keys} keys on {meshes}": "{keys} Keys auf {meshes} erstellt",
    "All keys exist already: nothing was changed": "Alle Keys sind schon vorhanden: nichts wurde verändert",
    "Drag spheres that are in the wrong place, then make the keys": (
        "Falsch liegende Kugeln verschieben, dann die Keys erstellen"
    ),
    "Keys are played in a window only": "Keys werden nur in einem Fenster abgespielt",
    # Reasons
    "Keys are being made: wait for it or cancel it": "Keys werden gerade erstellt: abwarten oder abbrechen",
    "No keys are being made": "Es werden keine Keys erstellt",
    "Choose one of ARKit's keys in the list of shape keys": "In der Liste der Shape-Keys einen von ARKit wählen",
    "Find the face's landmarks first": "Zuerst die Gesichtspunkte suchen",
    "Select the mesh of a head": "Das Mesh eines Kopfes auswählen",
    '"{object}" is too simple to be a head: select the mesh of the face': (
        '"{object}" ist zu einfach für einen Kopf: das Mesh des Gesichts auswählen'
    ),
    '"{object}" has no faces: select the mesh of a head': (
        '"{object}" hat keine Flächen: das Mesh eines Kopfes auswählen'
    ),
    '"{object}" is linked from another file: make it local, or make its keys in that file': (
        '"{object}" ist aus einer anderen Datei verknüpft: lokal machen oder die Keys in jener Datei erstellen'
    ),
    'The shape keys of "{object}" aren\'t relative: turn on Relative': (
        'Die Shape-Keys von "{object}" sind nicht relativ: Relativ einschalten'
    ),
    (
        'Too many edges of "{object}" have more than two faces: merge by distance and delete inner faces, then try again'
    ): (
        'Zu viele Kanten von "{object}" haben mehr als zwei Flächen: nach Abstand verschmelzen und innere Flächen '
        "löschen, dann nochmals versuchen"
    ),
    ('The base mesh of "{object}" doesn\'t show a face: apply Multiresolution or use its Apply Base, then try again'): (
        'Das Grundmesh von "{object}" zeigt kein Gesicht: Multiresolution anwenden oder dessen Basis anwenden, dann '
        "nochmals versuchen"
    ),
    'No mouth was found on "{object}": its lips must be cut open along the line where they meet': (
        'Auf "{object}" wurde kein Mund gefunden: die Lippen müssen entlang ihrer Linie aufgeschnitten sein'
    ),
    'No face was found on "{object}": it needs a mouth that is cut open, openings for two eyes and a nose': (
        'Auf "{object}" wurde kein Gesicht gefunden: es braucht einen aufgeschnittenen Mund, Öffnungen für zwei '
        "Augen und eine Nase"
    ),
    '"{object}" was changed while its keys were made: try again': (
        '"{object}" wurde verändert, während seine Keys erstellt wurden: nochmals versuchen'
    ),
    "The head was deleted or renamed, so no keys were made: try again": (
        "Der Kopf wurde gelöscht oder umbenannt, daher wurden keine Keys erstellt: nochmals versuchen"
    ),
    "The Mirror modifier moves both sides alike: apply it and make the keys again for one-sided expressions": (
        "Der Spiegeln-Modifikator bewegt beide Seiten gleich: für einseitige Ausdrücke anwenden und die Keys neu erstellen"
    ),
    "The lips can't part because the mesh isn't cut open between them": (
        "Die Lippen können sich nicht öffnen, weil das Mesh zwischen ihnen nicht aufgeschnitten ist"
    ),
    "The lids can't meet because the mesh has no openings at the eyes": (
        "Die Lider können sich nicht schließen, weil das Mesh an den Augen keine Öffnungen hat"
    ),
}
