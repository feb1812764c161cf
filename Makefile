# `make help` lists the targets. Everything they need is installed or downloaded by tools/setup.sh, pinned, once.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:

BUILD ?= build
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
# Of `make run` and the benchmarks; empty: multilingual and minilm.
MODEL ?=
CMAKE_FLAGS ?=
CLANG := $(firstword $(foreach name,clang++-14 clang++-16 clang++-18 clang++-19 clang++,$(shell command -v $(name))))
# One version: each release finds other things.
CLANG_TIDY := $(shell command -v run-clang-tidy-14)
CLANG_FORMAT := $(firstword $(foreach name,clang-format-14 clang-format-16 clang-format-18 clang-format-19 clang-format,$(shell command -v $(name))))
SOURCES = $(shell git ls-files 'include/*.h' 'src/*.h' 'src/*.cc' 'cli/*.h' 'cli/*.cc' 'tests/*.h' 'tests/*.cc' 'bench/*.h' 'bench/*.cc' 'python/*.h' 'python/*.cc')

# The models that are known by name: their folder, the download of their weights, the prompt before titles. Any other
# MODEL is a model folder.
folder_minilm := models/all-MiniLM-L6-v2
fetch_minilm := minilm-weights
folder_multilingual := models/multilingual-e5-small-q4
fetch_multilingual := multilingual-weights
prompt_multilingual := query
folder_multilingual-enpt := models/multilingual-e5-small-enpt-q4
fetch_multilingual-enpt := multilingual-enpt-weights
prompt_multilingual-enpt := query
run_model = $(or $(MODEL),multilingual)
folder_of = $(or $(folder_$(1)),$(1))
bench_folder = $(call folder_of,$(or $(MODEL),minilm))

# One line that says which step failed, why is above it, and what to do.
step = $(2) || { code=$$?; printf '\nmake: step "%s" failed; its own message is above.\n  again:  make %s\n  help:   CONTRIBUTING.md, section "When a step fails"\n' '$(1)' '$@' >&2; exit $$code; }

configure = $(call step,configure $(1),cmake -S . -B $(1) -G Ninja $(2) $(CMAKE_FLAGS))
# The ONNX folder is made here, from the weights, once.
export = $(if $(fetch_$(1)),test -e $(folder_$(1))/vetor_model.json || $(call step,export $(folder_$(1)),$(BUILD)/vetor export $(folder_$(1))-weights --output $(folder_$(1)) --quantize --overwrite >/dev/null))
compile = $(call step,compile $(1),cmake --build $(1) --parallel $(JOBS) $(2))

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  Variables: BUILD=folder  JOBS=n  MODEL=minilm|multilingual|multilingual-enpt|folder  CMAKE_FLAGS='-D...'"

.PHONY: setup
setup: ## Install what is missing and download runtime and model (nothing when all is there)
	@tools/setup.sh test

.PHONY: build
build: ## The command, at build/vetor
	@tools/setup.sh build
	@$(call configure,$(BUILD),-DVETOR_BUILD_TESTS=OFF)
	@$(call compile,$(BUILD),)

.PHONY: test
test: ## Build and run all tests of the library, the command and the house rules
	@tools/setup.sh test
	@$(call configure,$(BUILD),-DVETOR_BUILD_TESTS=ON)
	@$(call compile,$(BUILD),)
	@$(call export,minilm)
	@$(call step,test,ctest --test-dir $(BUILD) -C whole --output-on-failure --parallel $(JOBS) --no-tests=error -LE 'python|stage|tree')
	@awk '/: Skipped$$/ {getline; print "skipped: " $$0}' $(BUILD)/Testing/Temporary/LastTest.log | sort | uniq -c
	@cat $(BUILD)/clients-skipped 2>/dev/null || true

.PHONY: settings
settings: ## Write docs/settings.md and the settings of the Python package anew, from the table of settings
	@$(call configure,$(BUILD),-DVETOR_BUILD_TESTS=ON)
	@$(call step,compile,cmake --build $(BUILD) --parallel $(JOBS) --target write_settings)
	@$(call step,write,$(BUILD)/tests/config/write_settings .)

