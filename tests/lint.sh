#!/usr/bin/env bash
# Checks on the sources themselves, in TAP.
set -u
cd "$(dirname "$0")/.." || exit 1
n=0 bad=0

# check NAME OUTPUT: holds when the output is empty
check() {
	n=$((n + 1))
	if [ -z "$2" ]; then echo "ok $n - $1"
	else bad=1; echo "not ok $n - $1"; printf '%s\n' "$2" | head -n 20; fi
}

includes() { grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$@" /dev/null; }

# the agent's folders, but answer/ and mask/, which know nothing of it
agent=(agent agent/archive agent/control agent/dialect agent/exchange agent/gate agent/hold agent/identity agent/ledger agent/net agent/pack agent/policy agent/record agent/session agent/sink)
agent_files() { for d in "${agent[@]}"; do ls "$d"/*.[ch]; done; }

# every quoted include, as the path that it means from its own folder or -iquote
resolve() {
	includes "$@" | sed -E 's/^([^:]+):([0-9]+):.*"([^"]+)".*/\1 \2 \3/' | while read -r file line name; do
		dir=$(dirname "$file")
		for d in "$dir" common "${agent[@]}" agent/answer agent/mask agent/mask/detect; do
			if [ -e "$d/$name" ]; then
				echo "$file:$line $(realpath --relative-to=. "$d/$name")"
				break
			fi
		done
	done
}

check "cli includes nothing of the agent but mask/mask.h and answer/answer.h" \
	"$(resolve cli/*.[ch] | grep ' agent/' | grep -vE ' agent/(mask/mask|answer/answer)\.h$')"
check "the agent includes nothing of cli" "$(resolve $(agent_files) agent/answer/*.[ch] agent/mask/*.[ch] agent/mask/detect/*.[ch] | grep ' cli/')"
check "common includes only common" "$(resolve common/*.[ch] | grep -v ' common/')"
check "agent/mask includes only itself and common" "$(resolve agent/mask/*.[ch] agent/mask/detect/*.[ch] |
	grep -vE ' (agent/mask|common)/')"
check "agent/answer includes only itself, agent/mask and common" "$(resolve agent/answer/*.[ch] |
	grep -vE ' (agent/answer|agent/mask|common)/')"
check "what an exchange calls does not include exchange.h" "$(ls agent/answer/*.[ch] agent/mask/*.[ch] agent/mask/detect/*.[ch] $(agent_files) |
	grep -E '/((answer|mask|dialect|hold|identity|ledger|pack|policy|record|session|sink)/.*|(upstream|store|history)\.[ch])$' |
	xargs grep -nE '#[[:space:]]*include.*"exchange\.h"' /dev/null)"

# a row of a configuration table, or of a command's options, ends with its help
rows() { tr '\n' ' ' < "$1" | grep -oE "$2" | sed "s|^|$1: |"; }
check "every configuration key has a help line" "$(for f in $(grep -lE '\bCONF_[A-Z]+,' common/*.c $(agent_files) cli/*.c); do
	rows "$f" '\{"[a-z_*]+", CONF_[A-Z]+,[^{}]*\}' | grep -vE '"[^"]{3,}"[[:space:]]*\}$'; done)"
check "every option of phigate has a help line" "$(for f in cli/*.c; do
	rows "$f" '\{"--[a-z-]+",[^{}]*\}' | grep -vE '"[^"]{3,}"[^"]*\}$'; done)"
check "every configuration key stands in phigate-agent(8)" "$([ ! -e agent/phigate-agent.8 ] ||
	grep -ohE '^[[:space:]]*\{"[a-z_]+", CONF_[A-Z]+' agent/config*.c | grep -oE '"[a-z_]+"' | tr -d '"' | sort -u |
	while read -r key; do tr -d '\\' < agent/phigate-agent.8 | grep -qw "$key" || echo "$key"; done)"
