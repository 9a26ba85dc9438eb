# Environments are made on the way, in ~/.cache/diffusion_talker (or XDG_CACHE_HOME): see .ci/in_env.
# `make help` lists the targets: the text after ## is what it shows.

.PHONY: help demo film styles sample-face architecture test test-slow test-rounding soak bench lint zip fast extension repository clean
.DEFAULT_GOAL := help

# Blender 4.2 to 5.0 run Python 3.11, 5.1 and 5.2 run 3.13. Either is enough; tests take both where both are.
any := 3.11,3.13

help: ## list these targets
	@grep -E '^[a-z-]+( [a-z-]+)*:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+)[^#]*## /\1\t/' | while IFS="$$(printf '\t')" read -r name text; do \
	    printf '  make %-14s %s\n' "$$name" "$$text"; \
	done

demo: ## a face that speaks, in build/demo: .blend, .csv, .mp4, .png; AUDIO=my.wav: your own sound
	.ci/in_env blender $(any) python -m tests.demo $(if $(AUDIO),"$(AUDIO)")

film: ## two people talk for 20 seconds, in build/demo: film.mp4, film.webp, film.blend; takes long; ARGS=--stills: a picture a shot
	.ci/in_env blender $(any) python -m tests.demo.film $(ARGS)

styles: ## it speaks six sentences in six styles, in build/demo: styles.png, styles.mp4
	.ci/in_env blender $(any) python -m tests.demo.styles

sample-face: ## the sample face in build/demo: sample_face.glb for other programs, sample_face.jpg with its 52 keys
	.ci/in_env blender $(any) python -m tests.demo.sample_face

architecture: ## draw the picture in docs/architecture.md
	.ci/in_env training $(any) python -m tests.demo.architecture

test: zip ## all tests but the slow ones, with one summary; ARGS="-k locks": some of them
	@"$$(.ci/find_python 3.11 3.13)" .ci/test.py $(ARGS)

test-slow: zip ## all tests
	@"$$(.ci/find_python 3.11 3.13)" .ci/test.py --slow $(ARGS)

test-rounding: ## the tests that compare floats, as an older processor computes them
	@"$$(.ci/find_python 3.11 3.13)" .ci/test.py --rounding $(ARGS)

# pytest ends with 5 when none of the tests chosen is in these folders.
soak: zip ## what tests try a little of, at length: bad sound, bad frames, kills; ARGS="-k audio": some of it
	.ci/in_env training $(any) python -m pytest -rs --soak tests/training $(ARGS) || [ $$? = 5 ]
	.ci/in_env blender $(any) python -m pytest -rs --soak tests/addon tests/backend $(ARGS) || [ $$? = 5 ]

bench: zip ## how fast, how small: tables in build/bench; ARGS=--quick, ARGS="--only lengths designs": some of it
	.ci/in_env training $(any) python -m tests.bench $(ARGS)

lint: ## ruff and mypy
	.ci/in_env training $(any) ruff check .
	.ci/in_env training $(any) ruff format --check .
	@# Blender gives the add-on a package to live in, and reads properties from annotations that are calls.
	@mkdir -p build && ln -sfn .. build/diffusion_talker
	.ci/in_env training $(any) mypy --explicit-package-bases backend training tests & others=$$!; \
	(cd build && ../.ci/in_env training $(any) env MYPYPATH=. \
	    mypy --config-file ../pyproject.toml --disable-error-code valid-type -p diffusion_talker.addon); \
	addon=$$?; wait $$others && exit $$addon

zip: ## the universal extension, for every system and Blender, in dist
	.ci/in_env blender $(any) python .ci/build_zip.py

fast: ## the extension with wheels for this system: faster, larger
	.ci/in_env blender $(any) python .ci/build_zip.py --fast $(PYTHONS:%=--python=%)

extension: ## the universal extension and the fast ones for every system; PYTHONS=3.14: with wheels for one more Python
	.ci/in_env blender $(any) python .ci/build_zip.py --all $(PYTHONS:%=--python=%)

repository: ## what Blender can install from and update by, for any web space: dist/repository
	.ci/in_env blender $(any) python .ci/build_repository.py

clean: ## delete build and dist
	rm -rf build dist