# What guards the tree beside the tests. Each part is skipped, with a line that says so, where its tool is missing;
# setup.sh installs the tools that the system offers.
.PHONY: check
check: ## After make test: formatting, recipes, clang-tidy, ASan and UBSan, fuzzers of 8 s, the Python package, frameworks
	@tools/setup.sh check
	@$(MAKE) --no-print-directory check-format check-recipes check-tidy check-sanitizers check-python check-web check-deploy check-clients check-schema

need = $(if $(2),$(call step,$(1),$(3)),printf 'check: %s skipped: not installed: %s (tools/setup.sh check)\n' '$(1)' '$(4)')

.PHONY: check-format check-recipes check-tidy check-sanitizers check-python
check-format:
	@$(call need,clang-format,$(CLANG_FORMAT),$(CLANG_FORMAT) --dry-run --Werror $(SOURCES),clang-format)

# What ARCHITECTURE.md says one changes for a new setting, cache tier, engine and pooling mode, followed on a scratch copy.
check-recipes:
	@$(call configure,$(BUILD),-DVETOR_BUILD_TESTS=ON)
	@$(call compile,$(BUILD),)
	@$(call step,recipes,ctest --test-dir $(BUILD) --output-on-failure --no-tests=error -L tree)

# Without precompiled headers: a file that does not include what it uses is found here. The analyzer takes more than half
# of the time: `make nightly` has it.
TIDY_FLAGS ?= '-checks=-clang-analyzer-*'
check-tidy:
	@$(if $(and $(CLANG),$(CLANG_TIDY)),$(call configure,build-clang,--preset clang -DCMAKE_CXX_COMPILER=$(CLANG) -DVETOR_PRECOMPILE=OFF))
	@$(if $(and $(CLANG),$(CLANG_TIDY)),$(call compile,build-clang,--target vetor_page_files))
	@$(if $(and $(CLANG),$(CLANG_TIDY)),echo 'clang-tidy: every file of src and cli; about ten minutes on two cores; its log is build-clang/tidy.log')
	@$(call need,clang-tidy,$(and $(CLANG),$(CLANG_TIDY)),$(CLANG_TIDY) -quiet -p build-clang -j $(JOBS) $(TIDY_FLAGS) '^$(CURDIR)/(src|cli)/.*\.cc$$' >build-clang/tidy.log 2>&1 || { grep -E 'error:|warning:' build-clang/tidy.log | sort -u; false; },clang and clang-tidy-14)

# Left out under sanitizers, with the reason: millions of strings and 2,000 texts through real models take minutes there
# and walk the code that the other tests of their stage walk; what a session or a thread takes cannot be seen
# beside shadow memory. The sanitizer of pointers asks the system through a pipe whether memory is there, which
# it cannot without a descriptor. After a fork beside threads that allocate, the child may find a lock of the
# sanitizer's own allocator taken by a thread that it does not have (seen with Clang 14 in one run of eight).
NOT_UNDER_SANITIZERS := Answers|ClustersTest.EveryScalar|GoldenVectorsTest|ASecondSessionTakesNoMore|ACheckpointIsInMemoryOnce|AThreadFreesTheBuffers|Row35WithoutDescriptors|Row35AnIdleConnectionGives|AChildOpensItsOwnWhileThreads

check-sanitizers:
	@$(if $(CLANG),$(call configure,build-fuzz,--preset fuzz -DCMAKE_CXX_COMPILER=$(CLANG) -DVETOR_FUZZ_SECONDS=8))
	@$(if $(CLANG),$(call compile,build-fuzz,--target vetor_sanitized))
	@$(call need,sanitizers and fuzzers,$(CLANG),ctest --test-dir build-fuzz --output-on-failure --parallel $(JOBS) --no-tests=error \
	  -L 'stage|fuzz' -E '$(NOT_UNDER_SANITIZERS)',clang)

python_headers = $(shell python3 -c 'import sysconfig, os; print("yes" if os.path.exists(sysconfig.get_path("include") + "/Python.h") else "")' 2>/dev/null)

check-python:
	@$(if $(python_headers),$(call configure,$(BUILD),-DVETOR_BUILD_TESTS=ON))
	@$(if $(python_headers),$(call compile,$(BUILD),))
	@$(call need,the Python package,$(python_headers),ctest --test-dir $(BUILD) --output-on-failure --no-tests=error -L python,python3-dev)
	@cat $(BUILD)/python-tests/frameworks-skipped 2>/dev/null || true