check "every command of phigate stands in phigate(1)" "$([ ! -e cli/phigate.1 ] ||
	grep -ohE '^[[:space:]]*\.name = "[a-z]+"' cli/*.c | grep -oE '"[a-z]+"' | tr -d '"' | sort -u |
	while read -r name; do grep -qw "$name" cli/phigate.1 || echo "$name"; done)"
check "every option of phigate stands in phigate(1)" "$([ ! -e cli/phigate.1 ] ||
	grep -ohE '^[[:space:]]*\{"--?[a-z-]+",' cli/*.c | grep -oE '[a-z][a-z-]*' | sort -u |
	while read -r name; do grep -qE "Fl (Fl )?$name\b" cli/phigate.1 || echo "$name"; done)"
check "every key of client.yaml stands in phigate(1)" "$([ ! -e cli/phigate.1 ] ||
	grep -ohE '^[[:space:]]*\{"[a-z_]+", CONF_[A-Z]+' cli/config.c | grep -oE '"[a-z_]+"' | tr -d '"' | sort -u |
	while read -r key; do grep -qw "$key" cli/phigate.1 || echo "$key"; done)"

metrics() { tr '\n' ' ' < agent/metrics.c | grep -oE '\[METRIC_[A-Z_]+\] = \{"phigate_[a-z_]+"' | grep -oE '"[a-z_]+"' | tr -d '"' | sort -u; }
check "every metric stands in phigate-agent(8), and no other" "$(diff <(metrics) \
	<(sed -n '/^\.Ss Metrics/,/^\.El/s/^\.It Li //p' agent/phigate-agent.8 | sort -u))"
# name, type: https://prometheus.io/docs/practices/naming, what promtool would say; the unit test asks the table itself
metric_types() { tr '\n\t' '  ' < agent/metrics.c | grep -oE '\{"phigate_[a-z_]+", *"[^"]*", *METRIC_[A-Z]+' | sed -E 's/^\{"([a-z_]+)".*METRIC_([A-Z]+)$/\1 \2/'; }
check "metrics are named as Prometheus wants: counters end in _total and nothing else does, times and sizes in base units" "$(metric_types |
	awk '($2 == "COUNTER") != ($1 ~ /_total$/) || ($2 == "HISTOGRAM" && $1 !~ /_seconds$/) || $1 ~ /_(count|sum|bucket|ms|milliseconds|minutes|mib|kilobytes|percent)(_|$)/'
	[ "$(metric_types | wc -l)" = "$(metrics | wc -l)" ] || echo "a row of agent/metrics.c is not read")"
check "the dashboard is JSON, and shows only metrics that exist" "$(node -e 'JSON.parse(require("fs").readFileSync(0))' \
	< config/grafana-dashboard.json 2>&1 | head -n 3
	grep -oE 'phigate_[a-z_]+' config/grafana-dashboard.json | sed -E 's/_(bucket|sum|count)$//' | sort -u | comm -23 - <(metrics))"

audit_kinds() { grep -oE '^[[:space:]]*\[AUDIT_[A-Z_]+\] = \{"[a-z-]+", "' common/audit.c | grep -oE '"[a-z-]+"' | tr -d '"' | sort -u; }
check "every event of the live streams stands in phigate-agent(8)" "$(sed -n '/^\.Ss events/,/^\.It Cm name/p' agent/phigate-agent.8 | grep -oE '[a-z]+(-[a-z]+)*' |
	sort -u | comm -23 <(audit_kinds) -)"
check "every line of the log that becomes an event is logged" "$(sed -n '/ROWS\[\] = {/,/^};/p' agent/sink/sink_log.c | grep -oE '\{"[a-z_]+"' | tr -d '{"' |
	while read -r name; do grep -qE "log_(info|warn|error)\(\"$name\"" $(agent_files) || echo "$name"; done)"

# the words in quotes where a finding gets its rule
mask_rules() {
	for f in agent/mask/*.c agent/mask/detect/*.c; do
		[ "$f" = agent/mask/reasons.c ] || sed 's|/\*.*\*/||' "$f" | tr '\n\t' '  ' |
			grep -oE '(found|url_rest)\([^;]*;|\<rule = [^;}]*[;}]|\{[A-Za-z0-9_, ]*ENTITY_[A-Z_]+, "[^"]*"' | grep -oE '"[^"]+"'
	done | tr -d '"' | sort -u
}
explained() { grep -oE '^[[:space:]]*\{"[^"]+", "' agent/mask/reasons.c | sed -E 's/^[^"]*"([^"]*)".*/\1/' | sort; }
check "every label of masking stands once (of two rows the later would win in silence)" "$(sed -n '/LABELS\[\] = {/,/^};/p' agent/mask/detect/labels.c |
	grep -oE '\{"[^"]+"' | tr 'A-Z-' 'a-z ' | sort | uniq -d)"
check "every rule of masking says why, and is one" "$(diff <(mask_rules) <(explained))"
check "every rule of masking stands in phigate-policy(5)" "$(diff <(explained) \
	<(sed -n '/^\.Ss Rules of masking/,/^\.El/s/^\.It Li "*\([^"]*\)"*$/\1/p' config/phigate-policy.5 | sort))"
check "every entity stands in phigate-policy(5)" "$(grep -oE '= "[A-Z_]+"' agent/mask/entity.c | tr -d '= "' | grep -vx CUSTOM |
	while read -r name; do grep -qE "^\.It (.* )?$name( |$)" config/phigate-policy.5 || echo "$name"; done)"

for page in cli/phigate.1 agent/phigate-agent.8 config/phigate-policy.5; do
	if [ ! -e "$page" ]; then check "manual $page" "is missing"
	else check "manual $page" "$(mandoc -T lint -W warning "$page" 2>&1 | grep -v 'referenced manual not found')"; fi
done
for shell in bash zsh fish; do
	check "completions for $shell are current (make completions)" "$(
		if [ ! -x build/phigate ]; then echo "build/phigate is not built"
		else build/phigate completion $shell 2>&1 | diff -u completions/phigate.$shell - 2>&1 | head -n 20; fi)"
	! command -v $shell >/dev/null || [ ! -e completions/phigate.$shell ] ||
		check "completions for $shell are $shell" "$($shell -n completions/phigate.$shell 2>&1)"
done

check "lock files name no registry" "$(git ls-files '*package-lock.json' '*.lock' | xargs grep -nE 'https?://|"resolved"' /dev/null |
	grep -vE '"(url|funding)": ')"
check "no text names the machine that it was written on" "$(git ls-files | grep -vE '^tests/(lint\.sh|node_modules)' |
	xargs grep -nIE '(^|[^A-Za-z0-9_}])/(work|root|home/[a-z]+)/' /dev/null | grep -v '^LICENSE')"
check "no TODO, no FIXME" "$(git ls-files '*.c' '*.h' '*.sh' '*.bash' '*.mjs' '*.bats' Makefile | grep -v '^tests/lint\.sh$' |
	xargs grep -nE '\b(TODO|FIXME|XXX)\b' /dev/null)"
check "shell scripts parse" "$(git ls-files '*.sh' '*.bash' .ci/run | while read -r f; do bash -n "$f" 2>&1; done)"
check "node programs parse" "$(git ls-files '*.mjs' | while read -r f; do node --check "$f" 2>&1; done)"
check "only the folders of the design stand at the top" "$(git ls-files | grep / | cut -d/ -f1 | sort -u |
	grep -vxE 'cli|agent|common|config|tests|completions|\.ci')"
echo "1..$n"
exit $bad
