# The front door: works before Node is there. Every target sets up what it needs by itself.

.DEFAULT_GOAL := help
.PHONY: help demo demo-ui test check bench docs setup setup-tests build screenshots schema images appliances format clean

run := scripts/with-node

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /  make \1\t/p' Makefile | expand -t 18

demo: setup ## bring up a real OSPF network from one file, show it, take it down
	@$(run) node scripts/demo.ts

demo-ui: setup ## the same in a browser: prints a link, opens it; Ctrl-C takes everything down
	@$(run) node scripts/demo-ui.ts

test: setup-tests ## the whole test suite (as root: as an unprivileged user it makes, and a smaller set as root)
	@$(run) node scripts/test.ts

check: setup ## types, lint, format and module rules
	@$(run) tsc -p .
	@$(run) tsc -p web
	@$(run) biome check --error-on-warnings .
	@$(run) oxlint --quiet --type-aware .
	@$(run) node scripts/check-modules.ts

format: setup ## format and fix what can be fixed by itself
	@$(run) biome check --write .

bench: setup-tests build ## benchmarks on the built package, against a floor program and Mininet
	@$(run) node bench/main.ts

docs: setup ## the documentation site, into build/docs
	@$(run) node scripts/docs.ts

setup: ## Node, npm packages, Debian packages; what is there stays
	@scripts/setup.sh

setup-tests:
	@scripts/setup.sh tests

build: setup ## the package, plain JavaScript, into dist
	@$(run) node scripts/build.ts

screenshots: setup-tests ## the pictures of the documentation, of a lab that runs
	@NETWRIGHT_SCREENSHOTS=1 $(run) vitest run tests/gui/screenshots.test.ts

schema: setup ## schema/, from the schemas that read lab files, recipes and kinds
	@$(run) node scripts/schema.ts

images: ## the images of images/, of Debian packages, into your store of images
	@scripts/setup.sh images
	@$(run) node scripts/images.ts

appliances: setup ## the example appliance Rabbit, into build/appliances
	@$(run) node appliances/rabbit/build.ts

clean: ## remove what was built
	rm -rf build dist web/dist docs/reference docs/.vitepress/cache
