# What every scenario file loads.
bats_require_minimum_version 1.8.0
source "$BATS_TEST_DIRNAME/lib/site.bash"
PHI='Jane|Smith|536-22-8741|84729315|482-3190|jsmith|stmarys-clinic|03/14/2024'

setup_file() { site_start; }
teardown_file() { site_stop; }
# a tunnel is named after its scenario, so that one that fails leaves none for the next
setup() { T=t$BATS_TEST_NUMBER; }
teardown() {
	tunnel_close "$T" || true
	[ -n "$BATS_TEST_COMPLETED" ] || { echo "--- agent:"; agent_log | tail -n 15; echo "--- connect:"; cat "$SITE/tunnel-$T".* 2>/dev/null | tail -n 15; }
}

fail() { printf '%s\n' "$*" >&2; return 1; }
# same NAME WANTED GOT
same() { [ "$2" = "$3" ] || fail "$1: wanted '$2', got '$3'"; }
has() { [[ $1 == *"$2"* ]] || fail "'$2' is missing in: ${1:0:600}"; }
hasnt() { [[ $1 != *"$2"* ]] || fail "'$2' must not stand in: ${1:0:600}"; }
no_phi() { ! grep -oE "$PHI" <<< "$1" >&2 || fail "PHI in: ${1:0:400}"; }
# exits N COMMAND…: with that status; what it printed is in $output
exits() {
	local want=$1 rc=0
	shift
	output=$("$@" 2>&1) || rc=$?
	[ "$rc" = "$want" ] || fail "$* exits with $rc, not $want: $output"
}
# code ask …: HTTP status in $code, the body in $output
code() {
	output=$("$@" -w '\n%{http_code}')
	code=${output##*$'\n'} output=${output%$'\n'*}
}
sdk() { (cd "$SITE_TESTS" && OPENAI_BASE_URL="$URL/v1" OPENAI_API_KEY="${WITH_KEY:-$KEY}" node e2e/lib/sdk.mjs "$@"); }
model_seen() { [ "$(model_count)" -gt "$1" ]; }
# as the agent's account, whose keys these are
agents() { if [ "$(id -u)" = 0 ]; then setpriv --reuid "$AGENT_USER" --regid "$AGENT_USER" --clear-groups "$SITE/bin/phigate-agent" "$@"; else phigate-agent "$@"; fi; }
vkeys() { agents keys --config "$SITE/agent/agent.yaml" | sed -n '/--ledger/{n;p}'; }
