# Everything that is done with this project. `make` alone lists it.
SHELL := /bin/sh
.DEFAULT_GOAL := help

BIN := target/debug
PROGRAMS := -p standalone -p public-api -p mcp-gateway
IMAGE := mcp-registry-backend

## run: build mcp-registry and start it: API on 8000, gateway on 8001, data in ./data, log also in logs/app.log
.PHONY: run
run: tools-build
	cargo build -p standalone
	MREG_LOG_FILE_PATH=$${MREG_LOG_FILE_PATH:-logs/app.log} $(BIN)/mcp-registry serve

## dev: like run, and again whenever a source file changes
.PHONY: dev
dev: tools-build
	tools/setup entr
	while sleep 0.2; do \
	  git ls-files -co --exclude-standard '*.rs' '*.toml' '*.sql' \
	    | MREG_LOG_FILE_PATH=$${MREG_LOG_FILE_PATH:-logs/app.log} entr -dnr cargo run -p standalone -- serve; \
	done

## demo: the main job on a real MCP server: submit it, approve it, call its tool through the gateway
.PHONY: demo
demo: tools-build
	tools/setup curl
	cargo build -p standalone -p registry-testkit --bins
	MCP_REGISTRY_BIN=$(BIN)/mcp-registry MCP_ECHO_SERVER_BIN=$(BIN)/mcp-echo-server tools/demo/run

## services: PostgreSQL and Redis for development, in data/services; prints what belongs into .env
.PHONY: services
services:
	@tools/testenv.sh services up

## services-down: stop them; their data stays
.PHONY: services-down
services-down:
	@tools/testenv.sh services down

## test: every test, on a throwaway PostgreSQL and Redis; installs what it needs
.PHONY: test
test: tools-build
	tools/setup curl chromium openssl python3-venv
	cargo build $(PROGRAMS) -p registry-testkit --bins
	tools/test

## openapi: write the OpenAPI documents of both ports, and the Postman collection, into docs/openapi
.PHONY: openapi
openapi: tools-build
	WRITE_OPENAPI=1 cargo test -q -p public-api -p mcp-gateway the_committed_document
	tools/openapi/check
	tools/postman/run generate

## fuzz: odd bytes for SECONDS=30 a target (libFuzzer), then many odd requests (schemathesis): no 5xx, and only what the documents say
.PHONY: fuzz
fuzz: fuzz-wire fuzz-api

## fuzz-wire: the first of these alone
.PHONY: fuzz-wire
fuzz-wire: tools-build
	tools/fuzz/wire $(or $(SECONDS),30)

## fuzz-api: the second alone
.PHONY: fuzz-api
fuzz-api: tools-build
	tools/setup curl
	cargo build -p standalone
	tools/fuzz/run

## conformance: the protocol's own suite, of both eras, against servers directly and through the gateway
.PHONY: conformance
conformance: tools-build
	cargo build -p standalone
	tools/conformance/run

## lint: formatting, clippy, and the project's own rules
.PHONY: lint
lint: tools-build
	tools/setup git python3
	cargo fmt --all -- --check
	cargo clippy --workspace --all-targets -- -D warnings
	tools/lint/rules

## bench: speed as ratios to bare programs, what indexes gain, memory, and the promised figures (release build)
.PHONY: bench
bench: tools-build
	tools/setup wrk
	cargo build --release -p standalone -p bench
	tools/testenv.sh run target/release/bench $(BENCH_ARGS)

## cluster: two of each program on one database behind balancers (8000 and 8001), until Ctrl-C
.PHONY: cluster
cluster: tools-build chaos-programs
	tools/testenv.sh run $(BIN)/chaos cluster

## chaos: one fault after the other under load, then five times too much load; a table of what held
.PHONY: chaos
chaos: tools-build chaos-programs
	tools/testenv.sh run $(BIN)/chaos faults
	$(BIN)/chaos overload

## soak: clients that come, go, hang and misbehave, for SECONDS=300: the slopes of what is held
.PHONY: soak
soak: tools-build chaos-programs
	SECONDS=$(or $(SECONDS),300) $(BIN)/chaos soak

.PHONY: chaos-programs
chaos-programs:
	cargo build $(PROGRAMS) -p registry-testkit -p chaos --bins

## build: the programs as users run them (release profile)
.PHONY: build
build: tools-build
	cargo build --release $(PROGRAMS)

## dist: the same with the machine's paths taken out, so that the same sources give the same bytes
.PHONY: dist
dist: tools-build
	RUSTFLAGS="--remap-path-prefix=$(CURDIR)=. --remap-path-prefix=$${CARGO_HOME:-$$HOME/.cargo}=cargo" \
	  CARGO_INCREMENTAL=0 cargo build --release --locked $(PROGRAMS)

## sbom: what is linked into the programs, as CycloneDX, into target/sbom
.PHONY: sbom
sbom:
	tools/supply/sbom

## secrets: look for secrets in every commit and in the working tree (a part of lint)
.PHONY: secrets
secrets:
	tools/supply/secrets --self-test
	tools/supply/secrets

## deploy-check: the form of Dockerfile, units, chart, manifests and templates; WRITE=1 makes the manifests anew
.PHONY: deploy-check
deploy-check:
	tools/setup python3-venv
	tools/deploy/check $(if $(WRITE),--write)

## docker-build: the image mcp-registry-backend, and that it is not too large
.PHONY: docker-build
docker-build:
	docker build -t $(IMAGE) .
	test "$$(docker image inspect --format '{{.Size}}' $(IMAGE))" -lt 150000000

## docker-run: that image with the settings of .env, on ports 8000 and 8001
.PHONY: docker-run
docker-run:
	docker run --rm --read-only --cap-drop ALL --security-opt no-new-privileges --tmpfs /tmp \
	  -v mcp-registry:/data -p 8000:8000 -p 8001:8001 --env-file .env $(IMAGE)

## migrate: bring the database's schema up to date, without serving
.PHONY: migrate
migrate: tools-build
	cargo run -p standalone -- migrate

## fmt: format all code
.PHONY: fmt
fmt:
	cargo fmt --all

## clean: remove everything that was built
.PHONY: clean
clean:
	cargo clean

# A C compiler is all that building needs besides Rust: for SQLite and for the cryptography.
.PHONY: tools-build
tools-build:
	@tools/setup cc

## help: this list
.PHONY: help
help:
	@sed -n 's/^## \([a-z-]*\): /  make \1\t/p' Makefile | expand -t 22
