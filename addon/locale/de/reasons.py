"""German: reasons why something can't be done or failed, and what to do about it."""

REASONS = {
    # About a strip, of several
    # The face
    "Switch to Object Mode": "In den Objektmodus wechseln",
    "The face was deleted or another file was opened, so nothing was keyed: generate again": (
        "Das Gesicht wurde gelöscht oder eine andere Datei geöffnet, daher wurden keine Keyframes gesetzt: "
        "nochmals erzeugen"
    ),
    "Stopped because another file was opened or the window was closed: generate again": (
        "Abgebrochen, da eine andere Datei geöffnet oder das Fenster geschlossen wurde: nochmals erzeugen"
    ),
    "The take with the locked keys was deleted, so nothing was keyed: generate again": (
        "Der Take mit den gesperrten Keyframes wurde gelöscht, daher wurden keine gesetzt: nochmals erzeugen"
    ),
    (
        "Can't write a temporary file ({reason}): free some disk space or make the folder writable, then generate again"
    ): (
        "Eine temporäre Datei kann nicht geschrieben werden ({reason}): Platz schaffen oder den Ordner "
        "beschreibbar machen, dann nochmals erzeugen"
    ),
    "Select a face: a mesh with ARKit shape keys": "Ein Gesicht auswählen: ein Mesh mit ARKit-Shape-Keys",
    '"{object}" has no shape keys: select a face with ARKit shape keys': (
        '"{object}" hat keine Shape-Keys: ein Gesicht mit ARKit-Shape-Keys auswählen'
    ),
    '"{name}" can\'t be keyed: {why}': '"{name}" kann keine Keyframes erhalten: {why}',
    "it has {keys}": "vorhanden sind {keys}",
    "it only has the basis": "nur die Basis ist vorhanden",
    (
        'Found none of the {count} ARKit shape keys on "{object}" ({has}): choose them under Mapping, rename '
        "them or select another face"
    ): (
        'Auf "{object}" keinen der {count} ARKit-Shape-Keys gefunden ({has}): unter Zuordnung wählen, umbenennen '
        "oder ein anderes Gesicht auswählen"
    ),
    "ARKit shape key": "ARKit-Shape-Key",
    "ARKit shape key or viseme": "ARKit-Shape-Key oder Visem",
    'Every {kind} of "{object}" is driven, muted or locked: free the ones that should move': (
        'Jeder {kind} von "{object}" ist durch Treiber bestimmt, stumm oder gesperrt: freigeben, was sich bewegen soll'
    ),
    "its shape keys are linked; make its mesh a library override and key one of its shape keys in the library file": (
        "seine Shape-Keys sind verknüpft; das Mesh zur Bibliotheksüberschreibung machen und in der "
        "Bibliotheksdatei für einen seiner Shape-Keys einen Keyframe setzen"
    ),
    "its shape keys aren't relative; turn on Relative": "seine Shape-Keys sind nicht relativ; Relativ einschalten",
    "an NLA strip of its keys is in tweak mode; leave tweak mode": (
        "ein NLA-Strip seiner Keys ist im Optimierungsmodus; diesen Modus verlassen"
    ),
    "driven": "durch Treiber bestimmt",
    "muted": "stumm",
    "locked": "gesperrt",
    "Not animated ({why}): {keys}": "Nicht animiert ({why}): {keys}",
    '"{name}" was skipped: {why}': '"{name}" wurde übersprungen: {why}',
    (
        '"{mesh}" will lose its animation on reload because its linked shape keys have no animation data: key '
        "one of them in the library file"
    ): (
        '"{mesh}" verliert beim nächsten Öffnen seine Animation, da seine verknüpften Shape-Keys keine '
        "Animationsdaten haben: in der Bibliotheksdatei für einen von ihnen einen Keyframe setzen"
    ),
    # Takes
    "The face has no take: generate or import one first": "Das Gesicht hat keinen Take: erst einen erzeugen oder importieren",
    ('"{action}" animates none of the face\'s ARKit shape keys: choose a take'): (
        '"{action}" animiert keinen der ARKit-Shape-Keys des Gesichts: einen Take wählen'
    ),
    ('"{file}" animates none of the face\'s ARKit shape keys: choose another file or face'): (
        '"{file}" animiert keinen der ARKit-Shape-Keys des Gesichts: andere Datei oder anderes Gesicht wählen'
    ),
    "The face has no active take: choose one in the list or generate one": (
        "Das Gesicht hat keinen aktiven Take: einen aus der Liste wählen oder einen erzeugen"
    ),
    '"{action}" was made with a newer version of this extension: update the extension to edit it': (
        '"{action}" stammt von einer neueren Version dieser Erweiterung: die Erweiterung aktualisieren, um ihn '
        "zu bearbeiten"
    ),
    'There is no take "{name}": choose one in the list': 'Es gibt keinen Take "{name}": einen aus der Liste wählen',
    '"{action}" isn\'t the active take: assign it first': '"{action}" ist nicht der aktive Take: erst zuweisen',
    '"{action}" is on an NLA track: delete its NLA strip first': (
        '"{action}" liegt auf einer NLA-Spur: erst seinen NLA-Strip löschen'
    ),
    'This take was imported from "{file}": import that file again': (
        'Dieser Take wurde aus "{file}" importiert: die Datei nochmals importieren'
    ),
    '"{action}" joins the takes of {count} strips: regenerate them with Generate All': (
        '"{action}" vereint die Takes von {count} Strips: mit Alle erzeugen neu erzeugen'
    ),
    ('Takes of a retimed strip or one that fades can\'t be regenerated: use Generate for "{strip}"'): (
        'Takes eines Strips, der im Tempo verändert oder geblendet ist, können nicht neu erzeugt werden: für "{strip}" Erzeugen verwenden'
    ),
    (
        "The sound of this take is missing ({sound}): put the file back or add it to the Sequencer from its new "
        "location"
    ): ("Der Ton dieses Takes fehlt ({sound}): die Datei zurücklegen oder von ihrem neuen Ort in den Sequenzer legen"),
    # Locks and controls
    "Set a preview range in the timeline first (press P and drag)": (
        "Erst in der Zeitleiste einen Vorschaubereich festlegen (P drücken und ziehen)"
    ),
    "This take is linked from another file: duplicate it to adjust it": (
        "Dieser Take ist aus einer anderen Datei verknüpft: zum Regeln duplizieren"
    ),
    "The controls don't change a take that was edited manually: regenerate it to adjust it": (
        "Die Regler ändern keinen von Hand bearbeiteten Take: zum Regeln neu erzeugen"
    ),
    "The controls don't change a take that was edited manually: import it again to adjust it": (
        "Die Regler ändern keinen von Hand bearbeiteten Take: zum Regeln nochmals importieren"
    ),
    "Choose a preset in the header of the Controls panel": (
        "Eine der Voreinstellungen in der Kopfzeile des Panels Regler wählen"
    ),
    "The strength of {region}": "Die Stärke von {region}",
    "{what} can't be {value:g}: choose {low:g} to {high:g}": (
        "{what} kann nicht {value:g} sein: {low:g} bis {high:g} wählen"
    ),
    # Cast
    "Add strips to the cast list": "Der Besetzung Strips hinzufügen",
    "Choose a strip in the list": "Einen Strip in der Liste wählen",
    "Select sound strips in the Sequencer": "Im Sequenzer Ton-Strips auswählen",
    "All sound strips are in the list": "Alle Ton-Strips sind in der Liste",
    "A line of the cast list has no strip: choose one": "Eine Zeile der Besetzung hat keinen Strip: einen wählen",
    '"{strip}" is muted': '"{strip}" ist stumm',
    '"{strip}" has no character: choose one': '"{strip}" hat keine Figur: eine wählen',
    ('"{file}" isn\'t a batch manifest ({reason}): choose the manifest.jsonl that a batch wrote'): (
        '"{file}" ist kein Manifest eines Stapels ({reason}): das manifest.jsonl wählen, das ein Stapel geschrieben hat'
    ),
    'there is no object "{character}"': 'es gibt kein Objekt "{character}"',
    "no take was made": "kein Take wurde erzeugt",
    # Mapping
    "The whole mapping is automatic: nothing to reset or save": (
        "Die ganze Zuordnung ist automatisch: nichts zurückzusetzen oder zu speichern"
    ),
    'There is no channel "{channel}": choose one in the list': 'Es gibt keinen Kanal "{channel}": einen aus der Liste wählen',
    '"{file}" can\'t be written ({reason}): choose another folder': (
        '"{file}" kann nicht geschrieben werden ({reason}): einen anderen Ordner wählen'
    ),
    '"{file}" can\'t be read ({reason}): choose another file': (
        '"{file}" kann nicht gelesen werden ({reason}): eine andere Datei wählen'
    ),
    '"{file}" can\'t be loaded: {why}': '"{file}" kann nicht geladen werden: {why}',
    "it isn't JSON ({reason}); choose a file that Save Mapping wrote": (
        "kein JSON ({reason}); eine Datei wählen, die Zuordnung speichern geschrieben hat"
    ),
    "it is too long for a mapping; choose a file that Save Mapping wrote": (
        "sie ist zu lang für eine Zuordnung; eine Datei wählen, die Zuordnung speichern geschrieben hat"
    ),
    ('its "format" isn\'t "{format}"; choose a file that Save Mapping wrote'): (
        'ihr "format" ist nicht "{format}"; eine Datei wählen, die Zuordnung speichern geschrieben hat'
    ),
    "its version {version} isn't supported; update the extension": (
        "ihre Version {version} wird nicht unterstützt; die Erweiterung aktualisieren"
    ),
    ('its "meshes" aren\'t like {"Head": {"jawOpen": "Mouth_A"}}; save the mapping again'): (
        'ihre "meshes" sind nicht wie {"Head": {"jawOpen": "Mouth_A"}}; die Zuordnung neu speichern'
    ),
    "{value} isn't the name of a shape key; write a name in quotes, or null for none": (
        "{value} ist kein Name eines Shape-Keys; in Anführungszeichen setzen, oder null für keinen"
    ),
    'Nothing in "{file}" fits this face, so nothing was changed: {rest}': (
        'Nichts aus "{file}" passt zu diesem Gesicht, daher wurde nichts verändert: {rest}'
    ),
    # Bones
    "No armature deforms this face: parent it to one that has jaw or eye bones": (
        "Kein Skelett bewegt dieses Gesicht: einem mit Kiefer- oder Augenknochen unterordnen"
    ),
    'No armature "{armature}" deforms this face: choose one that does': (
        'Kein Skelett "{armature}" bewegt dieses Gesicht: eines wählen, das es tut'
    ),
    "No bone was chosen: choose a jaw or eye bone": ("Kein Knochen wurde gewählt: einen für Kiefer oder Augen wählen"),
    '"{armature}" has no bone "{name}": choose another': (
        '"{armature}" hat keinen Knochen "{name}": einen anderen wählen'
    ),
    '"{name}" already has drivers: delete them or choose another bone': (
        '"{name}" hat schon Treiber: diese löschen oder einen anderen Knochen wählen'
    ),
    '"{armature}" is linked from another file: drive its bones there': (
        '"{armature}" ist aus einer anderen Datei verknüpft: seine Knochen dort antreiben'
    ),
    "The mouth moves by visemes, so nothing would animate {channel}: leave the jaw bone empty": (
        "Den Mund bewegen Viseme, nichts würde {channel} animieren: das Feld für den Kiefer leer lassen"
    ),
    "The face has no {channel}, and its shape keys are linked: add the key in the library file": (
        "Dem Gesicht fehlt {channel}, und seine Shape-Keys sind verknüpft: den Shape-Key in der Bibliotheksdatei "
        "hinzufügen"
    ),
    'The shape key "{key}" is muted, locked, driven or unmapped: free it or leave its bone empty': (
        'Der Shape-Key "{key}" ist stumm, gesperrt, durch Treiber bestimmt oder nicht zugeordnet: freigeben oder '
        "das Feld für seinen Knochen leer lassen"
    ),
    # The strip
    "Press Add Sound or add a sound strip in the Sequencer": "Ton hinzufügen drücken, oder im Sequenzer einen Ton-Strip hinzufügen",
    "Select a sound strip in the Sequencer or choose one here": (
        "Im Sequenzer einen Ton-Strip auswählen oder hier einen wählen"
    ),
    '"{active}" is a meta strip: choose a sound strip inside it': '"{active}" ist ein Meta-Strip: einen Ton-Strip darin wählen',
    'The sound strip "{name}" is gone: choose another': (
        'Den Ton-Strip "{name}" gibt es nicht mehr: einen anderen wählen'
    ),
    'The strip "{strip}" has no sound: choose another': 'Der Strip "{strip}" hat keinen Ton: einen anderen wählen',
    'The strip "{strip}" is silent at every frame it covers: move its handles or choose another': (
        'Vom Strip "{strip}" ist nichts zu hören: seine Anfasser verschieben oder einen anderen wählen'
    ),
    'The file of the strip "{strip}" is missing ({file}): find it with File > External Data': (
        'Die Datei des Strips "{strip}" fehlt ({file}): mit Datei > Externe Daten suchen'
    ),
    'The sound of the strip "{strip}" is gone: choose another strip': (
        'Der Ton des Strips "{strip}" ist fort: einen anderen Strip wählen'
    ),
    (
        'The strip\'s scene "{scene}" runs at {fps:g} fps and "{other_scene}" at {other_fps:g}: give both the '
        "same frame rate"
    ): (
        'Die Szene des Strips "{scene}" läuft mit {fps:g} fps und "{other_scene}" mit {other_fps:g}: beide '
        "gleich einstellen"
    ),
    'There is no file "{file}": choose another': 'Es gibt keine Datei "{file}": eine andere wählen',
    '"{file}" can\'t be added as a sound: {reason}': '"{file}" kann nicht als Ton hinzugefügt werden: {reason}',
    '"{strip}" is retimed or inside a meta strip: copy it in the Sequencer and paste it in "{scene}"': (
        '"{strip}" ist umgetaktet oder in einem Meta-Strip: im Sequenzer kopieren und in "{scene}" einfügen'
    ),
    'The strip "{strip}" is gone: choose another': 'Der Strip "{strip}" ist fort: einen anderen wählen',
    ('The strip "{strip}" can\'t be mixed down ({why}): bake it to a new file'): (
        'Der Strip "{strip}" kann nicht abgemischt werden ({why}): in eine neue Datei backen'
    ),
    "Blender didn't write {file}": "Blender hat {file} nicht geschrieben",
    # The backend
    "The backend canceled the take: generate again": "Das Backend hat den Take abgebrochen: noch einmal erzeugen",
    "The backend didn't stop a canceled take and was ended: generate again": (
        "Das Backend machte mit einem abgebrochenen Take weiter und wurde beendet: noch einmal erzeugen"
    ),
    "The backend sent no take: generate again": "Das Backend hat keinen Take geschickt: noch einmal erzeugen",
    "The backend sent a take that doesn't match the request ({what}): generate again": (
        "Das Backend hat einen Take geschickt, der nicht zur Anforderung passt ({what}): noch einmal erzeugen"
    ),
    "its number": "seine Nummer",
    "its frame rate": "seine Bildrate",
    "its channels": "seine Kanäle",
    "its length": "seine Länge",
    "its values": "seine Werte",
    "The backend sent {count} of {expected} takes: generate again": (
        "Das Backend hat {count} von {expected} Takes geschickt: noch einmal erzeugen"
    ),
    "The backend was silent for {seconds:.0f} s and was stopped: generate again to restart it": (
        "Das Backend hat {seconds:.0f} s lang nicht geantwortet und wurde beendet: noch einmal erzeugen startet es neu"
    ),
    (
        'The backend can\'t write its log to the folder "{folder}" ({reason}): free some space or make it '
        "writable, then generate again"
    ): (
        'Das Backend kann sein Protokoll nicht in den Ordner "{folder}" schreiben ({reason}): dort Platz '
        "schaffen oder ihn beschreibbar machen und noch einmal erzeugen"
    ),
    "The backend ended: generate again to restart it": (
        "Das Backend wurde beendet: noch einmal erzeugen startet es neu"
    ),
    "The backend ended with exit code {code}: see the last lines of its log": (
        "Das Backend endete mit dem Code {code}: siehe die letzten Zeilen seines Protokolls"
    ),
    "The backend was killed by signal {signal}: generate again to restart it": (
        "Das Backend wurde durch Signal {signal} beendet: noch einmal erzeugen startet es neu"
    ),
    "The backend sent something unreadable and was stopped ({reason}): generate again to restart it": (
        "Das Backend hat Unlesbares geschickt und wurde beendet ({reason}): noch einmal erzeugen startet es neu"
    ),
    "The pipe to the backend broke ({reason}): generate again to restart it": (
        "Die Verbindung zum Backend ist abgerissen ({reason}): noch einmal erzeugen startet es neu"
    ),
    "The backend received something unreadable ({reason}): generate again to restart it": (
        "Das Backend hat Unlesbares erhalten ({reason}): noch einmal erzeugen startet es neu"
    ),
    "The backend failed ({reason}): try again, and report it with the log if it happens again": (
        "Das Backend ist gescheitert ({reason}): noch einmal versuchen und, wenn es dabei bleibt, mit dem "
        "Protokoll melden"
    ),
    "There is no Python at {python}: choose another in the preferences": (
        "Es gibt kein Python unter {python}: in den Einstellungen ein anderes wählen"
    ),
    "This Blender has no Python program of its own to run the backend: reinstall Blender": (
        "Dieses Blender bringt kein eigenes Python-Programm für das Backend mit: Blender neu installieren"
    ),
    'The backend can\'t be started with "{python}" ({reason}): check that this program may run': (
        'Das Backend lässt sich mit "{python}" nicht starten ({reason}): prüfen, ob dieses Programm laufen darf'
    ),
    # The request
    'There is no {what} "{name}" in this model: choose {auto} or one of {names}': (
        'Es gibt keine {what} "{name}" in diesem Modell: {auto} oder eine von {names} wählen'
    ),
    "identity": "Identität",
    "emotion": "Emotion",
    "Can't generate at {fps:g} fps: choose {lowest:g} to {highest:g}": (
        "{fps:g} fps sind nicht möglich: {lowest:g} bis {highest:g} wählen"
    ),
    "Can't generate {count} takes at once: choose 1 to {highest}": (
        "{count} Takes auf einmal sind nicht möglich: 1 bis {highest} wählen"
    ),
    "{seed} isn't a seed: choose a whole number of 0 or more": "{seed} ist kein Startwert: eine ganze Zahl ab 0 wählen",
    'There is no region "{region}" of the face: choose one of {regions}': (
        'Es gibt keine Region "{region}" des Gesichts: eine von {regions} wählen'
    ),
    "The intensity of an emotion can't be {intensity:g}: choose 0 to {highest:g}": (
        "Die Intensität einer Emotion kann nicht {intensity:g} sein: 0 bis {highest:g} wählen"
    ),
    "This model has no neutral emotion to blend with: leave the intensity at 1": (
        "Dieses Modell hat keine neutrale Emotion zum Mischen: die Intensität auf 1 lassen"
    ),
    "Emotion keys must be sorted by time, with no two at the same time: sort them": (
        "Emotions-Keys müssen nach der Zeit geordnet sein, keine zwei zur selben: ordnen"
    ),
    # The sound
    "There is no file {file}: find the strip's file or choose another": (
        "Es gibt keine Datei {file}: die Datei des Strips suchen oder eine andere wählen"
    ),
    "{file} can't be opened ({reason}): check the path and its permissions": (
        "{file} kann nicht geöffnet werden ({reason}): Pfad und Rechte prüfen"
    ),
    "{file} is a folder: choose a sound file in it": "{file} ist ein Ordner: eine Tondatei darin wählen",
    "{file} is not a regular file: choose a sound file": "{file} ist keine gewöhnliche Datei: eine Tondatei wählen",
    "{file} is empty: export the sound again": "{file} ist leer: den Ton neu exportieren",
    "{file} contains no sound: export it again": "{file} enthält keinen Ton: neu exportieren",
    "{file} has {size}, and {limit} GB is the most: export only the part you need": (
        "{file} hat {size}, höchstens {limit} GB gehen: nur den nötigen Teil exportieren"
    ),
    "{file} is {format}, which isn't supported: convert it to WAV, FLAC or Ogg": (
        "{file} ist {format}, was nicht unterstützt wird: in WAV, FLAC oder Ogg umwandeln"
    ),
    "{file} can't be read here ({reason}): convert it to WAV": (
        "{file} kann hier nicht gelesen werden ({reason}): in WAV umwandeln"
    ),
    "{file} is in no format that can be read here ({reason}): convert it to WAV, FLAC or Ogg, or install ffmpeg or "
    "the Python package av": (
        "{file} ist in keinem Format, das hier gelesen werden kann ({reason}): in WAV, FLAC oder Ogg umwandeln, oder "
        "ffmpeg oder das Python-Paket av installieren"
    ),
    "{file} is in no format that can be read ({reason}): export it again as WAV, and use that in the strip": (
        "{file} ist in keinem Format, das gelesen werden kann ({reason}): noch einmal als WAV exportieren und das im "
        "Strip verwenden"
    ),
    "{file} contains no sound: choose another file": "{file} enthält keinen Ton: eine andere Datei wählen",
    "{file} gives no sound (ffmpeg: {reason}): choose another file, or export it again": (
        "{file} gibt keinen Ton her (ffmpeg: {reason}): eine andere Datei wählen oder neu exportieren"
    ),
    "Only {seconds:.2f} s of {file} could be decoded, and {missing:.2f} s after them could not: export it again": (
        "Von {file} konnten nur {seconds:.2f} s decodiert werden, die {missing:.2f} s danach nicht: neu exportieren"
    ),
    "The header of {file} says {told:.2f} s, but {seconds:.2f} s can be heard, and all of it is read": (
        "Der Kopf von {file} nennt {told:.2f} s, zu hören sind aber {seconds:.2f} s, und alles wird gelesen"
    ),
    "The channels of {file} cancel each other, so only channel {channel}, the loudest, is heard": (
        "Die Kanäle von {file} heben einander auf, daher wird nur Kanal {channel}, der lauteste, gehört"
    ),
    "{file} can't be read as sound ({reason}): convert it to WAV, FLAC or Ogg": (
        "{file} ist kein lesbarer Ton ({reason}): in WAV, FLAC oder Ogg umwandeln"
    ),
    "{file} has a sample rate of {rate} Hz: convert it to one from {lowest} to {highest} Hz": (
        "{file} hat eine Abtastrate von {rate} Hz: in eine von {lowest} bis {highest} Hz umwandeln"
    ),
    "{start:.2f} s is past the end of {file}, which is {length:.2f} s long: choose an earlier start": (
        "{start:.2f} s liegt hinter dem Ende von {file}, das {length:.2f} s lang ist: einen früheren Anfang wählen"
    ),
    "{seconds:.3f} s of {file} is too short: choose at least {limit} s": (
        "{seconds:.3f} s von {file} sind zu kurz: mindestens {limit} s wählen"
    ),
    "{seconds:.1f} hours of {file} is too long: choose at most {limit:.0f} hours": (
        "{seconds:.1f} Stunden von {file} sind zu lang: höchstens {limit:.0f} Stunden wählen"
    ),
    "Can't read the range {start} to {end} s: start at 0 s or later and end after the start": (
        "Der Bereich {start} bis {end} s kann nicht gelesen werden: einen Anfang ab 0 s und ein späteres Ende angeben"
    ),
    # Files of curves
    '"{file}" is a folder: choose a file name': '"{file}" ist ein Ordner: den Namen einer Datei angeben',
    'There is no folder "{folder}": create it or choose another': (
        'Es gibt keinen Ordner "{folder}": erst anlegen oder einen anderen wählen'
    ),
    '"{file}" has no supported format: choose a {kinds}': '"{file}" hat kein unterstütztes Format: wählbar sind {kinds}',
    '"{object}" has no bone "{bone}": choose one of its bones': (
        '"{object}" hat keinen Knochen "{bone}": einen seiner Knochen wählen'
    ),
    '"{object}" is an armature: choose one of its bones too': (
        '"{object}" ist ein Skelett: auch einen seiner Knochen wählen'
    ),
    '"{object}" is linked from another file: make it a library override': (
        '"{object}" ist aus einer anderen Datei verknüpft: daraus ein Library Override machen'
    ),
    '"{name}" already has rotation keys: remove them, or choose another bone or object': (
        '"{name}" hat schon Keys der Drehung: sie entfernen oder einen anderen Knochen oder ein anderes Objekt wählen'
    ),
    '"{name}" has drivers on its rotation, so keys have no effect: delete them, or choose another bone or object': (
        'Die Drehung von "{name}" hat Driver, sodass Keys nicht wirken: die Driver löschen oder einen anderen Knochen '
        "oder ein anderes Objekt wählen"
    ),
    '"{name}" is chosen twice: choose another bone or object for each part': (
        '"{name}" ist doppelt gewählt: für jeden Teil einen anderen Knochen oder ein anderes Objekt wählen'
    ),
    "No bone or object was chosen: choose one for the head or an eye": (
        "Kein Knochen oder Objekt ist gewählt: eines für den Kopf oder ein Auge wählen"
    ),
    "The active take stores no rotations: import a capture that has them": (
        "Der aktive Take speichert keine Drehungen: eine Aufnahme importieren, die welche hat"
    ),
    'There is no object "{object}": choose another': 'Es gibt kein Objekt "{object}": ein anderes wählen',
    '"{file}" can\'t be read ({reason}): check its permissions': (
        '"{file}" kann nicht gelesen werden ({reason}): die Rechte prüfen'
    ),
    '"{file}" can\'t be read as a table of curves ({reason}): export it with a line of ARKit names and a row for '
    "each frame": (
        '"{file}" kann nicht als Tabelle von Kurven gelesen werden ({reason}): mit einer Zeile von ARKit-Namen und einer '
        "Zeile je Bild exportieren"
    ),
    '"{file}" can\'t be written: use the suffix {kinds}': (
        '"{file}" kann nicht geschrieben werden: mögliche Endungen sind {kinds}'
    ),
    '"{file}" contains no readable curves ({reason}): export it with the arrays names, values and fps': (
        '"{file}" enthält keine lesbaren Kurven ({reason}): mit den Feldern names, values und fps exportieren'
    ),
    ('"{file}" has no frames, or frames that don\'t match its {count} names: export it again'): (
        '"{file}" enthält keine Bilder, oder welche, die nicht zu den {count} Namen passen: neu exportieren'
    ),
    '"{file}" has no ARKit channel: export it again with the ARKit blendshapes': (
        '"{file}" hat keinen ARKit-Kanal: mit den ARKit-Blendshapes neu exportieren'
    ),
    '"{file}" has an impossible frame rate of {fps:g} fps: export it again': (
        '"{file}" hat eine unmögliche Bildrate von {fps:g} fps: neu exportieren'
    ),
    "Some times in this file aren't numbers: export it again": (
        "Manche Zeiten dieser Datei sind keine Zahlen: neu exportieren"
    ),
    "The times in this file are too far apart for its few frames: export it again": (
        "Die Zeiten dieser Datei liegen für ihre wenigen Bilder zu weit auseinander: neu exportieren"
    ),
    '"{file}" is larger than {limit} MB: export a shorter take': (
        '"{file}" ist größer als {limit} MB: einen kürzeren Take exportieren'
    ),
    '"{file}" starts at an impossible time of {start:g} s: export it again': (
        '"{file}" beginnt zu einer unmöglichen Zeit von {start:g} s: neu exportieren'
    ),
    ('"{file}" can\'t be written ({reason}): check the folder and its permissions'): (
        '"{file}" kann nicht geschrieben werden ({reason}): Ordner und Rechte prüfen'
    ),
    ('"{file}" has no frames, or values that aren\'t numbers: export it again'): (
        '"{file}" enthält keine Bilder, oder Werte, die keine Zahlen sind: neu exportieren'
    ),
    '"{file}" contains no readable curves ({reason}): export it again': (
        '"{file}" enthält keine lesbaren Kurven ({reason}): neu exportieren'
    ),
    # What keeps a face from speaking, or a take from being seen
    (
        "The lower face has few keys (jaw {jaw} of {jaws}, lips {lips} of {all_lips}), so the mouth can't form sounds: "
        "choose keys or visemes under Mapping"
    ): (
        "Die untere Gesichtshälfte hat wenige Keys (Kiefer {jaw} von {jaws}, Lippen {lips} von {all_lips}), daher kann der Mund keine Laute "
        "formen: unter Zuordnung Keys oder Viseme wählen"
    ),
    'the NLA track "{track}" of its shape keys is solo, so nothing else plays: click its star in the NLA editor': (
        'die NLA-Spur "{track}" seiner Shape-Keys ist solo, daher spielt nichts anderes: im NLA-Editor auf ihren Stern klicken'
    ),
    "takes have an influence of {percent} %: set Influence to 1 under Edited Action in the NLA editor's sidebar": (
        "Takes haben einen Einfluss von {percent} %: in der Seitenleiste des NLA-Editors unter Bearbeitete Aktion den Einfluss auf 1 setzen"
    ),
    "takes are blended with the NLA: set Blending to Replace under Edited Action in the NLA editor's sidebar": (
        "Takes werden mit der NLA verrechnet: in der Seitenleiste des NLA-Editors unter Bearbeitete Aktion auf Ersetzen stellen"
    ),
    "it shows its active shape key alone: turn off Solo Active Shape Key below the list of shape keys": (
        "es zeigt nur seinen aktiven Shape-Key: unter der Liste der Shape-Keys die Solo-Anzeige des aktiven ausschalten"
    ),
    "sliders end early ({keys}), and takes are cut there: set their Range Max to 1": (
        "Regler enden früh ({keys}), und Takes werden dort gekappt: das Maximum ihres Bereichs auf 1 setzen"
    ),
    "F-curves are muted ({curves}): unmute them in the Graph Editor": (
        "F-Kurven sind stumm ({curves}): im Graph-Editor wieder einschalten"
    ),
    'its shape keys play another slot of their Action: choose the slot "{slot}" in the Action Editor': (
        'seine Shape-Keys spielen einen anderen Slot ihrer Aktion: im Aktions-Editor den Slot "{slot}" wählen'
    ),
    "shape keys are limited to vertex groups ({keys}): clear Vertex Group below the list of shape keys": (
        "Shape-Keys sind auf Vertexgruppen beschränkt ({keys}): unter der Liste der Shape-Keys die Vertexgruppe leeren"
    ),
    "it is being edited, which shows no animation: switch to Object Mode": (
        "es wird bearbeitet, wobei keine Animation zu sehen ist: in den Objektmodus wechseln"
    ),
    "its NLA is turned off: turn it on in the NLA editor": "seine NLA ist ausgeschaltet: im NLA-Editor einschalten",
    'the NLA track "{track}" of its shape keys is muted: tick its box in the NLA editor': (
        'die NLA-Spur "{track}" seiner Shape-Keys ist stumm: im NLA-Editor ihr Häkchen setzen'
    ),
    'the NLA strip "{strip}" is muted: unmute it in the NLA editor': (
        'der NLA-Strip "{strip}" ist stumm: im NLA-Editor wieder einschalten'
    ),
    'the NLA strip "{strip}" has an influence of {percent} %: set it to 1': (
        'der NLA-Strip "{strip}" hat einen Einfluss von {percent} %: auf 1 setzen'
    ),
    'the NLA strip "{strip}" is blended: set its Blending to Replace': (
        'der NLA-Strip "{strip}" wird gemischt: sein Blending auf Ersetzen stellen'
    ),
    'the NLA strip "{cover}" lies above "{strip}" and hides it: mute one of them in the NLA editor': (
        'der NLA-Strip "{cover}" liegt über "{strip}" und verdeckt ihn: im NLA-Editor einen von beiden stumm schalten'
    ),
    "its collection is excluded from the view layer: tick the collection in the Outliner": (
        "seine Sammlung ist von der Ansichtsebene ausgeschlossen: im Outliner das Häkchen der Sammlung setzen"
    ),
    "it is disabled in viewports: click its screen in the Outliner": (
        "es ist in Ansichten ausgeschaltet: im Outliner auf seinen Bildschirm klicken"
    ),
    "it is hidden: click its eye in the Outliner": "es ist ausgeblendet: im Outliner auf sein Auge klicken",
    "its collection is hidden: click the collection's eye or screen in the Outliner": (
        "seine Sammlung ist ausgeblendet: im Outliner auf Auge oder Bildschirm der Sammlung klicken"
    ),
    "it is scaled to 0: check its scale, its parents and its constraints": (
        "es ist auf 0 skaliert: seine Skalierung, seine Eltern-Objekte und seine Constraints prüfen"
    ),
    "it is displayed as Bounds: set Display As to Textured under Viewport Display": (
        "es wird als Begrenzung dargestellt: unter Ansichtsdarstellung auf Texturiert stellen"
    ),
    '"{mesh}": its modifier "{modifier}" hides its shape keys: turn it off in viewports or change it': (
        '"{mesh}": sein Modifikator "{modifier}" verbirgt seine Shape-Keys: in Ansichten ausschalten oder ändern'
    ),
    '"{mesh}": it does not move as its shape keys say: check its modifiers and drivers': (
        '"{mesh}": es bewegt sich nicht, wie seine Shape-Keys es sagen: Modifikatoren und Treiber prüfen'
    ),
    # What is heard of a strip
    'The strip "{strip}" is muted: its speech was generated anyway': (
        'Der Strip "{strip}" ist stumm: er wurde trotzdem gesprochen'
    ),
    'The strip "{strip}" has volume 0: its speech was generated anyway': (
        'Der Strip "{strip}" hat die Lautstärke 0: er wurde trotzdem gesprochen'
    ),
    'The sound ends {seconds:.1f} s before the strip "{strip}"': 'Der Ton endet {seconds:.1f} s vor dem Strip "{strip}"',
    'The sound of the movie strip "{strip}" isn\'t in the Sequencer: add its file as a sound strip': (
        'Der Ton des Filmstrips "{strip}" ist nicht im Sequenzer: seine Datei als Tonstrip hinzufügen'
    ),
}
