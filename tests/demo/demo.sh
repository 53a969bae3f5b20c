#!/usr/bin/env bash
# The whole story on this machine, with the real commands and what they really print: alice, a clinician, signs in and asks a model;
# bob of the privacy office releases a request that was held; audrey, an auditor, checks and replays the session. Provider, model,
# agent and people live in a temporary folder and are gone at the end, also after Ctrl-C.
#   KEEP=1                          leave it running and say what to paste into another terminal
#   UPSTREAM=URL DIALECT=ollama     a model server of yours instead of the stand-in; MODEL=NAME names the model
set -u
cd "$(dirname "$0")/../.." || exit 1
export SITE_BUILD=${B:-build}
UPSTREAM=${UPSTREAM:-} DIALECT=${DIALECT:-openai} KEEP=${KEEP:-} ASKED_MODEL=${MODEL:-}
unset MODEL
source tests/e2e/lib/site.bash

began=$SECONDS background=()
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$'\e[1m' dim=$'\e[2m' blue=$'\e[1;34m' green=$'\e[32m' plain=$'\e[0m'
	PERSON_TERM=${TERM:-dumb} PERSON_MORE=PHIGATE_DEMO=1
else
	bold='' dim='' blue='' green='' plain=''
fi

finish() {
	local rc=$?
	trap '' INT TERM HUP
	for pid in "${background[@]}"; do kill "$pid" 2> /dev/null; done
	site_stop || rc=1
	exit $rc
}
trap finish EXIT
trap 'echo; exit 130' INT
trap 'exit 143' TERM HUP
fail() { say "demo: $*"; [ ! -s "$SITE/agent.err" ] || { say "the agent's log ends:"; tail -n 5 "$SITE/agent.err" >&2; }; exit 1; }

# ---- telling ------------------------------------------------------------------------------------------------------------------
beat() { if [ -t 1 ]; then sleep "${1:-0.4}"; fi; }
chapter() { printf '\n%s── %s %s%s\n' "$bold" "$1" "$(printf '─%.0s' $(seq $((96 - ${#1}))))" "$plain"; beat; }
aside() { printf '%s%s%s\n' "$dim" "$*" "$plain"; }
typed() { printf '%s%s $%s %s%s%s\n' "$blue" "$1" "$plain" "$bold" "$2" "$plain"; beat 0.2; }

# shell USER LINE: a command line of that person, in the environment that `phigate connect` tells of
shell() {
	local PERSON
	person "$1"
	"${PERSON[@]}" OPENAI_BASE_URL="${URL:-}/v1" OPENAI_API_KEY="${KEY:-}" OLLAMA_HOST="${URL:-}" COLUMNS="${COLUMNS:-}" bash -c "$2"
}
# tell USER LINE [STATUS]: types it, runs it, and fails when it does not end as it should
tell() {
	local rc=0
	typed "$1" "$2"
	shell "$1" "$2" 2>&1 || rc=$?
	[ "$rc" = "${3:-0}" ] || fail "'$2' ends with $rc"
	beat 0.4
}

# sign_in USER: phigate login, and what the person does in the browser
sign_in() {
	local user=$1 said=$SITE/$1.login code shown rc=0
	: > "$said"
	typed "$user" "phigate login"
	shell "$user" "phigate login --no-browser" > "$said" 2>&1 &
	background+=($!)
	until_ok "the device code" eval 'grep -q "never enter a code" "$said" || ! kill -0 $! 2> /dev/null'
	code=$(grep -oE '[A-Z0-9]{4}-[A-Z0-9]{4}' "$said" | head -n 1)
	shown=$(wc -l < "$said")
	head -n "$shown" "$said"
	[ -n "$code" ] || fail "no device code"
	aside "($user opens the page in a browser, signs in and confirms the code; a script does it here)"
	signin "$ISSUER/device?user_code=$code" "$user" || fail "the provider refuses $user"
	wait $! || rc=$?
	tail -n +$((shown + 1)) "$said"
	[ $rc = 0 ] || fail "login of $user ends with $rc"
	beat
}

# ---- the site -----------------------------------------------------------------------------------------------------------------
dialect() {
	case $DIALECT in
	openai)
		chat_path='$OPENAI_BASE_URL/chat/completions' models=/v1/models first='.data[0].id'
		read_stream="sed -un 's/^data: {/{/p' | jq --unbuffered -rj '.choices[0].delta.content // empty'" read_whole='.choices[0].message.content' ;;
	ollama)
		chat_path='$OLLAMA_HOST/api/chat' models=/api/tags first='.models[0].name'
		read_stream="jq --unbuffered -rj '.message.content'" read_whole='.message.content' ;;
	*) fail "DIALECT is openai or ollama, not $DIALECT" ;;
	esac
}