.PHONY: check-web check-deploy check-clients check-schema
CHROMIUM := $(firstword $(foreach name,chromium chromium-browser google-chrome,$(shell command -v $(name))))
browser_tools = $(and $(shell command -v node),$(shell command -v npm),$(CHROMIUM))

tests/web/node_modules:
	@cd tests/web && npm install --silent --ignore-scripts --no-save playwright-core@1.65.1 axe-core@4.14.1

check-web:
	@$(if $(browser_tools),$(call configure,$(BUILD),-DVETOR_BUILD_TESTS=ON))
	@$(if $(browser_tools),$(call compile,$(BUILD),--target vetor_command))
	@$(if $(browser_tools),$(MAKE) --no-print-directory tests/web/node_modules)
	@$(call need,the page in a browser,$(browser_tools),VETOR_COMMAND=$(BUILD)/vetor VETOR_CHROMIUM=$(CHROMIUM) \
	  node --test --test-reporter=spec tests/web/browser.test.mjs,node npm chromium)

.deps/deploy/bin/python: tests/deploy/requirements.txt
	@python3 -m venv .deps/deploy
	@$(call step,linters of deploy,$@ -m pip install --quiet --disable-pip-version-check --requirement $<)

check-deploy: .deps/deploy/bin/python
	@$(call configure,$(BUILD),-DVETOR_BUILD_TESTS=ON)
	@$(call compile,$(BUILD),--target vetor_command)
	@$(call step,deploy,python3 -B tests/deploy/deploy_test.py --vetor $(BUILD)/vetor --python .deps/deploy/bin/python)

run_clients = python3 -B tests/clients/run_clients.py --vetor $(BUILD)/vetor --work .deps/clients

check-clients:
	@$(call configure,$(BUILD),-DVETOR_BUILD_TESTS=ON)
	@$(call compile,$(BUILD),--target vetor_command)
	@$(call step,official clients,$(run_clients) --skip-missing)

has_venv = $(shell python3 -c 'import ensurepip, venv' 2>/dev/null && echo yes)

.deps/schema/installed: tests/server/schema/requirements.txt
	@python3 -m venv .deps/schema
	@$(call step,schemathesis,.deps/schema/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<)
	@touch $@

check-schema:
	@$(if $(has_venv),$(call configure,$(BUILD),-DVETOR_BUILD_TESTS=ON))
	@$(if $(has_venv),$(call compile,$(BUILD),--target vetor_command))
	@$(if $(has_venv),$(MAKE) --no-print-directory .deps/schema/installed)
	@$(call need,answers by their schema,$(has_venv),python3 -B tests/server/schema/check_schema.py --vetor $(BUILD)/vetor \
	  --python .deps/schema/bin/python,python3-venv)

.PHONY: compat-clients
compat-clients: build ## The official clients of OpenAI, Cohere, Ollama and others against vetor serve (pip, npm, Go, Maven)
	@$(call step,official clients,$(run_clients))

.PHONY: test-scale
test-scale: build ## Bulk jobs of 100,000 rows: order, number, equal bytes, flat memory (ROWS=n)
	@$(call step,bulk jobs,python3 -B tests/scale/bulk_scale.py --vetor $(BUILD)/vetor --rows $(or $(ROWS),100000))

VENV ?= .venv
PACKAGE ?= .

.PHONY: python
python: ## The Python package in the virtual environment .venv (VENV=folder), with all that its build needs
	@tools/setup.sh python
	@test -x $(VENV)/bin/python || $(call step,virtual environment,python3 -m venv $(VENV))
	@echo "pip: building and installing the package (some minutes the first time)"
	@$(call step,pip install,$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check $(PACKAGE))
	@printf "\nThe package is in %s. Use it:\n\n  source %s/bin/activate\n  python -c 'import vetor; print(vetor.EmbeddingsService().encode([\"GP de São Paulo\"]).shape)'\n" "$(VENV)" "$(VENV)"

.PHONY: run
run: ## The main job on real data: link event titles in 33 languages to the race they mean (MODEL=minilm: smaller)
	@tools/setup.sh run $(fetch_$(run_model))
	@$(call configure,$(BUILD),-DVETOR_BUILD_TESTS=OFF)
	@$(call compile,$(BUILD),)
	@$(call export,$(run_model))
	@$(call step,run,python3 examples/motorsport-calendar/link_titles.py $(BUILD)/vetor $(call folder_of,$(run_model)) \
	  $(addprefix --prompt-name=,$(prompt_$(run_model))))

