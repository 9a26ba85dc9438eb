# make demo [AUDIO=my.wav]   a face that speaks, in build/demo: .blend, .csv, .mp4, .png
# make styles                it speaks six sentences in six styles, in build/demo: styles.png, styles.mp4
# make architecture          draws the picture in docs/architecture.md
# make test                  all tests but the slow ones;  make test-slow: all of them
# make soak [ARGS="-k audio"] what tests try a little of, at length: bad sound, bad frames, kills; counted in build/soak
# make bench [ARGS=--quick]  how fast, how small: tables in build/bench; ARGS="--only lengths designs": some of it
# make lint                  ruff and mypy
# make zip                   the extension for this system, in dist/
# make extension             the extension for every system;  with wheels for one more Python: make extension PYTHONS=3.14
# Environments are made on the way, in ~/.cache/diffusion_talker (or XDG_CACHE_HOME): see .ci/in_env.

.PHONY: demo styles architecture test test-slow soak bench lint zip extension clean

# Blender 4.2 to 5.0 run Python 3.11, 5.1 and 5.2 run 3.13. Either is enough; tests take both where both are.
any := 3.11,3.13
# What of the backend's tests wants torch or onnx, which no Blender has.
with_torch := tests/backend/test_runtimes.py tests/backend/test_external_data.py

demo:
	.ci/in_env blender $(any) python -m tests.demo $(if $(AUDIO),"$(AUDIO)")

styles:
	.ci/in_env blender $(any) python -m tests.demo.styles

architecture:
	.ci/in_env training $(any) python -m tests.demo.architecture

test: quick := -m "not slow"
test test-slow: zip
	.ci/in_env training $(any) python -m pytest -rs $(quick) tests/training tests/bench tests/test_docs.py tests/test_readme.py $(with_torch)
	@for version in 3.11 3.13; do \
	    if .ci/find_python $$version >/dev/null 2>&1; then \
	        .ci/in_env blender $$version python -m pytest -rs $(quick) tests/addon tests/backend tests/demo || exit; \
	    else \
	        echo "Skipped: tests in the Blender of Python $$version, since that Python isn't here."; \
	    fi; \
	done

# pytest ends with 5 when none of the tests chosen is in these folders.
soak: zip
	.ci/in_env training $(any) python -m pytest -rs --soak tests/training $(ARGS) || [ $$? = 5 ]
	.ci/in_env blender $(any) python -m pytest -rs --soak tests/addon tests/backend $(ARGS) || [ $$? = 5 ]

bench: zip
	.ci/in_env training $(any) python -m tests.bench $(ARGS)

lint:
	.ci/in_env training $(any) ruff check .
	.ci/in_env training $(any) mypy --explicit-package-bases backend training tests
	@# Blender gives the add-on a package to live in, and reads properties from annotations that are calls.
	@mkdir -p build && ln -sfn .. build/diffusion_talker
	cd build && ../.ci/in_env training $(any) env MYPYPATH=. \
	    mypy --config-file ../pyproject.toml --disable-error-code valid-type -p diffusion_talker.addon

extension: all := --all
zip extension:
	.ci/in_env blender $(any) python .ci/build_zip.py $(all) $(PYTHONS:%=--python=%)

clean:
	rm -rf build dist