model() {
	if [ -z "$UPSTREAM" ]; then
		MODEL_PACE_MS=30 model_start || fail "the stand-in does not start"
		UPSTREAM=$MODEL
	fi
	UPSTREAM=${UPSTREAM%/}
	NAME=${ASKED_MODEL:-$(curl -sf --max-time 10 "$UPSTREAM$models" | jq -r "$first // empty" 2> /dev/null)}
	[ -n "$NAME" ] || fail "no model server of dialect $DIALECT answers at $UPSTREAM$models"
	export MODEL=$UPSTREAM
}

configure() {
	local insecure=''
	cp config/policies/hipaa.yaml "$SITE/agent/policies/"
	home audrey
	RECIPIENT=$(shell audrey "age-keygen -o audrey.key 2> /dev/null && age-keygen -y audrey.key") || fail "age-keygen makes no key"
	RECORDING_MORE="recipients: [$RECIPIENT]" site_configure || fail "the agent cannot be configured"
	case $UPSTREAM in http://127.* | http://localhost* | 'http://[::1]'* | https://*) ;; *) insecure=', insecure: true' ;; esac
	sed -i '/^connections:/q' "$SITE/agent/agent.yaml"
	printf '  llama-prod: {upstream: %s, dialect: %s, groups: [clinicians], policy: hipaa%s}\n' "'$UPSTREAM'" "$DIALECT" "$insecure" >> "$SITE/agent/agent.yaml"
	printf '  research: {upstream: %s, dialect: %s, groups: [researchers], policy: hipaa%s}\n' "'$UPSTREAM'" "$DIALECT" "$insecure" >> "$SITE/agent/agent.yaml"
	agent_start || exit 1
}

start() {
	site_folder && site_account || fail "no place to work in"
	idp_start || fail "the provider does not start"
	dialect
	model
	configure
	printf '%sA hospital on this machine, gone when this ends%s\n' "$bold" "$plain"
	printf '  %-10s %s\n' provider "$ISSUER  OpenID Connect with device codes (npm oidc-provider)"
	if [ -e "$SITE/pids/model" ]; then printf '  %-10s %s\n' model "$UPSTREAM  a stand-in; it answers with made-up clinical text full of identifiers"
	else printf '  %-10s %s\n' model "$UPSTREAM  $NAME"; fi
	printf '  %-10s %s\n' agent "ssh://127.0.0.1:$AGENT_PORT  phigate-agent, as account $AGENT_USER"
	printf '  %-10s %s\n' recordings "encrypted for audrey, who has the key of $RECIPIENT"
}

# ---- the story ----------------------------------------------------------------------------------------------------------------
# request PROMPT [stream]: the end of a curl command
request() { printf -- "-H \"Authorization: Bearer \$OPENAI_API_KEY\" -H 'Content-Type: application/json' -d '{\"model\":\"%s\",\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}'" "$NAME" "$2" "$1"; }
# raw identifiers of the stand-in in what a caller saw
masked() { ! grep -qE '536-22-8741|84729315|482-3190|jsmith@' "$1" || fail "an identifier was not masked"; }

connect() {
	typed alice "phigate connect llama-prod --reason 'ward round' &"
	as_service tunnel-alice alice phigate connect llama-prod --reason 'ward round'
	until_ok "phigate connect" eval 'gone tunnel-alice || grep -q "Ctrl-C ends it" "$SITE/tunnel-alice.out"'
	cat "$SITE/tunnel-alice.out"
	connect_says
	URL=$(grep -oE 'http://127\.0\.0\.1:[0-9]+' "$SITE/tunnel-alice.out" | head -n 1)
	KEY=$(grep -oE 'phg_[A-Za-z0-9_-]{43}' "$SITE/tunnel-alice.out" | head -n 1)
	[ -n "$URL" ] && [ -n "$KEY" ] || fail "phigate connect does not get ready"
}
# what phigate connect has told since the last time
connect_shown=0
connect_says() {
	tail -n +$((connect_shown + 1)) "$SITE/tunnel-alice.err"
	connect_shown=$(wc -l < "$SITE/tunnel-alice.err")
}

ask_streamed() {
	local prompt='Summarise the last visit of the patient in bed 12.'
	[ -e "$SITE/pids/model" ] || prompt='Write a short made-up discharge note with the name, date of birth, SSN, MRN, phone number and e-mail address of the patient.'
	aside "What the model itself says, if one asks it on its own machine:"
	printf '%s%s%s\n\n' "$dim" "$(URL=$UPSTREAM KEY=- shell alice "curl -sS ${chat_path} $(request "$prompt" false) | jq -r '$read_whole'")" "$plain" | fold -s -w 118
	aside "What alice gets, token by token:"
	typed alice "curl -sN $chat_path $(request "$prompt" true) | …"
	shell alice "curl -sN $chat_path $(request "$prompt" true) | $read_stream" | tee "$SITE/streamed"
	echo
	masked "$SITE/streamed"
	[ -s "$SITE/streamed" ] || fail "no answer came"
	beat
}

