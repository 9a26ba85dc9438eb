"""German: reasons why a model can't be used, and what happens then."""

MODELS = {
    "No model.json in {folder}: reinstall the extension or choose another model folder": (
        "Kein model.json in {folder}: die Erweiterung neu installieren oder einen anderen Modellordner wählen"
    ),
    "The model in {folder} can't be read ({reason}): choose another model folder": (
        "Das Modell in {folder} kann nicht gelesen werden ({reason}): einen anderen Modellordner wählen"
    ),
    "The model.json in {folder} is broken ({reason}): reinstall the extension or export the model again": (
        "Das model.json in {folder} ist beschädigt ({reason}): die Erweiterung neu installieren oder das Modell "
        "neu exportieren"
    ),
    (
        "The model in {folder} has schema {version}, but this version reads {known}: export the model again or "
        "update the extension"
    ): (
        "Das Modell in {folder} hat das Schema {version}, diese Version liest {known}: neu exportieren oder die "
        "Erweiterung aktualisieren"
    ),
    "The model in {folder} lacks {file}: reinstall the extension": (
        "Dem Modell in {folder} fehlt {file}: die Erweiterung neu installieren"
    ),
    "{file} in {folder} is not the file its model.json describes: reinstall the extension": (
        "{file} in {folder} ist nicht die Datei, die das model.json beschreibt: die Erweiterung neu installieren"
    ),
    "{file} in {folder} can't be read ({reason}): choose another model folder": (
        "{file} in {folder} kann nicht gelesen werden ({reason}): einen anderen Modellordner wählen"
    ),
    "{file} in {folder} isn't an ONNX file ({reason}): export the model again": (
        "{file} in {folder} ist keine ONNX-Datei ({reason}): das Modell neu exportieren"
    ),
    "{file} in {folder} keeps its weights in other files, which isn't supported: export it as one file": (
        "{file} in {folder} hat seine Gewichte in anderen Dateien, die nicht gelesen werden: als eine Datei exportieren"
    ),
    "ONNX Runtime can't open the model's {part}.onnx ({reason}): export the model again": (
        "Die ONNX Runtime kann {part}.onnx des Modells nicht öffnen ({reason}): das Modell neu exportieren"
    ),
    "{part}.onnx is no ONNX file ({reason}): export the model again": (
        "{part}.onnx ist keine ONNX-Datei ({reason}): das Modell neu exportieren"
    ),
    "{model} isn't of the design that the numpy runtime computes ({reason}): export the model again": (
        "{model} ist nicht von der Bauart, die die Laufzeit numpy rechnet ({reason}): das Modell neu exportieren"
    ),
    "The model's decoder.onnx has a state of shape {shape}, not (layers, takes, width): export the model again": (
        "Das decoder.onnx des Modells nimmt einen Zustand der Form {shape}, nicht (Schichten, Takes, Breite): "
        "das Modell neu exportieren"
    ),
    "The parts of {model} don't match ({reason}): export the model again": (
        "Die Teile von {model} passen nicht zusammen ({reason}): das Modell neu exportieren"
    ),
    "The parts of {model} don't match ({name} has shape {shape}): export the model again": (
        "Die Teile von {model} passen nicht zusammen ({name} hat die Form {shape}): das Modell neu exportieren"
    ),
    "{model} turns silence into values that aren't numbers: export the model again": (
        "{model} macht aus Stille Werte, die keine Zahlen sind: das Modell neu exportieren"
    ),
    "{model} turns this sound into values that aren't numbers: choose another model": (
        "{model} macht aus diesem Ton Werte, die keine Zahlen sind: ein anderes Modell wählen"
    ),
    "{reason}; until then, the extension's own model is used": (
        "{reason}; bis dahin wird das eigene Modell der Erweiterung verwendet"
    ),
    'The model in use has no {what} "{name}", so it was matched to the voice': (
        'Das verwendete Modell hat keine {what} "{name}", daher wurde nach der Stimme gewählt'
    ),
}
