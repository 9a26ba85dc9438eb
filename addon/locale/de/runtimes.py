"""German: messages about runtimes."""

RUNTIMES = {
    # Progress, preferences
    "Building {part} for {gpu}, once": "{part} wird für {gpu} übersetzt, einmalig",
    "Runtime": "Laufzeit",
    "The library that runs the model. If it can't be used, another one is, and the report of the take says why": (
        "Womit das Modell läuft. Geht das nicht, wird etwas anderes verwendet, und die Meldung zum Take sagt, warum"
    ),
    "Automatic": "Automatisch",
    "ONNX Runtime where it is installed, otherwise numpy": "ONNX Runtime, wo sie installiert ist, sonst numpy",
    "ONNX Runtime": "ONNX Runtime",
    "Runs on the CPU; needs onnxruntime in the backend's Python": (
        "Läuft auf der CPU; braucht onnxruntime im Python des Backends"
    ),
    "PyTorch": "PyTorch",
    "Runs on an NVIDIA GPU, otherwise on the CPU; needs torch and onnx in the backend's Python": (
        "Läuft auf einer Grafikkarte von NVIDIA, sonst auf der CPU; braucht torch und onnx im Python des Backends"
    ),
    "TensorRT": "TensorRT",
    (
        "Runs on an NVIDIA GPU; needs tensorrt-cu13 and cuda-bindings in the backend's Python. The first start "
        "takes minutes"
    ): (
        "Läuft auf einer Grafikkarte von NVIDIA; braucht tensorrt-cu13 und cuda-bindings im Python des Backends. "
        "Der erste Start dauert Minuten"
    ),
    # Why one can't be used
    "{reason}; until then, ONNX Runtime is used": "{reason}; bis dahin wird die ONNX Runtime verwendet",
    "{reason}; until then, the numpy runtime is used": "{reason}; bis dahin wird die Laufzeit numpy verwendet",
    'This Python lacks a package for the {name} runtime ({reason}): run "pip install {packages}"': (
        'Diesem Python fehlt ein Paket für die Laufzeit {name} ({reason}): "pip install {packages}" ausführen'
    ),
    "choose another runtime": "eine andere Laufzeit wählen",
    "install NVIDIA's driver, or choose another runtime": "den Treiber von NVIDIA installieren oder eine andere Laufzeit wählen",
    "CUDA failed ({code}): {advice}": "CUDA ist gescheitert ({code}): {advice}",
    "Can't read the version of NVIDIA's driver ({reason}): {advice}": (
        "Die Version des Treibers von NVIDIA ist nicht lesbar ({reason}): {advice}"
    ),
    "TensorRT can't read {part}.onnx ({reason}): choose another runtime": (
        "TensorRT kann {part}.onnx nicht lesen ({reason}): eine andere Laufzeit wählen"
    ),
    "TensorRT can't build an engine from {part}.onnx: see the log or choose another runtime": (
        "TensorRT kann {part}.onnx nicht übersetzen: siehe Protokoll oder eine andere Laufzeit wählen"
    ),
    "TensorRT can't load an engine: see the log or choose another runtime": (
        "TensorRT kann ein übersetztes Modell nicht laden: siehe Protokoll oder eine andere Laufzeit wählen"
    ),
    "TensorRT can't run its engine: see the log or choose another runtime": (
        "TensorRT kann ein übersetztes Modell nicht ausführen: siehe Protokoll oder eine andere Laufzeit wählen"
    ),
    "TensorRT's engine isn't built for {name} of shape {shape}: choose another runtime": (
        "TensorRTs Modell ist nicht für {name} in der Größe {shape} übersetzt: eine andere Laufzeit wählen"
    ),
    (
        "TensorRT's {part} differs from ONNX Runtime's by {difference:.2g}, and {limit:g} is the limit: choose "
        "another runtime"
    ): (
        "TensorRTs {part} weicht um {difference:.2g} von dem der ONNX Runtime ab, erlaubt sind {limit:g}: eine "
        "andere Laufzeit wählen"
    ),
    "The torch runtime doesn't support {operation} in {part}.onnx ({reason}): use the onnx runtime for this model": (
        "Die Laufzeit torch kennt {operation} in {part}.onnx nicht ({reason}): für dieses Modell die Laufzeit "
        "onnx wählen"
    ),
    "The torch runtime can't read {part}.onnx ({reason}): use the onnx runtime": (
        "Die Laufzeit torch kann {part}.onnx nicht lesen ({reason}): die Laufzeit onnx wählen"
    ),
    "The length of the axis {axis} of {input} in {part}.onnx isn't known: use the onnx runtime for this model": (
        "Die Länge der Achse {axis} von {input} in {part}.onnx ist unbekannt: für dieses Modell die Laufzeit "
        "onnx wählen"
    ),
}