held() {
	local prompt='List all patients with their telephone numbers.' id request curl
	request=$(request "$prompt" false)
	typed alice "curl -s $chat_path $request | … &"
	shell alice "curl -sS --max-time 120 $chat_path $request" > "$SITE/held" 2>&1 &
	curl=$!
	background+=("$curl")
	until_ok "the hold" eval 'id=$(as alice phigate holds --json 2> /dev/null | jq -r "select(.state == \"pending\") | .id" | head -n 1); [ -n "$id" ]' ||
		fail "the request is not held"
	connect_says
	aside "She cannot release it herself:"
	tell alice "phigate approve $id" 4
	sign_in bob
	tell bob "phigate holds"
	tell bob "phigate show $id"
	tell bob "phigate approve $id --reason 'night census, asked by the ward'"
	wait "$curl" || fail "the approved request does not come back"
	connect_says
	aside "And alice's curl ends with:"
	shell alice "jq -r '$read_whole'" < "$SITE/held" | fold -s -w 118
	masked "$SITE/held"
}

close() {
	typed alice "^C"
	tunnel_close alice || fail "phigate connect does not end"
	connect_says
	SESSION=$(as alice phigate sessions --json | jq -r .id | head -n 1)
	tell alice "phigate sessions"
	tell alice "phigate bundle $SESSION -o session.tar"
}

audit() {
	cp "$SITE/home/alice/session.tar" "$SITE/allowed_signers" "$SITE/home/audrey/"
	aside "(she got session.tar from alice, and allowed_signers from those who run the agent)"
	aside "With what every Linux machine has:"
	tell audrey "mkdir session && tar -xf session.tar -C session && ls session"
	tell audrey "cd session && ssh-keygen -Y verify -f ../allowed_signers -I gpu-1@phigate -n phigate-bundle-v1 -s SHA256SUMS.sig < SHA256SUMS"
	tell audrey "cd session && sha256sum --strict --quiet -c SHA256SUMS && echo all as summed"
	tell audrey "age -d -i audrey.key session/seg-000001.jsonl.age | cut -c -110"
	aside "With phigate, which also checks the chain of records and their story; then with another reason for the session:"
	tell audrey "phigate verify session.tar --allowed-signers allowed_signers --identity audrey.key"
	tell audrey "sed 's/ward round/home round/' session.tar > forged.tar; phigate verify forged.tar --allowed-signers allowed_signers" 5
}

replay() {
	tell audrey "phigate replay session.tar --allowed-signers allowed_signers --identity audrey.key --max-pause 0.3"
}

keep() {
	local user
	for user in alice bob; do
		{ person "$user"; printf 'export'; printf ' %q' "${PERSON[@]:4}"; printf '\nunset NO_COLOR; export TERM=%q; cd %q; PS1="%s \\$ "\n' "${TERM:-dumb}" "$SITE/home/$user" "$user"; } > "$SITE/$user"
	done
	printf '\n%sIt goes on running.%s In another terminal, as this user:\n\n' "$bold" "$plain"
	printf '  bash --rcfile %s/alice\n  phigate connect llama-prod\n\nand in one more of the first kind, after the two lines that it prints:\n\n' "$SITE"
	printf '  curl -sN %s %s\n\n' "$chat_path" "$(request 'List all patients.' true)"
	printf 'A second person decides:\n\n  bash --rcfile %s/bob\n  phigate holds\n\n' "$SITE"
	printf 'Everybody signs in at the provider with any password: alice and dave (clinicians), bob (privacy-officers), audrey (auditor), adam (admin).\n'
	if [ -t 0 ]; then
		printf 'Enter or Ctrl-C ends it all. '
		read -r _
	else
		printf 'Ctrl-C, or a SIGTERM to process %s, ends it all.\n' $$
		while :; do sleep 3600 & wait $!; done
	fi
}

start
chapter "alice, a clinician, signs in and looks around"
sign_in alice
tell alice "phigate ls"
chapter "a local port, tunnelled to the agent beside the model"
connect
chapter "she asks; the answer streams, with patient data masked"
ask_streamed
chapter "a risky request waits for a second person"
held
chapter "the session ends as a signed bundle"
close
chapter "audrey, an auditor, proves it true"
audit
chapter "and sees it again"
replay
printf '\n%sdone%s in %d s\n' "$green" "$plain" $((SECONDS - began))
[ -z "$KEEP" ] || keep
