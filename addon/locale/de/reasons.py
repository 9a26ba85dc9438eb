"""Why something can't be done, or came to nothing, and what to do about it."""

REASONS = {
    # About a strip, of several
    '"{}": {}': '"{}": {}',
    # The face
    "Switch to Object Mode": "In den Objektmodus wechseln",
    "The face is gone (deleted, or another file was opened), so nothing was keyed": (
        "Das Gesicht ist fort (gelöscht, oder eine andere Datei wurde geöffnet), daher wurden keine Keyframes gesetzt"
    ),
    "Given up, as another file was opened or the window was closed: generate again": (
        "Aufgegeben, da eine andere Datei geöffnet oder das Fenster geschlossen wurde: nochmals erzeugen"
    ),
    "The take whose locked keys were to stay is gone, so nothing was keyed: generate again": (
        "Der Take, dessen gesperrte Keyframes bleiben sollten, ist fort, daher wurden keine gesetzt: nochmals erzeugen"
    ),
    "No temporary file can be written ({}): free some space there, or make the folder writable, and generate again": (
        "Keine temporäre Datei kann geschrieben werden ({}): dort Platz schaffen oder den Ordner beschreibbar machen und nochmals erzeugen"
    ),
    "Select a face: an object with ARKit's shape keys": "Ein Gesicht auswählen: ein Objekt mit den Shape-Keys von ARKit",
    '"{}" has no shape keys: select a face that has ARKit\'s': '"{}" hat keine Shape-Keys: ein Gesicht auswählen, das die von ARKit hat',
    '"{}" can\'t be keyed: {}': '"{}" kann keine Keyframes erhalten: {}',
    "it has {}": "vorhanden sind {}",
    "it has none but the basis": "nur die Basis ist vorhanden",
    'No ARKit shape keys on "{}": looked for {}, found 0, {}: choose them under Mapping, rename them or select another face': (
        'Keine ARKit-Shape-Keys auf "{}": {} gesucht, 0 gefunden, {}: unter Zuordnung wählen, umbenennen oder ein anderes Gesicht auswählen'
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
    # Takes
    "The face has no take: generate or import one first": "Das Gesicht hat keinen Take: erst einen erzeugen oder importieren",
    '"{}" moves none of the face\'s ARKit keys: choose a take': '"{}" bewegt keinen der ARKit-Keys des Gesichts: einen Take wählen',
    '"{}" moves none of the face\'s ARKit keys: choose another file or face': (
        '"{}" bewegt keinen der ARKit-Keys des Gesichts: andere Datei oder anderes Gesicht wählen'
    ),
    "No take moves the face: choose one in the list, or generate one": (
        "Kein Take bewegt das Gesicht: einen aus der Liste wählen oder einen erzeugen"
    ),
    '"{}" was made by a newer version of this extension: update the extension to work with it': (
        '"{}" stammt von einer neueren Version dieser Erweiterung: die Erweiterung aktualisieren, um damit zu arbeiten'
    ),
    'There is no take "{}": choose one of the list': 'Es gibt keinen Take "{}": einen aus der Liste wählen',
    '"{}" doesn\'t move the face: assign it first': '"{}" bewegt das Gesicht nicht: erst zuweisen',
    '"{}" is on an NLA track: delete its strip there first': '"{}" liegt auf einer NLA-Spur: erst dort den Strip löschen',
    'It was not generated but imported from "{}": import that again': 'Er wurde nicht erzeugt, sondern aus "{}" importiert: diese nochmals importieren',
    '"{}" joins the takes of {} strips: make them again with Generate All': (
        '"{}" vereint die Takes von {} Strips: mit Alle erzeugen nochmals machen'
    ),
    'The strip "{}" is retimed, which no file tells: generate it anew': (
        'Der Strip "{}" ist im Tempo verändert, wovon keine Datei weiß: neu erzeugen'
    ),
    "The sound that it speaks is gone ({}): put the file back, or add it to the Sequencer from where it is now": (
        "Der Ton, den er spricht, ist fort ({}): die Datei zurücklegen oder von ihrem jetzigen Ort in den Sequenzer legen"
    ),
    # Locks and controls
    "Set a preview range in the timeline first (press P there, and drag)": (
        "Erst in der Zeitleiste einen Vorschaubereich festlegen (dort P drücken und ziehen)"
    ),
    "Linked from another file, so the controls can't change it": "Aus einer anderen Datei verknüpft, daher können die Regler ihn nicht ändern",
    "Edited by hand, so the controls leave it alone; {}": "Von Hand bearbeitet, daher lassen ihn die Regler in Ruhe; {}",
    "Make Again gives one to adjust": "Wiederholen gibt einen zum Regeln",
    "import it again for one to adjust": "für einen zum Regeln nochmals importieren",
    "Choose one of the presets in the header of the panel Controls": "Eine der Voreinstellungen in der Kopfzeile des Panels Regler wählen",
    "The strength of {}": "Die Stärke von {}",
    "{} can't be {}: choose {} to {}": "{} kann nicht {} sein: {} bis {} wählen",
    # Cast
    "Add strips to the cast": "Der Besetzung Strips hinzufügen",
    "Choose a strip of the list": "Einen Strip der Liste wählen",
    "Select sound strips in the Sequencer": "Im Sequenzer Ton-Strips auswählen",
    "All sound strips are in the list": "Alle Ton-Strips sind in der Liste",
    "A line of the cast has no strip: pick one": "Eine Zeile der Besetzung hat keinen Strip: einen angeben",
    '"{}" is muted': '"{}" ist stumm',
    '"{}" has no character: pick one': '"{}" hat keine Figur: eine angeben',
    '"{}" is no manifest of takes ({}): choose the manifest.jsonl that a batch wrote': (
        '"{}" ist kein Manifest von Takes ({}): das manifest.jsonl wählen, das ein Stapel geschrieben hat'
    ),
    '"{}": there is no object "{}"': '"{}": es gibt kein Objekt "{}"',
    "no take was made": "kein Take wurde erzeugt",
    # Mapping
    "Nothing was chosen by hand: the whole mapping is automatic": "Nichts wurde von Hand gewählt: die ganze Zuordnung ist automatisch",
    'There is no channel "{}": choose one of the list': 'Es gibt keinen Kanal "{}": einen aus der Liste wählen',
    '"{}" can\'t be written ({}): choose another folder': '"{}" kann nicht geschrieben werden ({}): einen anderen Ordner wählen',
    '"{}" can\'t be read ({}): choose another file': '"{}" kann nicht gelesen werden ({}): eine andere Datei wählen',
    '"{}" can\'t be loaded: {}': '"{}" kann nicht geladen werden: {}',
    "it is no JSON ({}): choose a file that Save Mapping wrote": "kein JSON ({}): eine Datei wählen, die Zuordnung speichern geschrieben hat",
    "it is longer than any mapping: choose a file that Save Mapping wrote": (
        "sie ist länger als jede Zuordnung: eine Datei wählen, die Zuordnung speichern geschrieben hat"
    ),
    'it is no mapping: its "format" is not "{}"; choose a file that Save Mapping wrote': (
        'keine Zuordnung: ihr "format" ist nicht "{}"; eine Datei wählen, die Zuordnung speichern geschrieben hat'
    ),
    "its version {} is not known here: update the extension": "ihre Version {} ist hier nicht bekannt: die Erweiterung aktualisieren",
    'its "meshes" are not as in {"Head": {"jawOpen": "Mouth_A"}}: save the mapping again': (
        'ihre "meshes" sind nicht wie in {"Head": {"jawOpen": "Mouth_A"}}: die Zuordnung neu speichern'
    ),
    "{} is no name of a key: write it in quotes, or null for none": "{} ist kein Name eines Shape-Keys: in Anführungszeichen setzen, oder null für keinen",
    'Nothing of "{}" fits this face, so nothing was changed: {}': 'Nichts aus "{}" passt zu diesem Gesicht, daher wurde nichts verändert: {}',
    # Bones
    "No armature moves this face: it has no bones to turn": "Kein Skelett bewegt dieses Gesicht: es hat keine Knochen zum Drehen",
    'No armature "{}" moves this face: choose one that does': 'Kein Skelett "{}" bewegt dieses Gesicht: eines wählen, das es tut',
    "No bone was chosen: choose the jaw's or the eyes'": "Kein Knochen wurde gewählt: den des Kiefers oder die der Augen wählen",
    '"{}" has no bone "{}": choose another one': '"{}" hat keinen Knochen "{}": einen anderen wählen',
    '"{}" is driven already: delete its drivers, or choose another bone': (
        '"{}" hat schon Treiber: diese löschen oder einen anderen Knochen wählen'
    ),
    '"{}" comes from another file: drive its bones there': '"{}" stammt aus einer anderen Datei: seine Knochen dort antreiben',
    "Visemes move the mouth, and no key of {} would: choose no bone for the jaw": (
        "Viseme bewegen den Mund, ein Shape-Key {} täte es nicht: für den Kiefer keinen Knochen wählen"
    ),
    "The face has no {}, and no keys can be added as it comes from another file: add them there": (
        "Dem Gesicht fehlt {}, und Shape-Keys können nicht hinzukommen, da es aus einer anderen Datei stammt: dort hinzufügen"
    ),
    'The key "{}" is muted, locked, driven or mapped to nothing: free it, or choose no bone for it': (
        'Der Shape-Key "{}" ist stumm, gesperrt, durch Treiber bestimmt oder nichts zugeordnet: freigeben oder keinen Knochen dafür wählen'
    ),
    # The strip
    "Add a sound strip in the Sequencer": "Im Sequenzer einen Ton-Strip hinzufügen",
    "Select a sound strip in the Sequencer, or pick one": "Im Sequenzer einen Ton-Strip auswählen, oder hier einen angeben",
    '"{}" is a meta strip: pick a sound strip inside of it': '"{}" ist ein Meta-Strip: einen Ton-Strip darin angeben',
    'There is no sound strip "{}" any more: pick another': 'Es gibt keinen Ton-Strip "{}" mehr: einen anderen angeben',
    'The strip "{}" has no sound: pick another': 'Der Strip "{}" hat keinen Ton: einen anderen angeben',
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
    'The strip "{}" is gone: pick another': 'Der Strip "{}" ist fort: einen anderen angeben',
    'The retimed strip "{}" can\'t be mixed down ({}): bake it to a new file': (
        'Der im Tempo veränderte Strip "{}" kann nicht abgemischt werden ({}): in eine neue Datei backen'
    ),
    "Blender didn't write {}": "Blender hat {} nicht geschrieben",
    # The backend
    "The backend gave up": "Das Backend hat aufgegeben",
    "The backend went on with a cancelled take and was ended: generate again": (
        "Das Backend machte mit einem abgebrochenen Take weiter und wurde beendet: noch einmal erzeugen"
    ),
    "The backend sent no take: generate again": "Das Backend hat keinen Take geschickt: noch einmal erzeugen",
    "The backend sent a take that does not fit what was asked for ({}): generate again": (
        "Das Backend hat einen Take geschickt, der nicht zum Verlangten passt ({}): noch einmal erzeugen"
    ),
    "its number": "seine Nummer",
    "its frame rate": "seine Bildrate",
    "its channels": "seine Kanäle",
    "its length": "seine Länge",
    "its values": "seine Werte",
    "The backend sent {} takes of {}: generate again": "Das Backend hat {} von {} Takes geschickt: noch einmal erzeugen",
    "The backend has not answered for {} s and was ended: generate again to restart it": (
        "Das Backend hat {} s lang nicht geantwortet und wurde beendet: noch einmal erzeugen startet es neu"
    ),
    'The backend can\'t write its log to the folder "{}" ({}): make room there or make it writable, and generate again': (
        'Das Backend kann sein Protokoll nicht in den Ordner "{}" schreiben ({}): dort Platz schaffen oder ihn beschreibbar machen und noch einmal erzeugen'
    ),
    "The backend ended": "Das Backend wurde beendet",
    "The backend ended with exit code {}: its last log lines say why": (
        "Das Backend endete mit dem Code {}: die letzten Zeilen seines Protokolls sagen, warum"
    ),
    "The backend was killed by signal {}: generate again to restart it": (
        "Das Backend wurde durch Signal {} beendet: noch einmal erzeugen startet es neu"
    ),
    "The backend sent something unreadable and was stopped ({}): generate again to restart it": (
        "Das Backend hat Unlesbares geschickt und wurde beendet ({}): noch einmal erzeugen startet es neu"
    ),
    "The pipe to the backend broke ({}): generate again to restart it": (
        "Die Verbindung zum Backend ist abgerissen ({}): noch einmal erzeugen startet es neu"
    ),
    "The backend was sent something unreadable ({}): restart it": "Das Backend hat Unlesbares erhalten ({}): neu starten",
    "The backend failed ({}): try again, and report it with the log if it stays": (
        "Das Backend ist gescheitert ({}): noch einmal versuchen und, wenn es dabei bleibt, mit dem Protokoll melden"
    ),
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
    # The request
    'There is no {} "{}" in this model: choose {} or one of {}': 'Es gibt keine {} "{}" in diesem Modell: {} oder eine von {} wählen',
    "identity": "Identität",
    "emotion": "Emotion",
    "{} frames a second can't be made: choose {} to {}": "{} Bilder je Sekunde sind nicht möglich: {} bis {} wählen",
    "{} takes can't be made at once: choose 1 to {}": "{} Takes auf einmal sind nicht möglich: 1 bis {} wählen",
    "{} can't be a seed: choose a whole number of 0 or more": "{} ist kein Startwert: eine ganze Zahl ab 0 wählen",
    'There is no region "{}" of the face: choose one of {}': 'Es gibt keine Region "{}" des Gesichts: eine von {} wählen',
    "The intensity of an emotion can't be {}: choose 0 to {}": "Die Intensität einer Emotion kann nicht {} sein: 0 bis {} wählen",
    "This model has no neutral face for an emotion to be weaker or stronger than: leave the intensity at 1": (
        "Dieses Modell hat kein neutrales Gesicht, gegen das eine Emotion schwächer oder stärker wäre: die Intensität auf 1 lassen"
    ),
    "The emotions over time must be in the order of time, each at a time of its own": (
        "Die Emotionen im Lauf der Zeit müssen nach der Zeit geordnet sein, jede zu ihrer eigenen"
    ),
    # The sound
    "There is no file {}; find the strip's file or choose another": "Es gibt keine Datei {}; die Datei des Strips suchen oder eine andere wählen",
    "{} can't be opened ({}); check the path and its permissions": "{} kann nicht geöffnet werden ({}); Pfad und Rechte prüfen",
    "{} is a folder; choose a sound file in it": "{} ist ein Ordner; eine Tondatei darin wählen",
    "{} is not a regular file; choose a sound file": "{} ist keine gewöhnliche Datei; eine Tondatei wählen",
    "{} is empty; export the sound again": "{} ist leer; den Ton neu exportieren",
    "{} holds no sound; export it again": "{} enthält keinen Ton; neu exportieren",
    "{} has {}; export what is needed of it, at most {} GB": "{} hat {}; nur das Nötige exportieren, höchstens {} GB",
    "{} is {}, which isn't read here; convert it to WAV, FLAC or Ogg": (
        "{} ist {}, was hier nicht gelesen wird; in WAV, FLAC oder Ogg umwandeln"
    ),
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
    '"{}" can\'t be read: choose a {}': '"{}" kann nicht gelesen werden: wählbar sind {}',
    '"{}" can\'t be written: give it the suffix {}': '"{}" kann nicht geschrieben werden: mögliche Endungen sind {}',
    '"{}" holds no curves that can be read ({}): it needs the arrays names, values and fps': (
        '"{}" enthält keine lesbaren Kurven ({}): gebraucht werden die Felder names, values und fps'
    ),
    '"{}" holds no frames, or some that don\'t fit its {} names: export it again': (
        '"{}" enthält keine Bilder, oder welche, die nicht zu den {} Namen passen: neu exportieren'
    ),
    "\"{}\" names no channel of ARKit's: export it again, with ARKit's blendshapes": (
        '"{}" nennt keinen Kanal von ARKit: neu exportieren, mit den Blendshapes von ARKit'
    ),
    '"{}" says that it has {} frames a second: export it again': '"{}" gibt {} Bilder je Sekunde an: neu exportieren',
    "The times of this file are no numbers: export it again": "Die Zeiten dieser Datei sind keine Zahlen: neu exportieren",
    "The times of this file lie too far apart for its few frames: export it again": (
        "Die Zeiten dieser Datei liegen für ihre wenigen Bilder zu weit auseinander: neu exportieren"
    ),
    '"{}" is larger than {} MB, which no take is: export a shorter one': (
        '"{}" ist größer als {} MB, was kein Take ist: einen kürzeren exportieren'
    ),
    '"{}" says that it starts at second {}: export it again': '"{}" beginnt nach eigener Angabe in Sekunde {}: neu exportieren',
    '"{}" can\'t be written ({}): check the folder and its permissions': '"{}" kann nicht geschrieben werden ({}): Ordner und Rechte prüfen',
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
}
