#!/usr/bin/env bash
# What phigate costs. The same load, in turns within the same minute, goes to a stand-in model
#   through nginx proxy_pass            and  through the agent alone, at its own port
#   through ssh -L and that nginx       and  through phigate connect, its sshd and the agent
# The agent masks and records: one agent in batched durability, another in strict. What counts are the ratios; absolute figures
# are this machine's, on which load, model and proxies share the processors.
# B: the build.  ROUNDS: how often (3).  PARTS: only some of exchange streams bulk memory bundles mask search ledger evidence.
set -u
cd "$(dirname "$0")/../.." || exit 1
export SITE_BUILD=${B:-build}
SITE_WAIT_S=60                   # an agent that stops seals the sessions of all runs first
source tests/e2e/lib/site.bash
ROUNDS=${ROUNDS:-3} PARTS=${PARTS:-exchange streams bulk memory bundles mask search ledger evidence}
PACE_MS=20 TOKENS=100 EXCHANGE_MS=1200 FLOOD_TOKENS=60000 BULK=$((512 << 20)) IDLE=200 LOGINS=8 SETUPS=7

wants() { [[ " $PARTS " == *" $1 "* ]]; }
fail() { say "bench: $*"; exit 1; }
trap 'rc=$?; trap "" INT TERM; bench_stop; exit $rc' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
bench_stop() {
	[ -z "${AGENT2:-}" ] || end agent2
	site_stop
}

# ---- the parts --------------------------------------------------------------------------------------------------------------
# as the agent's account, which its own port demands
as_agent() {
	if [ "$(id -u)" = 0 ]; then setpriv --reuid "$AGENT_USER" --regid "$AGENT_USER" --clear-groups "$@"
	else "$@"; fi
}
# with an endless stdin
held_open() {
	local name=$1
	shift
	service "$name" bash -c 'exec 0<> "$1"; shift; exec "$@"' "$name" "$W/stdin" "$@"
}

stub_start() {
	service stub "$SITE/bin/stub" "$W/note.txt" "$W/times"
	until_ok "the stand-in model" first_line stub || return 1
	STUB=$(cat "$SITE/stub.out") MODEL=http://127.0.0.1:$STUB
}

