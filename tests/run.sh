#!/usr/bin/env bash
# Runs the tests, or the stages named as arguments (build unit lint e2e; fuzz goes on for ever), and counts what they say in TAP.
# What passes is one line per program, what fails is shown with all it printed. The last line counts everything.
# Unit tests, lint and fuzz targets run beside one another, since each has its own ports and folders; builds come before them, because
# they are what is run, and scenarios after them, because those have deadlines of their own and fill the machine.
set -u
cd "$(dirname "$0")/.." || exit 1
make=${MAKE:-make}
jobs=${JOBS:-$(nproc)}
fuzz_s=${FUZZ_S:-10}
passed=0 failed=0 skipped=0
work=$(mktemp -d "${TMPDIR:-/tmp}/phigate-test.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
# make hands its own flags down, such as -s or a job server; each stage says itself what it wants
unset MAKEFLAGS MFLAGS MAKELEVEL
# Memory that was freed is used again after 16 MiB more of it, not after 256: fresh pages took more than half of the time of many tests.
export ASAN_OPTIONS=quarantine_size_mb=16${ASAN_OPTIONS:+:$ASAN_OPTIONS}
export TMPDIR=$work/tmp
mkdir -m 711 "$TMPDIR"            # the agent's own account passes through to its folder
chmod 711 "$work"

stage() { printf '\n==> %s\n' "$*"; from=$SECONDS; }

# count FILE NAME STATUS [SECONDS]: TAP in FILE; a program that ends badly without a failed line is one failure
count() {
	local ok not skip
	ok=$(grep -c '^ok ' "$1") not=$(grep -c '^not ok ' "$1") skip=$(grep -ci '^ok .*# *skip' "$1")
	ok=$((ok - skip))
	[ "$3" = 0 ] || [ "$not" != 0 ] || not=1
	passed=$((passed + ok)) failed=$((failed + not)) skipped=$((skipped + skip))
	if [ "$not" != 0 ]; then
		printf '%-34s %3d passed, %d FAILED\n' "$2" "$ok" "$not"
		sed 's/^/    /' "$1"
	else
		printf '%-34s %3d passed%s%s\n' "$2" "$ok" "$([ "$skip" = 0 ] || echo ", $skip skipped")" "${4:+, $4 s}"
	fi
}

# step NAME COMMAND…: one test that is a command
step() {
	local name=$1
	shift
	if "$@" > "$work/step" 2>&1; then
		passed=$((passed + 1)); printf '%-34s ok, %d s\n' "$name" $((SECONDS - from))
	else
		failed=$((failed + 1)); printf '%-34s FAILED: %s\n' "$name" "$*"
		{ grep -E ' error: | warning: |undefined reference|multiple definition|\*\*\*' "$work/step" || cat "$work/step"; } | tail -n 40 | sed 's/^/    /'
		return 1
	fi
	from=$SECONDS
}

do_build() {
	stage "build: gcc, clang, sanitizers"
	# A test is linked where it is run, with sanitizers; gcc shows here what it has to say of it with -O2, and clang says all of that
	# before it makes code. Nobody debugs what is built here, and what a sanitizer says needs lines, no more.
	step "builds with gcc" "$make" -j"$jobs" B=build CC=gcc CFLAGS=-g0 all test-objects bench-programs
	step "builds with clang" "$make" -j"$jobs" B=build/clang CC=clang CFLAGS="-O1 -g0" all
	step "has clang read the tests" "$make" -j"$jobs" B=build/clang CC=clang CFLAGS=-fsyntax-only test-objects
	step "builds with ASan and UBSan" "$make" -j"$jobs" B=build/san CC=gcc SAN=1 CFLAGS=-g1 all unit-programs
	step "builds the fuzz targets" "$make" -j"$jobs" B=build/fuzz CC=clang SAN=1 CFLAGS="-g1 -fsanitize=fuzzer-no-link" fuzz-programs
}

# beside N: runs the jobs that stdin names, "KIND NAME" a line, N at once; each prints into a file of its own
beside() {
	xargs -P "$1" -L 1 bash -c 'mkdir -p "$work/$1"; "job_$1" "$2" > "$work/$1/$2.tap" 2>&1 < /dev/null; rc=$?
		echo $SECONDS > "$work/$1/$2.s"; echo $rc > "$work/$1/$2.rc"' job
}

# tell KIND: counts what its jobs left, in their order; one that left nothing has failed
tell() {
	local name
	for name in $("list_$1" | cut -d' ' -f2); do
		[ -e "$work/$1/$name.rc" ] || { mkdir -p "$work/$1"; echo "not ok - $name did not run" > "$work/$1/$name.tap"; echo 1 > "$work/$1/$name.rc"; }
		count "$work/$1/$name.tap" "$name" "$(cat "$work/$1/$name.rc")" "$(cat "$work/$1/$name.s" 2> /dev/null)"
	done
}

# names KIND FILE…: the jobs of test sources
names() {
	local kind=$1 t
	shift
	for t in "$@"; do basename "${t%.*}"; done | sed "s/^/$kind /"
}

job_unit() {
	[ -x "build/san/unit/$1" ] || { echo "not ok 1 - $1 is not built"; return 1; }
	CMOCKA_MESSAGE_OUTPUT=tap timeout 300 "build/san/unit/$1"
}

job_lint() { tests/lint.sh; }

# the largest sources first, which take longest
list_unit() { names unit $(ls -S tests/unit/test_*.c); }
list_lint() { echo lint lint; }
list_fuzz() { names fuzz tests/fuzz/fuzz_*.c; }
list_e2e() { names e2e tests/e2e/"${T:-}"*.bats; }

# do_checks unit lint fuzz: all of them in one queue
do_checks() {
	local s
	stage "$(printf '%s, ' "$@" | sed 's/, $//'): $jobs at once; unit tests with ASan and UBSan, fuzz targets ${fuzz_s} s each"
	for s in "$@"; do "list_$s"; done | beside "$jobs"
	for s in "$@"; do tell "$s"; done
}

# one fuzz target: its seeds, then what it finds; a crash leaves its input in build/fuzz/crash
fuzz_one() {
	local name=${1#fuzz_} rc
	mkdir -p "build/fuzz/found/$name" build/fuzz/crash
	"build/fuzz/fuzz/$1" -max_total_time="$2" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 \
		-artifact_prefix="build/fuzz/crash/$name-" "build/fuzz/found/$name" \
		$([ ! -d "tests/fuzz/corpus/$name" ] || echo "tests/fuzz/corpus/$name") > "$work/fuzz.$name" 2>&1
	rc=$?
	if [ $rc = 0 ]; then
		echo "ok - $1: $(awk '/stat::number_of_executed_units/ {print $2}' "$work/fuzz.$name") inputs in $2 s"
	else
		echo "not ok - $1"
		tail -n 60 "$work/fuzz.$name"
	fi
	return $rc
}

job_fuzz() {
	[ -x "build/fuzz/fuzz/$1" ] || { echo "not ok - $1 is not built"; return 1; }
	fuzz_one "$1" "$fuzz_s"
}

# make fuzz: all targets by turns for ever, or FUZZ_S seconds each; T=jwt only one
do_fuzz_long() {
	stage "fuzzing${T:+ $T}${FUZZ_S:+, $FUZZ_S s each}"
	step "builds the fuzz targets" "$make" -j"$jobs" B=build/fuzz CC=clang SAN=1 CFLAGS="-g1 -fsanitize=fuzzer-no-link" fuzz-programs || return
	local t
	while [ "$failed" = 0 ]; do
		for t in tests/fuzz/fuzz_"${T:-}"*.c; do
			t=$(basename "$t" .c)
			fuzz_one "$t" "${FUZZ_S:-60}" > "$work/tap"
			count "$work/tap" "$t" $?
			sed -n 's/^ok - /    /p' "$work/tap"
		done
		[ -z "${FUZZ_S:-}" ] || break
	done
}

job_e2e() {
	timeout -k 10 600 bats --tap "tests/e2e/$1.bats"
	local rc=$?
	echo "    $1 done" >&3
	return $rc
}

# Scenario files run beside one another; each has its own provider, model, agent and users. They wait more than they work, so one more
# runs than there are processors; the long ones come first.
do_e2e() {
	local build=${E2E_BUILD:-build/san}
	stage "end to end: sshd, oidc-provider, openai, $build"
	[ -x "$build/phigate-agent" ] && [ -x "$build/phigate" ] || {
		echo "not ok - $build/phigate and phigate-agent are not built" > "$work/tap"; count "$work/tap" e2e 1; return; }
	export PHIGATE_BUILD=$PWD/$build
	names e2e $(ls -S tests/e2e/"${T:-}"*.bats) | beside "${E2E_JOBS:-$((jobs + 1))}" 3>&2
	tell e2e
	# bats tears nothing down when it is killed
	[ "$(id -u)" != 0 ] || bash -c '. tests/e2e/lib/site.bash; site_sweep'
}

export work fuzz_s
export -f job_unit job_lint job_fuzz job_e2e fuzz_one
began=$SECONDS
case ${1:-all} in
all) do_build; do_checks unit lint fuzz; do_e2e ;;
fuzz) do_fuzz_long ;;
build | unit | lint | e2e)
	for s in "$@"; do
		case $s in unit | lint) do_checks "$s" ;; *) "do_$s" ;; esac
	done ;;
*) echo "unknown stage $1"; exit 2 ;;
esac
left=$(ls -A "$TMPDIR")
if [ -n "$left" ]; then
	failed=$((failed + 1)); echo "left behind in TMPDIR: $left"
fi
printf '\nin %d min %d s\n' $(((SECONDS - began) / 60)) $(((SECONDS - began) % 60))
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
