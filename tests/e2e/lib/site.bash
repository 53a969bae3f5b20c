# One hospital on this machine: a provider, a model server, an agent with its sshd, and people with home folders of their own.
# Sourced by the scenarios, the demo and the bench. Everything lies in $SITE, listens on free ports of 127.0.0.1, and site_stop
# ends exactly the processes that were started here.
#   site_start            all of it, agent included           SITE_BUILD=build/san: whose programs
#   login USER            signs USER in                       as USER CMD…: runs CMD as that person
#   tunnel T USER CONN…   phigate connect; sets URL KEY SESSION; tunnel_use T sets them again, tunnel_close T ends it
#   chat MODEL PROMPT     one request through $URL            event T NAME [N]: waits for the Nth event of that name, prints it
SITE_TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SITE_WAIT_S=${SITE_WAIT_S:-20}

say() { printf '%s\n' "$*" >&2; }

# What is polled takes no process of its own: many of them would keep the processors from what is waited for.
# nap: 50 ms
nap() { read -r -t 0.05 _ <> "$SITE/never" || true; }

# until_ok WHAT COMMAND…: polls until the command holds
until_ok() {
	local - what=$1 end=$((SECONDS + SITE_WAIT_S))
	set +T                                           # bats notes the place of each command, which costs more than the command
	shift
	until "$@"; do
		if [ "$SECONDS" -ge "$end" ]; then say "$what: not within $SITE_WAIT_S s"; return 1; fi
		nap
	done
}

# json FIELD: of the JSON object on stdin
json() { jq -r ".$1 // empty | if type == \"string\" then . else tojson end"; }

free_ports() {
	node -e 'const n=+process.argv[1],s=[];const go=()=>s.length===n?(console.log(s.map(x=>x.address().port).join(" ")),s.forEach(x=>x.close()))
		:s.push(require("net").createServer().listen(0,"127.0.0.1",go));go()' "$1"
}

# service NAME COMMAND…: in the background, output in $SITE/NAME.out and .err, its pid in $SITE/pids/NAME
service() {
	local name=$1
	shift
	: > "$SITE/$name.out"
	setsid "$@" > "$SITE/$name.out" 2>> "$SITE/$name.err" < /dev/null 3>&- 4>&- 9>&- &
	echo $! > "$SITE/pids/$name"
	disown
}
pid_of() { cat "$SITE/pids/$1"; }
alive() {
	local pid stat
	[ -e "$SITE/pids/$1" ] && read -r pid < "$SITE/pids/$1" && kill -0 "$pid" && read -r stat < "/proc/$pid/stat" && [[ $stat != *") Z "* ]]
} 2> /dev/null
gone() { ! alive "$1"; }
# end NAME [SIGNAL]: and wait for it
end() {
	[ -e "$SITE/pids/$1" ] || return 0
	kill -"${2:-TERM}" "$(pid_of "$1")" 2>/dev/null
	until_ok "$1 ends" gone "$1" || kill -KILL "$(pid_of "$1")" 2>/dev/null
	rm -f "$SITE/pids/$1"
}
first_line() { [ -s "$SITE/$1.out" ] || gone "$1"; }
# speaks NAME: it is there when it has said its first line
speaks() {
	until_ok "$1 speaks" first_line "$1"
	[ -s "$SITE/$1.out" ] || { echo "$1 does not run:"; cat "$SITE/$1.err"; return 1; }
}

# ---- the parts --------------------------------------------------------------------------------------------------------------
site_folder() {
	SITE=$(mktemp -d "${TMPDIR:-/tmp}/phigate-site.XXXXXX")
	chmod 711 "$SITE"
	mkdir "$SITE/pids" "$SITE/bin" "$SITE/agent" "$SITE/agent/policies"
	mkfifo "$SITE/never"
	cp "${SITE_BUILD:-${PHIGATE_BUILD:-build}}"/{phigate,phigate-agent} "$SITE/bin"      # the agent's account may not enter the checkout
	export SITE PATH="$SITE/bin:$PATH"
}