COMPAT_PYTHON ?= .deps/compat/bin/python

.deps/compat/bin/python:
	@python3 -m venv .deps/compat
	@$(call step,packages of other loaders,$@ -m pip install --quiet --requirement tests/compat/requirements.txt)

tests/compat/node_modules:
	@cd tests/compat && npm install --silent --ignore-scripts --no-save @huggingface/transformers@4.3.1

.PHONY: compat
compat: $(COMPAT_PYTHON) tests/compat/node_modules ## The other loaders on our exported folders (about 6 GB of packages)
	@tools/setup.sh test
	@$(call configure,$(BUILD),)
	@$(call compile,$(BUILD),--target vetor_command)
	@$(call step,our package,$(COMPAT_PYTHON) -m pip install --quiet --no-deps .)
	@$(call step,compare,$(COMPAT_PYTHON) tests/compat/compare.py --weights models/all-MiniLM-L6-v2-weights \
	  --vetor $(BUILD)/vetor --work .cache/compat --markdown docs/compatibility.md)

.PHONY: bench
bench: ## Benchmarks: figures, not checks (docs/benchmarks.md)
	@tools/setup.sh bench
	@$(call configure,build-bench,-DCMAKE_BUILD_TYPE=Release -DVETOR_BUILD_TESTS=OFF -DVETOR_BUILD_BENCHMARKS=ON)
	@$(call compile,build-bench,)
	@for program in $$(find build-bench/bench -type f -executable -name '*_bench*' ! -name '*.cmake' | sort); do \
	  $(call step,bench,$$program); done

PEER_PYTHON := .deps/peers/bin/python

$(PEER_PYTHON):
	@python3 -m venv .deps/peers
	@$(call step,peer packages,$@ -m pip install --quiet onnxruntime==1.28.0 tokenizers==0.23.3 numpy)

.PHONY: bench-throughput
bench-throughput: $(PEER_PYTHON) build ## Tokens a second beside forty lines of Python (needs ../shared)
	@tools/setup.sh bench
	@$(call configure,build-bench,-DCMAKE_BUILD_TYPE=Release -DVETOR_BUILD_TESTS=OFF -DVETOR_BUILD_BENCHMARKS=ON)
	@$(call compile,build-bench,--target embed_throughput)
	@$(call step,work loads,python3 bench/throughput/build_workloads.py --corpus ../shared/data/corpus --model $(bench_folder) --output .cache/workloads)
	@$(call step,compare,python3 bench/throughput/compare.py --model $(bench_folder) --workloads .cache/workloads \
	  --driver build-bench/bench/throughput/embed_throughput --python $(PEER_PYTHON))

# The pass alone on the shapes of four models, then the whole program on texts beside ONNX Runtime and OpenVINO.
native_shapes := bge-base modernbert-base

.PHONY: bench-native
bench-native: build ## vetor's own kernels beside the machine's peak, ONNX Runtime and OpenVINO (docs/engine.md)
	@tools/setup.sh bench multilingual-weights
	@$(call export,minilm)
	@$(call configure,build-bench,-DCMAKE_BUILD_TYPE=Release -DVETOR_BUILD_TESTS=OFF -DVETOR_BUILD_BENCHMARKS=ON)
	@$(call compile,build-bench,--target native_figures native_limit kernels_bench embed_throughput write_workloads)
	@for shape in $(native_shapes); do \
	  $(call step,random weights,python3 bench/native/random_checkpoint.py $$shape .cache/shapes/$$shape $(folder_minilm)); done
	@for folder in $(folder_minilm)-weights $(folder_multilingual)-weights $(native_shapes:%=.cache/shapes/%); do \
	  graph=$${folder%-weights}/model.onnx; test -e $$graph || graph=; echo; echo "$$folder"; \
	  $(call step,the pass alone,VETOR_ONNXRUNTIME=$${VETOR_ONNXRUNTIME:-$(CURDIR)/.deps/onnxruntime/lib} \
	    build-bench/bench/native/native_figures $$folder "$$graph" $(PEER_REPEATS)); done
	@$(call step,the whole program,VETOR_ONNXRUNTIME=$${VETOR_ONNXRUNTIME:-$(CURDIR)/.deps/onnxruntime/lib} \
	  python3 bench/peers/run_peers.py --build build-bench --command $(BUILD)/vetor --model $(folder_minilm) --only openvino \
	  --configs openvino-f32 --scale $(PEER_SCALE) --repeats $(PEER_REPEATS) --limit build-bench/bench/native/native_limit \
	  --checkpoint $(folder_minilm)-weights --json .cache/peers/native.json)

