# Short names for the CMake presets. `make train ARGS="--seed 7"` hands flags on.
.PHONY: help bench-peers docker-check deps deps-test deps-bench deps-lint deps-cuda deps-mpi build train test bench lint format install clean
.NOTPARALLEL:

help:
	@echo "make train    install what is missing, build, train the tutorial's GAN (ARGS=\"--seed 7 ...\" for flags)"
	@echo "make test     install what is missing, build, run every test"
	@echo "make bench    build and run the benchmarks; results go to bench/results/"
	@echo "make bench-peers  the same GAN in PyTorch and JAX beside gantry (ARGS=\"--images\": that of images); fetches 6 GB (bench/peers/README.md)"
	@echo "make docker-check  build an image and train in it (KIND=cpu or cuda; docker/README.md)"
	@echo "make build    the release build, in build/release"
	@echo "make lint     formatting, static analysis, warnings as errors"
	@echo "make format   format the sources in place"
	@echo "make install  after make build: cmake --install (PREFIX=/usr/local)"
	@echo "make clean    remove build/"
	@echo "make deps     install the Debian packages for the build; deps-test, deps-bench, deps-lint: for the rest"
	@echo "make deps-mpi  Open MPI, for studies by ranks (docs/cluster.md)"
	@echo "make deps-cuda  where there is no CUDA toolkit: the CUDA compiler, from PyPI, into build/cuda-toolkit"

deps:
	@bash cmake/deps.sh build
deps-test:
	@bash cmake/deps.sh build test
deps-bench:
	@bash cmake/deps.sh build bench
deps-cuda:
	@bash cmake/deps.sh build cuda
	@bash cmake/deps-cuda.sh
deps-mpi:
	@bash cmake/deps.sh build mpi
deps-lint:
	@bash cmake/deps.sh build test bench lint

build: deps
	cmake --preset release
	cmake --build --preset release

train: deps
	cmake --preset release
	cmake --build --preset release --target gantry
	build/release/gantry train $(ARGS)

test: deps-test
	cmake --preset release -D GANTRY_TESTS=ON
	cmake --build --preset release
	ctest --preset release

bench: deps-bench
	cmake --preset release -D GANTRY_BENCH=ON
	cmake --build --preset release
	bash bench/run.sh build/release/bench

# PEERS_PYTHON=python3 takes the PyTorch and JAX that are there; ARGS hands flags on
bench-peers: deps-bench
	@[ -n "$(PEERS_PYTHON)" ] || bash cmake/deps.sh python
	cmake --preset release -D GANTRY_BENCH=ON
	cmake --build --preset release --target gantry_runs
	bash bench/peers/run.sh build/release/bench $(ARGS)

KIND ?= cpu
docker-check:
	bash docker/check.sh $(KIND)

lint: deps-lint
	cmake --preset release -B build/lint -D GANTRY_TESTS=ON -D GANTRY_BENCH=ON -D GANTRY_WERROR=ON
	cmake --build build/lint
	bash cmake/lint.sh build/lint

format:
	git ls-files '*.c' '*.h' '*.cpp' '*.cu' '*.cuh' | xargs clang-format-14 -i

PREFIX ?= /usr/local
install:
	cmake --install build/release --prefix $(PREFIX)

clean:
	rm -rf build
