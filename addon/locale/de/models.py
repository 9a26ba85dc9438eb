"""Why a model can't be used, and what happens then."""

MODELS = {
    "No model.json in {}: reinstall the extension or choose another model folder": (
        "Kein model.json in {}: die Erweiterung neu installieren oder einen anderen Modellordner wählen"
    ),
    "The model in {} can't be read ({}): choose another model folder": (
        "Das Modell in {} kann nicht gelesen werden ({}): einen anderen Modellordner wählen"
    ),
    "The model.json in {} is broken ({}): reinstall the extension or export the model again": (
        "Das model.json in {} ist beschädigt ({}): die Erweiterung neu installieren oder das Modell neu exportieren"
    ),
    "The model in {} has schema {}, this version reads {}: export it again or update": (
        "Das Modell in {} hat das Schema {}, diese Version liest {}: neu exportieren oder die Erweiterung aktualisieren"
    ),
    "The model in {} lacks {}: reinstall the extension": "Dem Modell in {} fehlt {}: die Erweiterung neu installieren",
    "{} in {} is not the file its model.json describes: reinstall the extension": (
        "{} in {} ist nicht die Datei, die das model.json beschreibt: die Erweiterung neu installieren"
    ),
    "{} in {} can't be read ({}): choose another model folder": "{} in {} kann nicht gelesen werden ({}): einen anderen Modellordner wählen",
    "{} in {} is no ONNX file ({}): export the model again": "{} in {} ist keine ONNX-Datei ({}): das Modell neu exportieren",
    "{} in {} keeps its weights in other files, which are not read: export it as one file": (
        "{} in {} hat seine Gewichte in anderen Dateien, die nicht gelesen werden: als eine Datei exportieren"
    ),
    "ONNX Runtime can't open the model's {}.onnx ({}): export the model again": (
        "Die ONNX Runtime kann {}.onnx des Modells nicht öffnen ({}): das Modell neu exportieren"
    ),
    "The model's decoder.onnx takes a state of the shape {}, not (layers, takes, width): export the model again": (
        "Das decoder.onnx des Modells nimmt einen Zustand der Form {}, nicht (Schichten, Takes, Breite): das Modell neu exportieren"
    ),
    "The parts of {} don't fit each other ({}): export the model again": (
        "Die Teile von {} passen nicht zusammen ({}): das Modell neu exportieren"
    ),
    "The parts of {} don't fit each other ({} has the shape {}): export the model again": (
        "Die Teile von {} passen nicht zusammen ({} hat die Form {}): das Modell neu exportieren"
    ),
    "What {} makes of silence holds values that are no numbers: export the model again": (
        "Was {} aus Stille macht, enthält Werte, die keine Zahlen sind: das Modell neu exportieren"
    ),
    "{} makes curves that are no numbers of this sound: choose another model": (
        "{} macht aus diesem Ton Kurven, die keine Zahlen sind: ein anderes Modell wählen"
    ),
    "{}; until then, the extension's own model does the work": "{}; bis dahin arbeitet das eigene Modell der Erweiterung",
    'It has no {} "{}", so the voice chose another': 'Es hat keine {} "{}", deshalb hat die Stimme gewählt',
}