.PHONY: bench-service
bench-service: build ## What an Embed costs beside the model's run: threads, callers, one text (docs/performance.md)
	@tools/setup.sh bench
	@$(call configure,build-bench,-DCMAKE_BUILD_TYPE=Release -DVETOR_BUILD_TESTS=OFF -DVETOR_BUILD_BENCHMARKS=ON)
	@$(call compile,build-bench,--target service_figures write_workloads)
	@$(call step,work loads,build-bench/bench/peers/write_workloads .cache/peers $(PEER_SCALE))
	@$(call step,figures,VETOR_ONNXRUNTIME=$${VETOR_ONNXRUNTIME:-$(CURDIR)/.deps/onnxruntime/lib} \
	  build-bench/bench/service/service_figures $(bench_folder) .cache/peers/mixed.txt .cache/peers/short.txt $(PEER_REPEATS))

SERVE_SECONDS ?= 8
SERVE_REPEATS ?= 3

.PHONY: bench-serve
bench-serve: build ## vetor serve under wrk beside the same texts in process; writes the table of docs/benchmarks.md
	@tools/setup.sh bench
	@$(call export,minilm)
	@$(call configure,build-bench,-DCMAKE_BUILD_TYPE=Release -DVETOR_BUILD_TESTS=OFF -DVETOR_BUILD_BENCHMARKS=ON)
	@$(call compile,build-bench,--target embed_throughput write_workloads)
	@$(call step,the server under load,VETOR_ONNXRUNTIME=$${VETOR_ONNXRUNTIME:-$(CURDIR)/.deps/onnxruntime/lib} \
	  python3 -B bench/serve/run_serve.py --vetor $(BUILD)/vetor --build build-bench --model $(bench_folder) \
	  --seconds $(SERVE_SECONDS) --repeats $(SERVE_REPEATS) $(if $(INFINITY),--infinity $(INFINITY)) --json .cache/serve/results.json --docs docs/benchmarks.md)

PEER_SCALE ?= 4
PEER_REPEATS ?= 3
PEERS ?=
peer_model = $(or $(MODEL),minilm)

.PHONY: bench-peers
bench-peers: build ## Every peer that installs, beside vetor on the same texts; writes the table of docs/benchmarks.md
	@tools/setup.sh bench
	@tools/setup.sh run $(fetch_$(peer_model)) $(if $(filter minilm,$(peer_model)),minilm-int8)
	@$(call export,$(peer_model))
	@$(call configure,build-bench,-DCMAKE_BUILD_TYPE=Release -DVETOR_BUILD_TESTS=OFF -DVETOR_BUILD_BENCHMARKS=ON)
	@$(call compile,build-bench,--target embed_throughput write_workloads)
	@$(call step,peers,VETOR_ONNXRUNTIME=$${VETOR_ONNXRUNTIME:-$(CURDIR)/.deps/onnxruntime/lib} \
	  python3 bench/peers/run_peers.py --build build-bench --command $(BUILD)/vetor --model $(bench_folder) \
	  --scale $(PEER_SCALE) --repeats $(PEER_REPEATS) --json .cache/peers/results.json --docs docs/benchmarks.md \
	  $(if $(PEERS),--only $(PEERS)))

.PHONY: bench-python
bench-python: ## The Python package's start and the cost of a call (after make test; ORACLE=python with sentence-transformers)
	@$(call step,call overhead,$(BUILD)/python-tests/venv/bin/python bench/python/call_overhead.py --model $(bench_folder))
	@$(call step,start,$(BUILD)/python-tests/venv/bin/python bench/python/start_up.py --model $(bench_folder) $(if $(ORACLE),--oracle $(ORACLE)))

