"""What runs the model."""

RUNTIMES = {
    # Progress, preferences
    "Building {} for {}, once": "{} wird für {} übersetzt, einmalig",
    "Runtime": "Laufzeit",
    "What runs the model; where it can't, ONNX Runtime does the work and the take's report says why": (
        "Was das Modell ausführt; wo es nicht geht, rechnet die ONNX Runtime, und die Meldung zum Take sagt, warum"
    ),
    "ONNX Runtime": "ONNX Runtime",
    "On the processor; always there": "Auf dem Prozessor; immer da",
    "PyTorch": "PyTorch",
    "On an NVIDIA GPU, or else on the processor; needs torch and onnx in the backend's Python": (
        "Auf einer Grafikkarte von NVIDIA, sonst auf dem Prozessor; braucht torch und onnx im Python des Backends"
    ),
    "TensorRT": "TensorRT",
    "On an NVIDIA GPU; needs tensorrt-cu13 and cuda-bindings in the backend's Python, and minutes at the first start": (
        "Auf einer Grafikkarte von NVIDIA; braucht tensorrt-cu13 und cuda-bindings im Python des Backends, und beim ersten Start Minuten"
    ),
    # Why one can't be used
    "{}; until then, ONNX Runtime does the work": "{}; bis dahin rechnet die ONNX Runtime",
    'This Python lacks what the {} runtime needs ({}): install it with "pip install {}"': (
        'Diesem Python fehlt, was die Laufzeit {} braucht ({}): mit "pip install {}" installieren'
    ),
    "choose another runtime": "eine andere Laufzeit wählen",
    "install NVIDIA's driver, or choose another runtime": "den Treiber von NVIDIA installieren oder eine andere Laufzeit wählen",
    "CUDA failed ({}): {}": "CUDA ist gescheitert ({}): {}",
    "NVIDIA's driver doesn't say its version ({}): {}": "Der Treiber von NVIDIA nennt seine Version nicht ({}): {}",
    "TensorRT can't read {}.onnx ({}): choose another runtime": "TensorRT kann {}.onnx nicht lesen ({}): eine andere Laufzeit wählen",
    "TensorRT can't build an engine of {}.onnx: choose another runtime; the log says more": (
        "TensorRT kann {}.onnx nicht übersetzen: eine andere Laufzeit wählen; mehr steht im Protokoll"
    ),
    "TensorRT can't load an engine: choose another runtime; the log says more": (
        "TensorRT kann ein übersetztes Modell nicht laden: eine andere Laufzeit wählen; mehr steht im Protokoll"
    ),
    "TensorRT can't run its engine: choose another runtime; the log says more": (
        "TensorRT kann ein übersetztes Modell nicht ausführen: eine andere Laufzeit wählen; mehr steht im Protokoll"
    ),
    "TensorRT's engine isn't built for {} of the shape {}: choose another runtime": (
        "TensorRTs Modell ist nicht für {} in der Größe {} übersetzt: eine andere Laufzeit wählen"
    ),
    "TensorRT's {} differs from ONNX Runtime's by {}, more than {}: choose another runtime": (
        "TensorRTs {} weicht um {} von dem der ONNX Runtime ab, mehr als {}: eine andere Laufzeit wählen"
    ),
    "The torch runtime doesn't know the {} in {}.onnx ({}): use the onnx runtime for this model": (
        "Die Laufzeit torch kennt {} in {}.onnx nicht ({}): für dieses Modell die Laufzeit onnx wählen"
    ),
    "The torch runtime can't read {}.onnx ({}): use the onnx runtime": (
        "Die Laufzeit torch kann {}.onnx nicht lesen ({}): die Laufzeit onnx wählen"
    ),
    "{}.onnx leaves the axis {} of {} open, whose length isn't known: use the onnx runtime for this model": (
        "{}.onnx lässt die Achse {} von {} offen, deren Länge unbekannt ist: für dieses Modell die Laufzeit onnx wählen"
    ),
}