# The agent never works as root: root gives it an account that lives as long as the site, and says whose it is: this shell's, which began
# when /proc says so. A shell that was killed removes none.
process_began() { local stat; read -r stat < "/proc/$1/stat" && set -- ${stat##*) } && echo "${20}"; } 2> /dev/null
site_account() {
	AGENT_USER=$(id -un)
	if [ "$(id -u)" = 0 ]; then
		site_sweep
		AGENT_USER=phg-${SITE##*.}
		AGENT_USER=${AGENT_USER,,}
		local n
		for n in 1 2 3 4 5 6 7 8 9 10; do
			useradd --system --no-create-home --home-dir / --shell /usr/sbin/nologin --comment "phigate test $$ $(process_began $$)" "$AGENT_USER" 2>/dev/null && break
			sleep 0.2                                # another site holds the lock of /etc/passwd
		done
		id "$AGENT_USER" > /dev/null || return 1
	fi
	export AGENT_USER
	echo "$AGENT_USER" > "$SITE/account"
}
# account_remove NAME, when no process has it
account_remove() {
	local n
	for n in 1 2 3 4 5 6 7 8 9 10; do
		userdel "$1" 2>/dev/null || ! id "$1" > /dev/null 2>&1 && return
		sleep 0.2
	done
	say "the account $1 is left"
	return 1
}
# site_sweep: accounts of shells that were killed, and what runs as them
site_sweep() {
	local name about words
	while IFS=: read -r name _ _ _ about _; do
		[[ $name == phg-* && $about == "phigate test "* ]] || continue
		read -r -a words <<< "$about"
		[ "$(process_began "${words[2]}")" != "${words[3]:-}" ] || continue
		pkill -KILL -u "$name" --ns $$ --nslist pid || true
		account_remove "$name" || true
	done < /etc/passwd
	return 0
}

idp_start() {
	service idp node "$SITE_TESTS/e2e/lib/idp.mjs" \
		'{"alice":["clinicians"],"dave":["clinicians"],"bob":["privacy-officers"],"carol":[],"audrey":["privacy-office"],"adam":["platform"]}' "$@"
	speaks idp || return 1
	ISSUER=$(json issuer < "$SITE/idp.out")
	export ISSUER
}
idp_set() { curl -sS -o /dev/null "$ISSUER/test/settings" -d "$1"; }

model_start() {
	service model node "$SITE_TESTS/e2e/lib/model.mjs" "${1:-0}" "${MODEL_PACE_MS:-0}"
	speaks model || return 1
	MODEL=$(json url < "$SITE/model.out")
	export MODEL
}
model_log() { curl -sS "$MODEL/test/log"; }
model_count() { model_log | jq length; }
model_scripts() { curl -sS -o /dev/null "$MODEL/test/scripts" -d "$1"; }

site_policy() {
	cat > "$SITE/agent/policies/hipaa.yaml" <<-'Y'
	version: 1
	mask:
	  response: {default: redact}
	  request: "off"
	rules:
	  - name: no-embeddings
	    when: {route: /v1/embeddings}
	    then: deny
	    message: Embeddings of notes are not released.
	  - name: no-exports
	    when: {prompt_matches: '(?i)\bexport the database\b'}
	    then: deny
	    message: The database is not exported.
	  - name: bulk-export
	    when:
	      any:
	        - {prompt_matches: '(?i)\b(all|every)\s+patients?\b'}
	    then: approve
	    by: {groups: [privacy-officers], approvals: 1}
	    ttl: 15m
	    wait: 2m
	Y
}

# site_connection NAME UPSTREAM DIALECT [MORE]: one more in agent.yaml, with more keys
site_connection() {
	printf '  %s: {upstream: %s, dialect: %s, groups: [clinicians], policy: hipaa, credential: {header: Authorization, value_file: %s}%s}\n' \
		"$1" "'$2'" "$3" "$SITE/agent/secret" "${4:+, $4}" >> "$SITE/agent/agent.yaml"
}

# AGENT_MORE: more lines of agent.yaml; RECORDING_MORE: more keys of its recording; LIMITS_MORE: of its limits; STATE: another place for its state
site_configure() {
	local ports admin
	read -r -a ports <<< "$(free_ports 2)"
	AGENT_PORT=${ports[0]} ADMIN=${ports[1]}
	STATE=${STATE:-$SITE/agent/state}
	export AGENT_PORT ADMIN STATE
	phigate-agent init "$SITE/init" > "$SITE/init.out" || return 1
	mkdir -p "$STATE"
	cp -r "$SITE/init/state/." "$STATE/"
	HOST_KEY=$(cut -d' ' -f1,2 "$STATE/keys/ssh_host_ed25519_key.pub")
	SIGNING_KEY=$(cut -d' ' -f1,2 "$STATE/keys/signing_ed25519.pub")
	export HOST_KEY SIGNING_KEY
	cp "$SITE/init/allowed_signers" "$SITE/allowed_signers"
	printf 'Bearer model-credential-5d1f\n' > "$SITE/agent/secret"
	chmod 600 "$SITE/agent/secret"
	cat > "$SITE/agent/agent.yaml" <<-Y
	name: gpu-1
	listen: 127.0.0.1:$AGENT_PORT
	state_dir: $STATE
	user: $AGENT_USER
	oidc: {issuer: '$ISSUER', audience: phigate, user_claim: email, groups_claim: groups}
	roles: {auditor: [privacy-office], admin: [platform]}
	policies_dir: $SITE/agent/policies
	recording: {durability: ${DURABILITY:-strict}${RECORDING_MORE:+, $RECORDING_MORE}}
	limits: {body_max: 8MiB, header_max: 32KiB, ssh_starts_per_minute: 6000${LIMITS_MORE:+, $LIMITS_MORE}}
	admin: {listen: '127.0.0.1:$ADMIN'}
	log: {format: json, level: ${LOG_LEVEL:-info}}
	${AGENT_MORE:-}
	connections:
	Y
	site_connection openai-prod "$MODEL" openai
	site_connection ollama-prod "$MODEL" ollama
	[ "$(id -u)" != 0 ] || chown -R "$AGENT_USER:" "$STATE" "$SITE/agent/secret"
	chmod 700 "$STATE"
}

agent_answers() { gone agent || { exec 8<> "/dev/tcp/127.0.0.1/$AGENT_PORT" && read -r -t 3 -u 8 line && [[ $line == SSH-2.0* ]]; } 2>/dev/null; }
agent_start() {
	service agent "$SITE/bin/phigate-agent" run --config "$SITE/agent/agent.yaml"
	until_ok "the agent" agent_answers
	local rc=$?
	exec 8>&-
	[ $rc = 0 ] && alive agent || { say "the agent does not run:"; tail -n 5 "$SITE/agent.err" >&2; return 1; }
}
agent_log() { cat "$SITE/agent.out" "$SITE/agent.err"; }
# children and keeper of an agent that was killed end by themselves; nothing of it may be left
agent_kill() { end agent KILL; }
agent_processes() { pgrep -u "$AGENT_USER" -f "$SITE" 2>/dev/null; }
# all of the account, but not what another root with the same numbers runs
agent_left() { pgrep -u "$AGENT_USER" --ns $$ --nslist pid; }

site_start() {
	site_folder && site_account || return 1
	idp_start && model_start || return 1
	site_policy
	site_configure && agent_start
}

# What a sanitizer said anywhere is a failure of the scenario, whatever else happened.
site_sanitizers() { grep -lE 'ERROR: (Address|Leak|Undefined)|runtime error:' "$SITE"/*.err "$SITE"/*.out "$SITE"/home/*/*.err 2>/dev/null; }

site_stop() {
	[ -n "${SITE:-}" ] && [ -d "$SITE" ] || return 0
	local f rc=0 pid
	for f in "$SITE"/pids/tunnel-* "$SITE"/pids/*; do
		[ ! -e "$f" ] || end "$(basename "$f")"
	done
	for f in $(site_sanitizers); do
		rc=1
		say "a sanitizer speaks in $f:"
		grep -E -A 30 'ERROR: (Address|Leak|Undefined)|runtime error:' "$f" | head -n 60 >&2
	done
	if [ "$(id -u)" = 0 ] && [ -n "${AGENT_USER:-}" ]; then
		until_ok "no process of the agent is left" eval '! agent_left > /dev/null 2>&1' || {
			rc=1
			for pid in $(agent_left); do say "left: $(tr '\0' ' ' < "/proc/$pid/cmdline")"; kill -KILL "$pid"; done; }
		account_remove "$AGENT_USER" || rc=1
	fi
	[ "${SITE_KEEP:-}" ] || rm -rf "$SITE"
	return $rc
}

# ---- people -----------------------------------------------------------------------------------------------------------------
# home USER: folders and client.yaml
home() {
	local h=$SITE/home/$1
	[ -d "$h" ] && return
	mkdir -p "$h"/{config/phigate,state,run,data,cache}
	chmod 700 "$h" "$h"/*
	cat > "$h/config/phigate/client.yaml" <<-Y
	oidc: {issuer: '$ISSUER', client_id: phigate, scopes: [openid, email, groups, offline_access]}
	agents:
	  - {name: gpu-1, address: '127.0.0.1:$AGENT_PORT', user: $AGENT_USER, host_key: $HOST_KEY, signing_key: $SIGNING_KEY}
	Y
}
# person USER: the beginning of a command line that is that person's
person() {
	local h=$SITE/home/$1
	home "$1"
	PERSON=(env -C "$h" -i PATH="$PATH" HOME="$h" LANG=C.UTF-8 TERM="${PERSON_TERM:-dumb}" USER="$1" TMPDIR="${TMPDIR:-/tmp}"
		XDG_CONFIG_HOME="$h/config" XDG_STATE_HOME="$h/state" XDG_RUNTIME_DIR="$h/run" XDG_DATA_HOME="$h/data" XDG_CACHE_HOME="$h/cache"
		${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} ${PERSON_MORE:-NO_COLOR=1})
}
as() {
	local PERSON
	person "$1"
	shift
	"${PERSON[@]}" "$@"
}

nth_event() {
	local text='' without one="\"event\":\"$2\""
	read -r -d '' text < "$SITE/$1.out"
	text=${text//'"event": "'/'"event":"'}
	without=${text//"$one"/}
	[ $(((${#text} - ${#without}) / ${#one})) -ge "$3" ] || gone "$1"
}
# event T NAME [N]: the Nth such line of a running command's JSON
event() {
	until_ok "$1: event $2" nth_event "$1" "$2" "${3:-1}" || { cat "$SITE/$1.out" "$SITE/$1.err" >&2; return 1; }
	grep "\"event\": *\"$2\"" "$SITE/$1.out" | sed -n "${3:-1}p" | grep . || {
		say "$1 ended without event $2:"; cat "$SITE/$1.out" "$SITE/$1.err" >&2; return 1; }
}

as_service() {
	local name=$1 PERSON
	person "$2"
	shift 2
	service "$name" "${PERSON[@]}" "$@"
}
login_begin() { as_service "login-$1" "$1" phigate login --no-browser --json; }
signin() { node "$SITE_TESTS/e2e/lib/signin.mjs" "$@"; }
login() {
	local user said pages=()
	for user in "$@"; do home "$user"; login_begin "$user"; done
	for user in "$@"; do
		said=$(event "login-$user" device_code) || return 1
		pages+=("$(json verification_uri_complete <<< "$said")" "$user")
	done
	signin "${pages[@]}" || return 1
	for user in "$@"; do
		event "login-$user" logged_in > /dev/null || return 1
		until_ok "login of $user ends" gone "login-$user" || return 1
		rm -f "$SITE/pids/login-$user"
	done
}

# ---- tunnels ------------------------------------------------------------------------------------------------------------------
tunnel() {
	local t=$1 user=$2
	shift 2
	as_service "tunnel-$t" "$user" phigate connect --json "$@"
	tunnel_use "$t"
}
tunnel_use() {
	local ready
	ready=$(event "tunnel-$1" ready) || return 1
	{ read -r URL; read -r KEY; read -r SESSION; } < <(jq -r '.url // "", .api_key // "", .session // ""' <<< "$ready")
	export URL KEY SESSION
}
tunnel_close() {
	[ -e "$SITE/pids/tunnel-$1" ] || return 0
	kill -INT "$(pid_of "tunnel-$1")" 2>/dev/null
	until_ok "tunnel $1 ends at Ctrl-C" gone "tunnel-$1" || { end "tunnel-$1" KILL; return 1; }
	rm -f "$SITE/pids/tunnel-$1"
}

# ask METHOD PATH BODY [curl options]: through $URL with $KEY
ask() {
	local method=$1 path=$2 body=$3
	shift 3
	curl -sS --max-time "${ASK_S:-30}" -X "$method" "$URL$path" -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \
		${body:+--data-binary "$body"} "$@"
}
messages() { printf '[{"role":"user","content":"%s"}]' "$1"; }
chat() {
	local model=$1 prompt=$2
	shift 2
	ask POST /v1/chat/completions "{\"model\":\"$model\",\"messages\":$(messages "$prompt")}" "$@"
}
chat_stream() {
	local model=$1 prompt=$2
	shift 2
	ask POST /v1/chat/completions "{\"model\":\"$model\",\"stream\":true,\"messages\":$(messages "$prompt")}" -N "$@"
}
content() { jq -r '.choices[0].message.content'; }
# the text of an event stream, put together as a client does
streamed() { sed -n 's/^data: *//p' | grep -v '^\[DONE\]' | jq -rj '.choices[0].delta.content // empty'; }
status() { tail -n 1; }          # of curl -w '\n%{http_code}'

# bundle USER SESSION FILE: once it is sealed
bundle_there() { as "$1" phigate bundle "$2" -o "$3" > "$SITE/bundle.out" 2> "$SITE/bundle.err"; }
bundle() { until_ok "bundle of $2" bundle_there "$@" || { cat "$SITE/bundle.err" >&2; return 1; }; }
# every record of a bundle, one body a line
records() { tar -xOf "$1" --wildcards 'seg-*.jsonl' | jq -c '{k, body}'; }