.PHONY: nightly
nightly: ## The long checks: ThreadSanitizer, an hour of each fuzzer, other models, soaks
	@$(MAKE) test check tsan
	@$(MAKE) check-tidy TIDY_FLAGS=
	@$(MAKE) fuzz FUZZ_SECONDS=3600
	@$(call step,other models,tools/fetch.py minilm-weights minilm-int8 bge-small bge-small-int8)
	@$(call step,test,ctest --test-dir $(BUILD) --output-on-failure --parallel $(JOBS) -R Golden)
	@$(call step,every mutation of foreign graphs,VETOR_EVERY_MUTATION=1 ctest --test-dir $(BUILD) --output-on-failure \
	  --parallel $(JOBS) -R MutatedForeignGraphsTest)
	@$(call configure,build-without-onnxruntime,-DVETOR_ONNXRUNTIME=OFF)
	@$(call compile,build-without-onnxruntime,--target vetor_command)
	@$(call step,a checkpoint without ONNX Runtime,echo race | build-without-onnxruntime/vetor embed --quiet --no-cache \
	  --model models/all-MiniLM-L6-v2-weights >/dev/null)
	@$(call step,soak,$(BUILD)/python-tests/venv/bin/python tests/python/soak.py --seconds 1800)
	@$(call compile,$(BUILD),--target cache_soak_worker vetor_command)
	@$(call step,soak of the server,python3 -B tests/soak/server_soak.py --vetor $(BUILD)/vetor --seconds 1800)
	@$(call step,bulk jobs of a million rows,python3 -B tests/scale/bulk_scale.py --vetor $(BUILD)/vetor --rows 1000000)
	@$(call step,fifty killed bulk jobs,VETOR_BULK_KILLS=50 ctest --test-dir $(BUILD) --output-on-failure --no-tests=error -R BulkFaultTest)
	@$(call step,soak of the cache,python3 tests/soak/cache_soak.py --seconds 600 --build $(BUILD))

.PHONY: install
install: ## Install command, library and CMake package below PREFIX (default /usr/local)
	@tools/setup.sh build
	@$(call configure,$(BUILD),-DCMAKE_INSTALL_PREFIX=$(or $(PREFIX),/usr/local))
	@$(call compile,$(BUILD),)
	@$(call step,install,cmake --install $(BUILD))

.PHONY: asan
asan: ## The stage tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/setup.sh check
	@$(call configure,build-asan,--preset asan)
	@$(call compile,build-asan,)
	@$(call step,test,ctest --test-dir build-asan --output-on-failure --parallel $(JOBS) -L stage)

.PHONY: tsan
tsan: ## The tests of code with threads under ThreadSanitizer
	@tools/setup.sh check
	@$(call configure,build-tsan,--preset tsan)
	@$(call compile,build-tsan,--target vetor_thread_tests)
	@$(call step,test,ctest --test-dir build-tsan --output-on-failure --parallel $(JOBS) -L threads)

FUZZ_SECONDS ?= 600

.PHONY: fuzz
fuzz: ## Every fuzzer under both sanitizers, FUZZ_SECONDS each
	@tools/setup.sh check
	@$(call configure,build-fuzz,--preset fuzz -DCMAKE_CXX_COMPILER=$(CLANG) -DVETOR_FUZZ_SECONDS=$(FUZZ_SECONDS))
	@$(call compile,build-fuzz,--target vetor_fuzzers)
	@$(call step,fuzz,ctest --test-dir build-fuzz --output-on-failure --parallel $(JOBS) --no-tests=error -L fuzz)

.PHONY: clang
clang: ## Everything with Clang and its thread-safety analysis
	@tools/setup.sh check
	@$(call configure,build-clang,--preset clang -DCMAKE_CXX_COMPILER=$(CLANG))
	@$(call compile,build-clang,)

.PHONY: format
format: ## Format all C++ sources in place
	@tools/setup.sh check
	@$(CLANG_FORMAT) -i $(SOURCES)

.PHONY: lint
lint: ## clang-format check and clang-tidy
	@tools/setup.sh check
	@$(MAKE) --no-print-directory check-format check-tidy

.PHONY: clean
clean: ## Remove build folders; downloads and models stay
	@rm -rf $(BUILD) build-asan build-tsan build-clang build-fuzz build-bench build-without-onnxruntime