nginx_start() {
	NGINX=$(free_ports 1)
	mkdir -p "$W/nginx"
	cat > "$W/nginx.conf" <<-N
	daemon off;
	worker_processes auto;
	pid $W/nginx/pid;
	$([ "$(id -u)" != 0 ] || echo 'user www-data;')
	events { worker_connections 1024; }
	http {
		access_log off;
		client_body_temp_path $W/nginx/body; proxy_temp_path $W/nginx/proxy; fastcgi_temp_path $W/nginx/fastcgi;
		uwsgi_temp_path $W/nginx/uwsgi; scgi_temp_path $W/nginx/scgi;
		keepalive_requests 100000000;
		upstream model { server 127.0.0.1:$STUB; keepalive 512; keepalive_requests 100000000; }
		server {
			listen 127.0.0.1:$NGINX;
			location / { proxy_pass http://model; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
		}
	}
	N
	service nginx nginx -e stderr -p "$W/nginx" -c "$W/nginx.conf"
	until_ok "nginx" eval 'gone nginx || curl -sf -o /dev/null --max-time 2 http://127.0.0.1:$NGINX/'
	alive nginx || { tail -n 5 "$SITE/nginx.err"; return 1; }
}

# An sshd with the agent's ciphers. With `ssh -L` alone OpenSSH leaves Nagle's algorithm on; it turns it off at both ends when a
# session begins, so one does: sftp, which needs no shell.
sshd_start() {
	SSHD=$(free_ports 1)
	ssh-keygen -q -t ed25519 -N '' -f "$W/host" && ssh-keygen -q -t ed25519 -N '' -f "$W/user" || return 1
	cp "$W/user.pub" "$W/authorized_keys"
	chmod 644 "$W/authorized_keys"
	[ "$(id -u)" != 0 ] || chown "$AGENT_USER" "$W/host"
	cat > "$W/sshd_config" <<-C
	ListenAddress 127.0.0.1:$SSHD
	HostKey $W/host
	PidFile none
	StrictModes no
	UsePAM no
	UseDNS no
	LogLevel ERROR
	AuthorizedKeysFile $W/authorized_keys
	Ciphers aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes128-ctr
	MACs hmac-sha2-256,hmac-sha2-512
	VersionAddendum phigate/1:$STUB bench
	Subsystem sftp internal-sftp
	C
	service sshd "${AS_AGENT[@]}" /usr/sbin/sshd -D -e -f "$W/sshd_config"
	printf '[127.0.0.1]:%s %s\n' "$SSHD" "$(cut -d' ' -f1,2 "$W/host.pub")" > "$W/known_hosts"
	SSH=(ssh -F none -i "$W/user" -o IdentitiesOnly=yes -o IdentityAgent=none -o UserKnownHostsFile="$W/known_hosts" -o BatchMode=yes
		-o StrictHostKeyChecking=yes -o LogLevel=ERROR -p "$SSHD")
	until_ok "sshd" eval '"${SSH[@]}" -s "$AGENT_USER@127.0.0.1" sftp < /dev/null 2> "$W/ssh.err"' || { cat "$W/ssh.err" "$SITE/sshd.err"; return 1; }
}
ssh_start() {
	read -r SSH_NGINX SSH_STUB <<< "$(free_ports 2)"
	held_open ssh "${SSH[@]}" -o ExitOnForwardFailure=yes -L "127.0.0.1:$SSH_NGINX:127.0.0.1:$NGINX" \
		-L "127.0.0.1:$SSH_STUB:127.0.0.1:$STUB" -s "$AGENT_USER@127.0.0.1" sftp
	until_ok "ssh -L" eval 'gone ssh || curl -sf -o /dev/null --max-time 2 http://127.0.0.1:$SSH_NGINX/'
	alive ssh || { cat "$SITE/ssh.err"; return 1; }
}

# the same agent again in strict durability
agent2_start() {
	local ports
	read -r -a ports <<< "$(free_ports 2)"
	AGENT2=${ports[0]}
	phigate-agent init "$SITE/init2" > /dev/null && mkdir -p "$SITE/agent2" && cp -r "$SITE/init2/state" "$SITE/agent2/state" || return 1
	[ "$(id -u)" != 0 ] || chown -R "$AGENT_USER:" "$SITE/agent2/state"
	chmod 700 "$SITE/agent2/state"
	sed -e 's/^name: .*/name: gpu-2/' -e "s/^listen: .*/listen: 127.0.0.1:$AGENT2/" -e "s|^state_dir: .*|state_dir: $SITE/agent2/state|" \
		-e "s/^admin: .*/admin: {listen: '127.0.0.1:${ports[1]}'}/" -e 's/durability: batched/durability: strict/' \
		"$SITE/agent/agent.yaml" > "$SITE/agent2/agent.yaml"
	service agent2 "$SITE/bin/phigate-agent" run --config "$SITE/agent2/agent.yaml"
	until_ok "the strict agent" eval 'gone agent2 || banner "$AGENT2" > /dev/null'
	alive agent2 || { tail -n 5 "$SITE/agent2.err"; return 1; }
	home alice
	printf "  - {name: gpu-2, address: '127.0.0.1:%s', user: %s, host_key: %s, signing_key: %s}\n" "$AGENT2" "$AGENT_USER" \
		"$(cut -d' ' -f1,2 "$SITE/agent2/state/keys/ssh_host_ed25519_key.pub")" \
		"$(cut -d' ' -f1,2 "$SITE/agent2/state/keys/signing_ed25519.pub")" >> "$SITE/home/alice/config/phigate/client.yaml"
}
# the agent's own port stands in its sshd's version string
banner() {
	local line
	{ exec 8<> "/dev/tcp/127.0.0.1/$1" && read -r -t 3 -u 8 line; } 2> /dev/null
	exec 8>&-
	[[ ${line:-} =~ phigate/1:([0-9]+) ]] && echo "${BASH_REMATCH[1]}"
}

# ---- load -------------------------------------------------------------------------------------------------------------------
declare -A PORT API_KEY SESSION_KEY
# target NAME PORT [API-KEY [SESSION-KEY]]
target() { PORT[$1]=$2 API_KEY[$1]=${3:-} SESSION_KEY[$1]=${4:-}; }
target_direct() {
	local said
	said=$(as alice "$SITE/bin/session" "$2" openai-prod) || fail "no session at $2"
	target "$1" "$3" "$(json api_key <<< "$said")" "$(json session_key <<< "$said")"
}
target_tunnel() {
	tunnel "$1" alice "$2/openai-prod" || fail "no tunnel to $2"
	target "$1" "${URL##*:}" "$KEY"
}

# load TARGET [options] MODE: what it printed
load() {
	local t=$1 mode=${*: -1} who=()
	local command=("$SITE/bin/load" "${@:2:$#-2}" ${API_KEY[$t]:+-x} "$W/note.txt" "$W/times" "$mode" "${PORT[$t]}")
	[ -z "${SESSION_KEY[$t]}" ] || who=("${AS_AGENT[@]}")
	env -i PATH="$PATH" ${API_KEY[$t]:+LOAD_API_KEY="${API_KEY[$t]}"} ${SESSION_KEY[$t]:+LOAD_SESSION_KEY="${SESSION_KEY[$t]}"} \
		"${who[@]}" timeout 60 "${command[@]}"
}
# run ROUND TARGET [options] MODE: on record
run() {
	local said
	said=$(load "${@:2}") || { say "bench: $2, ${*:3}: $said"; tail -n 3 "$SITE"/agent*.err >&2; exit 1; }
	jq -c --arg target "$2" --argjson round "$1" '. + {target: $target, round: $round}' <<< "$said" >> "$W/runs"
}
progress() { if [ -t 2 ]; then printf '\r\e[K%s' "$*" >&2; fi; }

do_exchange() {
	local r c t
	for ((r = 1; r <= ROUNDS; r++)); do
		for c in 1 32; do
			for t in nginx batched strict ssh tunnel tunnel-strict; do
				progress "round $r of $ROUNDS: exchanges, $c at a time, $t"
				run "$r" "$t" -c "$c" -d "$EXCHANGE_MS" exchange
			done
		done
	done
	# whether the load generator can be believed
	wrk -t 1 -c 32 -d 1s "http://127.0.0.1:$NGINX/" | awk '/^Requests\/sec/ {printf "%.0f\n", $2}' > "$W/wrk"
}
do_streams() {
	local r c t
	for ((r = 1; r <= ROUNDS; r++)); do
		for c in 1 100; do
			for t in nginx batched strict ssh tunnel tunnel-strict; do
				progress "round $r of $ROUNDS: streams, $c at a time, $t"
				run "$r" "$t" -c "$c" -n "$TOKENS" -p "$PACE_MS" streams
			done
		done
	done
}

milliseconds() {
	local from=${EPOCHREALTIME/[.,]/}
	"$@" > /dev/null 2>&1 < /dev/null || return 1
	echo $(((${EPOCHREALTIME/[.,]/} - from) / 100)) | sed 's/.$/.&/; s/^\./0./'
}
do_bulk() {
	local r t carry host
	host=$(cut -d' ' -f1,2 "$W/host.pub")
	held_open carry "$SITE/bin/carry" "$AGENT_USER" "$SSHD" "$host" "$W/authorized_keys" "$SETUPS"
	until_ok "the bare tunnel" first_line carry
	carry=$(cat "$SITE/carry.out")
	[ -n "$carry" ] || { cat "$SITE/carry.err" >&2; fail "no bare tunnel"; }
	target bare "$(json port <<< "$carry")"
	target ssh-bare "$SSH_STUB"
	for ((r = 1; r <= ROUNDS; r++)); do
		for t in ssh-bare bare; do progress "round $r: bulk, $t"; run "$r" "$t" -b "$BULK" bulk; done
		for t in nginx batched ssh tunnel; do progress "round $r: a flood of text, $t"; run "$r" "$t" -n "$FLOOD_TOKENS" flood; done
	done
	end carry
	for ((r = 1; r <= SETUPS; r++)); do
		progress "setting up $r of $SETUPS"
		milliseconds "${SSH[@]}" -s "$AGENT_USER@127.0.0.1" sftp >> "$W/setup.ssh" || fail "ssh"
		milliseconds as alice phigate ls >> "$W/setup.ls" || fail "phigate ls"
	done
	jq -c --slurpfile ssh "$W/setup.ssh" --slurpfile ls "$W/setup.ls" '{bare: .setup_ms, ssh: $ssh, ls: $ls}' <<< "$carry" > "$W/setup"
}

# ---- bundles --------------------------------------------------------------------------------------------------------------------
# size WHAT [options] MODE: a session of its own with that load, its traffic and its bundle
size() {
	local what=$1 said
	progress "a bundle: $what"
	target_tunnel size gpu-1
	said=$(load size "${@:2}") || fail "bundle: $said"
	tunnel_close size
	bundle alice "$SESSION" "$W/size.tar" || fail "no bundle"
	jq -c --arg what "$what" --argjson bundle "$(stat -c %s "$W/size.tar")" '{$what, answers: .bytes, $bundle}' <<< "$said" >> "$W/sizes"
	rm "$W/size.tar"
}
do_bundles() {
	size "answers of 1 KiB" -c 4 -d 500 exchange
	size "streams of 100 tokens" -c 20 -n "$TOKENS" -p 1 streams
}

# ---- memory -------------------------------------------------------------------------------------------------------------------
family() { local p; for p in "$@"; do echo "$p"; family $(pgrep -P "$p"); done; }
# KiB that processes have for themselves; shared pages count in parts where the kernel tells us
kib_of() {
	local p total=0 n
	for p in "$@"; do
		n=$(awk '/^Pss:/ {print $2}' "/proc/$p/smaps_rollup" 2> /dev/null) || n=
		[ -n "$n" ] || n=$(awk '/^RssAnon:/ {print $2}' "/proc/$p/status" 2> /dev/null)
		total=$((total + ${n:-0}))
	done
	echo "$total"
}
agent_pids() { pgrep -u "$AGENT_USER" -f "phigate-agent run --config $SITE/agent/agent.yaml"; }
agent_kib() { kib_of $(agent_pids); }
# sshd's children of the agent
sshd_kib() { kib_of $(comm -13 <(agent_pids | sort) <(family $(pid_of agent) | sort)); }

do_memory() {
	local idle busy before after i sshd clients
	progress "memory"
	idle=$(agent_kib)
	mkfifo "$W/load.stdin"
	target idle "${PORT[batched]}" "${API_KEY[batched]}" "${SESSION_KEY[batched]}"
	load idle -c "$IDLE" idle < "$W/load.stdin" > "$W/idle.out" &
	exec 7> "$W/load.stdin"
	until_ok "idle connections" test -s "$W/idle.out" || fail "idle connections: $(cat "$W/idle.out")"
	busy=$(agent_kib)
	exec 7>&-
	wait $! || fail "an idle connection did not work"
	until_ok "connections end" eval '[ "$(ls "/proc/$(pid_of agent)/task" 2> /dev/null | wc -l)" -lt "$IDLE" ]'
	sshd=$(sshd_kib)
	before=$(agent_kib)
	for ((i = 1; i <= LOGINS; i++)); do as_service "tunnel-m$i" alice phigate connect --json gpu-1/openai-prod; done
	for ((i = 1; i <= LOGINS; i++)); do event "tunnel-m$i" ready > /dev/null || fail "no tunnel"; done
	after=$(agent_kib)
	sshd=$(($(sshd_kib) - sshd))
	clients=0
	for ((i = 1; i <= LOGINS; i++)); do clients=$((clients + $(kib_of "$(pid_of "tunnel-m$i")"))); done
	for ((i = 1; i <= LOGINS; i++)); do tunnel_close "m$i"; done
	jq -cn --argjson fresh "$FRESH_KIB" --argjson idle "$idle" --argjson connection $(((busy - idle) * 10 / IDLE)) \
		--argjson agent $(((after - before) * 10 / LOGINS)) --argjson sshd $((sshd * 10 / LOGINS)) --argjson client $((clients * 10 / LOGINS)) \
		'{fresh: $fresh, idle: $idle, connection: ($connection / 10), agent: ($agent / 10), sshd: ($sshd / 10), client: ($client / 10)}' > "$W/memory"
}

# ---- all ----------------------------------------------------------------------------------------------------------------------
start() {
	site_folder && site_account || return 1
	W=$SITE/bench
	mkdir "$W" && mkfifo "$W/stdin" && : > "$W/runs" || return 1
	chmod 711 "$W"
	cp tests/bench/note.txt "$W" && cp "$SITE_BUILD"/bench/{stub,load,carry,session,mask,search,ledger,evidence} "$SITE/bin" || return 1
	AS_AGENT=()
	[ "$(id -u)" != 0 ] || AS_AGENT=(setpriv --reuid "$AGENT_USER" --regid "$AGENT_USER" --clear-groups)
	stub_start && nginx_start && sshd_start && ssh_start && idp_start && site_policy || return 1
	DURABILITY=batched LIMITS_MORE="per_person: $((2 * IDLE))" site_configure && agent_start && agent2_start || return 1
	FRESH_KIB=$(agent_kib)
	login alice || return 1
	target nginx "$NGINX"
	target ssh "$SSH_NGINX"
	target_direct batched gpu-1 "$(banner "$AGENT_PORT")"
	target_direct strict gpu-2 "$(banner "$AGENT2")"
	target_tunnel tunnel gpu-1
	target_tunnel tunnel-strict gpu-2
}

began=$SECONDS
progress "starting"
start || fail "the site does not start"
for part in exchange streams bulk memory bundles; do
	if wants $part; then do_$part; fi
done
if wants mask; then
	progress "masking"
	"$SITE/bin/mask" "$W/note.txt" tests/accuracy/corpora/mts_dialog.jsonl > "$W/mask" || fail "masking"
fi
if wants search; then
	progress "searching sessions"
	"$SITE/bin/search" "$W" > "$W/search" || fail "searching"
fi
if wants ledger; then
	progress "ledger"
	as_agent "$SITE/bin/ledger" "$STATE/bench-ledger" > "$W/ledger" || fail "ledger"
fi
if wants evidence; then
	progress "a recording of 1 GiB"
	as_agent mkdir "$STATE/bench-evidence" && as_agent "$SITE/bin/evidence" "$STATE/bench-evidence" "$SITE/bin/phigate" > "$W/evidence" || fail "evidence"
fi
progress ""
tests/bench/report.sh "$W"
printf '\n%d s; %s processors, state on %s, %s\n' $((SECONDS - began)) "$(nproc)" "$(stat -f -c %T "$STATE")" \
	"$("${SSH[@]}" -v -s "$AGENT_USER@127.0.0.1" sftp < /dev/null 2>&1 | sed -n 's/.*server->client cipher: \([^ ]*\) MAC: \([^ ]*\).*/ssh with \1/p' | head -n 1)"
